"""What is told of a condition beforehand loses no event that the engine would take, and picks few others."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from dohyo.engines.duckdb.dialect import DIALECT
from dohyo.engines.duckdb.many import Kept
from dohyo.engines.duckdb.texts import TextColumn
from dohyo.engines.duckdb.told import Told
from dohyo.engines.sql import Expressions, column
from dohyo.plan.expr import FALSE, TRUE, Call, Column, Expr, all_of, any_of, boolean, negation, text
from dohyo.plan.names import ID
from dohyo.plan.told import told
from dohyo.plan.types import Type

NAMES = ("a", "b", "gone", "number")
_words = st.text("aAbB.\\ ıİſKß", max_size=4)


@st.composite
def _tests(draw: st.DrawFn) -> Expr:
    field: Expr = Column(draw(st.sampled_from(NAMES)), Type.STRING)
    if draw(st.booleans()):
        field = Call(draw(st.sampled_from(("folded", "toLowerCase"))), (field,), Type.STRING)
    function = draw(st.sampled_from(("=", "in", "starts_with", "ends_with", "has", "search", "is_null", "isNull", "<")))
    if function in ("is_null", "isNull"):
        return boolean(function, field)
    if function == "search":
        return boolean(function, field, text(draw(st.sampled_from(("^a", "b$", "(?i)ab", "a.b", "[^a]", "\\\\", "\\w")))))
    return boolean(function, field, *map(text, draw(st.lists(_words, min_size=1, max_size=3 if function == "in" else 1))))


conditions = st.recursive(
    st.one_of(_tests(), st.sampled_from((TRUE, FALSE))),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(all_of),
        st.lists(inner, min_size=2, max_size=3).map(any_of),
        inner.map(negation),
    ),
    max_leaves=8,
)
tables = st.lists(st.tuples(st.none() | _words, st.none() | _words), min_size=1, max_size=8)


def _columns(rows: list[tuple[str | None, str | None]]) -> dict[str, pa.Array]:
    columns = [pa.array([r[i] for r in rows], pa.string()) for i in (0, 1)]
    return {"a": columns[0], "b": columns[1], "gone": pa.nulls(len(rows), pa.string()), "number": columns[1]}


def _taken(condition: Expr, columns: dict[str, pa.Array]) -> list[bool]:
    """What the engine itself says."""
    connection = duckdb.connect()
    connection.register("events", pa.table(columns))
    test = Expressions(DIALECT).condition(condition, column)
    sql = exp.select(exp.Coalesce(this=test, expressions=[exp.false()])).from_("events").sql("duckdb")
    return [row[0] for row in connection.execute(sql).fetchall()]


@settings(max_examples=300, deadline=None)
@given(conditions, tables, st.booleans())
def test_no_event_is_lost(condition: Expr, rows: list[tuple[str | None, str | None]], above: bool) -> None:
    """Whatever the engine takes is told to be possible, and whatever is told to be sure it takes."""
    columns = _columns(rows)
    texts = {n: TextColumn.of([columns[n].dictionary_encode()]) for n in ("a", "b")}
    found = Told(texts, {"number"}).met(told(condition, above), np.arange(len(rows)), above)
    for taken, met in zip(_taken(condition, columns), found.tolist(), strict=True):
        assert met >= taken if above else met <= taken


@pytest.mark.parametrize("whole", [0, 1_000])
def test_what_fields_tell_is_told_exactly(whole: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of plain texts nothing is left open, whether a column is looked at as a whole or value by value."""
    monkeypatch.setattr("dohyo.engines.duckdb.told._WHOLE", whole)
    a, b = (Column(n, Type.STRING) for n in "ab")
    lower = Call("folded", (a,), Type.STRING)
    condition = all_of([
        any_of([boolean("ends_with", lower, text(".exe")), boolean("search", b, text("^x.*z$"))]),
        negation(any_of([boolean("has", lower, text("good")), boolean("is_null", b)])),
    ])  # fmt: skip
    values = {"a": ["Bad.EXE", "good.exe", "bad.exe", "Bad.com", None], "b": ["1", "2", None, "xyz", "xz"]}
    columns = {n: pa.array(v) for n, v in values.items()}
    texts = {n: TextColumn.of([c.dictionary_encode()]) for n, c in columns.items()}
    rows = np.array([4, 0, 3, 2, 1, 0])
    assert Told(texts, set()).met(told(condition), rows).tolist() == [True, True, True, False, False, True]
    assert told(boolean("<", a, text("x"))) == TRUE
    assert told(negation(boolean("<", a, text("x")))) == TRUE


def test_slices_hold_all_events_in_their_order() -> None:
    """Batches with and without a column make one slice: every value is in its row."""
    schema = pa.schema([("x", pa.string()), (ID, pa.int64()), ("_raw", pa.string()), ("y", pa.string())])
    rows = [("p", 1, None, None), ("q", 2, None, None), (None, 3, "raw", "s"), ("p", 4, None, "t")]
    batches = [pa.record_batch([pa.array(c, f.type) for c, f in zip(zip(*part, strict=True), schema, strict=True)], schema=schema)
               for part in (rows[:2], rows[2:3], rows[3:])]  # fmt: skip
    (kept,) = Kept.slices(schema, batches, 1_000)
    assert kept.size == len(rows)
    for place, name in enumerate(schema.names):
        held = kept.texts[name].whole if name in kept.texts else kept.others[name]
        assert held.to_pylist() == [row[place] for row in rows]
