"""``compare with timeshift 1d``: the same aggregate over earlier ranges, beside the present one (spec §7.8)."""

from __future__ import annotations

import re

from msgspec.structs import replace

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name
from dohyo.lang.tree import Name, Stage
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.operators.transpose import Transposed
from dohyo.plan.convert import to_text, to_type
from dohyo.plan.expr import Call, Column, Expr, text, whole
from dohyo.plan.names import TIME
from dohyo.plan.nodes import AggCall, Aggregate, Batch, Extend, Join, Node, Project, Scan, Sort, Union, rebuilt
from dohyo.plan.types import Type

#: Further queries of one stage (spec appendix C).
MOST = 7
_LENGTH = re.compile(r"(\d+)\s*(ms|[smhdw])\b")
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "ms": 1}
_FUNCTIONS = ("avg", "min", "max")


class Shift(TreeNode, frozen=True):
    """How far back (``count`` of ``unit``), how often, and what the several results become."""

    count: int
    unit: str
    times: int = 1
    function: str = ""
    alias: Name | None = None


class Compare(Stage, frozen=True):
    """The shifts."""

    shifts: tuple[Shift, ...]


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    p.word("with")
    shifts = [_shift(p)]
    while p.symbol(","):
        shifts.append(_shift(p))
    return Compare(tuple(shifts), span=start.to(Span(0, p.cursor.last_end)))


def _shift(p: Parser) -> Shift:
    span = p.cursor.peek().span
    p.word("timeshift")
    p.symbol("-")
    m = p.cursor.matching(_LENGTH)
    if m is None:
        p.duration("how far back, such as `1d`")
        return Shift(1, "d", span=span)
    times = 1 if p.at_stage_end() or p.cursor.peek().word or p.cursor.peek().sign == "," else p.integer()
    function = p.word(*_FUNCTIONS)
    return Shift(int(m[1]), m[2], times, function.word if function else "", p.alias(), span=span.to(Span(0, p.cursor.last_end)))


def _print(stage: Compare) -> str:
    return "compare with " + ", ".join(_print_shift(s) for s in stage.shifts)


def _print_shift(s: Shift) -> str:
    words = ["timeshift", f"{s.count}{s.unit}", str(s.times) * (s.times != 1), s.function, f"as {name(s.alias)}" if s.alias else ""]
    return " ".join(w for w in words if w)


def _lower(stage: Compare, plan: Node, ctx: Context) -> Node:
    """Each earlier range is the same plan over events whose time is moved forward: the range and the slices then line
    up by themselves. Rows are joined by the group's fields."""
    keys = _keys(plan)
    if keys is None:
        raise ctx.fail("DH2671", "`compare` comes after an aggregate", stage.span,
                       hint="`| timeslice 1h | count by _timeslice | compare with timeshift 1d`")  # fmt: skip
    if sum(s.times for s in stage.shifts) > MOST:
        raise ctx.fail("DH2672", f"at most {MOST} earlier ranges can be compared", stage.span)
    if ctx.options.start is None:
        ctx.warn("DH2673", "without a time range all events are compared with all events, moved", stage.span,
                 hint="give a range: `--since`, `--until`")  # fmt: skip
    if plan.schema.open:
        return _transposed(stage, plan, ctx)
    shown = {f.name for f in plan.schema.visible}
    keys = tuple(k for k in keys if k in shown)
    present, out = plan, plan
    for shift in stage.shifts:
        for suffix, past in _pasts(shift, present, keys):
            out = _beside(out, past, keys, suffix, present, ctx, stage)
    return Project(out, tuple(f.name for f in out.schema.visible if not f.name.startswith("__")))


def _keys(plan: Node) -> tuple[str, ...] | None:
    """The fields that the nearest aggregate groups by."""
    node = plan
    while not isinstance(node, Aggregate):
        if isinstance(node, Batch) and isinstance(job := getattr(node.run, "__self__", None), Transposed):
            return job.rows
        if len(node.inputs) != 1:
            return None
        node = node.inputs[0]
    return node.keys


def _transposed(stage: Compare, plan: Node, ctx: Context) -> Node:
    """After a ``transpose`` whose columns depend on the data: the earlier rows are compared before they become columns,
    and their column's name gets the suffix."""
    while isinstance(plan, Sort):
        plan = plan.input
    job = getattr(plan.run, "__self__", None) if isinstance(plan, Batch) else None
    if not isinstance(plan, Batch) or not isinstance(job, Transposed) or any(s.function for s in stage.shifts):
        raise ctx.fail("DH2675", "the columns to compare are not known here", stage.span,
                       hint="put `compare` before the stage that makes them, or name them: `transpose … as a, b`")  # fmt: skip
    parts = [plan.input]
    for shift in stage.shifts:
        for suffix, past in _pasts(shift, plan.input, (*job.rows, *job.columns)):
            parts.append(_with_suffix(past, job.columns[-1], f"_{suffix}"))
    kept = tuple(dict.fromkeys((*(f.name for f in plan.input.schema.visible), *job.columns)))
    return replace(plan, input=Union(tuple(Project(p, kept) for p in parts)))


def _with_suffix(plan: Node, column: str, suffix: str) -> Node:
    field = plan.schema.get(column)
    if field is None:
        return plan
    value = to_text(Column(column, field.type))
    return Extend(plan, ((column, Call("concat", (value, text(suffix)), Type.STRING)),))


def _pasts(shift: Shift, present: Node, keys: tuple[str, ...]) -> list[tuple[str, Node]]:
    alias = shift.alias.name if shift.alias else ""
    steps = [(shift.count * i, moved(present, shift.count * i * _UNITS[shift.unit])) for i in range(1, shift.times + 1)]
    if not shift.function:
        if len(steps) == 1 and alias:
            return [(alias, steps[0][1])]
        return [(f"{alias}_{n}{shift.unit}".lstrip("_"), past) for n, past in steps]
    values = [f for f in present.schema.visible if f.name not in keys]
    numbers = [(f.name, to_type(Column(f.name, f.type), Type.DOUBLE)) for f in values if f.type.numeric]
    calls = tuple((n, AggCall(shift.function, (v,), Type.DOUBLE)) for n, v in numbers)
    suffix = alias or f"{shift.count * shift.times}{shift.unit}_{shift.function}"
    return [(suffix, Aggregate(Union(tuple(past for _, past in steps)), keys, calls))]


def moved(plan: Node, distance: int) -> Node:
    """The plan over events moved forward in time by so many milliseconds."""
    replaced: dict[int, Node] = {}
    for node in plan.walk():
        if isinstance(node, Scan):
            new = tuple((n, _later(n, distance)) for n in ("_messageTime", TIME))
            replaced[id(node)] = Extend(node, new)
    return rebuilt(plan, replaced)


def _later(column: str, distance: int) -> Expr:
    return Call("+", (Column(column, Type.LONG), whole(distance)), Type.LONG)


def _beside(left: Node, past: Node, keys: tuple[str, ...], suffix: str, present: Node, ctx: Context, stage: Compare) -> Node:
    kinds = {f.name: f for f in past.schema.visible}
    values = [f for f in kinds.values() if f.name not in keys]
    for f in values:
        if left.schema.get(f"{f.name}_{suffix}"):
            raise ctx.fail("DH2674", f"two columns would be called `{f.name}_{suffix}`", stage.span, hint="name the shifts: `as …`")
    if not keys:  # one record on either side, or none: rows of one side stay, as where there are keys
        left = Extend(left, (("__one", whole(1)),), hidden=True)
    same = tuple((f"__k_{suffix}_{k}", Column(k, kinds[k].type)) for k in keys)
    renamed: tuple[tuple[str, Expr], ...] = same or ((f"__one_{suffix}", whole(1)),)
    renamed += tuple((f"{f.name}_{suffix}", Column(f.name, f.type)) for f in values)
    right = Project(Extend(past, renamed), tuple(n for n, _ in renamed), unordered=True)
    pairs = tuple((k, f"__k_{suffix}_{k}") for k in keys)
    joined = Join(left, right, pairs or (("__one", f"__one_{suffix}"),), "full", null_is_equal=True)
    both = tuple((k, Call("first_value_of", (Column(k, kinds[k].type), Column(b, kinds[k].type)), kinds[k].type)) for k, b in pairs)
    return Extend(joined, both) if both else joined


OPERATOR = Operator(
    names=("compare",),
    synopsis="compare [with] timeshift 1d [times [avg|min|max]] [as name], …",
    doc="Puts the result of the same query over earlier ranges beside the present one: `_count_1d` …",
    spec="7.8",
    stage=Compare,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | timeslice 1h | count by _timeslice | compare with timeshift 1d",
    category="time",
)
