"""``infer``: an operator that Sumo Logic puts in by itself; read whole, and refused when the query runs."""

from __future__ import annotations

import re

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.tree import Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Node

_REST = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^|"])+')


class Infer(Stage, frozen=True):
    """The text after the name."""

    text: str


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    m = p.cursor.matching(_REST)
    return Infer(" ".join(m[0].split()) if m else "", span=Span(start.start, max(start.end, p.cursor.last_end)))


def _lower(stage: Infer, plan: Node, ctx: Context) -> Node:
    raise ctx.fail("DH2741", "`infer` works only inside Sumo Logic", stage.span, hint="leave the stage out")


OPERATOR = Operator(
    names=("infer",),
    synopsis="infer …",
    doc="An operator that Sumo Logic puts in by itself; Dohyo reads it and does not run it.",
    spec="published queries, §10",
    stage=Infer,
    parse=_parse,
    print=lambda stage: f"infer {stage.text}".rstrip(),
    lower=_lower,
    example="* | infer x",
    category="pattern",
)
