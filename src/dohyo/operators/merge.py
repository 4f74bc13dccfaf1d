"""``merge a takeLast, b join with ","``: many rows become one (spec §8.2)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, quoted
from dohyo.lang.tree import Name, Stage
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.plan.convert import to_text
from dohyo.plan.expr import Column, text
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import AggCall, Aggregate, Node, Order, SortKey
from dohyo.plan.types import Type

_STRATEGIES = {"takefirst": "first", "takelast": "last", "takedistinct": "merge_distinct", "join": "merge_join"}
_TIMES = ("_messagetime", "_receipttime")


class Item(TreeNode, frozen=True):
    """A field, how its values become one, what stands between joined ones, and the name of the result."""

    field: Name
    strategy: str = "join"
    separator: str = "\n"
    alias: Name | None = None


class Merge(Stage, frozen=True):
    """The fields; none: the messages and the earliest time."""

    items: tuple[Item, ...]


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    items: list[Item] = []
    while not p.at_stage_end():
        items.append(_item(p))
        if not p.symbol(","):
            break
    return Merge(tuple(items), span=Span(start.start, max(start.end, p.cursor.last_end)))


def _item(p: Parser) -> Item:
    field = p.field("a field to merge")
    token = p.word(*_STRATEGIES)
    strategy = token.word if token else "takefirst" if field.name.lower() in _TIMES else "join"
    separator = p.string("what stands between the values").value if p.word("with") else "\n"
    return Item(field, strategy, separator, p.alias(), span=field.span)


def _print(stage: Merge) -> str:
    return "merge " + ", ".join(_print_item(i) for i in stage.items) if stage.items else "merge"


def _print_item(item: Item) -> str:
    with_ = f" with {quoted(item.separator)}" if item.strategy == "join" and item.separator != "\n" else ""
    return f"{name(item.field)} {item.strategy}{with_}" + (f" as {name(item.alias)}" if item.alias else "")


def _lower(stage: Merge, plan: Node, ctx: Context) -> Node:
    return merged(stage, plan, (), ctx)


def merged(stage: Merge, plan: Node, keys: tuple[str, ...], ctx: Context) -> Node:
    """One row for each group, its values in the order of time."""
    items = stage.items or (Item(Name("_messageTime", span=stage.span), "takefirst"), Item(Name("_raw", span=stage.span)))
    order: Order = (SortKey(TIME), SortKey(ID)) if plan.schema.get(TIME) else plan.order
    new: list[tuple[str, AggCall]] = []
    for item in items:
        column = ctx.column(item.field, plan)
        function = _STRATEGIES[item.strategy]
        target = item.alias.name if item.alias else column.name
        if function in ("first", "last"):
            new.append((target, AggCall(function, (column,), column.type, order)))
        elif function == "merge_join":
            new.append((target, AggCall(function, (to_text(column), text(item.separator)), Type.STRING, order)))
        else:
            new.append((target, AggCall(function, (to_text(column),), Type.STRING)))
    if plan.schema.get(ID):
        new.append((ID, AggCall("first_id", (Column(ID, Type.LONG),), Type.LONG)))
    return Aggregate(plan, keys, tuple(new))


OPERATOR = Operator(
    names=("merge",),
    synopsis='merge [field [takeFirst|takeLast|takeDistinct|join [with ","]] [as name], …]',
    doc="Makes one row of all rows, or, inside `transactionize`, of each group.",
    spec="8.2",
    stage=Merge,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | merge Image takeDistinct, User join with ","',
    category="correlation",
)
