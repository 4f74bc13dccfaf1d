"""``eval x = expression``: not Sumo Logic log search, but many published detections are written so (spec §13)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Patch, Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import expression, name
from dohyo.lang.tree import Expr, Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Extend, Node


class Assignment(Stage, frozen=True):
    """One ``name = expression``."""

    name: Name
    value: Expr


class Eval(Stage, frozen=True):
    """The assignments, in order."""

    assignments: tuple[Assignment, ...]


def _parse(p: Parser) -> Stage:
    start = p.cursor.last_end - len("eval")
    found = [_assignment(p)]
    while p.symbol(","):
        found.append(_assignment(p))
    return Eval(tuple(found), span=Span(start, p.cursor.last_end))


def _assignment(p: Parser) -> Assignment:
    target = p.field("the name of a field")
    p.need_symbol("=", "the field's name")
    value = p.expression()
    return Assignment(target, value, span=target.span.to(value.span))


def _print(stage: Eval) -> str:
    return "eval " + ", ".join(f"{name(a.name)} = {expression(a.value)}" for a in stage.assignments)


def _lower(stage: Eval, plan: Node, ctx: Context) -> Node:
    text = ctx.source.text
    fixed = "\n| ".join(f"{text[a.value.span.start : a.value.span.end]} as {name(a.name)}" for a in stage.assignments)
    ctx.dialect_spot("DH2310", "`eval` is no operator of Sumo Logic log search", stage.span,
                     hint="write `expression as name`", patches=(Patch(stage.span, fixed),))  # fmt: skip
    for a in stage.assignments:
        known = plan.schema.get(a.name.name)
        plan = Extend(plan, ((known.name if known else a.name.name, ctx.expr(a.value, plan)),))
    return plan


OPERATOR = Operator(
    names=("eval",),
    synopsis="eval name = expression[, name = expression …]",
    doc="Sets a field. Lenient dialect only: Sumo Logic writes `expression as name`.",
    spec="13",
    stage=Eval,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | eval port = num(DestinationPort)",
    lenient_only=True,
    instead="expression as name",
)
