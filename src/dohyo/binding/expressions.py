"""Written expressions → expressions of the plan (spec §2)."""

from __future__ import annotations

from collections.abc import Callable

from dohyo.binding.calls import bind_call
from dohyo.binding.comparisons import bind_comparison, bind_in, bind_matches
from dohyo.binding.conditional import choose
from dohyo.binding.context import Context
from dohyo.binding.subqueries import bind_subquery
from dohyo.lang import printer, tree
from dohyo.plan.convert import to_number
from dohyo.plan.expr import FALSE, NULL, TRUE, Call, Expr, Literal, boolean, negation
from dohyo.plan.nodes import Node
from dohyo.plan.types import Type


def bind(ctx: Context, node: tree.Expr, plan: Node) -> Expr:
    """The value of ``node`` over the columns of ``plan``. Raises ``Stop`` after reporting when it has none."""
    return _BINDERS[type(node)](ctx, node, plan)


def _name(ctx: Context, node: tree.Name, plan: Node) -> Expr:
    column = ctx.column(node, plan)
    return NULL if column.type is Type.NULL and plan.schema.get(column.name) is None else column


def _number(ctx: Context, node: tree.Number, plan: Node) -> Expr:
    if isinstance(node.value, float):
        return Literal(node.value, Type.DOUBLE)
    small = -(2**31) <= node.value < 2**31
    if abs(node.value) >= 2**63:
        return Literal(float(node.value), Type.DOUBLE)
    return Literal(node.value, Type.INT if small else Type.LONG)


def _param(ctx: Context, node: tree.Param, plan: Node) -> Expr:
    raise ctx.fail("DH1015", f"the parameter `{{{{{node.name}}}}}` has no value", node.span,
                   hint=f"give one with `--param {node.name}=…`")  # fmt: skip


def _regex(ctx: Context, node: tree.Regex, plan: Node) -> Expr:
    raise ctx.fail("DH2102", "a regex stands here, where a value is needed", node.span,
                   hint="regexes are allowed after `matches` and in `replace`")  # fmt: skip


def _unary(ctx: Context, node: tree.Unary, plan: Node) -> Expr:
    if node.op == "not":
        return negation(ctx.condition(node.operand, plan))
    value = to_number(bind(ctx, node.operand, plan))
    return Call("negative", (value,), value.type)


def _logical(ctx: Context, node: tree.Logical, plan: Node) -> Expr:
    return boolean(node.op, *(ctx.condition(o, plan) for o in node.operands))


def _ternary(ctx: Context, node: tree.Ternary, plan: Node) -> Expr:
    return choose(ctx, node.condition, node.then, node.otherwise, plan)


_ARITHMETIC = frozenset("+-*/%")


def _binary(ctx: Context, node: tree.Binary, plan: Node) -> Expr:
    if (operand := _loose_not(ctx, node.left, plan)) is not None:
        return negation(ctx.condition(tree.Binary(node.op, operand, node.right, node.op_span, span=node.span), plan))
    if node.op in _ARITHMETIC:
        return _arithmetic(ctx, node, plan)
    if node.op in ("matches", "=~"):
        return bind_matches(ctx, node, plan)
    if node.op == "contains":
        return bind_call(ctx, tree.Call("contains", (node.left, node.right), node.op_span, span=node.span), plan)
    return bind_comparison(ctx, node, plan)


def _in(ctx: Context, node: tree.In, plan: Node) -> Expr:
    operand = _loose_not(ctx, node.value, plan)
    if operand is None:
        return bind_in(ctx, node, plan)
    return negation(ctx.condition(tree.In(operand, node.items, node.negated, span=node.span), plan))


def _loose_not(ctx: Context, left: tree.Expr, plan: Node) -> tree.Expr | None:
    """``!x = y``: the sign binds tighter than the comparison (spec §12.44), which is hardly ever meant."""
    if not (isinstance(left, tree.Unary) and left.word == "!" and isinstance(left.operand, tree.Name | tree.Call)):
        return None
    if isinstance(left.operand, tree.Call) and bind(ctx, left.operand, plan).type is Type.BOOLEAN:
        return None
    ctx.warn("DH2104", f"`!` belongs to `{printer.expression(left.operand)}` alone here" + (
        "; it is read as `!(…)`" if ctx.lenient else ""), left.span, hint="write `!(…)` around the comparison")  # fmt: skip
    return left.operand if ctx.lenient else None


def _arithmetic(ctx: Context, node: tree.Binary, plan: Node) -> Expr:
    sides = [bind(ctx, node.left, plan), bind(ctx, node.right, plan)]
    if any(isinstance(s, Literal) and isinstance(s.value, str) and to_number(s) == Literal(None, Type.DOUBLE) for s in sides):
        ctx.warn("DH2105", f"`{node.op}` needs numbers, and this text is none: the result is null", node.span,
                 hint="join text with `concat(a, b)`")  # fmt: skip
    left, right = (to_number(s) for s in sides)
    whole = node.op != "/" and left.type.whole and right.type.whole
    return Call(node.op, (left, right), Type.LONG if whole else Type.DOUBLE)


def _table_path(ctx: Context, node: tree.TablePath, plan: Node) -> Expr:
    raise ctx.fail("DH2106", "a table's address stands here, where a value is needed", node.span,
                   hint="tables are read by `lookup`, `cat` and `lookupContains(path://\"…\", field=column)`")  # fmt: skip


def _star(ctx: Context, node: tree.Star, plan: Node) -> Expr:
    raise ctx.fail("DH2107", "`*` stands here, where a value is needed", node.span)


_BINDERS: dict[type[tree.Expr], Callable[..., Expr]] = {
    tree.Name: _name,
    tree.String: lambda ctx, node, plan: Literal(node.value, Type.STRING),
    tree.Number: _number,
    tree.Bool: lambda ctx, node, plan: TRUE if node.value else FALSE,
    tree.Null: lambda ctx, node, plan: NULL,
    tree.Param: _param,
    tree.Regex: _regex,
    tree.Star: _star,
    tree.TablePath: _table_path,
    tree.Unary: _unary,
    tree.Logical: _logical,
    tree.Ternary: _ternary,
    tree.Binary: _binary,
    tree.In: _in,
    tree.Call: bind_call,
    tree.Subquery: bind_subquery,
}
