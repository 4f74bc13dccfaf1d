"""Detections over one portion of events after another: compiled once, read with one statement, run with statements that are
kept."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from msgspec.structs import replace

from dohyo.compile import Compiled
from dohyo.detections.hunt import Outcome
from dohyo.detections.model import Detection
from dohyo.diagnostics import QueryError
from dohyo.engines.duckdb.accounts import Accounts
from dohyo.engines.duckdb.connect import arrow_type, connect
from dohyo.engines.duckdb.engine import DuckDB
from dohyo.engines.duckdb.many import Kept, with_columns
from dohyo.engines.duckdb.reading import Part, Reading
from dohyo.follow.model import Portion, Thread
from dohyo.follow.place import digest
from dohyo.follow.rules import Refused, Rule, refused
from dohyo.follow.window import Windowed
from dohyo.plan.names import ID, TIME
from dohyo.plan.outline import Outline
from dohyo.plan.passes import per_event, scans
from dohyo.plan.types import Field, Type
from dohyo.results import Alert, ReadReport, Result
from dohyo.run import MANY, Query, RunOptions, Session, asks_of, compiled_query
from dohyo.sources.model import Input, Problem


class Live:
    """The detections, an engine for them, and one reading that goes on."""

    def __init__(self, options: RunOptions, span: int = 0) -> None:
        """``span``: the window's length in ms; 0: detections that look at several events are refused."""
        self.options, self.span = options, span
        self.rules: list[Rule] = []
        self.refused: list[Refused] = []
        self.window: Windowed | None = None

    @classmethod
    def of(cls, detections: Sequence[Detection], options: RunOptions, span: float) -> Live:
        """Compiles the detections. One that cannot run is refused and does not stop the rest. ``span``: how many seconds
        of events those see that look at several."""
        live = cls(replace(options, evidence=True), round(span * 1000))
        live._open([q for d in detections if (q := live._compiled(d)) is not None])
        return live

    def _compiled(self, detection: Detection) -> tuple[Detection, Compiled] | None:
        query = compiled_query(Query(detection.query, str(detection.query_path.name)), self.options)
        if isinstance(query, QueryError):
            self.refused.append(Refused(detection, query))
            return None
        why = None if scans(query.plan) else "it reads no logs"
        if not self.span and not per_event(query.plan):
            why = "it looks at several events at once, and --window is 0"
        if why is not None:
            self.refused.append(refused(detection, query, why))
            return None
        return detection, query

    def _open(self, queries: list[tuple[Detection, Compiled]]) -> None:
        self._session = Session(self.options, [q for _, q in queries])
        self._engine = DuckDB(self.options.threads, self.options.memory)
        made = [Rule(d, q, Outline.of(q.plan), self._engine, self.refused.append) for d, q in queries]
        many = len(made) >= MANY
        request = self._session.request_of_many([r.outline for r in made]) if many else self._session.request()
        request = replace(request, columns=_with_time(request.columns))
        self.report.asked, self.report.asks = request.presence, asks_of([r.outline for r in made])
        reader = connect(self.options.threads, self.options.memory)
        self._reading = Reading(reader, Accounts(request, self.report, self._session.places))
        self.rules = [r for r in made if per_event(r.query.plan)]
        several = [r for r in made if not per_event(r.query.plan)]
        self.window = Windowed(several, self._engine, self._reading.accounts.schema, self.span) if several else None

    @property
    def running(self) -> int:
        """How many detections run."""
        return len(self.rules) + (len(self.window.rules) if self.window else 0)

    @property
    def report(self) -> ReadReport:
        """What was read so far."""
        return self._session.report

    def run(self, portions: Sequence[Portion]) -> list[Alert]:
        """The alerts of further records, the oldest first."""
        parts = [self._part(p) for p in portions]
        events = pa.Table.from_batches(list(self._reading.further(parts)), self._reading.accounts.schema)
        if not len(events):
            return []
        found = [a for rule, result in self._results(events) for a in Outcome(rule.detection, result).alerts]
        return sorted(found, key=lambda a: a.time or "")

    def _part(self, portion: Portion) -> Part | Input:
        if portion.thread is None:
            return portion.source
        return Part(portion.source, self._base(portion.thread, portion.source, portion.size), portion.chunks)

    def _base(self, thread: Thread, source: Input, size: int) -> int:
        if thread.base is None:
            thread.base = self._reading.accounts.begin(replace(source, size=0))
            file = self._reading.accounts.file(thread.base)
            file.format = thread.format or file.format
        file = self._reading.accounts.file(thread.base)
        file.size = (file.size or 0) + size
        return thread.base

    def _results(self, events: pa.Table) -> Iterator[tuple[Rule, Result]]:
        for rule, own in self._events_of(events):
            self._engine.use_events(own)
            found = rule.rows()
            if found is None:
                self.rules.remove(rule)
            else:
                yield rule, self._result(rule, *found)
        for rule, *rows in self.window.rows(events, int(time.time() * 1000)) if self.window else ():
            yield rule, self._result(rule, *rows)

    def _result(self, rule: Rule, table: pa.Table, shown: Sequence[Field]) -> Result:
        columns = [f for f in shown if f.name in table.column_names]
        return Result(table, columns, self.report, rule.query.diagnostics, rule.query.source, self._session.places)

    def _events_of(self, events: pa.Table) -> Iterable[tuple[Rule, pa.Table]]:
        """Each rule that looks at events one by one, with the events that it need look at."""
        if len(self.rules) < MANY:
            return ((rule, events) for rule in list(self.rules))
        return self._picked(events)

    def _picked(self, events: pa.Table) -> Iterator[tuple[Rule, pa.Table]]:
        for kept in Kept.slices(events.schema, events.to_batches(), len(self.rules)):
            kept.match([r.outline for r in self.rules])
            for rule in list(self.rules):
                own = kept.candidates(rule.outline)
                if own is not None:
                    columns = [(n, arrow_type(t)) for n, t in (*rule.outline.columns, (ID, Type.LONG))]
                    yield rule, with_columns(own, columns)

    # -- over a restart

    def state(self) -> dict[str, Any] | None:
        """The events of the window, for the checkpoint."""
        if self.window is None:
            return None
        return {"of": self._identity(), **self.window.state(self._session.places)}

    def restore(self, state: dict[str, Any] | None) -> bool:
        """Goes on where :meth:`state` was; false when that was for other detections, whose events are of no use."""
        if state is None or self.window is None:
            return True
        if state["of"] != self._identity():
            return False
        self.window.restore(state, self._session.places)
        return True

    def _identity(self) -> str:
        """Changes when other events would have to be kept."""
        assert self.window is not None
        told = [str(self._reading.accounts.schema), self.span, [r.query.source.text for r in self.window.rules]]
        return digest(json.dumps(told).encode())


def _with_time(columns: tuple[tuple[str, Type], ...]) -> tuple[tuple[str, Type], ...]:
    """The window needs each event's time."""
    return columns if any(n.lower() == TIME for n, _ in columns) else (*columns, (TIME, Type.LONG))


def problems(report: ReadReport) -> list[Problem]:
    """What could not be read since the last call."""
    told = list(report.problems)
    report.problems.clear()  # the readers hold on to this very list
    return told
