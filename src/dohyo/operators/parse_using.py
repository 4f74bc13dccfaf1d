"""``parse using public/apache/access``: templates that only Sumo Logic has (spec §4.2)."""

from __future__ import annotations

import re

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.tree import Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Node


class ParseUsing(Stage, frozen=True):
    """The template's name."""

    template: str


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    m = p.cursor.matching(re.compile(r"[\w/.-]+"))
    if m is None:
        p.unexpected(p.cursor.peek(), "the name of a template, such as `public/apache/access`")
        raise AssertionError
    return ParseUsing(m[0], span=start.to(Span(0, p.cursor.last_end)))


def _lower(stage: ParseUsing, plan: Node, ctx: Context) -> Node:
    raise ctx.fail("DH2441", f"the template `{stage.template}` is not available: only Sumo Logic has it", stage.span,
                   hint='write the pattern: `parse "…*…" as a` or `parse regex "(?<a>…)"`')  # fmt: skip


OPERATOR = Operator(
    names=("parse using",),
    synopsis="parse using public/name",
    doc="A template that Sumo Logic keeps; it is read, and refused when the query runs.",
    spec="4.2",
    stage=ParseUsing,
    parse=_parse,
    print=lambda stage: f"parse using {stage.template}",
    lower=_lower,
    example="* | parse using public/apache/access",
    category="parse",
)
