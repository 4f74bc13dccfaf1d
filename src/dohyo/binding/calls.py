"""Function calls: the row of the table, the number and kind of the arguments (spec §3)."""

from __future__ import annotations

from collections.abc import Callable

from dohyo.binding.comparisons import match_regex_text
from dohyo.binding.conditional import choose
from dohyo.binding.context import Context
from dohyo.binding.regexes import read_pattern, search
from dohyo.binding.tables import lookup_contains
from dohyo.diagnostics import Patch, closest
from dohyo.lang import foreign, tree
from dohyo.patterns.lenient import read_regex_string
from dohyo.plan.convert import to_text, to_type
from dohyo.plan.expr import Call, Expr, Literal, boolean, negation, text
from dohyo.plan.functions import AGGREGATES, FUNCTIONS
from dohyo.plan.functions.model import Function
from dohyo.plan.nodes import Node
from dohyo.plan.types import Type


def bind_call(ctx: Context, node: tree.Call, plan: Node) -> Expr:
    """The value of a call."""
    special = _SPECIAL.get(node.name.lower())
    if special is not None:
        return special(ctx, node, plan)
    row = FUNCTIONS.get(node.name.lower())
    if row is None or row.internal:
        raise _unknown(ctx, node)
    if row.lenient_only:
        ctx.dialect_spot("DH2130", f"`{node.name}` is no function of Sumo Logic", node.name_span,
                         hint=f"write `{row.instead}`")  # fmt: skip
    _check_count(ctx, node, row)
    args = tuple(_argument(ctx, node, row, i, plan) for i in range(len(node.args)))
    return _call(ctx, node, row, args)


def _call(ctx: Context, node: tree.Call, row: Function, args: tuple[Expr, ...]) -> Expr:
    if row.check and (wrong := row.check(args)):
        index, message = wrong
        raise ctx.fail("DH2133", message, node.args[index].span if index < len(node.args) else node.span)
    if row.rewrite:
        return row.rewrite(args, ctx.options)
    value = Call(row.name, args, row.type_of(args))
    if row.drops_invalid:
        ctx.guards.append(negation(boolean("is_null", value)))
    return value


def _unknown(ctx: Context, node: tree.Call) -> Exception:
    if node.name.lower() in AGGREGATES:
        return ctx.fail("DH2131", f"`{node.name}` is an aggregate and cannot stand inside an expression", node.name_span,
                        hint=f"aggregate in a stage of its own: `| {node.name}(x) by y`")  # fmt: skip
    names = [f.name for f in FUNCTIONS.values() if not f.internal]
    near = closest(node.name, names)
    hint = foreign.function_hint(node.name) or (f"did you mean `{near}`?" if near else "")
    return ctx.fail("DH2130", f"unknown function `{node.name}`", node.name_span, hint=hint)


def _check_count(ctx: Context, node: tree.Call, row: Function) -> None:
    given, most = len(node.args), row.most
    if given < row.least or (most is not None and given > most):
        wanted = f"{row.least}" if row.least == most else f"{row.least} to {most}" if most else f"at least {row.least}"
        raise ctx.fail("DH2132", f"`{row.name}` takes {wanted} argument{'s' * (wanted != '1')}, not {given}", node.span,
                       hint=f"`{row.signature}`")  # fmt: skip


def _argument(ctx: Context, node: tree.Call, row: Function, index: int, plan: Node) -> Expr:
    arg, written = row.arg(index), node.args[index]
    if arg.regex and isinstance(written, tree.Regex):
        return Call("regex", (text(written.pattern),), Type.STRING)
    value = ctx.expr(written, plan)
    if arg.literal and not isinstance(value, Literal):
        raise ctx.fail("DH2134", f"`{arg.name}` of `{row.name}` must be a constant", written.span)
    return to_type(value, arg.type)


# --- calls with a reading of their own --------------------------------------------------------------------------------


def _if(ctx: Context, node: tree.Call, plan: Node) -> Expr:
    if len(node.args) != 3:
        raise ctx.fail("DH2132", f"`if` takes 3 arguments, not {len(node.args)}", node.span, hint="`if(condition, a, b)`")
    return choose(ctx, *node.args, plan)


def _matches(ctx: Context, node: tree.Call, plan: Node) -> Expr:
    """``matches(x, "regex")``: no function of Sumo Logic; a regex search here (spec §13)."""
    if len(node.args) != 2:
        raise ctx.fail("DH2132", f"`matches` takes 2 arguments, not {len(node.args)}", node.span,
                       hint="`x matches /regex/`")  # fmt: skip
    written, pattern = node.args
    ctx.dialect_spot("DH2125", "`matches(x, \"regex\")` is not Sumo Logic's; read as an unanchored regex search",
                     node.name_span, **_matches_fix(ctx, node))  # fmt: skip
    value = to_text(ctx.expr(written, plan))
    if isinstance(pattern, tree.Regex):
        return search(ctx, value, read_pattern(ctx, pattern))
    return match_regex_text(ctx, value, pattern, plan)


def _matches_fix(ctx: Context, node: tree.Call) -> dict[str, object]:
    written, pattern = node.args
    if not isinstance(pattern, tree.String):
        return {"hint": "write `x matches /regex/`"}
    regex = "/" + read_regex_string(pattern.raw).pattern.replace("/", "\\/") + "/"
    shown = ctx.source.text[written.span.start : written.span.end]
    fixed = f"({shown} matches {regex})"
    return {"hint": f"write `{shown} matches {regex}`", "patches": (Patch(node.span, fixed),)}


def _in(ctx: Context, node: tree.Call, plan: Node) -> Expr:
    """``in(x, "a", "b")``: another language's spelling of ``x in ("a", "b")``."""
    if len(node.args) < 2:
        raise ctx.fail("DH2132", "`in` takes a value and a list", node.span, hint='`x in ("a", "b")`')
    ctx.dialect_spot("DH2126", "`in(x, …)` is not Sumo Logic's", node.name_span, hint='write `x in ("a", "b")`')
    return ctx.expr(tree.In(node.args[0], node.args[1:], span=node.span), plan)


_SPECIAL: dict[str, Callable[[Context, tree.Call, Node], Expr]] = {
    "if": _if,
    "matches": _matches,
    "in": _in,
    "lookupcontains": lookup_contains,
}
#: Names the parser must know as functions although they have no row.
SPECIAL_NAMES = frozenset(_SPECIAL)
