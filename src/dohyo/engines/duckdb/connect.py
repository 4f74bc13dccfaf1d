"""DuckDB connections: closed to the outside, in UTC, with the Python functions that a statement needs."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable
from typing import Any

import duckdb

from dohyo.engines.duckdb import databases
from dohyo.engines.sql import SQL_TYPES, udf_name
from dohyo.plan.functions import FUNCTIONS
from dohyo.plan.functions.model import Udf
from dohyo.plan.types import Type

#: How much of a streamed result the engine makes while the last batch is still being looked at.
_AHEAD = "16MB"


_OF: weakref.WeakKeyDictionary[duckdb.DuckDBPyConnection, tuple[databases.Kind, duckdb.DuckDBPyConnection]] = (
    weakref.WeakKeyDictionary()
)
_LIVE: weakref.WeakSet[duckdb.DuckDBPyConnection] = weakref.WeakSet()


def interrupt() -> None:
    """Stops the statements that are running, on all connections."""
    for connection in list(_LIVE):
        connection.interrupt()


def connect(threads: int | None = None, memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to an in-memory database of its own. ``memory`` such as ``1GB``; beyond it DuckDB spills to temporary
    files. Whoever is done with it may :func:`give_back` it."""
    database = databases.take(threads, memory)
    connection = database.cursor()
    connection.execute("SET streaming_buffer_size = ?", [_AHEAD])
    _OF[connection] = (threads, memory), database
    _LIVE.add(connection)
    return connection


def give_back(connection: duckdb.DuckDBPyConnection, own_functions: bool = False) -> None:
    """Closes a connection that :func:`connect` gave; the next one may have its database. ``own_functions``: Python functions
    were made known to it, which the database must not outlive."""
    kind, database = _OF.pop(connection)
    reusable = not own_functions and not connection.list_filesystems()
    connection.close()
    if reusable:
        databases.give_back(kind, database)
    else:
        database.close()


def register_functions(connection: duckdb.DuckDBPyConnection, names: set[str], known: set[str]) -> None:
    """Makes Python functions of the table known to a connection; ``known`` are there already and is added to."""
    for name in sorted(names - known):
        udf = FUNCTIONS[name.lower()].udf
        assert udf is not None
        result = udf.result if isinstance(udf.result, str) else SQL_TYPES[udf.result]
        connection.create_function(  # type: ignore[call-overload]  # the stubs know neither a list of type names nor "arrow"
            udf_name(name),
            _batched(udf),
            [t if not isinstance(t, Type) else SQL_TYPES[t] for t in udf.args],
            result,
            type="arrow",
            null_handling="special",
        )
        known.add(name)


def _batched(udf: Udf) -> Callable[..., Any]:
    """The function over Arrow columns; the parameters must be spelled out, so that DuckDB can count them."""
    import pyarrow as pa

    kind = arrow_type(udf.result)

    def run(*columns: Any) -> Any:
        values = zip(*(c.to_pylist() for c in columns), strict=True)
        return pa.array([udf.call(*v) for v in values], kind)

    parameters = [inspect.Parameter(f"a{i}", inspect.Parameter.POSITIONAL_ONLY) for i in range(len(udf.args))]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # a function's own signature may be set; DuckDB counts its parameters
    return run


@functools.cache
def arrow_type(kind: Type | str) -> Any:
    """The Arrow type of a value type, or of an engine type such as ``VARCHAR[]``."""
    import pyarrow as pa

    if isinstance(kind, str) and not isinstance(kind, Type):
        return pa.list_(pa.string())
    return {
        Type.STRING: pa.string(),
        Type.BOOLEAN: pa.bool_(),
        Type.INT: pa.int64(),
        Type.LONG: pa.int64(),
        Type.DOUBLE: pa.float64(),
        Type.NULL: pa.string(),
    }[Type(kind)]
