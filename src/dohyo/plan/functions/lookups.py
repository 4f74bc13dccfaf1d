"""Internal functions that look a value up in local data (spec §9.3, §9.4)."""

from __future__ import annotations

import functools
from pathlib import Path

from dohyo.plan.functions.model import ANY, Arg, B, Function, S, Udf, call
from dohyo.tables import geo
from dohyo.tables.load import TableError, load


def _contains(values: list[str | None] | None, columns: str | None, path: str | None) -> bool:
    """True when a table has a row with these values in these columns, without case."""
    if values is None or columns is None or path is None or None in values:
        return False
    return tuple(str(v).lower() for v in values) in _keys(path, columns)


@functools.lru_cache(maxsize=16)
def _keys(path: str, columns: str) -> frozenset[tuple[str, ...]]:
    try:
        table = load(Path(path))
    except TableError:
        return frozenset()
    places = [p for c in columns.split("\x1f") if (p := table.place(c)) is not None]
    return frozenset(tuple((row[p] or "").lower() for p in places) for row in table.rows)


ROWS: tuple[Function, ...] = (
    Function("geo_value", (Arg("ip"), Arg("column"), Arg("path")), S, doc="What a database says of an address.", internal=True,
             udf=Udf(geo.value, (S, S, S), S)),
    Function("list_once", (Arg("values", ANY),), S, call("list_distinct"), "Each value of a list once, nulls left out.",
             internal=True),
    Function("table_contains", (Arg("values", ANY), Arg("columns"), Arg("path")), B, doc="A table has a row.", internal=True,
             udf=Udf(_contains, ("VARCHAR[]", S, S), B), total=True),
)  # fmt: skip
