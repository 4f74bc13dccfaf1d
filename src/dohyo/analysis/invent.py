"""Events made for a query: for each text that it compares a field with, events that just meet it and that just miss it.

A base event meets all conditions at once (found by trying values, conjunct by conjunct); the others differ from a base in
one field. What the evaluator cannot tell is left to the engine that runs the events: nothing here decides what is right.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from dohyo.analysis.evaluate import UNKNOWN, value
from dohyo.analysis.samples import completed, of_regex, variants
from dohyo.plan.expr import Call, Column, Expr, Literal, calls, columns

Event = dict[str, Any]
#: Events, base events, seconds to look for them, values of a field.
MOST, _BASES, _SECONDS, _VALUES = 4_000, 60, 6.0, 400
_NEARLY = 1e-6
#: A value of no meaning; the same for each field, so that fields can be equal.
_PLAIN = ("same", "C:\\Windows\\System32\\other.exe", "7")


class _Field(Struct):
    """Values that meet a test, the first of each test first, and those that only nearly do."""

    meets: list[Any] = field(default_factory=list)
    nearly: list[Any] = field(default_factory=list)


def events(condition: Expr) -> list[Event]:
    """The events, each with the fields that the condition names; a field without a value is left out."""
    parts = conjuncts(condition)
    fields = _fields(condition)
    out: dict[tuple[tuple[str, Any], ...], Event] = {}
    for event in _all(parts, fields):
        kept = {k: v for k, v in event.items() if v is not None}
        out.setdefault(tuple(sorted(kept.items())), kept)
        if len(out) >= MOST:
            break
    return list(out.values())


def conjuncts(condition: Expr) -> list[Expr]:
    """The parts of a condition that must all hold."""
    if isinstance(condition, Call) and condition.function == "and":
        return [p for a in condition.args for p in conjuncts(a)]
    return [condition]


def _fields(condition: Expr) -> dict[str, _Field]:
    found: dict[str, _Field] = {}
    spelled: dict[str, str] = {}
    for column in columns(condition):
        name = spelled.setdefault(column.name.lower(), column.name)
        found.setdefault(name, _Field())
    for call in calls(condition):
        subject = _subject(call)
        if subject is not None:
            one = found[spelled[subject.name.lower()]]
            for text in _seeds(call):
                one.meets.append(text)
    for one in found.values():
        one.meets = list(dict.fromkeys([*one.meets, *_PLAIN]))[:_VALUES]
        one.nearly = list(dict.fromkeys(v for m in one.meets[:-1] if isinstance(m, str) for v in variants(m)))[: 4 * _VALUES]
    return found


def _subject(call: Call) -> Column | None:
    """The one field that a test is about, under whatever is computed of it; the one that a part is taken of, of several."""
    if call.function not in _TESTS:
        return None
    taken = [c for part in calls(call) if part.function == "captures" for c in columns(part)]
    names = {c.name.lower(): c for c in taken or columns(call)}
    return next(iter(names.values())) if len(names) == 1 else None


_TESTS = frozenset({"=", "!=", "in", "has", "starts_with", "ends_with", "search", "captures", "<", "<=", ">", ">=", "isNull", "is_null",
                    "isEmpty", "isBlank", "isValidIPv6", "isValidIPv4", "isValidIP", "glob_search"})  # fmt: skip


def _seeds(call: Call) -> Iterator[Any]:
    """Values that meet a test of one field."""
    taken = any(c.function == "captures" for a in call.args[:1] for c in calls(a))
    for text in (str(a.value) for a in call.args[1:] if isinstance(a, Literal) and a.value is not None):
        match call.function:
            case "search":
                samples = of_regex(text)
                yield from samples
                yield from (t for s in samples[:3] for t in completed(s))
                yield from (f"aa{s}bb" for s in samples[:1])
            case "has":
                yield from (f"aa{text}bb", text)
            case "starts_with":
                yield from (f"{text}bb", text)
            case "ends_with":
                yield from (f"C:\\aa{text}", text)
            case "<" | "<=" | ">" | ">=" if text.lstrip("-").isdecimal():
                yield from (str(int(text) + step) for step in (1, -1, 0))
            case "captures":
                yield from of_regex(text)
            case _:
                yield from ([f"C:\\aa\\{text}", f"C:/aa/{text}"] if taken else [])
                yield text
    if call.function.startswith("isValidIP"):
        yield from ("fe80::1", "2001:db8::1", "10.0.0.1")
    if call.function in ("isNull", "is_null", "isEmpty", "isBlank"):
        yield ""


def _all(parts: Sequence[Expr], fields: dict[str, _Field]) -> Iterator[Event]:
    until = time.monotonic() + _SECONDS
    empty: Event = dict.fromkeys(fields)
    base = _solved(parts, fields, empty, {}, until)
    yield base
    yield empty
    bases: list[tuple[Event, str | None]] = [(base, None)]
    for name, one in fields.items():
        for seed in one.meets:
            if len(bases) < _BASES and time.monotonic() < until and _needs_own(parts, base, name, seed):
                solved = _solved(parts, fields, {**empty, name: seed}, {name: seed}, until)
                bases.append((solved, name))
                yield solved
    for event, only in bases:
        for name, one in fields.items():
            if only is not None and name != only:
                continue
            for other in (None, *one.meets, *one.nearly):
                yield {**event, name: other}
    yield from (dict(empty, **{name: seed}) for name, one in fields.items() for seed in one.meets)


def _needs_own(parts: Sequence[Expr], base: Event, name: str, seed: Any) -> bool:
    """A value that the base event cannot have in the place of its own."""
    return _score(parts, {**base, name: seed}) < _score(parts, base)


def _solved(parts: Sequence[Expr], fields: dict[str, _Field], start: Event, fixed: Event, until: float) -> Event:
    """An event that meets as many parts as trying one field's value after the other finds."""
    event, best = dict(start), _score(parts, start)
    own = [_fields(part) for part in parts]
    for _ in range(4):
        before = best
        for part, wanted in zip(parts, own, strict=True):
            if value(part, _known(event), {}) is True:
                continue
            for name, seeds in wanted.items():
                spelled = next(f for f in fields if f.lower() == name.lower())
                if spelled in fixed or time.monotonic() > until:
                    continue
                for other in _tries(event[spelled], seeds.meets):
                    score = _score(parts, {**event, spelled: other})
                    if score > best + _NEARLY:
                        event, best = {**event, spelled: other}, score
            together = {f: _PLAIN[0] for f in fields if f.lower() in {n.lower() for n in wanted} and f not in fixed}
            score = _score(parts, {**event, **together})
            if score > best + _NEARLY:  # fields that are compared with each other
                event, best = {**event, **together}, score
        if best == before or best >= len(parts) - _NEARLY:
            break
    return event


def _tries(now: Any, meets: Sequence[Any]) -> Iterator[Any]:
    """A test's values alone, and beside what is in the field already."""
    yield from meets
    yield None
    if isinstance(now, str):
        for one in meets:
            yield from (f"{now} {one}", f"{one} {now}", f"{now}{one}", f"{one}{now}")


def _score(parts: Sequence[Expr], event: Event) -> float:
    known = _known(event)
    return sum(_grade(p, known, True) for p in parts)


def _grade(part: Expr, known: Event, wanted: bool) -> float:
    """How near a condition is to what is wanted of it, from 0 to 1: so that a part of a conjunction is worth something."""
    if isinstance(part, Call) and part.function == "not":
        return _grade(part.args[0], known, not wanted)
    if isinstance(part, Call) and part.function in ("and", "or"):
        grades = [_grade(a, known, wanted) for a in part.args]
        return sum(grades) / len(grades) if (part.function == "and") == wanted else max(grades)
    found = value(part, known, {})
    return 0.5 if found is UNKNOWN else float(bool(found) == wanted)


def _known(event: Event) -> Event:
    return {k.lower(): v for k, v in event.items()}
