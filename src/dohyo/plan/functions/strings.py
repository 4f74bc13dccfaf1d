"""Functions on text (spec §3.1)."""

from __future__ import annotations

from sqlglot import exp

from dohyo.plan.functions.model import (
    Arg,
    B,
    Function,
    I,
    L,
    S,
    Sql,
    apply,
    call,
    case,
    cast,
    coalesce,
    lit,
    null,
    paren,
)


def _concat(*parts: Sql) -> Sql:
    return apply("concat", *parts)


def _length(s: Sql) -> Sql:
    return coalesce(apply("length", s), lit(0))


def _substring(s: Sql, start: Sql, end: Sql | None = None) -> Sql:
    """0-based, end exclusive, clamped; a start beyond the text gives null (spec §12.53)."""
    first = exp.Add(this=paren(cast(start, "BIGINT")), expression=lit(1))
    args = [s, first]
    if end is not None:
        args.append(exp.Sub(this=paren(cast(end, "BIGINT")), expression=paren(cast(start.copy(), "BIGINT"))))
    inside = exp.And(
        this=exp.GTE(this=paren(start.copy()), expression=lit(0)),
        expression=exp.LT(this=paren(start.copy()), expression=apply("length", s.copy())),
    )
    return case((inside, apply("substring", *args)), default=null())


def _contains(a: Sql, b: Sql) -> Sql:
    """Both empty: true; exactly one empty: false (spec §2.6)."""
    empty = exp.EQ(this=b.copy(), expression=lit(""))
    return case((empty, exp.EQ(this=a.copy(), expression=lit(""))), default=apply("contains", a, b))


ROWS: tuple[Function, ...] = (
    Function("concat", (Arg("a"), Arg("b", repeat=True)), S, _concat,
             "The parts one after another; null counts as the empty text.", "3.1", ('concat("a", null, 7)', "a7")),
    Function("length", (Arg("s"),), I, _length, "How many characters; 0 for null.", "3.1", ('length("abc")', "3")),
    Function("substring", (Arg("s"), Arg("start", L), Arg("end", L, optional=True)), S, _substring,
             "The part from `start` (counted from 0) up to, not including, `end`.", "3.1",
             ('substring("abcdef", 2, 4)', "cd")),
    Function("toLowerCase", (Arg("s"),), S, call("lower"), "In lower case.", "3.1", ('toLowerCase("aB")', "ab")),
    Function("toUpperCase", (Arg("s"),), S, call("upper"), "In upper case.", "3.1", ('toUpperCase("aB")', "AB")),
    Function("toLower", (Arg("s"),), S, call("lower"), "`toLowerCase(s)` in other languages.", "13",
             ('toLower("A")', "a"), aliases=("lower",), lenient_only=True, instead="toLowerCase(s)"),
    Function("toUpper", (Arg("s"),), S, call("upper"), "`toUpperCase(s)` in other languages.", "13",
             ('toUpper("a")', "A"), aliases=("upper",), lenient_only=True, instead="toUpperCase(s)"),
    Function("trim", (Arg("s"),), S, call("trim"), "Without blanks at both ends.", "3.1", ('trim("  x ")', "x")),
    Function("contains", (Arg("a"), Arg("b")), B, _contains,
             "True when `b` occurs in `a`, with case; the empty text is contained only in the empty text.", "2.6",
             ('contains("abc", "bc")', "true")),
)  # fmt: skip
