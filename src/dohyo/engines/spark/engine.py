"""Runs plans through Spark Connect. The files of a store the server reads by itself; other logs are read and shaped here, as for
DuckDB, and handed over."""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import logging
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct, field
from sqlglot import exp

from dohyo.engines.base import Engine
from dohyo.engines.choose import LOCAL
from dohyo.engines.duckdb.connect import arrow_type
from dohyo.engines.errors import EngineError, QueryFailed
from dohyo.engines.spark import server, worker
from dohyo.engines.spark.dialect import SAIL, SPARK
from dohyo.engines.spark.files import frame_of, out_of_reach
from dohyo.engines.sql import Dialect, Expressions, Statement, column

if TYPE_CHECKING:
    import duckdb

    from dohyo.engines.duckdb.scan import Request
    from dohyo.engines.duckdb.stored import Part

#: What a session is told. Without ANSI mode nothing fails that has no answer: it is null.
_SETTINGS = {
    "spark": {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "false", "spark.sql.caseSensitive": "false"},
    "sail": {"spark.sql.session.timeZone": "UTC"},
}
#: A server that does not answer is asked again so often (by default for ten minutes).
_RETRIES = 4
#: Rows that are sent to a server at a time.
_ROWS = 50_000
#: So many rows travel within the statement, where a file would have to be planned and opened.
_FEW = 2_000


def connect(name: str, threads: int | None = None, memory: str | None = None) -> Spark:
    """An engine for a local server of this name, or for the server at this address. Raises :class:`EngineError`."""
    is_local = name in LOCAL
    server.needed(name if is_local else "client")
    url = server.local(name, memory, threads).url if is_local else name
    return Spark(_session(url, name), is_local, name.split(";")[0])


class Session(Struct):
    """A session on a server; one serves all runs of this process, for its Python takes long to start. ``known``: the
    borrowed functions that it has."""

    spark: Any
    dialect: Dialect
    known: set[str] = field(default_factory=set)
    runs: Iterator[int] = field(default_factory=itertools.count)


@functools.cache
def _session(url: str, name: str) -> Session:
    logging.getLogger("SQLQueryContextLogger").disabled = True  # each failed query would be told twice
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from pyspark.sql.connect.client.retries import DefaultPolicy
            from pyspark.sql.connect.session import SparkSession

            spark = SparkSession.builder.remote(url).create()
            spark.client.set_retry_policies([DefaultPolicy(max_retries=_RETRIES)])
            dialect = {"spark": SPARK, "sail": SAIL}.get(name) or _dialect(spark)
            for key, value in _SETTINGS[dialect.name].items():
                spark.conf.set(key, value)
        except ImportError as error:
            raise EngineError(f"`--engine {name}` cannot be used: {_first_line(error)}: pip install 'dohyo[spark]'") from None
        except _failures() as error:
            raise EngineError(f"no Spark Connect server answers at {url.split(';')[0]}: {_first_line(error)}") from None
    atexit.register(_stop, spark)
    _LIVE.append(spark)
    return Session(spark, dialect)


_LIVE: list[Any] = []


def interrupt() -> None:
    """Stops the statements that are running in this process's sessions."""
    for spark in _LIVE:
        with contextlib.suppress(*_failures()):  # a server that knows no interrupting
            spark.interruptAll()


def _failures() -> tuple[type[Exception], ...]:
    import grpc
    from pyspark.errors import PySparkException

    return (PySparkException, grpc.RpcError, OSError, ValueError)


def _stop(spark: Any) -> None:
    with contextlib.suppress(Exception):  # the server may be gone already
        spark.stop()


def _dialect(session: Any) -> Dialect:
    """Sail is told from Spark by its regexes: in Rust a word has letters of all alphabets."""
    unicode_words = session.sql("SELECT 'é' RLIKE '^\\\\w$' AS found").toArrow().column(0)[0].as_py()
    return SAIL if unicode_words else SPARK


class Spark(Engine):
    """What one run keeps on a server: views of its own in the session. ``is_local``: the server reads this machine's files;
    ``name``: what the user calls it."""

    def __init__(self, session: Session, is_local: bool, name: str) -> None:
        super().__init__()
        self.session, self.dialect, self.is_local, self.name = session, session.dialect, is_local, name
        self._suffix = f"_{next(session.runs)}"
        self._views: set[str] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="dohyo-events-")

    def stream_events(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        self.keep_events(schema, batches)

    def keep_events(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        self._keep("events", schema, batches)

    def _keep(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        chunks = _chunks(schema, batches)
        first = next(chunks, schema.empty_table())
        if self.is_local and len(first) > _FEW:
            path = Path(self._folder.name) / f"{name}.parquet"
            with pq.ParquetWriter(path, schema, compression="zstd") as writer:
                for table in itertools.chain([first], chunks):
                    writer.write_table(table)
            self._view(name, self.session.spark.read.schema(_types(schema)).parquet(str(path)))
            return
        frame = self._frame(first)
        for table in chunks:
            frame = frame.unionAll(self._frame(table))
        self._view(name, frame)

    def view_stored(self, request: Request, parts: Sequence[Part], connection: duckdb.DuckDBPyConnection) -> None:
        schema = pa.schema([(n, arrow_type(t)) for n, t in request.columns])
        if not parts:
            return self.keep_events(schema, [])
        query: exp.Query | None = None
        for i, part in enumerate(parts):
            select = self._stored(f"part{i}", part, request, schema, connection)
            query = select if query is None else exp.union(query, select, distinct=False, copy=False)
        assert query is not None
        return self._view("events", self._sql(query))

    def _stored(self, name: str, part: Part, request: Request, schema: pa.Schema, connection: duckdb.DuckDBPyConnection) -> exp.Select:
        """The events of a part of a store. What is read from raw events is read here and handed over."""
        if part.group.spellings is not None:
            batches = connection.sql(part.select(request).sql("duckdb", copy=False)).to_arrow_reader()
            self._keep(name, schema, (batch.cast(schema) for batch in batches))
            return exp.select(*(column(n) for n in schema.names)).from_(name)
        writer = Expressions(self.dialect)
        select = part.over(exp.to_table(name), request, writer)
        try:
            self._register_borrowed(writer)
            frame = frame_of(self.session.spark, self.dialect.name, part.group, select)
            self._view(name, frame)
            # Sail passes over files that are not there
            there = part.group.rows if self.dialect is SPARK else frame.count()
        except _failures() as error:
            raise EngineError(out_of_reach(self.name, part.store, _first_line(error))) from None
        if there != part.group.rows:
            why = f"it finds {there:,} of {part.group.rows:,} events"
            raise EngineError(out_of_reach(self.name, part.store, why))
        return select

    def register(self, name: str, table: pa.Table) -> None:
        self._view(name, self._frame(_plain(table)))

    def execute(self, statement: Statement) -> pa.Table:
        tree = statement.build()
        try:
            self._register_borrowed(statement.exprs)
            return self._sql(tree).toArrow()
        except _failures() as error:
            raise QueryFailed(_first_line(error)) from None

    def _sql(self, tree: exp.Query) -> Any:
        for table in tree.find_all(exp.Table):
            if table.name in self._views:
                table.set("this", exp.to_identifier(table.name + self._suffix))
        return self.session.spark.sql(tree.sql(self.dialect.writer, copy=False))

    def close(self) -> None:
        for name in self._views:
            self.session.spark.catalog.dropTempView(name + self._suffix)
        self._folder.cleanup()

    def _view(self, name: str, frame: Any) -> None:
        frame.createOrReplaceTempView(name + self._suffix)
        self._views.add(name)

    def _frame(self, table: pa.Table) -> Any:
        return self.session.spark.createDataFrame(table, _types(table.schema))

    def _register_borrowed(self, exprs: Expressions) -> None:
        from pyspark.sql.functions import arrow_udf
        from pyspark.sql.pandas.types import from_arrow_type

        for name, found in exprs.borrowed.items():
            if name not in self.session.known:
                kind = from_arrow_type(worker.result_type(found))
                self.session.spark.udf.register(name, arrow_udf(worker.function(found.sql, found.steps), kind))
                self.session.known.add(name)


def _types(schema: pa.Schema) -> Any:
    """A schema as the client knows it."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


def _chunks(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(b.num_rows for b in held) >= _ROWS:
            yield pa.Table.from_batches(held, schema)
            held = []
    if held:
        yield pa.Table.from_batches(held, schema)


def _plain(table: pa.Table) -> pa.Table:
    """The table without columns of no type, which an engine may not know."""
    fields = [f.with_type(pa.string()) if pa.types.is_null(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))


def _first_line(error: Exception) -> str:
    details = getattr(error, "details", None)  # of an error of gRPC
    text = str(details() if callable(details) else error)
    return (text.splitlines() or [type(error).__name__])[0][:300]
