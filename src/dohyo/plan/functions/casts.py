"""Casts (spec §3.3). Text that is no number becomes null; the row stays."""

from __future__ import annotations

from dohyo.plan.functions.model import ANY, Arg, D, Function, I, L, S, Sql, apply, try_cast
from dohyo.plan.types import Type


def _same(a: Sql) -> Sql:
    return a


def _whole(a: Sql) -> Sql:
    return try_cast(apply("trunc", a), "BIGINT")


ROWS: tuple[Function, ...] = (
    Function("num", (Arg("x", D),), D, _same, "The value as a number (double).", "3.3", ('num("40.5")', "40.5"),
             aliases=("number", "double")),
    Function("toLong", (Arg("x", D),), L, _whole, "The value as a whole number of 64 bits, truncated.", "3.3",
             ('toLong("7.9")', "7"), aliases=("long",)),
    Function("toInt", (Arg("x", D),), I, _whole, "The value as a whole number, truncated.", "3.3",
             ('toInt("7.9")', "7"), aliases=("int",)),
    Function("toString", (Arg("x", S),), S, _same, "The value as text.", "3.3", ("toString(7)", "7")),
    Function("toDouble", (Arg("x", D),), D, _same, "`num(x)` in other languages.", "13", ('toDouble("1")', "1"),
             aliases=("toNumber",), lenient_only=True, instead="num(x)"),
    Function("coalesce", (Arg("x", ANY, repeat=True),), lambda args: next((a.type for a in args if a.type is not Type.NULL), S),
             lambda *a: apply("coalesce", *a), "The first value that is not null.", "13",
             ('coalesce(null, "a")', "a"), lenient_only=True, instead="if(isNull(a), b, a)"),
)  # fmt: skip
