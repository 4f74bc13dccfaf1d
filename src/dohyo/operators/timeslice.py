"""``timeslice``: labels each message with the slice of time it is in (spec §5.6)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import duration, name
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.expr import Call, Column, Expr, boolean, text, whole
from dohyo.plan.nodes import Extend, Node, Window, WindowCall
from dohyo.plan.types import Type

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
#: Widths that look reasonable on a clock (spec §5.6).
WIDTHS = (
    *(n * _SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 4, 6, 12)),
    *(n * _DAY for n in (1, 2, 7)),
)


class Timeslice(Stage, frozen=True):
    """The width in ms, or a number of buckets, or neither (one slice for the whole range)."""

    width: int | None
    buckets: int | None
    alias: Name | None


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    p.word("by")
    width = buckets = None
    bracket = p.symbol("(")  # as `fillmissing` writes it
    if not p.at_stage_end() and p.cursor.peek().word != "as" and p.cursor.peek().sign != ")":
        width, buckets = _length(p)
    if bracket:
        p.need_symbol(")", "the length of a slice")
    return Timeslice(width, buckets, p.alias(), span=start.to(Span(0, p.cursor.last_end)))


def _length(p: Parser) -> tuple[int | None, int | None]:
    if p.cursor.peek().word.startswith("$"):
        return max(1, p.duration()), None
    mark = p.cursor.mark()
    number = p.number("a length of time such as `5m`, or a number of buckets")
    if p.word("buckets", "bucket"):
        return None, max(1, int(getattr(number, "value", 1)))
    p.cursor.back(mark)
    return max(1, p.duration()), None


def _print(stage: Timeslice) -> str:
    length = duration(stage.width) if stage.width else f"{stage.buckets} buckets" if stage.buckets else ""
    return f"timeslice {length}".rstrip() + (f" as {name(stage.alias)}" if stage.alias else "")


def _lower(stage: Timeslice, plan: Node, ctx: Context) -> Node:
    column = ctx.column(Name("_messageTime", span=stage.span), plan)
    start_name = stage.alias.name if stage.alias else "_timeslice"
    width = stage.width or _bucket_width(stage, ctx)
    ctx.timeslice_ms = width
    if width is None:
        return _by_data(stage, column, start_name, plan, ctx)
    start = slice_start(column, width, ctx)
    return _ended(Extend(plan, ((start_name, start),)), start_name, whole(width))


def _ended(plan: Node, start: str, width: Expr) -> Node:
    """The slice's end, under the name that the documentation spells and under the one that people expect (spec §12.36)."""
    end = Call("+", (Column(start, Type.LONG), width), Type.LONG)
    return Extend(plan, (("__timeslice_end", end), ("_timeslice_end", end)), hidden=True)


def slice_start(time: Expr, width: int, ctx: Context) -> Expr:
    """The start of the slice that ``time`` (epoch ms) is in: slices of an hour and more follow the local clock."""
    if width >= _HOUR and ctx.options.timezone != "UTC":
        return Call("slice_local", (time, whole(width), text(ctx.options.timezone)), Type.LONG)
    return Call("slice", (time, whole(width)), Type.LONG)


def _bucket_width(stage: Timeslice, ctx: Context) -> int | None:
    """The width that divides the searched range; ``None`` when no range was given."""
    start, end = ctx.options.start, ctx.options.end
    if start is None or end is None:
        return None
    target = max(1, (end - start) // (stage.buckets or 1))
    return next((w for w in WIDTHS if w >= target), target) if stage.buckets else max(1, end - start)


def _by_data(stage: Timeslice, time: Expr, name: str, plan: Node, ctx: Context) -> Node:
    """Without a range the time from the first message to the last is divided instead."""
    ctx.note("DH2305", "no range is searched: the time from the first message to the last is divided", stage.span,
             hint="give a length (`timeslice 1h`) or a range (`--since`, `--until`)")  # fmt: skip
    ends = (("__from", WindowCall("min", (time,), Type.LONG, whole=True)), ("__to", WindowCall("max", (time,), Type.LONG, whole=True)))
    plan = Window(plan, ends, hidden=True)
    first, last = Column("__from", Type.LONG), Column("__to", Type.LONG)
    # a step each: what a step looks at more than once is written once
    share = Call("/", (Call("-", (last, first), Type.LONG), whole(stage.buckets or 1)), Type.DOUBLE)
    plan = Extend(plan, (("__share", share),), hidden=True)
    plan = Extend(plan, (("__target", Call("whole_of", (Column("__share", Type.DOUBLE),), Type.LONG)),), hidden=True)
    plan = Extend(plan, (("__width", _rounded(Column("__target", Type.LONG))),), hidden=True)
    width = Column("__width", Type.LONG)
    start: Expr = Call("slice", (time, width), Type.LONG) if stage.buckets else first
    plan = Extend(plan, ((name, start),))
    return _ended(plan, name, width)


def _rounded(target: Expr) -> Expr:
    """The smallest usual width that is not below ``target``."""
    found: Expr = Call("+", (target, whole(1)), Type.LONG)
    for width in sorted(WIDTHS, reverse=True):
        found = Call("case", (boolean("<=", target, whole(width)), whole(width), found), Type.LONG)
    return found


OPERATOR = Operator(
    names=("timeslice",),
    synopsis="timeslice [by] 5m [as field]   ·   timeslice 20 buckets",
    doc="Adds `_timeslice`, the start of the slice of time that a message is in (epoch ms).",
    spec="5.6",
    stage=Timeslice,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | timeslice 1h | count by _timeslice",
    category="time",
    follow=frozenset({"as", "("}),
)
