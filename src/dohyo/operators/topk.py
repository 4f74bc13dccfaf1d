"""``topk(n, field) by g``: the rows with the largest values, overall or in each group (spec §7.2)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.convert import to_number
from dohyo.plan.expr import Column, boolean, whole
from dohyo.plan.nodes import Extend, Filter, Node, Sort, SortKey, Window, WindowCall
from dohyo.plan.types import Type


class Topk(Stage, frozen=True):
    """How many rows, by which fields, in which groups."""

    count: int
    fields: tuple[Name, ...]
    by: tuple[Name, ...]


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    p.need_symbol("(", "`topk`")
    count = p.integer("how many rows")
    p.need_symbol(",", "the number of rows")
    fields = p.fields("the field whose largest values count")
    p.need_symbol(")", "the field")
    return Topk(count, fields, p.by(), span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: Topk) -> str:
    return f"topk({stage.count}, {names(stage.fields)})" + (f" by {names(stage.by)}" if stage.by else "")


def _lower(stage: Topk, plan: Node, ctx: Context) -> Node:
    """Ties get ranks one after another; the result comes by group, then rank (spec §12.31)."""
    if stage.count < 1:
        raise ctx.fail("DH2611", "`topk` keeps at least 1 row", stage.span)
    keys = ctx.names(stage.by, plan)
    values = [to_number(ctx.column(f, plan)) for f in stage.fields]
    hidden = tuple((f"__top{i}", v) for i, v in enumerate(values))
    before = plan.order
    plan = Extend(plan, hidden, hidden=True)
    order = (*(SortKey(n, descending=True) for n, _ in hidden), *before)
    ranked = Window(plan, (("_rank", WindowCall("row_number", (), Type.LONG, keys, order=order)),))
    kept = Filter(ranked, boolean("<=", Column("_rank", Type.LONG), whole(stage.count)))
    return Sort(kept, (*(SortKey(k) for k in keys), SortKey("_rank")))


OPERATOR = Operator(
    names=("topk",),
    synopsis="topk(n, field[, …]) [by field, …]",
    doc="The n rows with the largest values, overall or in each group; `_rank` counts them from 1.",
    spec="7.2",
    stage=Topk,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | count by Computer, Image | topk(3, _count) by Computer",
    category="window",
)
