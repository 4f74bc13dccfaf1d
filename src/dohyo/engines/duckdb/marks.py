"""Which shape a raw record has, as SQL (see ``recognise.recognise``)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlglot import exp

from dohyo.engines.duckdb.raw import Path, Raw
from dohyo.plan.functions.model import Sql, apply, case, cast, coalesce, lit, paren
from dohyo.sources import model as m
from dohyo.sources.shapes.names import CANONICAL


def carries(shape: m.Shape, raw: Raw) -> list[Sql]:
    """The conditions under which a record carries the marks of a shape; none where it does so surely, and ``FALSE`` alone
    where it cannot."""
    tests = [raw.there(path) for path in shape.marks]
    if shape.any_marks:
        tests.append(_any([raw.there(path) for path in shape.any_marks]))
    tests += [_not(raw.there(path)) for path in shape.not_marks]
    if shape.starts:
        tests.append(_any([_begins(raw, path, opening) for path, opening in shape.starts]))
    return [exp.false()] if any(_is(False, test) for test in tests) else [test for test in tests if not _is(True, test)]


def impossible(tests: list[Sql]) -> bool:
    """True when :func:`carries` says that no record carries the marks."""
    return len(tests) == 1 and _is(False, tests[0])


def _begins(raw: Raw, path: Path, opening: str) -> Sql:
    value = raw.value(path)
    if isinstance(value, exp.Null):
        return exp.false()
    return coalesce(apply("starts_with", apply("ltrim", value, lit(" \t\r\n")), lit(opening)), exp.false())


def _any(tests: list[Sql]) -> Sql:
    open_ = [test for test in tests if not _is(False, test)]
    if not open_ or any(_is(True, test) for test in open_):
        return exp.Boolean(this=bool(open_))
    return paren(exp.or_(*open_, copy=False)) if len(open_) > 1 else open_[0]


def _not(test: Sql) -> Sql:
    return exp.Boolean(this=not test.this) if isinstance(test, exp.Boolean) else exp.Not(this=paren(test))


def _is(value: bool, test: Sql) -> bool:
    return isinstance(test, exp.Boolean) and test.this is value


def shape_number(shapes: Sequence[m.Shape], raw: Raw, every: Sequence[m.Shape], exact: bool = True) -> Sql:
    """1-based place in ``shapes`` of the shape a record has, 0 when it has none of them.

    A shape of lower rank that is not in ``shapes`` must not claim the record. Its marks are looked at (``exact``), or,
    cheaper, only whether the record has anything at the top that it needs; then too the record has no place here.
    """
    branches: list[tuple[Sql, Sql]] = []
    numbers = {s.name: i for i, s in enumerate(shapes, 1)}
    whole = [s for s in every if s.name in numbers]
    last = max((s.rank for s in shapes), default=0)
    for shape in (s for s in every if s.rank <= last):
        tests: list[Sql] = [exp.false()]
        if shape.name in numbers:
            tests = carries(shapes[numbers[shape.name] - 1], raw)
        elif not all(_excluded(shape, other) for other in shapes):
            cheap = not exact and (shape.marks or not shape.starts) and not any(_share_keys(shape, other) for other in whole)
            tests = _needed(shape, raw) if cheap else carries(shape, raw)
        number = lit(numbers.get(shape.name, 0))
        if not tests:  # no shape after this one is asked for
            return cast(case(*branches, default=number) if branches else number, "UTINYINT")
        if not impossible(tests):
            branches.append((exp.and_(*tests, copy=False), number))
    return cast(case(*branches, default=lit(0)) if branches else lit(0), "UTINYINT")


def _share_keys(a: m.Shape, b: m.Shape) -> bool:
    """True when a mark of ``a`` begins with a key that records of ``b`` may well have."""
    own = {p[0] for p in (*b.marks, *b.any_marks)} | {k.keys[0] for e in b.fields.values() for k in _keys_of(e)}
    return any(p[0] in own for p in (*a.marks, *a.any_marks))


def _keys_of(expr: object) -> list[m.Key]:
    if isinstance(expr, m.Key):
        return [expr]
    if isinstance(expr, tuple):
        return [k for item in expr for k in _keys_of(item)]
    parts = expr.__struct_fields__ if isinstance(expr, Struct) else ()
    return [k for name in parts for k in _keys_of(getattr(expr, name))]


def _needed(shape: m.Shape, raw: Raw) -> list[Sql]:
    """What a record with this shape has at its top, at least: one key that others hardly have, for each that is looked for costs
    time in every record."""
    required = dict.fromkeys(path[0] for path in shape.marks)
    if required:
        return [raw.there((min(required, key=lambda key: key in CANONICAL),))]
    return [_any([raw.there(top) for top in dict.fromkeys(path[:1] for path in shape.any_marks)])]


def _excluded(other: m.Shape, shape: m.Shape) -> bool:
    """True when no record can carry the marks of both."""
    required, forbidden = set(shape.marks), set(shape.not_marks)
    return bool(required & set(other.not_marks) or forbidden & set(other.marks)) or other.rank > shape.rank
