"""``fillmissing``: adds rows for combinations that did not occur (spec §7.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import duration, expression, name, quoted
from dohyo.lang.tree import Expr, Name, Stage, String
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.plan.convert import to_type
from dohyo.plan.expr import FALSE, NULL, TRUE, Call, Column, Literal, boolean, whole
from dohyo.plan.expr import Expr as PlanExpr
from dohyo.plan.nodes import (
    AggCall,
    Aggregate,
    Extend,
    Filter,
    Join,
    Limit,
    Node,
    Project,
    SortKey,
    Union,
    Unnest,
    Values,
    Window,
    WindowCall,
)
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import pyarrow as pa

#: Combinations (spec appendix C).
MOST = 10_000


class Generator(TreeNode, frozen=True):
    """The values a key shall have: time slices of a width (``None``: as before), these values, or all that occur."""

    kind: str  # "timeslice", "values", "all"
    field: Name
    width: int | None = None
    values: tuple[String, ...] = ()


class Default(TreeNode, frozen=True):
    """The value of another field in rows that are added."""

    value: Expr
    field: Name


class FillMissing(Stage, frozen=True):
    """The generators, the defaults, and whether values are taken from the slice before."""

    generators: tuple[Generator, ...]
    defaults: tuple[Default, ...] = ()
    takelast: bool = False


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    found = [_generator(p)]
    while p.symbol(","):
        found.append(_generator(p))
    defaults: list[Default] = []
    if p.word("with"):
        defaults.append(_default(p))
        while p.symbol(","):
            p.word("with")
            defaults.append(_default(p))
    last = bool(p.word("takelast"))
    return FillMissing(tuple(found), tuple(defaults), last, span=start.to(Span(0, p.cursor.last_end)))


def _generator(p: Parser) -> Generator:
    token = p.word("timeslice", "values")
    if token is None:
        p.unexpected(p.cursor.peek(), "`timeslice` or `values`")
        raise AssertionError
    if token.word == "timeslice":
        return _timeslice(p, token.span)
    if p.word("all"):
        p.need_word("in", "`values all`")
        return Generator("all", p.field(), span=token.span)
    p.need_symbol("(", "`values`")
    values = [p.string()]
    while p.symbol(","):
        values.append(p.string())
    p.need_symbol(")", "the values")
    p.need_word("in", "the values")
    return Generator("values", p.field(), None, tuple(values), span=token.span)


def _timeslice(p: Parser, span: Span) -> Generator:
    width = None
    if p.symbol("("):
        width = None if p.cursor.peek().sign == ")" else p.duration()
        p.need_symbol(")", "the length of a slice")
    elif not p.at_stage_end() and p.cursor.peek().word not in ("in", "with", "takelast") and p.cursor.peek().sign != ",":
        width = p.duration()
    field = p.field() if p.word("in") else Name("_timeslice", span=span)
    return Generator("timeslice", field, width, span=span)


def _default(p: Parser) -> Default:
    value = p.expression()
    p.need_word("for", "the value")
    return Default(value, p.field(), span=value.span)


def _print(stage: FillMissing) -> str:
    text = "fillmissing " + ", ".join(_print_generator(g) for g in stage.generators)
    if stage.defaults:
        text += " with " + ", ".join(f"{expression(d.value)} for {name(d.field)}" for d in stage.defaults)
    return text + " takelast" * stage.takelast


def _print_generator(g: Generator) -> str:
    if g.kind == "timeslice":
        return f"timeslice({duration(g.width)}) in {name(g.field)}" if g.width else f"timeslice in {name(g.field)}"
    values = "all" if g.kind == "all" else f"({', '.join(quoted(v.value) for v in g.values)})"
    return f"values {values} in {name(g.field)}" if g.kind == "all" else f"values{values} in {name(g.field)}"


# --- meaning ----------------------------------------------------------------------------------------------------------


def _lower(stage: FillMissing, plan: Node, ctx: Context) -> Node:
    if plan.schema.messages:
        raise ctx.fail("DH2661", "`fillmissing` comes after an aggregate", stage.span,
                       hint="`| timeslice 1h | count by _timeslice | fillmissing timeslice`")  # fmt: skip
    keys = ctx.names(tuple(g.field for g in stage.generators), plan)
    for generator, key in zip(stage.generators, keys, strict=True):
        if plan.schema.get(key) is None:
            raise ctx.fail("DH2663", f"there is no field `{key}` here", generator.field.span,
                           hint="after `transpose` each value is a column; put `fillmissing` before it")  # fmt: skip
    combined: Node | None = None
    for i, (generator, key) in enumerate(zip(stage.generators, keys, strict=True)):
        one = _values(generator, key, f"__gen{i}", plan, ctx)
        combined = one if combined is None else Join(combined, one, (), "inner", TRUE)
    assert combined is not None
    pairs = tuple((f"__gen{i}", key) for i, key in enumerate(keys))
    missing: Node = Join(Limit(combined, MOST), plan, pairs, "anti")
    missing = _completed(stage, missing, keys, plan, ctx)
    both: Node = Union((Extend(plan, (("__added", FALSE),), hidden=True), missing))
    return _taken(both, keys, stage, plan) if stage.takelast else both


def _values(generator: Generator, key: str, target: str, plan: Node, ctx: Context) -> Node:
    """A one-column plan of the values a key shall have."""
    kind = (plan.schema.get(key) or Field(key, Type.STRING)).type
    if generator.kind == "values":
        return _listed(tuple(v.value for v in generator.values), target)
    if generator.kind == "all":
        given = boolean("not", boolean("is_null", Column(key, kind)))  # nothing is no value to make rows of
        distinct = Aggregate(Filter(plan, given), (key,), ())
        return Project(Extend(distinct, ((target, Column(key, kind)),)), (target,))
    return _slices(generator, key, target, plan, ctx)


def _listed(values: tuple[str, ...] | tuple[int, ...], target: str, kind: Type = Type.STRING) -> Node:
    def load() -> pa.Table:
        import pyarrow as pa

        return pa.table({target: pa.array(values, pa.int64() if kind is Type.LONG else pa.string())})

    return Values("values", (Field(target, kind),), load)


def _slices(generator: Generator, key: str, target: str, plan: Node, ctx: Context) -> Node:
    """All slices of the searched range; without a range, from the first to the last that occurs."""
    width = generator.width or ctx.timeslice_ms
    if width is None:
        raise ctx.fail("DH2662", "no length of a slice is known here", generator.span, hint="write `timeslice(1h)`")
    if ctx.options.start is not None and ctx.options.end is not None:
        first_slice = ctx.options.start - ctx.options.start % width
        return _listed(tuple(range(first_slice, ctx.options.end, width)[:MOST]), target, Type.LONG)
    column = Column(key, Type.LONG)
    least, greatest = (AggCall(f, (column,), Type.LONG) for f in ("least", "greatest"))
    ends = Aggregate(plan, (), (("__from", least), ("__to", greatest)))
    first: PlanExpr = Column("__from", Type.LONG)
    last: PlanExpr = Column("__to", Type.LONG)
    if ctx.options.start is not None:
        first = whole(ctx.options.start - ctx.options.start % width)
    if ctx.options.end is not None:
        last = whole(ctx.options.end - 1)
    spread = Unnest(ends, target, Call("steps", (first, last, whole(width)), Type.LONG), Type.LONG)
    return Project(spread, (target,))


def _completed(stage: FillMissing, missing: Node, keys: tuple[str, ...], plan: Node, ctx: Context) -> Node:
    """The added rows with all fields of the others: keys, given defaults, and defaults by type."""
    given = {ctx.column(d.field, plan).name.lower(): d for d in stage.defaults}
    new: list[tuple[str, PlanExpr]] = []
    for field in plan.schema.visible:
        kind = field.type
        if field.name in keys:
            place = keys.index(field.name)
            new.append((field.name, Column(f"__gen{place}", kind)))
        elif field.name.lower() in given:
            new.append((field.name, to_type(ctx.expr(given[field.name.lower()].value, plan), kind)))
        else:
            new.append((field.name, _empty(kind) if not stage.takelast else Literal(None, kind)))
    shown = Project(Extend(missing, tuple(new)), tuple(n for n, _ in new))
    return Extend(shown, (("__added", TRUE),), hidden=True)


def _empty(kind: Type) -> PlanExpr:
    if kind is Type.BOOLEAN:
        return FALSE
    return Literal(0.0 if kind is Type.DOUBLE else 0, kind) if kind.numeric else NULL


def _taken(both: Node, keys: tuple[str, ...], stage: FillMissing, plan: Node) -> Node:
    """Added rows take the values of the slice before, within the other keys."""
    times = [k for g, k in zip(stage.generators, keys, strict=True) if g.kind == "timeslice"]
    others = tuple(k for k in keys if k not in times)
    order = tuple(SortKey(t) for t in times)
    fields = [f for f in plan.schema.visible if f.name not in keys]
    calls = tuple(
        (f"__last_{f.name}", WindowCall("last_value_of", (Column(f.name, f.type),), f.type, others, order=order)) for f in fields
    )
    windowed = Window(both, calls, hidden=True)
    added = Column("__added", Type.BOOLEAN)
    kept = [(f.name, Call("case", (added, Column(f"__last_{f.name}", f.type), Column(f.name, f.type)), f.type)) for f in fields]
    return Extend(windowed, tuple(kept))


OPERATOR = Operator(
    names=("fillmissing",),
    synopsis='fillmissing timeslice[(1h)] | values("a", …) in f | values all in f, … [with 0 for n] [takelast]',
    doc="Adds a row for each combination of values that did not occur, with 0 for numbers and null for text.",
    spec="7.6",
    stage=FillMissing,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | timeslice 1h | count by _timeslice | fillmissing timeslice",
    category="time",
)
