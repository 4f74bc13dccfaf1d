"""Queries over logs: compile, read the sources once, run, and give the rows with their evidence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from dohyo.binding.context import Context, Dialect, Options
from dohyo.binding.times import query_time
from dohyo.compile import Compiled, child_of, compile_query, deep_recursion, time_range
from dohyo.diagnostics import Diagnostic, QueryError, Severity, Source
from dohyo.engines.choose import DUCKDB, dialect, interrupt, open_engine
from dohyo.many import Runner, Sketched, run_many
from dohyo.outlines import Outlines
from dohyo.plan.asks import Ask
from dohyo.plan.expr import TRUE, Call, Expr, all_of, any_of
from dohyo.plan.kinds import any_kind
from dohyo.plan.known import may_be
from dohyo.plan.literals import Text, raw_condition
from dohyo.plan.names import ID
from dohyo.plan.nodes import Node, Project
from dohyo.plan.outline import Outline
from dohyo.plan.passes import (
    fields_asked,
    pushed_apart,
    scan_predicate,
    scan_references,
    scans,
)
from dohyo.plan.types import Field, Type
from dohyo.results import Places, ReadReport, Result
from dohyo.stopping import stoppable

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from dohyo.engines.base import Engine
    from dohyo.engines.duckdb.accounts import Position
    from dohyo.engines.duckdb.engine import DuckDB
    from dohyo.engines.duckdb.reading import Reading
    from dohyo.engines.duckdb.scan import Request
    from dohyo.lang.tree import Subquery
    from dohyo.sources.found import Found
    from dohyo.sources.model import Input
    from dohyo.store.read import Store


#: What a condition may look at and still leave most events useful.
_OF_MOST = frozenset({"_sourcecategory", "_messagetime"})
#: From this many queries on each one looks only at the events that hold its texts.
MANY = 12


class Progress(Struct):
    """How far a run is; ``bytes`` and ``files`` are what is known of the whole so far."""

    files_done: int = 0
    files: int = 0
    bytes_done: int = 0
    bytes: int = 0
    records: int = 0
    hits: int = 0


class RunOptions(Struct, frozen=True):
    """How to run. ``since``/``until``: epoch ms, half-open. ``raw``: evidence carries the whole raw event.

    ``strict_input``: the first thing that cannot be read ends the run (:class:`InputError`). ``memory`` such as
    ``1GB``. ``source_category`` overrides what the shapes say. ``told`` gets the rows of each query, by its place, as soon
    as they are found: while the logs are read, if each row comes of one event and the engine is DuckDB. ``engine``: ``duckdb``,
    ``spark``, ``sail`` or ``sc://host:port``. ``found``: what is at the paths, if that was looked up already, for the first
    reading of them.
    """

    dialect: str = "lenient"
    since: int | None = None
    until: int | None = None
    raw: bool = False
    strict_input: bool = False
    memory: str | None = None
    threads: int | None = None
    source_category: str | None = None
    tables: tuple[Path, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    now: int | None = None
    evidence: bool = False
    may_save: bool = False
    macros: dict[str, str] = field(default_factory=dict)
    progress: Callable[[Progress], None] | None = None
    told: Callable[[int, Result], None] | None = None
    engine: str = DUCKDB
    found: Found | None = None

    def compiler(self, dialect: str | None) -> Options:
        """The same for the compiler."""
        return Options(
            dialect=Dialect(dialect or self.dialect),
            start=self.since,
            end=self.until,
            now=self.now,
            timezone=self.timezone,
            tables=self.tables,
            parameters=self.parameters,
            evidence=self.evidence,
            raw=self.raw,
            may_save=self.may_save,
            macros=self.macros,
        )


#: One path or several: a file, a folder, a pattern, a store, or ``-``.
Paths: TypeAlias = "Sequence[str | Path] | str | Path"


class Query(Struct, frozen=True):
    """A query and the name it has in diagnostics."""

    text: str
    name: str = "query"
    dialect: str | None = None


class InputError(Exception):
    """``strict_input`` was set and something could not be read."""


def search(query: str | Query, paths: Paths, options: RunOptions = RunOptions()) -> Result:
    """The rows of one query over logs, at one path or several. Raises :class:`QueryError` when the query cannot run."""
    one = query if isinstance(query, Query) else Query(query)
    result = run_queries([one], paths, options)[0]
    if isinstance(result, QueryError):
        raise result
    return result


def run_queries(queries: Sequence[Query], paths: Paths, options: RunOptions = RunOptions()) -> list[Result | QueryError]:
    """The rows of several queries; the events are read once for all. A query that cannot run gives its error."""
    return stoppable(lambda: _run_queries(queries, paths, options), interrupt)


def _run_queries(queries: Sequence[Query], paths: Paths, options: RunOptions) -> list[Result | QueryError]:
    started = time.perf_counter()
    names = [str(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]
    if options.engine == DUCKDB and (len(queries) >= MANY or options.told is not None):
        return _run_many(queries, names, options)
    compiled = [compiled_query(q, options, names) for q in queries]
    runnable = [c for c in compiled if isinstance(c, Compiled)]
    session = Session(options, runnable)
    results = iter(session.run(names) if runnable else [])
    session.report.seconds = time.perf_counter() - started
    every = [next(results) if isinstance(c, Compiled) else c for c in compiled]
    for place, result in enumerate(every):
        if options.told is not None and isinstance(result, Result) and len(result):
            options.told(place, result)
    return every


def _run_many(queries: Sequence[Query], paths: list[str], options: RunOptions) -> list[Result | QueryError]:
    started = time.perf_counter()
    outlines = Outlines.of_user()
    sketched = [_sketched(place, q, options, paths, outlines) for place, q in enumerate(queries)]
    outlines.write()
    session = Session(options, [])
    results = iter(session.many([s for s in sketched if isinstance(s, Sketched)], paths))
    session.report.seconds = time.perf_counter() - started
    return [next(results) if isinstance(s, Sketched) else s for s in sketched]


def _sketched(place: int, query: Query, options: RunOptions, paths: list[str], outlines: Outlines) -> Sketched | QueryError:
    settings = options.compiler(query.dialect)
    known, compiled = outlines.get(query.text, settings), None
    if known is None:
        compiled = compiled_query(query, options, paths)
        if isinstance(compiled, QueryError):
            return compiled
        known = outlines.put(query.text, settings, compiled)
        if outlines.get(query.text, settings) is not None:
            compiled = None  # few of them will be needed: to compile those anew is cheaper than to hold thousands of plans
    return Sketched(place, query.text, query.name, known, lambda: compiled or compiled_query(query, options, paths))


def compiled_query(query: Query, options: RunOptions, paths: list[str] | None = None) -> Compiled | QueryError:
    """A query ready to run, with the columns that its rows show, or why it cannot. Without ``paths`` a subquery cannot."""
    settings = options.compiler(query.dialect)
    if paths is not None:
        settings = over(settings, options, paths)
    try:
        compiled = compile_query(query.text, query.name, settings)
        return replace(compiled, plan=shown(compiled.plan))
    except QueryError as error:
        return error


def over(settings: Options, options: RunOptions, paths: Sequence[str]) -> Options:
    """The compiler's options for a query over these logs: its subqueries run over them."""
    return replace(settings, subquery=lambda ctx, node: _composed(ctx, node, options, [*paths]))


def _composed(ctx: Context, node: Subquery, options: RunOptions, paths: list[str]) -> list[tuple[str | None, ...]]:
    """The rows of a subquery's child over the same logs, as text (spec §1.6)."""
    now, settings = options.now if options.now is not None else int(time.time() * 1000), ctx.options
    start, end = settings.start, settings.end
    if node.time_from is not None:
        start, end = query_time(node.time_from, now), now if end is None else end
    if node.time_to is not None:
        end = query_time(node.time_to, now)
    child = child_of(ctx, node, replace(settings, start=start, end=end))
    result = Session(replace(options, progress=None, evidence=False), [child]).run(paths)[0]
    if isinstance(result, QueryError):
        raise result
    return [tuple(_as_text(value_of(row, n.name)) for n in node.compose) for row in result.rows]


def value_of(row: dict[str, Any], name: str) -> Any:
    """The value of a field of a row, by its name in any case."""
    return next((v for k, v in row.items() if k.lower() == name.lower()), None)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


class Session(Struct):
    """One reading of the sources and the statements over it."""

    options: RunOptions
    queries: list[Compiled]
    report: ReadReport = field(default_factory=ReadReport)
    places: Places = field(default_factory=Places)
    _found: Found | None = None
    _connections: list[duckdb.DuckDBPyConnection] = field(default_factory=list)  # besides the engine's

    def run(self, paths: list[str]) -> list[Result | QueryError]:
        """The results, in the order of the queries."""
        engine = open_engine(self.options.engine, self.options.threads, self.options.memory)
        try:
            return self._run(engine, paths)
        finally:
            engine.close()
            self._close()

    def _run(self, engine: Engine, paths: list[str]) -> list[Result | QueryError]:
        from dohyo.engines.duckdb.engine import DuckDB

        self.report.asked, self.report.asks = self._presence(), asks_of(self.queries)
        if any(scans(q.plan) for q in self.queries):  # a query that begins with `cat` reads no logs
            inputs = self._inputs(paths)
            if _stores(inputs):
                return self._stored(engine, inputs)
            if isinstance(engine, DuckDB) and _columnar(inputs):
                return self._columnar(engine, inputs)
            return self._streamed(engine, inputs)
        return [self._result(engine, q) for q in self.queries]

    def many(self, queries: Sequence[Sketched], paths: list[str]) -> list[Result | QueryError]:
        """The results of many queries, in their order: each over the events that it need look at."""
        from dohyo.engines.duckdb.engine import DuckDB
        from dohyo.engines.duckdb.many import BATCH_ROWS

        outlines = [q.known.outline for q in queries]
        request = self.request_of_many(outlines)
        self.report.asked, self.report.asks = request.presence, asks_of(outlines)
        inputs = self._inputs(paths)
        reading = self._reading(request)
        reading.batch_rows = BATCH_ROWS
        reading.on_position = self._teller(inputs)
        engine = DuckDB(self.options.threads, self.options.memory)
        batches = self._watched(reading, inputs)
        runner = Runner(engine, lambda compiled: self._result(engine, compiled), self._nothing, self.options.told)
        try:
            return run_many(queries, reading.accounts.schema, batches, runner)
        finally:
            self._close()

    def _nothing(self, query: Sketched) -> Result:
        """The result of a query that no event can meet."""
        import pyarrow as pa

        from dohyo.engines.duckdb.connect import arrow_type

        outline = query.known.outline
        table = pa.schema([(f.name, arrow_type(f.type)) for f in (*outline.shown, *outline.hidden)]).empty_table()
        source = Source(query.text, query.name)
        return Result(table, list(outline.shown), self.report, query.known.diagnostics, source, self.places)

    def request_of_many(self, outlines: Sequence[Outline]) -> Request:
        """What many queries ask of the source: all events of the kinds that some of them need, and the raw text of those
        whose raw text one needs, for it takes more memory than all the other columns."""
        from dohyo.engines.duckdb.sourcecategory import NAMES

        kinds = any_kind([o.kind for o in outlines], NAMES)
        asked = self._asked(outlines, all_of([*time_range(self.options.compiler(None)), kinds]))
        return replace(asked, most=True, **_raw_of(outlines, NAMES))

    def request(self) -> Request:
        """What all queries together ask of the source."""
        asked = self._asked(self.queries, _simple(any_of([scan_predicate(q.plan) for q in self.queries])))
        return replace(asked, most=asked.predicate_names <= _OF_MOST)

    def _presence(self) -> tuple[str, ...]:
        """The fields whose presence is reported."""
        from dohyo.engines.duckdb.scan import Request

        return Request((), asked=_looked_for(self.queries)).presence

    def _asked(self, queries: Sequence[Compiled | Outline], predicate: Expr) -> Request:
        """What some of the queries ask of the source."""
        from dohyo.engines.duckdb.scan import Request

        columns: dict[str, tuple[str, Type]] = {}
        for query in queries:
            for name, kind in query.columns:
                columns.setdefault(name.lower(), (name, kind))
        columns.setdefault(ID, (ID, Type.LONG))
        asked, missed = dict.fromkeys(n for q in queries for n in q.fields), _looked_for(queries)
        return Request(tuple(columns.values()), predicate, self.options.source_category, tuple(asked), frozenset(asked) - {*missed})

    def _inputs(self, paths: list[str]) -> list[Input]:
        from dohyo.sources.found import Found

        early = self.options.found
        self._found = found = early if early is not None and early.take(paths) else Found(paths)
        self.report.problems += found.problems
        self.report.skipped, self.report.skipped_count = list(found.skipped.names), found.skipped.count
        if self.options.strict_input and self.report.problems:
            raise InputError(str(self.report.problems[0]))
        return found.inputs

    def _connected(self) -> duckdb.DuckDBPyConnection:
        from dohyo.engines.duckdb.connect import connect

        self._connections.append(connect(self.options.threads, self.options.memory))
        return self._connections[-1]

    def _close(self) -> None:
        from dohyo.engines.duckdb.connect import give_back

        while self._connections:
            give_back(self._connections.pop())
        if self._found is not None:
            self._found.close()

    def _columnar(self, engine: DuckDB, inputs: list[Input]) -> list[Result | QueryError]:
        """Each query with Parquet files as part of its own statement."""
        from dohyo.engines.duckdb.parquet import Columnars

        opened = Columnars(engine.connection, self.report, self.places)
        opened.open(inputs, self.options.source_category)
        if not opened.files:
            return self._streamed(engine, [])
        results = []
        for query in self.queries:
            condition, rest = pushed_apart(query.plan)
            lean = replace(query, plan=rest)
            asked = self._asked([lean], condition)
            engine.view_events([f.request(asked, engine.connection, self.report) for f in opened.files])
            results.append(self._result(engine, lean))
        return results

    def _stored(self, engine: Engine, inputs: list[Input]) -> list[Result | QueryError]:
        """Each query with the data files that it need look at, which the engine reads itself."""
        from dohyo.engines.duckdb.engine import DuckDB

        connection = engine.connection if isinstance(engine, DuckDB) else self._connected()
        stores = self._opened(connection, inputs)
        results = []
        for query in self.queries:
            condition, rest = pushed_apart(query.plan)
            lean = replace(query, plan=rest)
            asked = self._asked([lean], condition)
            parts = [p for store in stores for p in store.parts(asked, connection)]
            engine.view_stored(asked, parts, connection)
            results.append(self._result(engine, lean))
        return results

    def _reading(self, request: Request) -> Reading:
        from dohyo.engines.duckdb.accounts import Accounts
        from dohyo.engines.duckdb.reading import Reading

        connection = self._connected()
        apart = self._found.apart if self._found is not None else None
        return Reading(connection, Accounts(request, self.report, self.places), stored=self._stored_events, apart=apart)

    def _stored_events(self, reading: Reading, source: Input) -> Iterator[pa.RecordBatch]:
        """The events of a store that is read beside other logs, or for many queries."""
        for store in self._opened(reading.connection, [source]):
            for part in store.parts(reading.request, reading.connection):
                select = part.select(reading.request)
                for batch in reading.connection.sql(select.sql("duckdb", copy=False)).to_arrow_reader():
                    reading.accounts.position.hits += len(batch)
                    yield batch.cast(reading.accounts.schema)
            reading.accounts.position.files_done += 1

    def _opened(self, connection: duckdb.DuckDBPyConnection, inputs: list[Input]) -> list[Store]:
        """The stores among the inputs, counted."""
        from dohyo.sources.model import Problem
        from dohyo.store.files import StoreError
        from dohyo.store.read import Store

        stores = []
        for source in inputs:
            try:
                store = Store.open(source.name, connection)
            except StoreError as error:
                self.report.problems.append(Problem(source.name, "", str(error)))
                continue
            if store.state.version < 0:
                hint = f"`dohyo ingest PATH --store {source.name}` makes one"
                self.report.problems.append(Problem(source.name, "", "is no store", hint=hint))
                continue
            store.tell(self.report, self.places, (self.options.since, self.options.until))
            stores.append(store)
        return stores

    def _streamed(self, engine: Engine, inputs: list[Input]) -> list[Result | QueryError]:
        """The queries over events that are read once for all of them. One query alone leaves to the reading what its plain
        filters ask, so that what only they look at is not handed over."""
        queries, request = self.queries, self.request()
        if len(queries) == 1:
            queries = [replace(queries[0], plan=pushed_apart(queries[0].plan)[1])]
            request = replace(request, columns=self._asked(queries, request.predicate).columns)
        self._stream(engine, request, inputs)
        return [self._result(engine, q) for q in queries]

    def _stream(self, engine: Engine, request: Request, inputs: list[Input]) -> None:
        reading = self._reading(request)
        reading.on_position = self._teller(inputs)
        batches = self._watched(reading, inputs)
        once = len(self.queries) == 1 and scan_references(self.queries[0].plan) <= 1
        (engine.stream_events if once else engine.keep_events)(reading.accounts.schema, batches)

    def _watched(self, reading: Reading, inputs: list[Input]) -> Iterator[object]:
        for batch in reading.events(inputs):
            if self.options.strict_input and self.report.problems:
                raise InputError(str(self.report.problems[0]))
            yield batch
        if self.options.strict_input and self.report.problems:
            raise InputError(str(self.report.problems[0]))

    def _teller(self, inputs: list[Input]) -> Callable[[Position], None] | None:
        tell = self.options.progress
        if tell is None:
            return None
        size = sum(i.size or 0 for i in inputs)
        return lambda p: tell(Progress(p.files_done, len(inputs), min(p.bytes_done, size), size, p.records, p.hits))

    def _result(self, engine: Engine, query: Compiled) -> Result | QueryError:
        from dohyo.engines.errors import QueryFailed
        from dohyo.engines.lacks import lacks

        began = time.perf_counter()
        lacking = lacks(query.plan, engine.dialect)
        if lacking:
            return QueryError((*query.diagnostics, *lacking), query.source)
        try:
            table, shown_fields = engine.run(query.plan)
        except (QueryFailed, OSError) as error:
            if self.options.strict_input and self.report.problems:  # raised while the engine was reading
                raise InputError(str(self.report.problems[0])) from None
            failed = Diagnostic("DH3001", Severity.ERROR, f"the query failed while it ran: {_first_line(error)}")
            return QueryError((*query.diagnostics, failed), query.source)
        columns = [f for f in shown_fields if f.name in table.column_names]
        result = Result(table, columns, self.report, query.diagnostics, query.source, self.places)
        result.seconds = time.perf_counter() - began
        return result


def shown(plan: Node) -> Node:
    """Messages that no ``fields`` stage chose columns for show what the query touched, and the raw text."""
    if not plan.schema.open or not plan.schema.messages:
        return plan
    own = [f.name for f in plan.schema.visible if f.name not in ("_messageTime", "_raw")]
    touched = [n for n in fields_asked(plan) if n.lower() not in {o.lower() for o in own} and not n.startswith("_")]
    hidden = tuple(f.name for f in plan.schema.fields if f.hidden)
    return Project(plan, ("_messageTime", *touched, *own, "_raw"), hidden)


#: A query that looks at events of more categories than these has its texts searched for in all raw texts at once.
_FEW_CATEGORIES = 4


def _raw_of(outlines: Sequence[Outline], categories: Sequence[str]) -> dict[str, Any]:
    """Of which events many queries need the raw text, as a request says it."""
    where: list[Expr] = []
    held_where: list[Expr] = []
    held: set[Text] = set()
    for outline in (o for o in outlines if o.reads_raw):
        if outline.raw and sum(may_be(outline.kind, {"_sourcecategory": c}) for c in categories) > _FEW_CATEGORIES:
            held_where.append(outline.kind)
            held |= outline.raw
        else:
            where.append(raw_condition(outline.kind, outline.raw))
    first, second = ([TRUE] if TRUE in some else list(dict.fromkeys(some)) for some in (where, held_where))
    return {"raw_where": any_of(first), "held_where": any_of(second), "held": frozenset(held)}


def _stores(inputs: list[Input]) -> bool:
    """True for stores alone."""
    from dohyo.sources.model import Format

    return bool(inputs) and all(i.format is Format.STORE for i in inputs)


def _columnar(inputs: list[Input]) -> bool:
    """True for Parquet files alone, which become part of the statement itself."""
    from dohyo.sources.model import Format

    return bool(inputs) and all(i.format is Format.PARQUET and i.path is not None for i in inputs)


def _looked_for(queries: Sequence[Compiled | Outline]) -> tuple[str, ...]:
    """The fields of which it is told when no event has them."""
    return tuple(dict.fromkeys(n for q in queries for n in q.fields if n not in q.spare))


def asks_of(queries: Sequence[Compiled | Outline]) -> dict[str, tuple[Ask, ...]]:
    """What is asked of the fields, in lower case, that no query asks of every event."""
    found: dict[str, dict[Ask, None]] = {}
    always: set[str] = set()
    for query in queries:
        for ask in query.asks:
            found.setdefault(ask.field, {})[ask] = None
        always |= {n.lower() for n in query.fields} - {a.field for a in query.asks}
    return {name: tuple(own) for name, own in found.items() if name not in always}


def _simple(predicate: Expr) -> Expr:
    """The condition, or true when one of several queries has none."""
    return TRUE if isinstance(predicate, Call) and predicate.function == "or" and TRUE in predicate.args else predicate


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0][:300]


class Explanation(Struct, frozen=True):
    """What a query means: each stage with the columns after it, the fields asked of the source, and the SQL."""

    stages: tuple[tuple[str, tuple[Field, ...]], ...]
    fields: tuple[str, ...]
    sql: str
    predicate: str
    diagnostics: tuple[Diagnostic, ...]
    source: Source


@deep_recursion()
def explain(query: str | Query, options: RunOptions = RunOptions()) -> Explanation:
    """A query explained without logs. Raises :class:`QueryError` when it cannot run."""
    from dohyo.engines.duckdb.dialect import DIALECT
    from dohyo.engines.lacks import on_engine
    from dohyo.engines.shown import statements
    from dohyo.engines.sql import Expressions, column

    one = query if isinstance(query, Query) else Query(query)
    compiled = compile_query(one.text, one.name, replace(options.compiler(one.dialect), subquery=_unknown_rows))
    plan = shown(compiled.plan)
    sql = statements(plan, dialect(options.engine))
    predicate = Expressions(DIALECT).condition(scan_predicate(plan), column).sql("duckdb", pretty=True)
    stages = tuple((s.text, s.plan.schema.visible) for s in compiled.steps)
    told = (*compiled.diagnostics, *on_engine(plan, options.engine))
    return Explanation(stages, fields_asked(plan), sql, predicate, told, compiled.source)


def _unknown_rows(ctx: Context, node: Subquery) -> list[tuple[str | None, ...]]:
    """What stands for the rows of a subquery that has no logs to run on: one row of its fields' names."""
    child_of(ctx, node, ctx.options)  # its errors are errors of the query
    return [tuple(f"<{n.name}>" for n in node.compose)]
