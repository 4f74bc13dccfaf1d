"""Tests for null and for numbers (spec §2.9, §3.2), and ``if`` (§2.8)."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from dohyo.plan.functions.model import ANY, Arg, B, Function, Sql, apply, case, coalesce, is_null, lit, null, trimmed, try_cast


def _is_empty(a: Sql) -> Sql:
    return exp.Or(this=is_null(a), expression=exp.EQ(this=a.copy(), expression=lit("")))


def _is_blank(a: Sql) -> Sql:
    return exp.Or(this=is_null(a), expression=exp.EQ(this=trimmed(a.copy()), expression=lit("")))


#: What Java's number check accepts (spec §3.2): a leading zero makes a whole number octal, so ``08`` is none.
_NUMERIC = (
    r"[+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)[lL]?"
    r"|[+-]?(?:0|[1-9]\d*|\d+\.\d*|\.\d+|\d+(?:\.\d*)?[eE][+-]?\d+|\.\d+[eE][+-]?\d+)[fFdD]?"
)


def _is_numeric(s: Sql) -> Sql:
    return coalesce(apply("regexp_full_match", s, lit(_NUMERIC)), exp.false())


def _of_number(test: Callable[[Sql], Sql]) -> object:
    """A test of a number given as text; no result for null and blanks."""

    def build(s: Sql) -> Sql:
        number = try_cast(s, "DOUBLE")
        return case((_is_blank(s.copy()), null()), default=test(number))

    return build


def _not_a_number(number: Sql) -> Sql:
    return coalesce(apply("isnan", number), exp.true())


def _infinite(number: Sql) -> Sql:
    return coalesce(apply("isinf", number), exp.false())


ROWS: tuple[Function, ...] = (
    Function("isNumeric", (Arg("s"),), B, _is_numeric, "True for text that Java takes for a number.", "3.2",
             ('isNumeric("0x1A")', "true"), total=True),
    Function("isNaN", (Arg("s"),), B, _of_number(_not_a_number), "True for text that is no number.", "3.2",  # type: ignore[arg-type]  # table shorthand
             ('isNaN("abc")', "true"), unsure=True),
    Function("isInfinity", (Arg("s"),), B, _of_number(_infinite), "True for plus or minus infinity.", "3.2",  # type: ignore[arg-type]  # table shorthand
             ("isInfinity(1 / 0)", "true"), unsure=True),
    Function("opaque", (), B, exp.true, "A condition that is not known: the query is only looked at, never run.", internal=True),
    Function("isNull", (Arg("x", ANY),), B, is_null, "True when the field has no value.", "3.2",
             ("isNull(null)", "true"), total=True),
    Function("isEmpty", (Arg("x"),), B, _is_empty, "True for null and for the empty text.", "3.2",
             ('isEmpty("")', "true"), total=True),
    Function("isBlank", (Arg("x"),), B, _is_blank, "True for null, the empty text and text of blanks only.", "3.2",
             ('isBlank("  ")', "true"), total=True),
)  # fmt: skip
