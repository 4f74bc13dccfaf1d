"""``_sourceCategory`` as a small number.

Most shapes look an event's channel and provider up in a table, so there are some fifty categories. The scan computes the
number once for each record: the summary counts numbers, a condition on the category becomes a list of numbers, and the
text is made only where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

from msgspec import Struct, field
from msgspec.structs import replace
from sqlglot import exp

from dohyo.engines.duckdb.raw import Raw
from dohyo.engines.duckdb.shaping import expression, first_of, is_present, present
from dohyo.plan.expr import Call, Column, Expr, Literal
from dohyo.plan.functions.model import Sql, apply, case, coalesce, is_null, lit, null, paren
from dohyo.plan.types import Type
from dohyo.sources import model as m
from dohyo.sources.shapes import SHAPES
from dohyo.sources.shapes.categories import category

CODE, TEXT = "__code", "__category"
#: The number of a category that a record brings itself, as text.
OWN = 0
_FIELD = "_sourcecategory"
#: The channels that most events come from, as they spell themselves: compared before the whole table is searched.
_USUAL = ("Microsoft-Windows-Sysmon/Operational", "Security")
_REGEX_SECONDS = 0.05


def _options(expr: m.ShapeExpr) -> Iterator[m.ShapeExpr]:
    if isinstance(expr, m.First):
        for option in expr.options:
            yield from _options(option)
    else:
        yield expr


def _names(expr: m.ShapeExpr) -> Iterator[str]:
    for option in _options(expr):
        if isinstance(option, m.Lookup):
            yield from (name for _, name in option.table)
        elif isinstance(option, m.Const):
            yield option.value


NAMES: tuple[str, ...] = tuple(dict.fromkeys(name for shape in SHAPES for name in _names(category(shape))))
"""All categories that the tables know; a category's number is its place, from 1."""

_CODES = {name: code for code, name in enumerate(NAMES, 1)}


def code_of(shape: m.Shape, raw: Raw) -> Sql:
    """The number of the category of a record of this shape."""
    parts = [part for option in _options(category(shape)) if (part := _code(option, raw)) is not None]
    return parts[0] if len(parts) == 1 else coalesce(*parts)


def _code(option: m.ShapeExpr, raw: Raw) -> Sql | None:
    if isinstance(option, m.Const):
        return lit(_CODES[option.value])
    if isinstance(option, m.Lookup):
        value = expression(option.value, raw)
        if isinstance(value, (exp.Null, exp.Literal)):
            return None
        keys = exp.Array(expressions=[lit(key) for key, _ in option.table])
        codes = exp.Array(expressions=[lit(_CODES[name]) for _, name in option.table])
        place = apply("list_position", keys, apply("lower", value.copy()))
        known = {key: _CODES[name] for key, name in option.table}
        usual = [(exp.EQ(this=value.copy(), expression=lit(c)), lit(known[c.lower()])) for c in _USUAL if c.lower() in known]
        return case(*usual, default=apply("list_extract", codes, place)) if usual else apply("list_extract", codes, place)
    own = expression(option, raw)
    return None if isinstance(own, exp.Null) else case((exp.Not(this=is_null(present(own))), lit(OWN)))


def text_of(shape: m.Shape, raw: Raw) -> Sql:
    """The category that a record brings itself; null where the tables give it."""
    own = [o for o in _options(category(shape)) if not isinstance(o, (m.Const, m.Lookup))]
    return first_of([expression(o, raw) for o in own]) if own else null()


def is_one_of(shape: m.Shape, raw: Raw, codes: Set[int]) -> Sql | None:
    """The condition that the category of a record of this shape has one of these numbers, over what the tables look up, which
    an engine can test before it reads anything else; ``None`` where a record may bring its own category."""
    found: Sql = exp.false()
    for option in reversed(list(_options(category(shape)))):
        looked_up = expression(option.value if isinstance(option, m.Lookup) else option, raw)
        if isinstance(option, m.Const):
            found = exp.Boolean(this=_CODES[option.value] in codes)
        elif isinstance(option, m.Lookup) and not isinstance(looked_up, (exp.Null, exp.Literal)):
            found = _is_listed(looked_up, option, codes, found)
        elif not isinstance(looked_up, (exp.Null, exp.Literal)):
            return None
    return found


def _is_listed(value: Sql, table: m.Lookup, codes: Set[int], otherwise: Sql) -> Sql:
    """The condition that a table gives one of the numbers for a value, or that ``otherwise`` is met where it has no such value."""
    key = apply("lower", value.expressions[0] if is_present(value) else value)  # no key is the empty text
    listed: dict[bool, list[Sql]] = {True: [], False: []}
    for text, name in table.table:
        listed[_CODES[name] in codes].append(lit(text))
    inside = exp.In(this=key, expressions=listed[True]) if listed[True] else exp.false()
    if otherwise == exp.false():
        return inside
    outside = coalesce(exp.In(this=key.copy(), expressions=listed[False]), exp.false()) if listed[False] else exp.false()
    elsewhere = exp.Not(this=outside)
    if otherwise == exp.true():
        return elsewhere
    return exp.Paren(this=exp.Or(this=inside, expression=exp.And(this=elsewhere, expression=paren(otherwise))))


def value(has_text: bool) -> Sql:
    """The category as text, from the columns ``CODE`` and, if there is one, ``TEXT``."""
    listed = apply("list_extract", exp.Array(expressions=[lit(n) for n in NAMES]), _column(CODE))
    return case((_is(OWN), _column(TEXT)), default=listed) if has_text else listed


def _column(name: str) -> Sql:
    return exp.column(name, quoted=True)


def _is(code: int) -> Sql:
    return exp.EQ(this=_column(CODE), expression=lit(code))


# --- conditions -------------------------------------------------------------------------------------------------------


class Tests(Struct):
    """The tests of a condition that look at nothing but the category, each with the column that stands for it.

    ``fixed``: the category that all records have; ``has_text``: some records bring their own. ``direct`` writes the test for
    some numbers without the number itself, if it can.
    """

    fixed: str | None
    has_text: bool
    direct: Callable[[Set[int]], Sql | None] = lambda codes: None
    found: dict[str, Sql] = field(default_factory=dict)
    own: dict[str, Expr] = field(default_factory=dict)

    def taken_out(self, expr: Expr) -> Expr:
        """The condition with a column in place of each such test."""
        if not isinstance(expr, Call):
            return expr
        test = _test(expr)
        if test is None:
            return replace(expr, args=tuple(self.taken_out(a) for a in expr.args))
        name = f"__category_test{len(self.found)}"
        self.found[name] = self._sql(test)
        self.own[name] = expr
        return Column(name, Type.BOOLEAN)

    def _sql(self, test: Callable[[str], bool]) -> Sql:
        if self.fixed is not None:
            return exp.Boolean(this=test(self.fixed))
        codes = [code for name, code in _CODES.items() if test(name)]
        if (direct := self.direct(set(codes))) is not None:
            return direct
        return exp.In(this=_column(CODE), expressions=[lit(c) for c in codes]) if codes else exp.false()

    def sql(self, name: str, on_text: Callable[[Expr], Sql]) -> Sql | None:
        """The test that stands behind a column, ``None`` for a column of another kind. ``on_text`` writes the test
        itself, for records that bring their own category."""
        found = self.found.get(name)
        if found is None or not self.has_text or self.fixed is not None:
            return found.copy() if found is not None else None
        own = exp.And(this=_is(OWN), expression=exp.Paren(this=on_text(self.own[name])))
        return exp.Paren(this=exp.Or(this=found.copy(), expression=exp.Paren(this=own)))


def _test(call: Call) -> Callable[[str], bool] | None:
    """What the call says of a category, ``None`` when it is not a test of the category against constants."""
    make = _TESTS.get(call.function)
    if make is None or not call.args or not all(isinstance(a, Literal) for a in call.args[1:]):
        return None
    subject = call.args[0]
    folded = isinstance(subject, Call) and subject.function == "folded"
    column = subject.args[0] if isinstance(subject, Call) and folded else subject
    if not isinstance(column, Column) or column.name.lower() != _FIELD:
        return None
    test = make([a.value for a in call.args[1:] if isinstance(a, Literal)])
    return None if test is None else (lambda name: test(name.lower())) if folded else test


def _search(values: list[object]) -> Callable[[str], bool] | None:
    """The regex on all names, tried now; ``None`` when it takes too long."""
    import regex

    from dohyo.patterns.regex import PatternError, to_python

    try:
        pattern = regex.compile(to_python(str(values[0])))
        found = {name for name in NAMES if pattern.search(name, timeout=_REGEX_SECONDS)}
    except (regex.error, PatternError, TimeoutError):
        return None
    return lambda name: name in found if name in _CODES else bool(pattern.search(name, timeout=_REGEX_SECONDS))


_TESTS: dict[str, Callable[[list[object]], Callable[[str], bool] | None]] = {
    "=": lambda values: lambda name: name == values[0],
    "!=": lambda values: lambda name: name != values[0],
    "in": lambda values: lambda name: name in values,
    "starts_with": lambda values: lambda name: name.startswith(str(values[0])),
    "ends_with": lambda values: lambda name: name.endswith(str(values[0])),
    "has": lambda values: lambda name: str(values[0]) in name,
    "is_null": lambda values: lambda name: False,
    "search": _search,
}
