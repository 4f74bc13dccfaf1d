"""Which shape a raw record has, as SQL (see ``recognise.recognise``)."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from msgspec import Struct
from sqlglot import exp

from dohyo.engines.duckdb.raw import Path, Raw
from dohyo.plan.functions.model import Sql, apply, case, cast, coalesce, lit, paren
from dohyo.sources import model as m
from dohyo.sources.shapes.names import CANONICAL


def carries(shape: m.Shape, raw: Raw, lacks: Set[str] = frozenset()) -> list[Sql]:
    """The conditions under which a record carries the marks of a shape; none where it does so surely, and ``FALSE`` alone
    where it cannot. ``lacks``: keys that it is known not to have at its top."""
    tests = [raw.there(path) for path in shape.marks]
    if shape.any_marks:
        tests.append(_any([raw.there(path) for path in shape.any_marks]))
    tests += [_not(raw.there(path)) for path in shape.not_marks if path[0] not in lacks]
    if shape.starts:
        tests.append(_any([_begins(raw, path, shape.starts) for path in dict.fromkeys(path for path, _ in shape.starts)]))
    return [exp.false()] if any(_is(False, test) for test in tests) else [test for test in tests if not _is(True, test)]


def impossible(tests: list[Sql]) -> bool:
    """True when :func:`carries` says that no record carries the marks."""
    return len(tests) == 1 and _is(False, tests[0])


def _begins(raw: Raw, path: Path, starts: Sequence[tuple[Path, str]]) -> Sql:
    """Whether the text at a path has one of the openings that are given for it; one regex, for a test each would take the
    engine longer to plan than most files to read."""
    value = raw.value(path)
    if isinstance(value, exp.Null):
        return exp.false()
    openings = "|".join(re.escape(opening) for at, opening in starts if at == path)
    return coalesce(apply("regexp_matches", value, lit(rf"^[ \t\r\n]*(?:{openings})")), exp.false())


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
    cheaper, only whether the record has a key at its top that this shape needs and the others hardly have; then too the record
    has no place here.
    """
    branches: list[tuple[Sql, Sql]] = []
    numbers = {s.name: i for i, s in enumerate(shapes, 1)}
    usual = frozenset(key for shape in shapes for key in _usual(shape, every))
    last, lacks = max((s.rank for s in shapes), default=0), set[str]()
    for shape in (s for s in every if s.rank <= last):
        tests: list[Sql] = [exp.false()]
        if shape.name in numbers:
            tests = carries(shapes[numbers[shape.name] - 1], raw, lacks)
        elif not all(_excluded(shape, other) for other in shapes):
            needed = () if exact else _needed(shape, usual)
            tests = [_any([raw.there((key,)) for key in needed])] if needed else carries(shape, raw, lacks)
            lacks.update(needed)
        number = lit(numbers.get(shape.name, 0))
        if not tests:  # no shape after this one is asked for
            return cast(case(*branches, default=number) if branches else number, "UTINYINT")
        if not impossible(tests):
            branches.append((exp.and_(*tests, copy=False), number))
    return cast(case(*branches, default=lit(0)) if branches else lit(0), "UTINYINT")


def _usual(shape: m.Shape, every: Sequence[m.Shape]) -> Set[str]:
    """The keys that records of a shape may well have at their top: what some of them have, else what is looked for."""
    if shape.keys is not None:
        return shape.keys
    whole = next((s for s in every if s.name == shape.name), shape)
    return {p[0] for p in (*whole.marks, *whole.any_marks)} | {k.keys[0] for e in whole.fields.values() for k in _keys_of(e)}


def _keys_of(expr: object) -> list[m.Key]:
    if isinstance(expr, m.Key):
        return [expr]
    if isinstance(expr, tuple):
        return [k for item in expr for k in _keys_of(item)]
    parts = expr.__struct_fields__ if isinstance(expr, Struct) else ()
    return [k for name in parts for k in _keys_of(getattr(expr, name))]


def _needed(shape: m.Shape, usual: Set[str]) -> Sequence[str]:
    """The keys of which a record with this shape has one at its top, at least, and others hardly have any: one key if possible,
    for each that is looked for costs time in every record. None where others may have them too."""
    if required := [path[0] for path in (*shape.marks, *_start(shape)) if path[0] not in usual]:
        return [min(required, key=lambda key: key in CANONICAL)]
    some = list(dict.fromkeys(path[0] for path in shape.any_marks))
    return some if usual.isdisjoint(some) else []


def _start(shape: m.Shape) -> list[Path]:
    """Where the text must stand that tells a shape, if it can be in one place only."""
    places = dict.fromkeys(path for path, _ in shape.starts)
    return list(places) if len(places) == 1 else []


def _sure(shape: m.Shape) -> set[Path]:
    """The places where each record that a table claims has something."""
    read = [e.value.options[0] for e in shape.fields.values() if isinstance(e, m.Enough) and len(e.value.options) == 1]
    relied_on = [e.keys for e in read if isinstance(e, m.Key)]
    return {*shape.marks, *relied_on, *(shape.any_marks if len(shape.any_marks) == 1 else ())}


def _excluded(other: m.Shape, shape: m.Shape) -> bool:
    """True when no record can carry the marks of both."""
    forbidden = set(shape.not_marks)
    return bool(_sure(shape) & set(other.not_marks) or forbidden & set(other.marks)) or other.rank > shape.rank
