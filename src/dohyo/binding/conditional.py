"""``if(c, a, b)`` and ``c ? a : b`` (spec §2.8)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.lang import tree
from dohyo.plan.convert import same_type
from dohyo.plan.expr import Call, Expr
from dohyo.plan.nodes import Node
from dohyo.plan.types import Type, common


def choose(ctx: Context, condition: tree.Expr, then: tree.Expr, otherwise: tree.Expr, plan: Node) -> Expr:
    """The value of a conditional; a null condition takes the second branch."""
    test = ctx.condition(condition, plan)
    first, second = ctx.expr(then, plan), ctx.expr(otherwise, plan)
    kinds = {first.type, second.type} - {Type.NULL}
    if len(kinds) == 2 and not all(k.numeric for k in kinds):
        ctx.warn("DH2103", f"the branches have different types ({first.type}, {second.type}); both become text",
                 then.span.to(otherwise.span), hint="Sumo Logic asks for one type in both branches")  # fmt: skip
    a, b = same_type([first, second])
    return Call("case", (test, a, b), common([a.type, b.type]))
