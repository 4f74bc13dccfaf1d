"""Aggregates: ``count by a``, ``sum(x) as s, avg(y) by g`` (spec §6)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span, closest, warning
from dohyo.lang import foreign
from dohyo.lang.lexer import Kind
from dohyo.lang.parser import Parser
from dohyo.lang.printer import expression, name
from dohyo.lang.tree import Expr, Name, Number, Stage, Star
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.plan.convert import to_text, to_type
from dohyo.plan.expr import Call, Column
from dohyo.plan.expr import Expr as PlanExpr
from dohyo.plan.functions import AGGREGATES, FUNCTIONS
from dohyo.plan.functions.model import AggregateFunction
from dohyo.plan.names import ID
from dohyo.plan.nodes import AggCall, Aggregate, Extend, Node, Project
from dohyo.plan.types import Type


class Item(TreeNode, frozen=True):
    """One aggregate of the list."""

    function: str
    args: tuple[Expr, ...]
    alias: Name | None


class AggregateStage(Stage, frozen=True):
    """The aggregates, the fields to group by, and what those are called in the result (empty: as they are)."""

    items: tuple[Item, ...]
    by: tuple[Name, ...]
    called: tuple[Name, ...] = ()


#: Take no field, so what follows them without a parenthesis is the grouping (`count a, b`).
_BARE = frozenset({"count"})


def _parse(p: Parser) -> Stage:
    """The name has been taken already; it is read again as the first item of the list, or as a function's name."""
    start = p.cursor.last_end - _taken(p)
    p.cursor.back(start)
    scalar = _of_two(p) or _copied(p, start)
    p.cursor.back(start)
    return p.expression_stage() if scalar else parse_list(p)


def _of_two(p: Parser) -> bool:
    """``max(a, b)`` and ``min(a, b)`` are functions of a row (spec §3.4)."""
    if p.cursor.next().word not in FUNCTIONS or not p.symbol("("):
        return False
    p._argument()
    return p.cursor.peek().sign == ","


def _copied(p: Parser, start: int) -> bool:
    """``sum as total``: a field of that name, copied; only ``count`` can do without an argument."""
    p.cursor.back(start)
    return p.cursor.next().word not in _BARE and p.cursor.peek().word == "as"


def parse_list(p: Parser) -> AggregateStage:
    """``f(x) as a, g by b``: the aggregates and the grouping."""
    start = p.cursor.peek().span
    items = [_item(p)]
    while p.another() or _forgotten_comma(p):
        items.append(_item(p))
    by = _by(p, items)
    called = by
    if alias := p.alias():
        if p.cursor.peek().sign == ",":
            by, called = _renamed_keys(p, by, alias)
        else:
            items[-1] = Item(items[-1].function, items[-1].args, alias, span=items[-1].span)
    return AggregateStage(tuple(items), by, called if called != by else (), span=start.to(Span(0, p.cursor.last_end)))


def _forgotten_comma(p: Parser) -> bool:
    """True where another aggregate begins although nothing stands between it and the last one."""
    mark = p.cursor.mark()
    token = p.cursor.next() if p.cursor.peek().word in AGGREGATES else None
    found = token is not None and p.cursor.peek().sign == "("
    p.cursor.back(mark)
    if found and token is not None:
        p.report(warning("DH1206", f"a comma is missing before `{token.text}`", Span(token.span.start, token.span.start + 1),
                         hint="aggregates have commas between them"))  # fmt: skip
    return found


def _renamed_keys(p: Parser, by: tuple[Name, ...], alias: Name) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
    """``by a as x, b as y``: an alias before a further key can only be the key's own."""
    p.report(warning("DH1207", "fields to group by have no aliases in Sumo Logic", alias.span,
                     hint=f"rename it before: `| {by[-1].name} as {alias.name}`"))  # fmt: skip
    keys, called = list(by), [*by[:-1], alias]
    while p.another():
        keys.append(p.listed_field("a field to group by"))
        called.append(p.alias() or keys[-1])
    return tuple(keys), tuple(called)


def _taken(p: Parser) -> int:
    text, end = p.source.text, p.cursor.last_end
    start = end
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    return end - start


def _item(p: Parser) -> Item:
    token = p.cursor.next()
    if token.kind is not Kind.WORD or token.text.lower() not in AGGREGATES:
        hint = foreign.function_hint(token.text)
        near = closest(token.text, AGGREGATES)
        p.cursor.fail("DH1030", f"`{token.text}` is no aggregate", token.span,
                      hint=hint or (f"did you mean `{near}`?" if near else ""))  # fmt: skip
    args: list[Expr] = []
    if p.symbol("("):
        args = _arguments(p)
    elif token.word not in _BARE and p.cursor.peek().word not in ("by", "as", "group", "") and not p.at_stage_end():
        args = [p.field()]
    return Item(token.text.lower(), tuple(args), p.alias(), span=token.span.to(Span(0, p.cursor.last_end)))


def _arguments(p: Parser) -> list[Expr]:
    args: list[Expr] = []
    while not p.symbol(")"):
        args.append(p._argument())
        if not p.symbol(",") and p.cursor.peek().sign != ")":
            p.unexpected(p.cursor.peek(), "`,` or `)`")
    return args


def _by(p: Parser, items: list[Item]) -> tuple[Name, ...]:
    grouped = p.word("group")
    if p.word("by") or grouped:
        return p.grouping()
    if not p.at_stage_end() and p.cursor.peek().word != "as" and items[-1].function in _BARE:
        return p.fields("a field to group by")
    return ()


def _print(stage: AggregateStage) -> str:
    shown = ", ".join(_print_item(i) for i in stage.items)
    keys = ", ".join(name(k) if k == c else f"{name(k)} as {name(c)}" for k, c in zip(stage.by, stage.called or stage.by, strict=True))
    return shown + (f" by {keys}" if stage.by else "")


def _print_item(item: Item) -> str:
    row = AGGREGATES[item.function]
    word = next(n for n in (row.name, *row.aliases) if n.lower() == item.function)
    args = f"({', '.join(expression(a) for a in item.args)})" if item.args else ""
    return word + args + (f" as {name(item.alias)}" if item.alias else "")


#: Aggregates that look at the time within their argument.
_TIMED = frozenset({"most_recent", "least_recent"})

# --- meaning ----------------------------------------------------------------------------------------------------------


def _lower(stage: AggregateStage, plan: Node, ctx: Context) -> Node:
    keys = ctx.names(stage.by, plan)
    new: list[tuple[str, AggCall]] = []
    for item in stage.items:
        plan, made = _item_calls(item, plan, ctx)
        new += made
    _check_names(stage, keys, new, ctx)
    if ctx.options.evidence and plan.schema.get(ID):
        new.append((ID, AggCall("first_id", (Column(ID, Type.LONG),), Type.LONG)))
    grouped = Aggregate(plan, keys, tuple(new))
    return _called(grouped, [c.name for c in stage.called]) if stage.called else grouped


def _called(plan: Aggregate, called: list[str]) -> Node:
    """The groups with their keys under other names."""
    fields = [f for f in plan.schema.visible if f.name in plan.keys]
    copies = tuple((c, Column(f.name, f.type)) for f, c in zip(fields, called, strict=True) if f.name != c)
    others = [f.name for f in plan.schema.visible if f not in fields]
    hidden = tuple(f.name for f in plan.schema.fields if f.hidden)
    return Project(Extend(plan, copies), tuple(called + others), hidden)


def _item_calls(item: Item, plan: Node, ctx: Context) -> tuple[Node, list[tuple[str, AggCall]]]:
    row = AGGREGATES[item.function]
    if row.lenient_only:
        ctx.dialect_spot("DH2130", f"`{item.function}` is no function of Sumo Logic", item.span,
                         hint=f"write `{row.instead}`")  # fmt: skip
    values = [a for a in item.args if not isinstance(a, Star)]
    _check_count(item, row, values, ctx)
    plan, bound = _bound(item, row, values, plan, ctx)
    if row.many and len(values) > 1:
        return plan, [(_name(item, row, values, i), _call(row, (bound[0], bound[i]), plan)) for i in range(1, len(values))]
    return plan, [(_name(item, row, values, 0), _call(row, tuple(bound), plan))]


def _check_count(item: Item, row: AggregateFunction, values: list[Expr], ctx: Context) -> None:
    most = None if row.many else len(row.args)
    least = sum(not a.optional for a in row.args)
    if len(values) < least or (most is not None and len(values) > most):
        raise ctx.fail("DH2132", f"`{row.name}` takes {least or 'at most 1'} argument, not {len(values)}", item.span,
                       hint=f"`{row.signature}`")  # fmt: skip


def _bound(item: Item, row: AggregateFunction, values: list[Expr], plan: Node,
           ctx: Context) -> tuple[Node, list[PlanExpr]]:  # fmt: skip
    """The arguments over the plan; an expression inside an aggregate is a stage of its own in Sumo Logic."""
    bound: list[PlanExpr] = []
    for i, value in enumerate(values):
        arg = row.args[min(i, len(row.args) - 1)]
        if not isinstance(value, Name) and not (arg.literal and isinstance(value, Number)):
            ctx.dialect_spot("DH2311", f"an expression inside `{row.name}(…)`", value.span,
                             hint="compute it before: `expression as x`, then aggregate `x`")  # fmt: skip
        bound.append(to_type(_timed(row, value, ctx, plan), arg.type))
    return plan, bound


def _timed(row: AggregateFunction, value: Expr, ctx: Context, plan: Node) -> PlanExpr:
    """What ``most_recent`` is given must say its time; where it does not, the lenient dialect takes the message's."""
    bound = ctx.expr(value, plan)
    if row.name not in _TIMED or (isinstance(value, Name) and value.name.lower().endswith("_withtime")):
        return bound
    ctx.dialect_spot("DH2312", f"`{row.name}` needs a value with its time", value.span,
                     hint=f"`| withtime x | {row.name}(x_withtime)`")  # fmt: skip
    time = ctx.column(Name("_messageTime", span=value.span), plan)
    return Call("with_time", (to_text(bound), time), Type.STRING)


def _call(row: AggregateFunction, args: tuple[PlanExpr, ...], plan: Node) -> AggCall:
    return AggCall(row.name, args, row.type_of(args), plan.order if row.ordered else ())


def _name(item: Item, row: AggregateFunction, values: list[Expr], percent: int) -> str:
    if item.alias:
        return item.alias.name if percent <= 1 else f"{item.alias.name}_{_shown(values[percent])}"
    shown = [_shown(v) for v in values]
    return row.default([shown[0], shown[percent]] if percent else shown)


def _shown(value: Expr) -> str:
    return value.name if isinstance(value, Name) else f"{value.value:g}" if isinstance(value, Number) else expression(value)


def _check_names(stage: AggregateStage, keys: tuple[str, ...], new: list[tuple[str, AggCall]], ctx: Context) -> None:
    seen = {k.lower() for k in keys}
    for name_, _ in new:
        if name_.lower() in seen:
            raise ctx.fail("DH2312", f"two columns would be called `{name_}`", stage.span, hint="give one a name: `as …`")
        seen.add(name_.lower())


OPERATOR = Operator(
    names=tuple(sorted(n for n, row in AGGREGATES.items() if not row.internal)),
    synopsis="function[(field)] [as name], … [by field, …]",
    doc="One row per group with the aggregates of its rows. Only the group's fields and the aggregates remain.",
    spec="6",
    stage=AggregateStage,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | count as n by Image",
    category="aggregate",
    follow=frozenset({"as"}),
)
