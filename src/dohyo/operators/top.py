"""``top n field``: the most frequent values, or the rows with the largest ones (spec §7.2)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.operators.sort import Key, sort_keys
from dohyo.plan.convert import to_type
from dohyo.plan.nodes import AggCall, Aggregate, Limit, Node, Sort, SortKey
from dohyo.plan.types import Type

_COUNT = "_count"


class Top(Stage, frozen=True):
    """How many rows, of which fields, by which keys."""

    count: int
    fields: tuple[Name, ...]
    by: tuple[Key, ...]


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    count = p.integer("how many rows")
    p.symbol(",")
    fields = p.fields("the field whose values count")
    by = sort_keys(p) if p.word("by") else ()
    return Top(count, fields, by, span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: Top) -> str:
    keys = ", ".join(name(k.name) + " asc" * k.ascending for k in stage.by)
    return f"top {stage.count} {names(stage.fields)}" + (f" by {keys}" if keys else "")


def _lower(stage: Top, plan: Node, ctx: Context) -> Node:
    fields = ctx.names(stage.fields, plan)
    if plan.schema.messages or not (stage.by or plan.schema.get(_COUNT)):
        return Limit(_of_messages(stage, fields, plan, ctx), stage.count)
    keys = [_key(k, plan, ctx) for k in stage.by] or [SortKey(_COUNT, descending=True)]
    return Limit(Sort(plan, tuple(keys)), stage.count)


def _key(key: Key, plan: Node, ctx: Context) -> SortKey:
    """``by count`` means ``_count`` where there is no field of that name."""
    wanted = key.name
    if wanted.name.lower() == "count" and plan.schema.get("count") is None and plan.schema.get(_COUNT):
        wanted = Name(_COUNT, span=wanted.span)
    return SortKey(ctx.column(wanted, plan).name, descending=not key.ascending)


def _of_messages(stage: Top, fields: tuple[str, ...], plan: Node, ctx: Context) -> Node:
    """Counts per value; by another field it is the largest of that field per value (spec §12.30)."""
    new: list[tuple[str, AggCall]] = []
    order: list[SortKey] = []
    shown = {f.lower() for f in fields}
    for key in stage.by:
        column = ctx.column(key.name, plan)
        if column.name.lower() in shown:
            order.append(SortKey(column.name, descending=not key.ascending))
        elif key.name.name.lower() not in ("count", _COUNT):
            shown.add(column.name.lower())
            new.append((column.name, AggCall("max", (to_type(column, Type.DOUBLE),), Type.DOUBLE)))
            order.append(SortKey(column.name, descending=not key.ascending))
        else:
            order.append(SortKey(_COUNT, descending=not key.ascending))
    new.append((_COUNT, AggCall("count", (), Type.INT)))
    grouped = Aggregate(plan, fields, tuple(new))
    return Sort(grouped, tuple(order) or (SortKey(_COUNT, descending=True),))


OPERATOR = Operator(
    names=("top",),
    synopsis="top n field[, …] [by field [asc], …]",
    doc="On messages the n most frequent values; after an aggregate the n rows with the largest values.",
    spec="7.2",
    stage=Top,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | top 10 Image",
    category="window",
)
