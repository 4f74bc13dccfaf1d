"""Every scalar function agrees with its plain Python reference on generated values, as fields and as constants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from dohyo.plan.functions import FUNCTIONS as TABLE
from reference.engine import END, START, run, same
from reference.functions import FUNCTIONS, NONE, REMOVING, Reference
from reference.generate import KINDS, constant, quoted, rows
from reference.profile import often
from reference.text_functions import replace_regex
from reference.values import Row

PUBLIC = sorted({f.name for f in TABLE.values() if not f.internal})


class Call(Struct, frozen=True):
    """A call as written, and what it gives for a row."""

    text: str
    value: Callable[[Row], object]


def test_every_function_has_a_reference() -> None:
    """A function can only be without one when it depends on nothing that a row holds."""
    assert sorted(FUNCTIONS.keys() | NONE.keys()) == PUBLIC


def _always(value: object) -> Callable[[Row], object]:
    return lambda row: value


def _replaced(pattern: str, by: str) -> Callable[[Row], object]:
    return lambda row: replace_regex(row["text0"], pattern, by)


@st.composite
def calls(draw: st.DrawFn, name: str, one: Reference) -> Call:
    """A call of the function over fields called like their kind with a number, or constants."""
    kinds = one.args.split()
    while kinds[-1].endswith("?") and draw(st.booleans()):
        kinds.pop()
    texts: list[str] = []
    values: list[Callable[[Row], object]] = []
    for place, kind in enumerate(k.rstrip("?") for k in kinds):
        if kind.isupper() or draw(st.integers(0, 2)) == 0:
            given_constant = constant(kind, draw(KINDS[kind]))
            texts.append(given_constant.text)
            values.append(_always(given_constant.value))
        else:
            field = f"{kind}{place}"
            texts.append(field)
            values.append(itemgetter(field))
    return Call(f"{name}({', '.join(texts)})", lambda row: one.call(*(v(row) for v in values)))


def _fields() -> dict[str, str]:
    kinds = sorted({k.rstrip("?") for r in FUNCTIONS.values() for k in r.args.split() if not k.isupper()})
    return {f"{k}{i}": k for k in kinds for i in range(4)}


EVENTS = rows(_fields(), most=6)


def _differences(calls_made: list[Call], events: list[Row]) -> Iterator[str]:
    stages = " | ".join(f"{c.text} as r{i}" for i, c in enumerate(calls_made))
    names = ", ".join(f"r{i}" for i in range(len(calls_made)))
    got = run(f"* | {stages} | fields {names}", [{"_messageTime": END - 1 - i, **e} for i, e in enumerate(events)])
    assert len(got) == len(events)
    for row, event in zip(got, events, strict=True):
        for i, c in enumerate(calls_made):
            wanted = c.value(event)
            if not same(row[f"r{i}"], wanted):
                used = {k: v for k, v in event.items() if k in c.text}
                yield f"{c.text} with {used} gives {row[f'r{i}']!r}, not {wanted!r}"


ROWWISE = {n: r for n, r in FUNCTIONS.items() if n not in REMOVING}


@often(30)
@given(st.tuples(*(calls(n, r) for n, r in ROWWISE.items())), EVENTS)
def test_functions(made: tuple[Call, ...], events: list[Row]) -> None:
    """All functions at once: a column each."""
    assert list(_differences(list(made), events)) == []


@often(30)
@pytest.mark.parametrize("name", REMOVING)
@given(rows({"ip": "ip"}, most=8))
def test_classes_of_addresses(name: str, events: list[Row]) -> None:
    """A row without an IPv4 address is removed (spec §3.5)."""
    got = run(f"* | {name}(ip) as r | fields ip, r", [{"_messageTime": END - 1 - i, **e} for i, e in enumerate(events)])
    judged = [(e["ip"], FUNCTIONS[name].call(e["ip"])) for e in events]
    assert [(r["ip"], r["r"]) for r in got] == [(ip, r) for ip, r in judged if r is not None]


#: A regex of the language, the same in Python, and what is put in its place.
REGEXES = [
    ("[a-c]+", "[a-c]+", "<$0>"),
    (r"(\w)(\d)", r"([A-Za-z0-9_])([0-9])", "$2$1"),
    (r"\.", r"\.", ""),
    ("(?i)A", "(?i)A", "$"),
    (r"(?<=a)b", r"(?<=a)b", "[$0]"),
    ("x*", "x*", ""),
]


@often(20)
@given(rows({"text0": "text"}, most=8))
def test_replace_with_a_regex(events: list[Row]) -> None:
    """Every match is replaced; groups are named by number (spec §3.1)."""
    made = [Call(f"replace(text0, /{regex}/, {quoted(by)})", _replaced(python, by)) for regex, python, by in REGEXES]
    assert list(_differences(made, events)) == []


def test_the_range_and_the_clock() -> None:
    """What depends on the run alone (spec §3.6)."""
    row = run(
        "* | queryStartTime() as a | queryEndTime() as b | queryTimeRange() as c | now() as d | fields a, b, c, d",
        [{"_messageTime": START}],
    )[0]
    assert row == {"a": START, "b": END, "c": END - START, "d": END}
