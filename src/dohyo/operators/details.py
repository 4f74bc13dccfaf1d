"""``details``: made by Sumo Logic's page for a signature; read whole, and refused when the query runs."""

from __future__ import annotations

import re

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.tree import Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Node

_REST = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^|"])+')


class Details(Stage, frozen=True):
    """The text after the name."""

    text: str


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    m = p.cursor.matching(_REST)
    return Details(" ".join(m[0].split()) if m else "", span=Span(start.start, max(start.end, p.cursor.last_end)))


def _lower(stage: Details, plan: Node, ctx: Context) -> Node:
    raise ctx.fail("DH2741", "`details` works only inside Sumo Logic", stage.span, hint="leave the stage out")


OPERATOR = Operator(
    names=("details",),
    synopsis="details …",
    doc="Made by Sumo Logic's page for a signature; Dohyo reads it and does not run it.",
    spec="10",
    stage=Details,
    parse=_parse,
    print=lambda stage: f"details {stage.text}".rstrip(),
    lower=_lower,
    example="* | details x",
    category="pattern",
)
