"""Runs a query with Dohyo's compiler and engine over rows that are in memory already: the quick way in."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import pyarrow as pa

from dohyo.binding.context import Dialect, Options
from dohyo.compile import compile_query
from dohyo.engines.duckdb.connect import arrow_type
from dohyo.engines.duckdb.engine import DuckDB
from dohyo.run import shown
from reference.values import Row

#: Times of generated events lie in this hour (epoch ms).
START = 1_709_208_000_000
END = START + 3_600_000

OPTIONS = Options(dialect=Dialect.LENIENT, start=START, end=END, now=END, timezone="UTC")


@functools.cache
def _engine() -> DuckDB:
    return DuckDB(1)


def run(query: str, events: Sequence[Row], options: Options = OPTIONS) -> list[Row]:
    """The rows of a query over events. ``_messageTime`` of an event is a number; other fields are text."""
    compiled = compile_query(query, "query", options)
    numbered = [{"__id": i, "__time": e.get("_messageTime"), **e} for i, e in enumerate(events)]
    columns = {name: pa.array([_of(e, name) for e in numbered], arrow_type(kind)) for name, kind in compiled.columns}
    engine = _engine()
    engine.use_events(pa.table(columns or {"__id": pa.array([e["__id"] for e in numbered], pa.int64())}))
    table, fields = engine.run(shown(compiled.plan))
    return list(table.select([f.name for f in fields if f.name in table.column_names]).to_pylist())


def _of(event: Row, name: str) -> object:
    return next((v for k, v in event.items() if k.lower() == name.lower()), None)


def same(a: object, b: object) -> bool:
    """Equal values; numbers may differ in their last digits."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b


def differences(got: Sequence[Row], wanted: Sequence[Row]) -> list[str]:
    """Where rows of the engine and of the reference differ, in words; in order."""
    out = [] if len(got) == len(wanted) else [f"{len(got)} rows, not {len(wanted)}: {got} instead of {wanted}"]
    for i, (g, w) in enumerate(zip(got, wanted, strict=False)):
        if [k.lower() for k in g] != [k.lower() for k in w]:
            out.append(f"row {i}: columns {list(g)}, not {list(w)}")
        values = zip(g.items(), w.values(), strict=False)
        out += [f"row {i}: {name} is {x!r}, not {y!r}" for (name, x), y in values if not same(x, y)]
    return out


def unordered(rows: Sequence[Row]) -> list[Row]:
    """The rows in an order of their values, for results whose order the language does not define."""
    return sorted(rows, key=lambda r: [_key(v) for v in r.values()])


def _key(value: object) -> tuple[int, float, str]:
    if value is None:
        return 2, 0, ""
    return (0, round(float(value), 6), "") if isinstance(value, (int, float)) else (1, 0, str(value))
