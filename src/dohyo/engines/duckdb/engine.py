"""Runs plans on DuckDB: the scan gives events, the plan's one statement does the rest; a ``Batch`` node divides it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from dohyo.engines.duckdb.connect import connect, register_functions
from dohyo.engines.duckdb.dialect import DIALECT
from dohyo.engines.sql import Statement
from dohyo.plan.names import ROW
from dohyo.plan.nodes import Batch, Node, Values, rebuilt
from dohyo.plan.types import Field, Type


@dataclass(frozen=True)
class Ready:
    """A statement that is kept."""

    connection: duckdb.DuckDBPyConnection
    sql: str
    shown: tuple[Field, ...]

    def run(self) -> tuple[pa.Table, tuple[Field, ...]]:
        """As :meth:`DuckDB.run`, over the events that the engine has now."""
        return self.connection.sql(self.sql).to_arrow_table(), self.shown


@dataclass
class DuckDB:
    """One database for the statements of a run; another one reads the sources, with threads of its own."""

    threads: int | None = None
    memory: str | None = None
    connection: duckdb.DuckDBPyConnection = field(init=False)
    _functions: set[str] = field(default_factory=set)
    _tables: dict[int, str] = field(default_factory=dict)
    _kept: list[Node] = field(default_factory=list)  # so that no other node gets one's ``id``

    def __post_init__(self) -> None:
        self.connection = connect(self.threads, self.memory)

    def stream_events(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """Makes the events known as a stream that one statement may read once."""
        self.connection.register("events", pa.RecordBatchReader.from_batches(schema, batches))

    def keep_events(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """Reads all events into a table, for statements that read them more than once."""
        self.connection.register("event_stream", pa.RecordBatchReader.from_batches(schema, batches))
        self.connection.execute("CREATE OR REPLACE TEMP TABLE events AS SELECT * FROM event_stream")

    def use_events(self, table: pa.Table) -> None:
        """Makes the events known as a table in memory, in place of the last one."""
        self.connection.register("events", table)

    def view_events(self, selects: list[Any]) -> None:
        """Makes the events known as a view over files."""
        from sqlglot import exp

        query = selects[0]
        for other in selects[1:]:
            query = exp.union(query, other, distinct=False, copy=False)
        create = exp.Create(this=exp.to_table("events"), kind="VIEW", replace=True, expression=query,
                            properties=exp.Properties(expressions=[exp.TemporaryProperty()]))  # fmt: skip
        self.connection.execute(create.sql("duckdb", copy=False))

    def run(self, plan: Node) -> tuple[pa.Table, tuple[Field, ...]]:
        """The plan's rows in order: its shown columns, then hidden ones for evidence; and the shown columns."""
        tables = dict(self._tables)
        whole = self._leaves(plan, tables, {})
        return self._execute(whole, tables), whole.schema.visible

    def ready(self, plan: Node) -> Ready:
        """The statement of a plan without ``Batch`` nodes, to be run over one set of events after another. Local tables are
        read now."""
        for leaf in {id(n): n for n in plan.walk() if isinstance(n, Values)}.values():
            self._register(leaf, leaf.load(), self._tables)
        self._kept.append(plan)
        return Ready(self.connection, self._statement(plan, self._tables), plan.schema.visible)

    def _leaves(self, plan: Node, tables: dict[int, str], done: dict[int, Node]) -> Node:
        """The plan with local tables registered, and with the parts below its ``Batch`` nodes run, lowest first: what
        they gave is a table of the plan from then on, with all the columns that it really has."""
        for node in plan.inputs:
            self._leaves(node, tables, done)
        if isinstance(plan, Values):
            self._register(plan, plan.load(), tables)
        elif isinstance(plan, Batch) and id(plan) not in done:
            below = self._execute(rebuilt(plan.input, done), tables, plan)
            result = plan.run(below)
            numbered = result.append_column(ROW, pa.array(range(result.num_rows), pa.int64()))
            leaf = Values(plan.name, _fields(plan, numbered), lambda: numbered, ordered=True)
            self._register(leaf, numbered, tables)
            done[id(plan)] = leaf
            self._kept.append(leaf)
        return rebuilt(plan, done) if done else plan

    def _register(self, node: Node, table: pa.Table, tables: dict[int, str]) -> None:
        name = f"table{len(tables) + 1}"
        self.connection.register(name, table)
        tables[id(node)] = name

    def _execute(self, plan: Node, tables: dict[int, str], reader: Batch | None = None) -> pa.Table:
        return self.connection.sql(self._statement(plan, tables, reader)).to_arrow_table()

    def _statement(self, plan: Node, tables: dict[int, str], reader: Batch | None = None) -> str:
        statement = Statement(plan, DIALECT, tables, wanted=reader.needs if reader else ())
        sql = statement.build().sql("duckdb", copy=False)
        register_functions(self.connection, statement.exprs.udfs, self._functions)
        return sql


def _fields(plan: Batch, table: pa.Table) -> tuple[Field, ...]:
    """The columns that a ``Batch`` gave: the ones it promised, then those that depend on the data."""
    promised = {f.name.lower(): f for f in plan.schema.fields}
    found = [promised.get(c.name.lower()) or Field(c.name, _type(c.type), c.name.startswith("__")) for c in table.schema]
    return tuple(found)


def _type(kind: pa.DataType) -> Type:
    if pa.types.is_boolean(kind):
        return Type.BOOLEAN
    if pa.types.is_integer(kind):
        return Type.LONG
    return Type.DOUBLE if pa.types.is_floating(kind) else Type.STRING
