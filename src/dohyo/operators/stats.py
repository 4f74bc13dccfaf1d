"""``stats count as n, sum(x) as s by g``: another language's word before aggregates (spec §13)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.lang.parser import Parser
from dohyo.lang.tree import Stage
from dohyo.operators import aggregate
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Node


class Stats(Stage, frozen=True):
    """The aggregates after the word."""

    inner: aggregate.AggregateStage


def _parse(p: Parser) -> Stage:
    inner = aggregate.parse_list(p)
    return Stats(inner, span=inner.span)


def _lower(stage: Stats, plan: Node, ctx: Context) -> Node:
    ctx.dialect_spot("DH2313", "`stats` is no operator of Sumo Logic", stage.span,
                     hint=f"write `{aggregate.OPERATOR.print(stage.inner)}`")  # fmt: skip
    return aggregate.OPERATOR.lower(stage.inner, plan, ctx)


OPERATOR = Operator(
    names=("stats",),
    synopsis="stats count as n, … by field",
    doc="Aggregates, with the word that other languages put before them.",
    spec="13",
    stage=Stats,
    parse=_parse,
    print=lambda stage: f"stats {aggregate.OPERATOR.print(stage.inner)}",
    lower=_lower,
    example="* | stats count as n by Image",
    category="aggregate",
    lenient_only=True,
    instead="count as n by Image",
)
