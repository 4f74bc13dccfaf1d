"""What an engine is: it takes the events, and runs plans over them; a ``Batch`` node divides a plan in two."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from dohyo.engines.sql import Dialect, Statement
from dohyo.plan.names import ROW
from dohyo.plan.nodes import Batch, Node, Values, rebuilt
from dohyo.plan.passes import Needs, needed_columns
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import duckdb

    from dohyo.engines.duckdb.scan import Request
    from dohyo.engines.duckdb.stored import Part


#: Marks a column that is there because the query asks for it.
_ABSENT = b"dohyo.absent"
_ARROW = {Type.BOOLEAN: pa.bool_(), Type.INT: pa.int64(), Type.LONG: pa.int64(), Type.DOUBLE: pa.float64()}


class Engine(ABC):
    """One database for the statements of a run."""

    dialect: Dialect

    def __init__(self) -> None:
        self._tables: dict[int, str] = {}  # known to all statements
        self._kept: list[Node] = []  # so that no other node gets one's ``id``

    @abstractmethod
    def stream_events(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """Makes the events known to one statement, which reads them once."""

    @abstractmethod
    def keep_events(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """Reads all events, for statements that read them more than once."""

    @abstractmethod
    def view_stored(self, request: Request, parts: Sequence[Part], connection: duckdb.DuckDBPyConnection) -> None:
        """Makes the events of stores known, which the engine reads itself as far as it can. ``connection``: DuckDB's, which
        can open them. Raises :class:`EngineError` when the engine cannot reach them."""

    @abstractmethod
    def register(self, name: str, table: pa.Table) -> None:
        """Makes a table known under a name, in place of what had it."""

    @abstractmethod
    def execute(self, statement: Statement) -> pa.Table:
        """The rows of a statement. Raises :class:`QueryFailed`."""

    @abstractmethod
    def close(self) -> None:
        """Ends what the engine holds."""

    def run(self, plan: Node) -> tuple[pa.Table, tuple[Field, ...]]:
        """The plan's rows in order: its shown columns, then hidden ones for evidence; and the shown columns."""
        tables = dict(self._tables)
        whole = self._leaves(plan, tables, {}, needed_columns(plan))
        return self.execute(Statement(whole, self.dialect, tables)), whole.schema.visible

    def _leaves(self, plan: Node, tables: dict[int, str], done: dict[int, Node], needs: Needs) -> Node:
        """The plan with local tables registered, and with the parts below its ``Batch`` nodes run, lowest first: what
        they gave is a table of the plan from then on, with all the columns that it really has."""
        for node in plan.inputs:
            self._leaves(node, tables, done, needs)
        if isinstance(plan, Values):
            self._register(plan, plan.load(), tables)
        elif isinstance(plan, Batch) and id(plan) not in done:
            below = self.execute(Statement(rebuilt(plan.input, done), self.dialect, tables, wanted=plan.needs))
            result = plan.run(below)
            result = _with_asked(result, plan, needs.get(id(plan), set())) if plan.open else result
            numbered = result.append_column(ROW, pa.array(range(result.num_rows), pa.int64()))
            leaf = Values(plan.name, _fields(plan, numbered), lambda: numbered, ordered=True, open=plan.open)
            self._register(leaf, numbered, tables)
            done[id(plan)] = leaf
            self._kept.append(leaf)
        return rebuilt(plan, done) if done else plan

    def _register(self, node: Node, table: pa.Table, tables: dict[int, str]) -> None:
        name = f"table{len(tables) + 1}"
        self.register(name, table)
        tables[id(node)] = name


def _with_asked(table: pa.Table, plan: Batch, asked: set[str]) -> pa.Table:
    """The table with a hidden column of nulls for each field that a later stage asks for and that the data did not make."""
    there = {n.lower() for n in table.column_names}
    kind = _ARROW.get(plan.open_type, pa.string())
    for name in sorted(asked - there - {ROW}):
        table = table.append_column(pa.field(name, kind, metadata={_ABSENT: b""}), pa.nulls(table.num_rows, kind))
    return table


def _fields(plan: Batch, table: pa.Table) -> tuple[Field, ...]:
    """The columns that a ``Batch`` gave: the ones it promised, then those that depend on the data."""
    promised = {f.name.lower(): f for f in plan.schema.fields}
    found = [
        promised.get(c.name.lower()) or Field(c.name, _type(c.type), c.name.startswith("__") or _ABSENT in (c.metadata or {}))
        for c in table.schema
    ]
    return tuple(found)


def _type(kind: pa.DataType) -> Type:
    if pa.types.is_boolean(kind):
        return Type.BOOLEAN
    if pa.types.is_integer(kind):
        return Type.LONG
    return Type.DOUBLE if pa.types.is_floating(kind) else Type.STRING
