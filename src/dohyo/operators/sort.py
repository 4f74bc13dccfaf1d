"""``sort`` and ``order``: descending unless said otherwise (spec §7.1)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name
from dohyo.lang.tree import Name, Stage
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Node, Sort, SortKey


class Key(TreeNode, frozen=True):
    """A field and its direction."""

    name: Name
    ascending: bool = False


class SortStage(Stage, frozen=True):
    """The keys, first the most important."""

    keys: tuple[Key, ...]


def sort_keys(p: Parser) -> tuple[Key, ...]:
    """``[+|-] f [asc|desc]``, one or more."""
    keys = [_key(p)]
    while p.another():
        keys.append(_key(p))
    return tuple(keys)


def _key(p: Parser) -> Key:
    sign = p.symbol("+", "-")
    field = p.listed_field("a field to sort by")
    word = p.word("asc", "desc", "ascending", "descending")
    ascending = word.word.startswith("asc") if word else bool(sign and sign.text == "+")
    return Key(field, ascending, span=field.span)


def _parse(p: Parser) -> Stage:
    p.word("by")
    keys = sort_keys(p)
    return SortStage(keys, span=keys[0].span.to(keys[-1].span))


def _print(stage: SortStage) -> str:
    return "sort by " + ", ".join(name(k.name) + (" asc" if k.ascending else " desc") for k in stage.keys)


def _lower(stage: SortStage, plan: Node, ctx: Context) -> Node:
    keys: list[SortKey] = []
    for key in stage.keys:
        column = ctx.column(key.name, plan)
        if column.name.lower() not in (k.name.lower() for k in keys):
            keys.append(SortKey(column.name, descending=not key.ascending))
    return Sort(plan, tuple(keys))


OPERATOR = Operator(
    names=("sort", "order"),
    synopsis="sort [by] [+|-]field [asc|desc], …",
    doc="Orders the rows; descending unless `asc` or `+` is given. Text is ordered by code point.",
    spec="7.1",
    stage=SortStage,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | sort by _messageTime asc",
    category="window",
    follow=frozenset({"+", "-"}),
)
