"""Tests for null and for numbers (spec §2.9, §3.2), and ``if`` (§2.8)."""

from __future__ import annotations

from sqlglot import exp

from dohyo.plan.functions.model import ANY, Arg, B, Function, Sql, apply, is_null, lit


def _is_empty(a: Sql) -> Sql:
    return exp.Or(this=is_null(a), expression=exp.EQ(this=a.copy(), expression=lit("")))


def _is_blank(a: Sql) -> Sql:
    return exp.Or(this=is_null(a), expression=exp.EQ(this=apply("trim", a.copy()), expression=lit("")))


ROWS: tuple[Function, ...] = (
    Function("isNull", (Arg("x", ANY),), B, is_null, "True when the field has no value.", "3.2",
             ("isNull(null)", "true"), total=True),
    Function("isEmpty", (Arg("x"),), B, _is_empty, "True for null and for the empty text.", "3.2",
             ('isEmpty("")', "true"), total=True),
    Function("isBlank", (Arg("x"),), B, _is_blank, "True for null, the empty text and text of blanks only.", "3.2",
             ('isBlank("  ")', "true"), total=True),
)  # fmt: skip
