"""What runs in the engine's own Python, beside its data: DuckDB over one batch of values at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from dohyo.engines.borrowed import Borrowed, Step
from dohyo.engines.duckdb.connect import arrow_type, connect
from dohyo.plan.functions import FUNCTIONS

_HERE = threading.local()


def result_type(found: Borrowed) -> pa.DataType:
    """The type of what a borrowed call gives."""
    nothing = [pa.array([None], arrow_type(c.type)) for c in found.columns]
    return compute(found.sql, found.steps, nothing or [pa.array([1])]).type


def function(sql: str, steps: tuple[Step, ...]) -> Callable[..., Any]:
    """A function over Arrow columns ``a0``, ``a1`` …; it is sent to the engine as it is."""

    def run(*columns: pa.Array) -> pa.Array:
        return compute(sql, steps, columns)

    return run


def compute(sql: str, steps: Sequence[Step], columns: Sequence[pa.Array]) -> pa.Array:
    """The expression's value for each row."""
    given = list(columns)
    for step in steps:
        udf = FUNCTIONS[step.function].udf
        assert udf is not None
        args = zip(*(_values(a, given).to_pylist() for a in step.args), strict=True)
        given.append(pa.array([udf.call(*values) for values in args], arrow_type(udf.result)))
    return _values(sql, given)


def _values(sql: str, given: list[pa.Array]) -> pa.Array:
    connection = _connection()
    connection.register("given", pa.table({f"a{i}": column for i, column in enumerate(given)}))
    found = connection.sql(f"SELECT {sql} AS found FROM given").to_arrow_table().column(0).combine_chunks()
    connection.unregister("given")
    return found


def _connection() -> duckdb.DuckDBPyConnection:
    """This thread's database."""
    if not hasattr(_HERE, "connection"):
        _HERE.connection = connect(threads=1)
    found: duckdb.DuckDBPyConnection = _HERE.connection
    return found
