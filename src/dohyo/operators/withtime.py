"""``withtime field``: a value with its time, for ``most_recent`` and ``least_recent`` (spec §5.8)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.lang.parser import Parser
from dohyo.lang.printer import names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.convert import to_text
from dohyo.plan.expr import Call
from dohyo.plan.nodes import Extend, Node
from dohyo.plan.types import Type


class WithTime(Stage, frozen=True):
    """The fields."""

    fields: tuple[Name, ...]


def _parse(p: Parser) -> Stage:
    fields = p.fields()
    return WithTime(fields, span=fields[0].span.to(fields[-1].span))


def _lower(stage: WithTime, plan: Node, ctx: Context) -> Node:
    time = ctx.column(Name("_messageTime", span=stage.span), plan)
    new = []
    for field in stage.fields:
        value = ctx.column(field, plan)
        new.append((f"{value.name}_withtime", Call("with_time", (to_text(value), time), Type.STRING)))
    return Extend(plan, tuple(new))


OPERATOR = Operator(
    names=("withtime",),
    synopsis="withtime field",
    doc="Adds `field_withtime`, the value with the message's time, for `most_recent` and `least_recent`.",
    spec="5.8",
    stage=WithTime,
    parse=_parse,
    print=lambda stage: f"withtime {names(stage.fields)}",
    lower=_lower,
    example="* | withtime Image | most_recent(Image_withtime) as latest by Computer",
    category="time",
)
