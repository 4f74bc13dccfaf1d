"""``count_frequent a, b``: the most frequent combinations (spec §6.2)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import AggCall, Aggregate, Limit, Node, Sort, SortKey
from dohyo.plan.types import Type

MOST = 10_000


class CountFrequent(Stage, frozen=True):
    """The fields whose combinations are counted."""

    fields: tuple[Name, ...]
    alias: Name | None = None


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    bracket = p.symbol("(")
    fields = p.fields("the field whose values count")
    if bracket:
        p.need_symbol(")", "the fields")
    return CountFrequent(fields, p.alias(), span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: CountFrequent) -> str:
    return f"count_frequent {names(stage.fields)}" + (f" as {name(stage.alias)}" if stage.alias else "")


def _lower(stage: CountFrequent, plan: Node, ctx: Context) -> Node:
    """Exact here; Sumo Logic's is approximate, never too small."""
    keys = ctx.names(stage.fields, plan)
    target = stage.alias.name if stage.alias else "_approxcount"
    counted = Aggregate(plan, keys, ((target, AggCall("count", (), Type.INT)),))
    return Limit(Sort(counted, (SortKey(target, descending=True),)), MOST)


OPERATOR = Operator(
    names=("count_frequent",),
    synopsis="count_frequent field[, …]",
    doc="Counts the combinations of fields, the most frequent first, at most 10,000.",
    spec="6.2",
    stage=CountFrequent,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | count_frequent Image, User",
    category="aggregate",
)
