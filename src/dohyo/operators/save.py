"""``save [append] path://"table"``: the result as a local table (spec §9.2)."""

from __future__ import annotations

import csv
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import table_path
from dohyo.lang.tree import Stage, TablePath
from dohyo.operators.base import Operator
from dohyo.operators.lookup import table_address
from dohyo.plan.nodes import Batch, Node
from dohyo.tables.find import OutsideError, find_table, new_table
from dohyo.tables.load import load

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Save(Stage):
    """The table, and whether the rows are added to it."""

    table: TablePath
    append: bool = False


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    append = bool(p.word("append"))
    p.word("as")
    return Save(table_address(p), append, span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: Save) -> str:
    address = table_path(stage.table) if stage.table.scheme else stage.table.path
    return "save " + "append " * stage.append + address


def _lower(stage: Save, plan: Node, ctx: Context) -> Node:
    """Writes below the first lookup folder only, and only where the run allows it: a detection from a stranger must
    not write files."""
    if not ctx.options.may_save or not ctx.options.tables:
        ctx.warn("DH2721", "`save` is not carried out", stage.span,
                 hint="`dohyo search … --lookup-dir FOLDER` saves tables below FOLDER; `hunt` never does")  # fmt: skip
        return plan
    folder = ctx.options.tables[0]
    try:
        target = find_table(stage.table.path, [folder]) or new_table(stage.table.path, folder)
    except OutsideError:
        raise ctx.fail("DH2722", f"`{stage.table.path}` leads out of the lookup folder", stage.span) from None
    if target.suffix.lower() != ".csv":
        raise ctx.fail("DH2723", f"`save` writes CSV tables; `{target.name}` is none", stage.span)
    shown = plan.schema.visible
    job = _Job(target, stage.append)
    return Batch(plan, "save", tuple(f.name for f in shown), shown, job.run)


@dataclass(frozen=True)
class _Job:
    target: Path
    append: bool

    def run(self, table: pa.Table) -> pa.Table:
        """Writes the table whole and puts it in its place at once; appended rows replace equal ones."""
        names = table.column_names
        rows: list[tuple[object, ...]] = [tuple(r[n] for n in names) for r in table.to_pylist()]
        if self.append and self.target.exists():
            old = load(self.target)
            places = [old.place(n) for n in names]
            kept = [tuple(None if p is None else r[p] for p in places) for r in old.rows]
            rows = list(dict.fromkeys([*kept, *(tuple(None if v is None else str(v) for v in r) for r in rows)]))
        self.target.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=self.target.parent, suffix=".new")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(names)
            writer.writerows(rows)
        Path(scratch).replace(self.target)
        return table


OPERATOR = Operator(
    names=("save",),
    synopsis='save [append] path://"table"',
    doc="Writes the result as a table of the lookup folder.",
    spec="9.2",
    stage=Save,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | count by Computer | save path://"/Library/Hosts"',
    category="lookup",
)
