"""The data files of a store, as a server that speaks Spark Connect opens them by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlglot import exp

from dohyo.engines.duckdb.storing import ID, SIZE, TIME

if TYPE_CHECKING:
    from dohyo.engines.duckdb.stored import Group

_LONG = frozenset({TIME, SIZE, ID})
#: Whatever a cluster's settings say: a file that cannot be read is an error, never an answer over fewer events.
_STRICT = {"ignoreMissingFiles": "false", "ignoreCorruptFiles": "false"}
#: What Hadoop calls what others call otherwise.
_SCHEMES = {"s3": "s3a"}
#: Signs that would make a pattern of a path.
_PLAIN = str.maketrans({sign: f"\\{sign}" for sign in "\\[]{}*?"})


def _hadoop(address: str) -> str:
    scheme, _, path = address.partition("://")
    return f"{_SCHEMES.get(scheme, scheme)}://{path.translate(_PLAIN)}"


def _url(address: str) -> str:
    scheme, _, path = address.partition("://")
    return f"{scheme}://{quote(path, safe='/=@:')}"


#: How each engine takes the address of a file.
_ADDRESSES: dict[str, Callable[[str], str]] = {"spark": _hadoop, "sail": _url}


def frame_of(session: Any, engine: str, group: Group, select: exp.Select) -> Any:
    """The files as a frame with the columns that a SELECT reads of them; the server reads no footer to know them."""
    from pyspark.sql.types import LongType, StringType, StructField, StructType

    names = dict.fromkeys(column.name for column in select.find_all(exp.Column))
    fields = [StructField(n, LongType() if n in _LONG else StringType()) for n in names] or [StructField(ID, LongType())]
    reader = session.read.options(**_STRICT).schema(StructType(fields))
    return reader.parquet(*map(_ADDRESSES[engine], group.shared))


def out_of_reach(server: str, store: str, why: str) -> str:
    """What to say when a server cannot read a store."""
    return (
        f"{server} cannot read the files of {store} ({why}); it opens them itself. Give a store that it sees under the same "
        f"address as this machine: on an object store (s3://… and the like, with credentials on the server too), or in a folder "
        f"that every machine mounts at the same path. `--engine duckdb` reads it here"
    )
