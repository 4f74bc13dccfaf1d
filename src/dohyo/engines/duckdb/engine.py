"""Runs plans on DuckDB: the scan gives events, the plan's one statement does the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
from msgspec import Struct
from sqlglot import exp

from dohyo.engines.base import Engine
from dohyo.engines.duckdb.connect import connect, give_back, register_functions
from dohyo.engines.duckdb.dialect import DIALECT
from dohyo.engines.errors import QueryFailed
from dohyo.engines.sql import Statement
from dohyo.plan.nodes import Node, Values
from dohyo.plan.types import Field

if TYPE_CHECKING:
    from dohyo.engines.duckdb.scan import Request
    from dohyo.engines.duckdb.stored import Part


class Ready(Struct, frozen=True):
    """A statement that is kept."""

    connection: duckdb.DuckDBPyConnection
    sql: str
    shown: tuple[Field, ...]

    def run(self) -> tuple[pa.Table, tuple[Field, ...]]:
        """As :meth:`DuckDB.run`, over the events that the engine has now."""
        return _rows(self.connection, self.sql), self.shown


class DuckDB(Engine):
    """One database for the statements of a run; another one reads the sources, with threads of its own."""

    dialect = DIALECT

    def __init__(self, threads: int | None = None, memory: str | None = None) -> None:
        super().__init__()
        self.connection = connect(threads, memory)
        self._functions: set[str] = set()
        self._view: exp.Query | None = None

    def stream_events(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        self.connection.register("events", pa.RecordBatchReader.from_batches(schema, batches))

    def keep_events(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        self.connection.register("event_stream", pa.RecordBatchReader.from_batches(schema, batches))
        self.connection.execute("CREATE OR REPLACE TEMP TABLE events AS SELECT * FROM event_stream")

    def use_events(self, table: pa.Table) -> None:
        """Makes the events known as a table in memory, in place of the last one."""
        self.connection.register("events", table)

    def view_events(self, selects: Sequence[exp.Query]) -> None:
        """Makes the events known as what is read of files: a part of each statement, which DuckDB binds once so."""
        self._view = selects[0]
        for other in selects[1:]:
            self._view = exp.union(self._view, other, distinct=False, copy=False)

    def view_stored(self, request: Request, parts: Sequence[Part], connection: duckdb.DuckDBPyConnection) -> None:
        from dohyo.engines.duckdb.stored import no_events

        self.view_events([p.select(request) for p in parts] or [no_events(request)])

    def ready(self, plan: Node) -> Ready:
        """The statement of a plan without ``Batch`` nodes, to be run over one set of events after another. Local tables are
        read now."""
        for leaf in {id(n): n for n in plan.walk() if isinstance(n, Values)}.values():
            self._register(leaf, leaf.load(), self._tables)
        self._kept.append(plan)
        return Ready(self.connection, self._sql(Statement(plan, DIALECT, self._tables)), plan.schema.visible)

    def register(self, name: str, table: pa.Table) -> None:
        self.connection.register(name, table)

    def close(self) -> None:
        give_back(self.connection, bool(self._functions))

    def execute(self, statement: Statement) -> pa.Table:
        return _rows(self.connection, self._sql(statement))

    def _sql(self, statement: Statement) -> str:
        query = statement.build()
        if self._view is not None:
            query = _with_events(query, self._view)
        sql = query.sql("duckdb", copy=False)
        register_functions(self.connection, statement.exprs.udfs, self._functions)
        return sql


def _with_events(query: exp.Query, events: exp.Query) -> exp.Query:
    """The query with the events before whatever else it is made of."""
    query.with_("events", as_=events.copy(), materialized=False, copy=False)
    parts = query.args["with_"]
    parts.set("expressions", [parts.expressions[-1], *parts.expressions[:-1]])
    return query


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    try:
        return connection.sql(sql).to_arrow_table()
    except duckdb.Error as error:
        raise QueryFailed(str(error)) from None
