"""Correlation operators against a reference that goes row by row."""

from __future__ import annotations

import csv
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dohyo.binding.context import Options
from dohyo.compile import compile_query
from dohyo.engines.duckdb.connect import arrow_type
from dohyo.engines.duckdb.engine import DuckDB
from dohyo.plan.names import ID, TIME
from dohyo.plan.passes import scan_columns

Row = dict[str, Any]
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VALUES = st.one_of(st.none(), st.sampled_from(["x", "y", "z", "X"]))
ROWS = st.lists(st.fixed_dictionaries({"a": VALUES, "b": VALUES, "kind": st.sampled_from("pqr")}), min_size=1, max_size=12)
#: The rows come to the engine in another order than that of their times.
ORDER = st.randoms(use_true_random=False)


ENGINE = DuckDB(threads=1)


def _run(query: str, rows: list[Row], shuffle: Callable[[list[Row]], None], table: list[Row] | None = None) -> list[Row]:
    """The rows of a query over messages that are a second apart; ``n`` numbers them. The reading of logs is left out:
    it has tests of its own, and most of the time of a run."""
    events = [row | {"n": f"n{i}", TIME: i * 1000, "_messagetime": i * 1000} for i, row in enumerate(rows)]
    shuffle(events)
    with tempfile.TemporaryDirectory() as scratch:
        if table:
            with (Path(scratch) / "T.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, list(table[0]))
                writer.writeheader()
                writer.writerows(table)
        plan = compile_query(query, options=Options(tables=(Path(scratch),))).plan
        columns = [(n, arrow_type(t), [i if n == ID else e.get(n.lower()) for i, e in enumerate(events)])
                   for n, t in scan_columns(plan)]  # fmt: skip
        ENGINE.use_events(pa.table({n: pa.array(values, kind) for n, kind, values in columns}))
        found, _ = ENGINE.run(plan)
    result: list[Row] = found.to_pylist()
    return result


@few
@given(ROWS, ORDER)
def test_transactionize_finds_the_connected_rows(rows: list[Row], order: Any) -> None:
    """Groups are the connected parts: rows are linked by an equal value of one field; nulls do not link."""
    found = _run('* | transactionize a, b (merge n join with ",")', rows, order.shuffle)
    groups = {frozenset(r["n"].split(",")) for r in found}
    assert groups == _connected(rows)
    assert all(r["_group_size"] == len(r["n"].split(",")) for r in found)


def _connected(rows: list[Row]) -> set[frozenset[str]]:
    left = set(range(len(rows)))
    groups = set()
    while left:
        group, todo = set(), [left.pop()]
        while todo:
            i = todo.pop()
            group.add(i)
            near = {j for j in left if any(rows[i][f] is not None and rows[i][f] == rows[j][f] for f in "ab")}
            left -= near
            todo += near
        groups.add(frozenset(f"n{i}" for i in group))
    return groups


@few
@given(ROWS, ORDER, st.integers(0, 12))
def test_join_gives_all_pairs(rows: list[Row], order: Any, window: int) -> None:
    """An inner join: each pair of rows with equal values that are near enough in time, once."""
    query = (f'* | join (where kind = "p") as l, (where kind != "p") as r on l.a = r.b timewindow {window}s'
             " | fields l_n, r_n")  # fmt: skip
    found = Counter((r["l_n"], r["r_n"]) for r in _run(query, rows, order.shuffle))
    sides = [[(i, r) for i, r in enumerate(rows) if (r["kind"] == "p") is left] for left in (True, False)]
    wanted = Counter((f"n{i}", f"n{j}") for i, x in sides[0] for j, y in sides[1]
                     if x["a"] is not None and x["a"] == y["b"] and abs(i - j) <= window)  # fmt: skip
    assert found == wanted


@few
@given(ROWS, ORDER, st.lists(st.fixed_dictionaries({"key": st.sampled_from("xyzXYq"), "v": st.sampled_from("123")}), min_size=1))
def test_lookup_keeps_each_row_once(rows: list[Row], order: Any, table: list[Row]) -> None:
    """A left join, one row out for each row in; the last of several rows with a key; keys without case."""
    found = _run('* | lookup v from path://"/T" on a = key | fields n, v', rows, order.shuffle, table)
    last = {t["key"].lower(): t["v"] for t in table}
    assert {r["n"]: r["v"] for r in found} == {f"n{i}": last.get((r["a"] or "").lower()) for i, r in enumerate(rows)}
    assert len(found) == len(rows)


@few
@given(ROWS, ORDER)
def test_transaction_counts_states_and_steps(rows: list[Row], order: Any) -> None:
    """The number of rows in each state by key, and each step from one state to the next in the order of time."""
    stage = "* | transaction on a with states p, q in kind"
    met = [(r["a"], r["kind"], i) for i, r in enumerate(rows) if r["kind"] in "pq"]
    counts = {(r["a"], s): r[s] for r in _run(f"{stage} results by transactions", rows, order.shuffle) for s in "pq"}
    assert {k: n for k, n in counts.items() if n} == Counter((a, s) for a, s, _ in met)
    steps = Counter((r["a"], r["fromstate"], r["tostate"], r["latency"])
                    for r in _run(f"{stage} results by flow", rows, order.shuffle))  # fmt: skip
    by_key = [[m for m in met if m[0] == a] for a in {m[0] for m in met}]
    assert steps == Counter((x[0], x[1], y[1], (y[2] - x[2]) * 1000) for ms in by_key for x, y in pairwise(ms))


@few
@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=3), min_size=1, max_size=12), ORDER, st.sampled_from(["", "+ ", "- "]))
def test_trace_follows_values(texts: list[list[str]], order: Any, direction: str) -> None:
    """Rows with a known value are kept and make their other values known, forward in time, backward, or both."""
    rows = [{"_raw": " ".join(f"id={v}" for v in vs)} for vs in texts]
    found = {r["n"] for r in _run(f'* | trace {direction}"id=(\\w)" "a" | fields n', rows, order.shuffle)}
    wanted: set[str] = set()
    numbered = list(enumerate(texts))
    for ways in {"": (numbered, numbered[::-1]), "+ ": (numbered,), "- ": (numbered[::-1],)}[direction]:
        known = {"a"}
        for i, values in ways:
            if known & set(values):
                known |= set(values)
                wanted.add(f"n{i}")
    assert found == wanted


MESSAGES = st.sampled_from([f"{w} {v}" for w in ("in", "at", "out") for v in ("1", "2", "12", "1 2")] + ["at 1 by 2", "at 12 by 1"])


@few
@given(st.lists(MESSAGES, min_size=1, max_size=14), ORDER)
def test_sessionize_finds_the_chains(texts: list[str], order: Any) -> None:
    """Each message carries on every open session whose values it has, and a session goes on only once."""
    found = _run('* | sessionize "in *" as (u), "at $u by *" as (v), "out $v"', [{"_raw": t} for t in texts], order.shuffle)
    second: list[Row] = []
    first: list[Row] = []
    done = []
    for text in texts:
        ended = [s for s in second if f"out {s['v']}" in text]
        done += ended
        second = [s for s in second if s not in ended]
        for session in list(first):
            if m := re.search(rf"at {session['u']} by (.*)\Z", text):
                first.remove(session)
                second.append(session | {"v": m[1]})
        if text.startswith("in "):
            first.append({"u": text[3:]})
    assert Counter((r["u"], r["v"]) for r in found) == Counter((s["u"], s["v"]) for s in done)
