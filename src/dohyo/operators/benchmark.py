"""``benchmark``: an operator of Sumo Logic's own tests; read whole, and refused when the query runs."""

from __future__ import annotations

import re

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.tree import Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Node

_REST = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^|"])+')


class Benchmark(Stage, frozen=True):
    """The text after the name."""

    text: str


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    m = p.cursor.matching(_REST)
    return Benchmark(" ".join(m[0].split()) if m else "", span=Span(start.start, max(start.end, p.cursor.last_end)))


def _lower(stage: Benchmark, plan: Node, ctx: Context) -> Node:
    raise ctx.fail("DH2741", "`benchmark` works only inside Sumo Logic", stage.span, hint="leave the stage out")


OPERATOR = Operator(
    names=("benchmark",),
    synopsis="benchmark …",
    doc="An operator of Sumo Logic's own tests; Dohyo reads it and does not run it.",
    spec="published queries, §10",
    stage=Benchmark,
    parse=_parse,
    print=lambda stage: f"benchmark {stage.text}".rstrip(),
    lower=_lower,
    example="* | benchmark x",
    category="pattern",
)
