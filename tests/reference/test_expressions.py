"""Expressions of any shape agree with the reference: precedence, types, null, comparisons (spec §2)."""

from __future__ import annotations

import math
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from dohyo.binding.context import Dialect
from reference import expressions as x
from reference import text_functions as t
from reference.engine import END, OPTIONS, run, same
from reference.generate import quoted, rows
from reference.profile import often
from reference.values import Row, number, text

STRICT = replace(OPTIONS, dialect=Dialect.STRICT)
_EITHER, _BOTH, _COMPARED, _SUM, _PRODUCT, _SIGN, _ATOM = range(1, 8)
FIELDS = {"host": "text", "user": "text", "code": "comparable", "bytes": "finite", "odd": "comparable"}
GLOBS = ["*", "a*", "*a", "*b*", "a*c", "web*1", "", "404", "*\\*", "*.e*e", "*\n*", "?*", "**", "*(a|b)*", "é*"]
REGEXES = ["a|b", "^a", "c$", "[0-9]+", "(?i)WEB", "x\\.", "^$", "é"]


class Made(Struct, frozen=True):
    """An expression as written, its value for a row, and how tightly its outermost sign binds."""

    text: str
    value: Callable[[Row], object]
    level: int = _ATOM

    def within(self, level: int) -> str:
        """As an operand of a sign that binds so tightly."""
        return self.text if self.level >= level else f"({self.text})"


def _binary(a: Made, sign: str, b: Made, level: int, call: Callable[[object, object], object], chain: bool) -> Made:
    left = a.within(level if chain else level + 1)
    return Made(f"{left} {sign} {b.within(level + 1)}", lambda row: call(a.value(row), b.value(row)), level)


def _field(name: str) -> Made:
    return Made(name, lambda row: row[name])


def _constant(shown: str, value: object) -> Made:
    return Made(shown, lambda row: value)


texts_plain = st.one_of(
    st.sampled_from(["host", "user", "code", "odd"]).map(_field),
    st.sampled_from(["", "a", "web-01", "404", "B", "é", "C:\\Windows\\x.exe", 'say "a"', "0x1A"]).map(
        lambda s: _constant(quoted(s), s)
    ),
)
numbers_plain = st.one_of(
    st.sampled_from(["code", "bytes", "odd"]).map(lambda n: Made(f"num({n})", lambda row: number(row[n]))),
    st.sampled_from([0, 1, 2, 5, 404, 2.5, 0.5, 60000]).map(lambda n: _constant(str(n), n)),
    st.sampled_from(["host", "user"]).map(lambda n: Made(f"length({n})", lambda row: t.length(row[n]))),
)


def _choice(c: Made, a: Made, b: Made, as_call: bool) -> Made:
    def value(row: Row) -> object:
        return a.value(row) if c.value(row) is True else b.value(row)

    if as_call:
        return Made(f"if({c.text}, {a.text}, {b.text})", value)
    return Made(f"({c.text} ? {a.text} : {b.text})", value)


@st.composite
def texts(draw: st.DrawFn, depth: int) -> Made:
    kind = draw(st.integers(0, 3)) if depth else 0
    if kind <= 1:
        return draw(texts_plain)
    if kind == 2:
        parts = [draw(texts(depth - 1)), draw(st.one_of(texts(depth - 1), numbers(0)))]
        return Made(f"concat({parts[0].text}, {parts[1].text})", lambda row: t.concat(*(p.value(row) for p in parts)))
    return _choice(draw(conditions(depth - 1)), draw(texts(depth - 1)), draw(texts(depth - 1)), draw(st.booleans()))


@st.composite
def numbers(draw: st.DrawFn, depth: int) -> Made:
    kind = draw(st.integers(0, 4)) if depth else 0
    if kind == 0:
        return draw(numbers_plain)
    if kind == 1:
        a = draw(numbers(depth - 1))
        return Made(f"-{a.within(_ATOM)}", lambda row: x.negative(a.value(row)), _SIGN)
    if kind == 2:
        return _choice(draw(conditions(depth - 1)), draw(numbers(depth - 1)), draw(numbers(depth - 1)), draw(st.booleans()))
    sign = draw(st.sampled_from("+-*/%"))
    sides = st.one_of(numbers(depth - 1), st.sampled_from(["code", "odd"]).map(_field))
    level = _SUM if sign in "+-" else _PRODUCT
    return _binary(draw(sides), sign, draw(sides), level, lambda a, b: x.arithmetic(sign, a, b), chain=True)


@st.composite
def conditions(draw: st.DrawFn, depth: int) -> Made:
    kind = draw(st.integers(0, 9 if depth else 5))
    value = st.one_of(texts(max(depth - 1, 0)), numbers(max(depth - 1, 0)))
    if kind <= 1:
        sign = draw(st.sampled_from(["=", "==", "!=", "<>", "<", "<=", ">", ">="]))
        return _binary(draw(value), sign, draw(value), _COMPARED, lambda a, b: x.compare(sign, a, b), chain=False)
    if kind == 2:
        a = draw(value)
        if draw(st.booleans()):
            glob = draw(st.sampled_from(GLOBS))
            return Made(f"{a.within(_SUM)} matches {quoted(glob)}", lambda row: x.matches_glob(a.value(row), glob), _COMPARED)
        regex = draw(st.sampled_from(REGEXES))
        return Made(f"{a.within(_SUM)} matches /{regex}/", lambda row: x.matches_regex(a.value(row), regex), _COMPARED)
    if kind == 3:
        a, b = draw(texts(0)), draw(texts(0))
        if draw(st.booleans()):
            return Made(f"contains({a.text}, {b.text})", lambda row: t.contains(a.value(row), b.value(row)))
        return _binary(a, "contains", b, _COMPARED, t.contains, chain=False)
    if kind == 4:
        return _listed(
            draw(value),
            draw(st.lists(st.sampled_from(["a", "404", 404, 1, 2.5, "", "web-01"]), min_size=1, max_size=4)),
            draw(st.booleans()),
        )
    if kind == 5:
        test, call = draw(
            st.sampled_from([("isNull", lambda v: v is None), ("isEmpty", lambda v: text(v) in (None, "")), ("isBlank", t.is_blank)])
        )
        a = draw(texts_plain)
        return Made(f"{test}({a.text})", lambda row: call(a.value(row)))
    if kind == 6:
        a = draw(conditions(depth - 1))
        return Made(f"!{a.within(_ATOM)}", lambda row: a.value(row) is not True, _SIGN)
    if kind == 7:
        return _choice(draw(conditions(depth - 1)), draw(conditions(depth - 1)), draw(conditions(depth - 1)), draw(st.booleans()))
    word = draw(st.sampled_from(["and", "or", "AND", "OR", "&&"]))
    a, b = draw(conditions(depth - 1)), draw(conditions(depth - 1))
    if word.lower() == "or":
        return _binary(a, word, b, _EITHER, lambda p, q: p is True or q is True, chain=True)
    return _binary(a, word, b, _BOTH, lambda p, q: p is True and q is True, chain=True)


def _listed(a: Made, items: list[object], negated: bool) -> Made:
    shown = ", ".join(quoted(i) if isinstance(i, str) else str(i) for i in items)
    word = "not in" if negated else "in"
    return Made(f"{a.within(_SUM)} {word} ({shown})", lambda row: x.member(a.value(row), items) != negated, _COMPARED)


EVENTS = rows(FIELDS, most=8)
ANY = st.one_of(texts(3), numbers(3), conditions(3))


def agrees(got: object, wanted: object) -> bool:
    """NaN and null are told apart; numbers by value."""
    if isinstance(wanted, float) and math.isinf(wanted):
        return got == wanted
    return same(got, wanted)


@often(40)
@given(st.lists(ANY, min_size=20, max_size=20), EVENTS)
def test_expressions(made: list[Made], events: list[Row]) -> None:
    """Twenty expressions at once: a column each."""
    stages = " | ".join(f"{m.text} as r{i}" for i, m in enumerate(made))
    names = ", ".join(f"r{i}" for i in range(len(made)))
    got = run(f"* | {stages} | fields {names}", [{"_messageTime": END - 1 - i, **e} for i, e in enumerate(events)], STRICT)
    assert len(got) == len(events)
    wrong = [
        f"{m.text} with {e} gives {row[f'r{i}']!r}, not {m.value(e)!r}"
        for row, e in zip(got, events, strict=True)
        for i, m in enumerate(made)
        if not agrees(row[f"r{i}"], m.value(e))
    ]
    assert wrong == []


@often(40)
@given(st.lists(conditions(3), min_size=6, max_size=6), EVENTS)
def test_where(made: list[Made], events: list[Row]) -> None:
    """``where`` keeps the rows for which the condition is true, and no other (spec §5.1)."""
    timed = [{"_messageTime": END - 1 - i, "n": str(i), **e} for i, e in enumerate(events)]
    for m in made:
        got = [r["n"] for r in run(f"* | where {m.text} | fields n", timed, STRICT)]
        assert got == [e["n"] for e in timed if m.value(e) is True], m.text
