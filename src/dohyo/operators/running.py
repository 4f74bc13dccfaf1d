"""What the running operators share: ``accum``, ``backshift``, ``diff``, ``rollingstd``, ``smooth``, ``total`` (spec §7.3).

Each takes a numeric field, perhaps a window, a name and a grouping; a row without a number passes with null."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.convert import to_number, to_type
from dohyo.plan.expr import NULL, Call, Column, Expr, boolean
from dohyo.plan.nodes import Extend, Node, Window, WindowCall
from dohyo.plan.types import Type

#: The largest window (spec appendix C).
MOST = 1_000
_VALUE, _NONE = "__value", "__none"


class Running(Stage, frozen=True):
    """The field, how many rows the window has, the name and the grouping."""

    field: Name
    window: int | None
    alias: Name | None
    by: tuple[Name, ...]


class Kind(Struct, frozen=True):
    """One such operator. ``calls``: the window functions it needs, over the number's column, by the name of a hidden
    column; ``value``: the result over those columns. ``window``: the default, ``None`` when there is no window."""

    word: str
    stage: type[Running]
    doc: str
    example: str
    calls: Callable[[Expr, tuple[str, ...], int], dict[str, WindowCall]]
    value: Callable[[Expr, dict[str, Column]], Expr]
    window: int | None = None
    keeps_text: bool = False
    over_numbers: bool = False  # the window counts rows with a number only


def operator(kind: Kind) -> Operator:
    """The operator of this kind."""
    size = "[, n]" if kind.window is not None else ""
    return Operator(
        names=(kind.word,),
        synopsis=f"{kind.word} field{size} [as name] [by field, …]",
        doc=kind.doc,
        spec="7.3",
        stage=kind.stage,
        parse=lambda p: _parse(p, kind),
        print=lambda stage: _print(stage, kind),
        lower=lambda stage, plan, ctx: _lower(stage, plan, ctx, kind),
        example=kind.example,
        category="window",
    )


def _parse(p: Parser, kind: Kind) -> Stage:
    start = p.cursor.peek().span
    bracket = p.symbol("(")
    field = p.field("a numeric field")
    window = p.integer("how many rows") if p.symbol(",") else None
    if bracket:
        p.need_symbol(")", "the field")
    alias = p.alias()
    by = p.by()
    alias = alias or p.alias()
    return kind.stage(field, window, alias, by, span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: Running, kind: Kind) -> str:
    size = f", {stage.window}" if stage.window is not None else ""
    alias = f" as {name(stage.alias)}" if stage.alias else ""
    return f"{kind.word} {name(stage.field)}{size}{alias}" + (f" by {names(stage.by)}" if stage.by else "")


def _lower(stage: Running, plan: Node, ctx: Context, kind: Kind) -> Node:
    window = kind.window if stage.window is None else stage.window
    if stage.window is not None and kind.window is None:
        raise ctx.fail("DH2601", f"`{kind.word}` has no window", stage.span, hint=f"`{kind.word} {stage.field.name}`")
    if window is not None and not 1 <= window <= MOST:
        raise ctx.fail("DH2602", f"the window of `{kind.word}` is from 1 to {MOST:,} rows", stage.span)
    source = ctx.column(stage.field, plan)
    keys = ctx.names(stage.by, plan)
    value = source if kind.keeps_text else to_type(to_number(source), Type.DOUBLE)
    target = stage.alias.name if stage.alias else f"_{kind.word}"
    plan = Extend(plan, ((_VALUE, value),), hidden=True)
    number = Column(_VALUE, value.type)
    if kind.over_numbers:
        plan = Extend(plan, ((_NONE, boolean("is_null", number)),), hidden=True)
        keys = (*keys, _NONE)
    calls = kind.calls(number, keys, window or 0)
    plan = Window(plan, tuple(calls.items()), hidden=True)
    result = kind.value(number, {n: Column(n, c.type) for n, c in calls.items()})
    return Extend(plan, ((target, result),))


def where_number(number: Expr, result: Expr) -> Expr:
    """The result where the row has a number, else null (spec §12.11)."""
    return Call("case", (Call("is_null", (number,), Type.BOOLEAN), NULL, result), result.type)
