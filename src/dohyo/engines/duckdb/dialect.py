"""What DuckDB does in its own way. The function table is written for it, so little stands here."""

from __future__ import annotations

from sqlglot import exp

from dohyo.engines.sql import Dialect
from dohyo.plan.functions.model import Sql, cast, coalesce, lit


def _newest_first(time: Sql, number: Sql) -> Sql:
    """Later times give smaller keys, and of one time smaller numbers do; no time comes last. With one key DuckDB finds
    the first row of each group without sorting all of them."""
    seconds = cast(coalesce(time, lit(-(2**62))), "HUGEINT")
    return exp.Sub(this=number, expression=exp.Mul(this=exp.Paren(this=seconds), expression=cast(lit(2**63 - 1), "HUGEINT")))


DIALECT = Dialect("duckdb", "duckdb", materializes=True, nan_is_largest=True, newest_first=_newest_first)
