"""``where``: keeps the rows for which a condition is true (spec §5.1)."""

from __future__ import annotations

import re

from dohyo.binding.context import Context
from dohyo.lang.parser import Parser
from dohyo.lang.printer import expression
from dohyo.lang.tree import Expr, Stage
from dohyo.operators.base import Operator
from dohyo.plan.constants import outcome
from dohyo.plan.nodes import Filter, Node

#: Mentioned by Sumo Logic without a syntax (spec §12.42).
_LOOKUP = re.compile(r"\s*lookup\s+[^|]*?\bfrom\s", re.I)


class Where(Stage, frozen=True):
    """The condition."""

    condition: Expr


def _parse(p: Parser) -> Stage:
    if p.at_stage_end():
        p.cursor.fail("DH1020", "`where` needs a condition", p.cursor.peek().span, hint='`where EventID = "3"`')
    if p.cursor.peek().word == "lookup" and _LOOKUP.match(p.source.text, p.cursor.mark()):
        p.cursor.fail("DH2707", "a `lookup` inside `where` is not supported", p.cursor.peek().span,
                      hint='`where lookupContains(path://"table", field=column)`, or `lookup` as a stage')  # fmt: skip
    condition = p.expression()
    return Where(condition, span=condition.span)


def _print(stage: Where) -> str:
    return f"where {expression(stage.condition)}"


def _lower(stage: Where, plan: Node, ctx: Context) -> Node:
    condition = ctx.condition(stage.condition, plan)
    always = outcome(condition)
    if always is not None:
        ctx.warn("DH2303", f"this condition is always {str(always).lower()}", stage.condition.span,
                 hint="" if always else "no row can come through here")  # fmt: skip
    return Filter(plan, condition)


OPERATOR = Operator(
    names=("where",),
    synopsis="where condition",
    doc="Keeps a row only when the condition is true.",
    spec="5.1",
    stage=Where,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | where EventID = "3" and DestinationPort in ("80", "443")',
    category="filter",
    follow=frozenset({"-", "+", "matches", "/"}),
)
