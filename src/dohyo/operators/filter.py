"""``filter host in (stages)``: keeps the groups that a pipeline over the same records keeps (spec §5.5)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import inline, names
from dohyo.lang.tree import Name, Query, Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Join, Node


class FilterStage(Stage, frozen=True):
    """The fields, and the pipeline whose rows they must be in."""

    fields: tuple[Name, ...]
    child: Query


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    fields = p.fields()
    p.need_word("in", "the fields")
    child = p.pipeline()
    return FilterStage(fields, child, span=start.to(Span(0, p.cursor.last_end)))


def _lower(stage: FilterStage, plan: Node, ctx: Context) -> Node:
    if plan.schema.messages:
        raise ctx.fail("DH2631", "`filter` comes after an aggregate", stage.span, hint="to filter messages use `where`")
    keys = ctx.names(stage.fields, plan)
    assert ctx.lower_query is not None
    child = ctx.lower_query(stage.child, plan)
    inner = [ctx.column(f, child).name for f in stage.fields]
    return Join(plan, child, tuple(zip(keys, inner, strict=True)), "semi")


OPERATOR = Operator(
    names=("filter",),
    synopsis="filter field[, …] in (stage | stage …)",
    doc="Keeps the rows whose fields occur in the result of a pipeline over the same records.",
    spec="5.5",
    stage=FilterStage,
    parse=_parse,
    print=lambda stage: f"filter {names(stage.fields)} in ({inline(stage.child)})",
    lower=_lower,
    example="* | count by Computer, Image | filter Computer in (sum(_count) as n by Computer | where n > 100)",
    category="filter",
)
