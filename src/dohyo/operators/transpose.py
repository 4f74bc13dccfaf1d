"""``transpose row a column b``: one output column for each value of a field (spec §7.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.names import ID
from dohyo.plan.nodes import Batch, Node
from dohyo.plan.types import Field, Type, common

if TYPE_CHECKING:
    import pyarrow as pa

#: Dynamic columns (spec appendix C).
MOST = 300


class Transpose(Stage, frozen=True):
    """The fields of the rows and of the columns; the columns that are named, and whether others follow."""

    rows: tuple[Name, ...]
    columns: tuple[Name, ...]
    listed: tuple[Name, ...] | None = None
    others: bool = True


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    p.need_word("row", "`transpose`")
    rows = p.grouping("a field for the rows")
    p.need_word("column", "the fields of the rows")
    columns = p.grouping("a field whose values become columns")
    listed: list[Name] | None = None
    others = True
    if p.word("as"):
        bracket = p.symbol("(")
        listed, others = [], False
        while True:
            if p.symbol("*"):
                others = True
            else:
                listed.append(p.new_name())
            if not p.symbol(","):
                break
        if bracket:
            p.need_symbol(")", "the names")
    return Transpose(rows, columns, tuple(listed) if listed is not None else None, others,
                     span=start.to(Span(0, p.cursor.last_end)))  # fmt: skip


def _print(stage: Transpose) -> str:
    text = f"transpose row {names(stage.rows)} column {names(stage.columns)}"
    if stage.listed is None:
        return text
    return text + " as " + ", ".join([*(name(n) for n in stage.listed), *(["*"] if stage.others else [])])


def _lower(stage: Transpose, plan: Node, ctx: Context) -> Node:
    rows, columns = ctx.names(stage.rows, plan), ctx.names(stage.columns, plan)
    keys = {n.lower() for n in (*rows, *columns)}
    values = [f for f in plan.schema.visible if f.name.lower() not in keys]
    if not values:
        raise ctx.fail("DH2651", "there is no field left for the cells of `transpose`", stage.span,
                       hint="aggregate before: `count by a, b | transpose row a column b`")  # fmt: skip
    kind = common([f.type for f in values])
    listed = tuple(n.name for n in stage.listed or ())
    made = tuple(plan.schema.get(r) or Field(r, Type.STRING) for r in rows)
    made = tuple(Field(f.name, f.type) for f in made) + tuple(Field(n, kind) for n in listed)
    evidence = (Field(ID, Type.LONG, hidden=True),) if plan.schema.get(ID) else ()
    job = Transposed(rows, columns, tuple(f.name for f in values), listed, stage.others, bool(evidence))
    needs = dict.fromkeys((*rows, *columns, *(f.name for f in values), *(f.name for f in evidence)))
    return Batch(plan, "transpose", tuple(needs), made + evidence, job.run, open=stage.others, open_type=kind)


class Transposed(Struct, frozen=True):
    """What becomes rows, columns and cells; :meth:`run` turns a table."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[str, ...]
    listed: tuple[str, ...]
    others: bool
    evidence: bool

    def run(self, table: pa.Table) -> pa.Table:
        """One row per combination of the row fields, in the order in which they first come; the last cell wins."""
        import pyarrow as pa

        cells: dict[tuple[object, ...], dict[str, object]] = {}
        found: dict[str, None] = {}
        ids: dict[tuple[object, ...], object] = {}
        for row in table.to_pylist():
            key = tuple(row[r] for r in self.rows)
            into = cells.setdefault(key, {})
            ids.setdefault(key, row.get(ID))
            for value in self.values:
                column = self._column(row, value)
                found.setdefault(column)
                into[column] = row[value]
        names_ = [*self.listed, *self._dynamic(found)]
        kinds = {v: table.schema.field(v).type for v in self.values}
        kind = next(iter(kinds.values())) if len(set(kinds.values())) == 1 else pa.string()
        data = {r: pa.array([k[i] for k in cells], table.schema.field(r).type) for i, r in enumerate(self.rows)}
        for column in names_:
            data[column] = pa.array([_as(kind, c.get(column)) for c in cells.values()], kind)
        if self.evidence:
            data[ID] = pa.array(list(ids.values()), pa.int64())
        return pa.table(data)

    def _column(self, row: dict[str, object], value: str) -> str:
        shown = "_".join(_heading(row[c]) for c in self.columns)
        return shown if len(self.values) == 1 else f"{shown}_{value}"

    def _dynamic(self, found: dict[str, None]) -> list[str]:
        """Alphabetical; a column that would be called like one that is there already is left out."""
        if not self.others:
            return []
        taken = {n.lower() for n in (*self.rows, *self.listed)}
        dynamic = []
        for column in sorted(found):
            if column.lower() not in taken:
                taken.add(column.lower())
                dynamic.append(column)
        return dynamic[:MOST]


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "null" if value is None else str(value)


def _heading(value: object) -> str:
    """A value as a column's name, which cannot be empty."""
    return _text(value) or "empty"


def _as(kind: object, value: object) -> object:
    import pyarrow as pa

    return _text(value) if value is not None and kind == pa.string() else value


OPERATOR = Operator(
    names=("transpose",),
    synopsis="transpose row field[, …] column field[, …] [as name, …, *]",
    doc="Turns the values of a field into columns: one row for each value of the row fields. Later stages can use the "
    "columns that `as` lists.",
    spec="7.7",
    stage=Transpose,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | timeslice 1h | count by _timeslice, Computer | transpose row _timeslice column Computer",
    category="aggregate",
    follow=frozenset(),
)
