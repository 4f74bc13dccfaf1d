"""``limit``: the first rows in the current order (spec §5.3)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.lang.parser import Parser
from dohyo.lang.tree import Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Limit, Node

MOST = 10_000


class LimitStage(Stage, frozen=True):
    """How many rows."""

    count: int


def _parse(p: Parser) -> Stage:
    span = p.cursor.peek().span
    return LimitStage(p.integer("how many rows to keep"), span=span)


def _print(stage: LimitStage) -> str:
    return f"limit {stage.count}"


def _lower(stage: LimitStage, plan: Node, ctx: Context) -> Node:
    if stage.count > MOST:
        raise ctx.fail("DH2304", f"`limit` takes at most {MOST:,} rows", stage.span)
    return Limit(plan, stage.count)


OPERATOR = Operator(
    names=("limit",),
    synopsis="limit n",
    doc="Keeps the first n rows, at most 10,000.",
    spec="5.3",
    stage=LimitStage,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | limit 10",
    category="filter",
)
