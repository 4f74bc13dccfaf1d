"""``fields``: keeps or removes fields (spec §5.2)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.lang.parser import Parser
from dohyo.lang.printer import names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Node, Project


class Fields(Stage, frozen=True):
    """The named fields, to keep or to remove."""

    names: tuple[Name, ...]
    remove: bool = False


def _parse(p: Parser) -> Stage:
    remove = bool(p.symbol("-"))
    if not remove:
        p.symbol("+")
    found = [p.listed_field()]
    while p.another():
        remove = bool(p.symbol("-")) or remove
        found.append(p.listed_field())
    return Fields(tuple(found), remove, span=found[0].span.to(found[-1].span))


def _print(stage: Fields) -> str:
    return f"fields {'- ' if stage.remove else ''}{names(stage.names)}"


def _lower(stage: Fields, plan: Node, ctx: Context) -> Node:
    """On messages the built-in fields stay usable (hidden) when others are kept."""
    wanted = ctx.names(stage.names, plan)
    if stage.remove:
        gone = frozenset(n.lower() for n in wanted)
        hidden = tuple(f.name for f in plan.schema.fields if f.hidden and f.name.lower() not in gone)
        return Project(plan, (), hidden, open=plan.schema.open, without=gone)
    messages = plan.schema.messages
    hidden = tuple(f.name for f in plan.schema.fields if f.hidden or (messages and f.name.startswith("_")))
    return Project(plan, wanted, hidden)


OPERATOR = Operator(
    names=("fields",),
    synopsis="fields a, b   ·   fields - a, b",
    doc="Keeps only the named fields, or removes them. On messages the built-in fields stay usable.",
    spec="5.2",
    stage=Fields,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | fields Computer, Image, DestinationIp",
    follow=frozenset({"-", "+"}),
)
