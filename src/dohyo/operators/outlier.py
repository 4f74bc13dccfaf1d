"""``outlier field``: values far from the mean of the ones before (spec §7.4)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.operators.options import options
from dohyo.plan.convert import to_number, to_type
from dohyo.plan.expr import NULL, Call, Column, Expr, Literal, all_of, any_of, boolean, whole
from dohyo.plan.nodes import Extend, Node, SortKey, Window, WindowCall
from dohyo.plan.types import Type

_OPTIONS = ("window", "threshold", "consecutive", "direction")
_SLICE = "_timeslice"


class Outlier(Stage, frozen=True):
    """The field and what counts as an outlier."""

    field: Name
    by: tuple[Name, ...]
    window: int
    threshold: float
    consecutive: int
    direction: str


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    field = p.field("a numeric field")
    given = options(p, _OPTIONS)
    by = p.by()
    given |= options(p, _OPTIONS)
    try:
        return Outlier(field, by, int(float(given.get("window", 10))), float(given.get("threshold", 3)),
                       int(float(given.get("consecutive", 1))), given.get("direction", "+-"),
                       span=start.to(Span(0, p.cursor.last_end)))  # fmt: skip
    except ValueError:
        if any("{{" in v or not v for v in given.values()):
            return Outlier(field, by, 10, 3.0, 1, "+-", span=start.to(Span(0, p.cursor.last_end)))
        p.cursor.fail("DH2641", "an option of `outlier` is no number", start)


def _print(stage: Outlier) -> str:
    by = f" by {names(stage.by)}" if stage.by else ""
    return (f"outlier {name(stage.field)}{by} window={stage.window}, threshold={stage.threshold:g}, "
            f"consecutive={stage.consecutive}, direction={stage.direction}")  # fmt: skip


def _lower(stage: Outlier, plan: Node, ctx: Context) -> Node:
    """The mean and deviation of the points before this one; no judgement with fewer than two (spec §12.35)."""
    if plan.schema.get(_SLICE) is None:
        raise ctx.fail("DH2642", "`outlier` needs `_timeslice` and an aggregate by it", stage.span,
                       hint="`| timeslice 1h | count by _timeslice | outlier _count`")  # fmt: skip
    field = ctx.column(stage.field, plan).name
    keys = ctx.names(stage.by, plan)
    value = to_type(to_number(ctx.column(stage.field, plan)), Type.DOUBLE)
    plan = Extend(plan, (("__value", value),), hidden=True)
    plan = _trailing(plan, keys, stage.window)
    plan = _bounds(plan, field, stage)
    return _verdict(plan, field, keys, stage)


def _d(name_: str) -> Column:
    return Column(name_, Type.DOUBLE)


def _trailing(plan: Node, keys: tuple[str, ...], window: int) -> Node:
    order = (SortKey(_SLICE),)
    value = _d("__value")

    def over(function: str) -> WindowCall:
        return WindowCall(function, (value,), Type.DOUBLE, keys, preceding=window, ends_before=True, order=order)

    newest = WindowCall("max", (Column(_SLICE, Type.LONG),), Type.LONG, keys, whole=True)
    new = (("__mean", over("avg")), ("__std", over("stddev")), ("__points", over("count")), ("__newest", newest))
    return Window(plan, new, hidden=True)


def _bounds(plan: Node, field: str, stage: Outlier) -> Node:
    enough = boolean(">=", Column("__points", Type.LONG), whole(2))

    def known(value: Expr) -> Expr:
        return Call("case", (enough, value, NULL), Type.DOUBLE)

    spread = Call("*", (_d("__std"), Literal(stage.threshold, Type.DOUBLE)), Type.DOUBLE)
    return Extend(plan, (
        (f"{field}_error", known(Call("-", (_d("__value"), _d("__mean")), Type.DOUBLE))),
        (f"{field}_lower", known(Call("-", (_d("__mean"), spread), Type.DOUBLE))),
        (f"{field}_upper", known(Call("+", (_d("__mean"), spread), Type.DOUBLE))),
        (f"{field}_std", known(_d("__std"))),
    ))  # fmt: skip


def _verdict(plan: Node, field: str, keys: tuple[str, ...], stage: Outlier) -> Node:
    """The newest slice may be incomplete and is not judged."""
    above = boolean(">", _d("__value"), _d(f"{field}_upper"))
    below = boolean("<", _d("__value"), _d(f"{field}_lower"))
    outside = [t for sign, t in (("+", above), ("-", below)) if sign in stage.direction] or [above, below]
    complete = boolean("<", Column(_SLICE, Type.LONG), Column("__newest", Type.LONG))
    plan = Extend(plan, ((f"{field}_indicator", _flag(all_of([complete, any_of(outside)]))),))
    indicator = Column(f"{field}_indicator", Type.INT)
    run = WindowCall("sum", (indicator,), Type.LONG, keys, preceding=stage.consecutive - 1, order=(SortKey(_SLICE),))
    plan = Window(plan, (("__run", run),), hidden=True)
    reached = boolean(">=", Column("__run", Type.LONG), whole(stage.consecutive))
    return Extend(plan, ((f"{field}_violation", _flag(reached)),))


def _flag(test: Expr) -> Expr:
    return Call("case", (test, Literal(1, Type.INT), Literal(0, Type.INT)), Type.INT)


OPERATOR = Operator(
    names=("outlier",),
    synopsis="outlier field [by g] [window=10, threshold=3, consecutive=1, direction=+-]",
    doc="Marks values far from the mean of the slices before: `field_indicator`, `field_violation`, and the bounds.",
    spec="7.4",
    stage=Outlier,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | timeslice 1h | count by _timeslice | outlier _count window=5, threshold=2",
    category="window",
)
