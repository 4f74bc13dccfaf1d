"""``expression [as name]``: a stage that is no named operator adds or overwrites a field (spec §1.8)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.lang.parser import Parser
from dohyo.lang.printer import expression, name
from dohyo.lang.tree import Binary, Call, Expr, Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Extend, Node


class ExpressionStage(Stage, frozen=True):
    """An expression and the name of the field it makes."""

    expr: Expr
    alias: Name | None


def _parse(p: Parser) -> Stage:
    expr = p.expression()
    return ExpressionStage(expr, p.alias(), span=expr.span)


def _print(stage: ExpressionStage) -> str:
    return expression(stage.expr) + (f" as {name(stage.alias)}" if stage.alias else "")


def _lower(stage: ExpressionStage, plan: Node, ctx: Context) -> Node:
    value = ctx.expr(stage.expr, plan)
    return Extend(plan, ((_target(stage, plan, ctx), value),))


def _target(stage: ExpressionStage, plan: Node, ctx: Context) -> str:
    """The field: the alias; without one the first argument of a single call, in place (spec §1.8)."""
    if stage.alias:
        found = plan.schema.get(stage.alias.name)
        return found.name if found else stage.alias.name
    expr = stage.expr
    if isinstance(expr, Call) and expr.args and isinstance(expr.args[0], Name):
        return ctx.column(expr.args[0], plan).name
    if isinstance(expr, Binary) and expr.op == "=" and isinstance(expr.left, Name):
        ctx.warn("DH2301", "a comparison, not an assignment; its result goes nowhere useful", expr.span,
                 hint=f"to set a field write `… as {expr.left.name}`; to keep rows write `where …`")  # fmt: skip
    else:
        ctx.warn("DH2302", "an expression without a name for its result", expr.span, hint="add `as name`")
    return f"_expression_{ctx.stage_index}"


OPERATOR = Operator(
    names=(),
    synopsis="expression [as name]",
    doc="Adds a field, or overwrites one, on every row. A copy keeps the old field.",
    spec="1.8",
    stage=ExpressionStage,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | if (DestinationPort = "443", "https", "other") as service',
)
