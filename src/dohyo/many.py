"""Many queries over one reading. The events are kept a slice at a time, so memory does not grow with the logs: of each slice a
query sees the few events that it may need, while the next one is read. One that looks at each row by itself is run whenever
enough were picked for it, any other one at the end over all of them. The result is the same as that of the query alone."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from dohyo.compile import Compiled
from dohyo.diagnostics import QueryError
from dohyo.outlines import Known
from dohyo.plan.names import ID, TIME
from dohyo.plan.passes import per_event
from dohyo.plan.types import Type
from dohyo.results import Result

if TYPE_CHECKING:
    import pyarrow as pa

    from dohyo.engines.duckdb.engine import DuckDB

Run = Callable[[Compiled], Result | QueryError]
#: Over so many events a query is run before the end; so many slices wait.
_ENOUGH, _WAITING = 20_000, 1


class Sketched(Struct, dict=True):
    """One of many queries: its place among them, what is known of it, and the way to its plan."""

    place: int
    text: str
    name: str
    known: Known
    compile: Callable[[], Compiled | QueryError]

    @functools.cached_property
    def compiled(self) -> Compiled | QueryError:
        """The query, compiled when its events are there."""
        return self.compile()

    @functools.cached_property
    def by_slice(self) -> bool:
        """True when it can be run over a part of the events, and the parts' rows be put in order."""
        if not isinstance(self.compiled, Compiled):
            return False
        plan = self.compiled.plan
        shown = {f.name.lower() for f in plan.schema.visible} | {n for n in (ID, TIME) if plan.schema.get(n)}
        return per_event(plan) and all(k.name.lower() in shown for k in plan.order)


class Runner(Struct, frozen=True):
    """``run`` runs a query over the events that the engine was given; ``nothing`` is the result of one that no event can meet;
    ``found`` is told rows as soon as there are some."""

    engine: DuckDB
    run: Run
    nothing: Callable[[Sketched], Result]
    found: Callable[[int, Result], None] | None = None

    @property
    def enough(self) -> int:
        """Over so many events a query is run at once."""
        return 1 if self.found else _ENOUGH


class Gathered(Struct):
    """What was found for a query so far: rows, or events to run it over at the end."""

    query: Sketched
    rows: list[Result] = field(default_factory=list)
    events: list[pa.Table] = field(default_factory=list)
    failed: QueryError | None = None

    def take(self, events: pa.Table, runner: Runner) -> None:
        """Takes the events that were picked of a slice."""
        self.events.append(events)
        if self.query.by_slice and sum(map(len, self.events)) >= runner.enough:
            self._look(runner)

    def _look(self, runner: Runner) -> None:
        """Runs the query over the events taken so far."""
        import pyarrow as pa

        events = pa.concat_tables(self.events, promote_options="default") if self.events else _no_events()
        self.events.clear()
        if self.failed is not None:
            return
        found = self._over(events, runner)
        if isinstance(found, QueryError):
            self.failed = found
            return
        self.rows.append(found)
        if runner.found is not None and len(found):
            runner.found(self.query.place, found)

    def _over(self, events: pa.Table, runner: Runner) -> Result | QueryError:
        from dohyo.engines.duckdb.connect import arrow_type
        from dohyo.engines.duckdb.many import with_columns

        compiled = self.query.compiled
        assert isinstance(compiled, Compiled)
        columns = [(n, arrow_type(t)) for n, t in (*self.query.known.outline.columns, (ID, Type.LONG))]
        runner.engine.use_events(with_columns(events, columns))
        return runner.run(compiled)

    def end(self, runner: Runner) -> Result | QueryError:
        """The query's result."""
        if not self.rows and not self.events and self.failed is None and self.query.known.outline.empty:
            return runner.nothing(self.query)
        compiled = self.query.compiled
        if not isinstance(compiled, Compiled):
            return compiled
        if self.events or not self.rows:
            self._look(runner)
        return self.failed or _in_order(self.rows, compiled)


def run_many(
    queries: Sequence[Sketched], schema: pa.Schema, batches: Iterable[pa.RecordBatch], runner: Runner
) -> list[Result | QueryError]:
    """The results of the queries, in their order."""
    from dohyo.engines.duckdb.ahead import ahead
    from dohyo.engines.duckdb.many import Kept

    outlines = [q.known.outline for q in queries]
    gathered = [Gathered(q) for q in queries]
    with closing(ahead(Kept.slices(schema, batches, len(queries)), _WAITING)) as slices:  # whatever happens, nobody reads on
        for kept in slices:
            kept.match(outlines)
            for one in gathered:
                events = kept.candidates(one.query.known.outline)
                if events is not None:
                    one.take(events, runner)
    return [one.end(runner) for one in gathered]


def _no_events() -> pa.Table:
    import pyarrow as pa

    return pa.table({ID: pa.array([], pa.int64())})


def _in_order(parts: list[Result], compiled: Compiled) -> Result:
    """The rows of all slices in the query's order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    first = parts[0]
    if len(parts) == 1:
        return first
    table = pa.concat_tables([p.table for p in parts], promote_options="default")
    spelled = {n.lower(): n for n in table.column_names}
    keys: list[Any] = [(spelled[k.name.lower()], "descending" if k.descending else "ascending") for k in compiled.plan.order]
    if keys:  # nulls come last, as in the engine
        table = table.take(pc.sort_indices(table, sort_keys=keys))
    whole = Result(table, first.columns, first.read, first.diagnostics, first.source, first.places)
    whole.seconds = sum(p.seconds for p in parts)
    return whole
