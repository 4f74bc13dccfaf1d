"""Functions on text (spec §3.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from dohyo.patterns import regex as rx
from dohyo.plan.expr import Call, Expr, Literal, text
from dohyo.plan.functions.model import (
    Arg,
    B,
    Function,
    I,
    L,
    S,
    Settings,
    Sql,
    Udf,
    apply,
    call,
    case,
    cast,
    coalesce,
    is_null,
    lit,
    null,
    paren,
    trimmed,
)
from dohyo.plan.functions.patterns import TIME_LIMIT
from dohyo.plan.types import Type


def _replace_text(s: Sql, find: Sql, put: Sql) -> Sql:
    """The empty text is found nowhere."""
    unchanged = case((is_null(put), null()), default=s)
    return case((exp.EQ(this=find, expression=lit("")), unchanged), default=apply("replace", s.copy(), find.copy(), put.copy()))


def _concat(*parts: Sql) -> Sql:
    return apply("concat", *parts)


def _length(s: Sql) -> Sql:
    return coalesce(apply("length", s), lit(0))


def _substring(s: Sql, start: Sql, end: Sql | None = None) -> Sql:
    """0-based, end exclusive, clamped; a start beyond the text, or beyond the end, gives null (spec §12.53)."""
    first = exp.Add(this=paren(cast(start, "BIGINT")), expression=lit(1))
    args = [s, first]
    if end is not None:
        args.append(exp.Sub(this=paren(cast(end, "BIGINT")), expression=paren(cast(start.copy(), "BIGINT"))))
    inside = exp.And(
        this=exp.GTE(this=paren(start.copy()), expression=lit(0)),
        expression=exp.LT(this=paren(start.copy()), expression=apply("length", s.copy())),
    )
    if end is not None:
        inside = exp.And(this=inside, expression=exp.GTE(this=paren(end.copy()), expression=paren(start.copy())))
    return case((inside, apply("substring", *args)), default=null())


def _contains(a: Sql, b: Sql) -> Sql:
    """Both empty: true; exactly one empty: false (spec §2.6)."""
    empty = exp.EQ(this=b.copy(), expression=lit(""))
    return case((empty, exp.EQ(this=a.copy(), expression=lit(""))), default=apply("contains", a, b))


def _replace(args: Sequence[Expr], settings: Settings) -> Expr:
    """Literal text, or a regex: RE2 in the engine, what RE2 lacks in Python."""
    s, find, put = args
    if not (isinstance(find, Call) and find.function == "regex"):
        return Call("replace_text", (s, find, put), Type.STRING)
    pattern = str(find.args[0].value) if isinstance(find.args[0], Literal) else ""
    info = rx.scan(pattern)
    if info.runs_on_re2 and isinstance(put, Literal):
        spelled = _re2_replacement(str(put.value))
        if spelled is not None:
            return Call("replace_regex", (s, text(rx.to_re2(pattern)), text(spelled)), Type.STRING)
    return Call("replace_backtracking", (s, text(rx.to_python(pattern)), put), Type.STRING)


def _check_replace(args: Sequence[Expr]) -> tuple[int, str] | None:
    find = args[1]
    if isinstance(find, Call) and find.function == "regex" and isinstance(find.args[0], Literal):
        problems = rx.scan(str(find.args[0].value)).problems
        return (1, f"the regex cannot be read: {problems[0].message}") if problems else None
    return None


_REFERENCE = re.compile(r"\\(.)|\$(\d)|\$\{(\w+)\}|\$")


def _re2_replacement(put: str) -> str | None:
    """``$1`` and ``\\$`` as RE2 writes them; ``None`` for references that it lacks."""
    out, at = [], 0
    for m in _REFERENCE.finditer(put):
        out.append(put[at : m.start()].replace("\\", "\\\\"))
        at = m.end()
        if m[1] is not None:
            out.append("\\\\" if m[1] == "\\" else m[1])
        elif m[2] is not None:
            out.append("\\" + m[2])
        elif m[3] is not None:
            return None
        else:
            out.append("$")
    return "".join(out) + put[at:].replace("\\", "\\\\")


def _replaced(s: str | None, pattern: str | None, put: str | None) -> str | None:
    """Every match replaced; null when it takes too long."""
    if s is None or pattern is None or put is None:
        return None

    def one(found: Any) -> str:
        return _REFERENCE.sub(lambda m: m[1] if m[1] is not None else "$" if m[0] == "$" else _group(found, m[2] or m[3]), put)

    import regex  # late: few queries have such a pattern

    try:
        return str(regex.sub(pattern, one, s, timeout=TIME_LIMIT))
    except TimeoutError:
        return None


def _group(found: Any, name: str) -> str:
    try:
        return found.group(int(name) if name.isdecimal() else name) or ""
    except (IndexError, KeyError):
        return ""


ROWS: tuple[Function, ...] = (
    Function("replace", (Arg("s"), Arg("find", regex=True), Arg("by")), S,
             doc="Every occurrence of a text, or every match of a `/regex/`, replaced; `$1` is a group.", spec="3.1",
             example=('replace("id=42;id=7", /id=(\\d+)/, "n$1")', "n42;n7"), check=_check_replace, rewrite=_replace),
    Function("replace_text", (Arg("s"), Arg("find"), Arg("by")), S, _replace_text, "Every occurrence replaced.", internal=True),
    Function("replace_regex", (Arg("s"), Arg("regex"), Arg("by")), S,
             lambda s, p, r: apply("regexp_replace", s, p, r, lit("g")), "Every match replaced (RE2).", internal=True),
    Function("replace_backtracking", (Arg("s"), Arg("regex"), Arg("by")), S, doc="Every match replaced.", internal=True,
             udf=Udf(_replaced, (S, S, S), S)),
    Function("regex", (Arg("pattern"),), S, lambda p: p, "A regex literal as an argument.", internal=True),
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
    Function("len", (Arg("s"),), I, _length, "`length(s)` in other languages.", "13", ('len("abc")', "3"),
             aliases=("strlen",), lenient_only=True, instead="length(s)"),
    Function("substr", (Arg("s"), Arg("start", L), Arg("end", L, optional=True)), S, _substring,
             "`substring(s, start, end)`.", "13", ('substr("abcdef", 2, 4)', "cd"), lenient_only=True,
             instead="substring(s, start, end)"),
    Function("startsWith", (Arg("s"), Arg("start")), B, call("starts_with"), "`s matches \"start*\"`.", "13",
             ('startsWith("abc", "a")', "true"), lenient_only=True, instead='s matches "start*"'),
    Function("endsWith", (Arg("s"), Arg("end")), B, call("suffix"), "`s matches \"*end\"`.", "13",
             ('endsWith("abc", "c")', "true"), lenient_only=True, instead='s matches "*end"'),
    Function("trim", (Arg("s"),), S, trimmed, "Without blanks, tabs and line ends at both ends.", "3.1", ('trim("  x ")', "x")),
    Function("contains", (Arg("a"), Arg("b")), B, _contains,
             "True when `b` occurs in `a`, with case; the empty text is contained only in the empty text.", "2.6",
             ('contains("abc", "bc")', "true")),
)  # fmt: skip
