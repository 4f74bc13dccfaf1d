"""``save [append] path://"table"``: the result as a local table (spec §9.2)."""

from __future__ import annotations

import csv
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import table_path
from dohyo.lang.tree import Stage, TablePath
from dohyo.operators.base import Operator
from dohyo.operators.lookup import table_address
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import Batch, Node
from dohyo.tables.find import OutsideError, find_table, new_table
from dohyo.tables.load import Row, TableError, as_text, load

if TYPE_CHECKING:
    import pyarrow as pa


class Save(Stage, frozen=True):
    """The table, and whether the rows are added to it."""

    table: TablePath
    append: bool = False


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    append = bool(p.word("append"))
    return Save(table_address(p), append, span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: Save) -> str:
    address = table_path(stage.table)
    return "save " + "append " * stage.append + address


# --- meaning ----------------------------------------------------------------------------------------------------------


def _lower(stage: Save, plan: Node, ctx: Context) -> Node:
    """Writes below the first lookup folder only, and only where the run allows it: a detection from a stranger must
    not write files."""
    if ctx.rest:
        ctx.note("DH2724", "what comes after `save` is not carried out", stage.span, hint="in Sumo Logic it is not, either")
    if not ctx.options.may_save or not ctx.options.tables:
        ctx.warn("DH2721", "`save` is not carried out", stage.span,
                 hint="`dohyo search … --lookup-dir FOLDER` saves tables below FOLDER; `hunt` never does")  # fmt: skip
        return plan
    target = _target(stage, ctx)
    shown = plan.schema.visible
    job = _Job(target, stage.append, _columns(stage, target, plan, ctx))
    kept = (*shown, *(f for n in (ID, TIME) if (f := plan.schema.get(n))))
    return Batch(plan, "save", tuple(f.name for f in kept), kept, job.run)


def _target(stage: Save, ctx: Context) -> Path:
    """The table's file; links do not lead out of the folder."""
    folder = ctx.options.tables[0]
    try:
        target = find_table(stage.table.path, [folder], whole=True) or new_table(stage.table.path, folder)
        if not target.resolve().is_relative_to(folder.resolve()):
            raise OutsideError(str(target))
    except (OSError, ValueError):
        raise ctx.fail("DH2722", f"`{stage.table.path}` leads out of the lookup folder", stage.table.span) from None
    if target.suffix.lower() != ".csv":
        raise ctx.fail("DH2723", f"`save` writes CSV tables; `{target.name}` is none", stage.table.span)
    return target


def _columns(stage: Save, target: Path, plan: Node, ctx: Context) -> tuple[str, ...]:
    """The columns of the file: the rows' own for a new table, else the table's, all of which the rows must have. Others
    are left out, but for appending to a classic table, which takes the same columns only (spec §9.2)."""
    own = tuple(f.name for f in plan.schema.visible)
    if not target.exists():
        return own
    try:
        names = load(target).columns
    except TableError as error:
        raise ctx.fail("DH2702", f"the table cannot be read: {error}", stage.table.span) from None
    there = {n.lower() for n in names}
    wrong = there - {n.lower() for n in own}
    if stage.append and not stage.table.scheme:
        wrong |= {n.lower() for n in own} - there
    if wrong:
        raise ctx.fail("DH2725", f"the rows and the table differ in columns: {', '.join(sorted(wrong)[:10])}", stage.table.span,
                       hint=f"the table has: {', '.join(names[:20])}")  # fmt: skip
    return names


class _Job(Struct, frozen=True):
    target: Path
    append: bool
    columns: tuple[str, ...]

    def run(self, table: pa.Table) -> pa.Table:
        """Writes the table whole and puts it in its place at once. A file does not say what its key is: of appended
        rows those that are there already are not repeated."""
        at = {c.lower(): table[c].to_pylist() for c in table.column_names}
        values = [at[c.lower()] for c in self.columns]
        rows: list[Row] = [tuple(as_text(v[i]) for v in values) for i in range(table.num_rows)]
        if self.append and self.target.exists():
            rows = list(dict.fromkeys([*(tuple(v or "" for v in r) for r in load(self.target).rows),
                                       *(tuple(v or "" for v in r) for r in rows)]))  # fmt: skip
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self._write(rows)
        return table

    def _write(self, rows: list[Row]) -> None:
        handle, scratch = tempfile.mkstemp(dir=self.target.parent, suffix=".new")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow(self.columns)
                writer.writerows(rows)
            Path(scratch).replace(self.target)
        finally:
            Path(scratch).unlink(missing_ok=True)


OPERATOR = Operator(
    names=("save",),
    synopsis='save [append] path://"table"',
    doc="Writes the result as a table of the lookup folder. Later stages are not carried out.",
    spec="9.2",
    stage=Save,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | count by Computer | save path://"/Library/Hosts"',
    category="lookup",
    follow=frozenset({"/"}),
    ends=True,
)
