"""Detections that look at several events at once: they run over the events of the last hour, say, each time one comes that they
can use. A row is raised when it was not there before that event came: the same group of an aggregate, or the same event,
is raised once as long as it stays in the window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from dohyo.engines.duckdb.dialect import DIALECT
from dohyo.engines.duckdb.engine import DuckDB
from dohyo.engines.sql import Expressions, column
from dohyo.follow.kept import Kept
from dohyo.follow.rules import Rule
from dohyo.plan.expr import TRUE, Expr, any_of
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import Aggregate, Extend, Filter, Limit, Node, Project, Sort, Window
from dohyo.plan.passes import scan_predicate
from dohyo.plan.types import Field
from dohyo.results import Places

#: When an event came, in epoch ms.
_CAME = "__came"
#: A clock that is ahead of ours by more than this (ms) is not believed.
_AHEAD = 60_000
#: The window is cut when it is longer than it should be by this share: each cut costs a run of all its detections.
_SLACK = 0.1
#: So many events are kept at most.
_MOST = 2_000_000


class Windowed:
    """The detections and the events of their window."""

    def __init__(self, rules: list[Rule], engine: DuckDB, schema: pa.Schema, span: int) -> None:
        """``schema``: of the events that come; ``span``: the window's length in ms."""
        self.rules, self.engine, self.span = rules, engine, span
        self.cut = 0  # events that had to go although they were in the window
        needed = {n.lower() for r in rules for n, _ in r.outline.columns} | {ID, TIME}
        names = [n for n in schema.names if n.lower() in needed]
        own = pa.schema([schema.field(n) for n in names])
        self.kept = Kept(own.append(pa.field(_CAME, pa.int64())))
        conditions = [scan_predicate(r.query.plan) for r in rules]
        self._useful = _select([column(n) for n in names], any_of(conditions))
        #: By ``id`` of the rule: asks whether there are events for it.
        self._own = {
            id(rule): _select([exp.Literal.number(1)], condition).limit(1).sql("duckdb")
            for rule, condition in zip(rules, conditions, strict=True)
        }
        #: By ``id`` of the rule: the rows there were.
        self._before: dict[int, Counter[Any]] = {}

    def rows(self, events: pa.Table, now: int) -> Iterator[tuple[Rule, pa.Table, Sequence[Field]]]:
        """For each detection the rows that come with further events. ``now``: epoch ms."""
        self.engine.use_events(events)
        new = self.engine.connection.sql(self._useful.sql("duckdb")).to_arrow_table()
        if not len(new):
            return
        self.engine.use_events(new)
        concerned = [r for r in self.rules if len(self.engine.connection.sql(self._own[id(r)]).to_arrow_table())]
        self.kept.add(new.append_column(_CAME, pa.array(np.full(len(new), now, dtype=np.int64))))
        for rule, table, shown in self._over(concerned):
            names = _identities(rule, table)
            fresh = _fresh(names, self._before.get(id(rule), Counter()))
            self._before[id(rule)] = Counter(names)
            yield rule, table.take(pa.array(fresh, pa.int64())), shown
        if self._shorten(now):
            self.remember()

    def remember(self) -> None:
        """Notes the rows that are there now: they were raised."""
        for rule, table, _ in self._over(self.rules):
            self._before[id(rule)] = Counter(_identities(rule, table))

    def _over(self, rules: Sequence[Rule]) -> Iterator[tuple[Rule, pa.Table, Sequence[Field]]]:
        events = self.kept.all()
        for rule in list(rules):
            self.engine.use_events(events)
            found = rule.rows()
            if found is None:
                self.rules.remove(rule)
            else:
                yield rule, *found

    def _shorten(self, now: int) -> bool:
        """Takes away the events that are too old: by the time of their own file's events, or because they came long ago."""
        events = self.kept.all()
        ages = _ages(events, now)
        if len(events) <= _MOST and (not len(ages) or ages.max() <= self.span * (1 + _SLACK)):
            return False
        keep = ages <= self.span
        if keep.sum() > _MOST:
            places = np.flatnonzero(keep)
            self.cut += len(places) - _MOST
            keep[places[: len(places) - _MOST]] = False
        self.kept.replace(events.filter(pa.array(keep)))
        return True

    # -- over a restart

    def state(self, places: Places) -> dict[str, Any]:
        """For the checkpoint; the events themselves are saved beside it."""
        return {"files": self.kept.save(), "places": places.files}

    def restore(self, state: dict[str, Any], places: Places) -> None:
        """Goes on with the events that were saved; their places get new numbers."""
        self.kept.load(state["files"])
        events = self.kept.all()
        ids = events.column(ID).to_numpy()
        used, positions = np.unique(ids >> Places.BITS, return_inverse=True)
        bases = np.array([places.add(state["places"][n]) for n in used.tolist()], dtype=np.int64)
        if len(events):
            new = bases[positions] + (ids & ((1 << Places.BITS) - 1))
            self.kept.replace(events.set_column(events.schema.get_field_index(ID), ID, pa.array(new)))
        self.remember()


def _select(shown: Sequence[exp.Expression], predicate: Expr) -> exp.Select:
    """Some columns of the events that meet a condition."""
    query = exp.select(*shown).from_(exp.to_table("events"))
    return query if predicate == TRUE else query.where(Expressions(DIALECT).condition(predicate, column))


def _ages(events: pa.Table, now: int) -> Any:
    """For each event by how much it is older than the newest of its file, or how long ago it came, if that is more (ms)."""
    came = events.column(_CAME).to_numpy()
    times = pc.fill_null(events.column(TIME), pa.scalar(-1, pa.int64())).to_numpy()
    times = np.where((times < 0) | (times > came + _AHEAD), came, times)
    files, file = np.unique(events.column(ID).to_numpy() >> Places.BITS, return_inverse=True)
    newest = np.zeros(len(files), dtype=np.int64)
    np.maximum.at(newest, file, times)
    return np.maximum(newest[file] - times if len(times) else times, now - came)


def _identities(rule: Rule, table: pa.Table) -> list[Any]:
    """What tells each row from the others: the keys of its group, the event that it stands for, or all its values."""
    keys = _keys(rule.query.plan)
    there = {n.lower(): n for n in table.column_names}
    if keys is not None and all(k.lower() in there for k in keys):
        columns = [table.column(there[k.lower()]).to_pylist() for k in keys]
        return list(zip(*columns, strict=True)) if columns else [()] * len(table)
    if ID in table.column_names and table.column(ID).null_count == 0:
        found: list[Any] = table.column(ID).to_pylist()
        return found
    return [repr(row) for row in table.to_pylist()]


def _keys(plan: Node) -> tuple[str, ...] | None:
    """The keys of the aggregate that makes the rows of a plan."""
    while isinstance(plan, (Extend, Filter, Limit, Project, Sort, Window)):
        plan = plan.input
    return plan.keys if isinstance(plan, Aggregate) else None


def _fresh(names: list[Any], before: Counter[Any]) -> list[int]:
    """The positions of rows that were not there before; of rows with the same name the first ones are the old ones."""
    left = before.copy()
    fresh: list[int] = []
    for position, name in enumerate(names):
        if left[name] > 0:
            left[name] -= 1
        else:
            fresh.append(position)
    return fresh
