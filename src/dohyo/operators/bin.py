"""``bin field width=w``: numeric classes (spec §5.7)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name
from dohyo.lang.tree import Name, Number, Stage
from dohyo.operators.base import Operator
from dohyo.plan.convert import to_number, to_text, to_type
from dohyo.plan.expr import Call, Column, Expr, Literal, text
from dohyo.plan.nodes import Extend, Node
from dohyo.plan.types import Type

_OPTIONS = ("width", "min", "max")


class Bin(Stage, frozen=True):
    """The field, the width of a class, and where the classes begin and end."""

    field: Name
    width: float
    min: float | None = None
    max: float | None = None


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    field = p.field("a numeric field")
    found: dict[str, float] = {}
    while not p.at_stage_end():
        p.symbol(",")
        token = p.word(*_OPTIONS)
        if token is None:
            p.unexpected(p.cursor.peek(), "`width=`, `min=` or `max=`")
            raise AssertionError
        p.symbol("=")
        number = p.number()
        found[token.word] = float(number.value) if isinstance(number, Number) else 1.0
    if "width" not in found:
        p.unexpected(p.cursor.peek(), "`width=` and the width of a class")
    return Bin(field, found["width"], found.get("min"), found.get("max"), span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: Bin) -> str:
    options = {"width": stage.width, "min": stage.min, "max": stage.max}
    return f"bin {name(stage.field)}" + ",".join(f" {k}={v:g}" for k, v in options.items() if v is not None)


def _lower(stage: Bin, plan: Node, ctx: Context) -> Node:
    if stage.width <= 0:
        raise ctx.fail("DH2621", "the width of a class is more than 0", stage.span)
    value = to_type(to_number(ctx.column(stage.field, plan)), Type.DOUBLE)
    start = stage.min or 0.0
    number = Column("__bin", Type.DOUBLE)
    # a step each: what a step looks at more than once is written once
    plan = Extend(plan, (("__bin", _divide(_minus(value, start), stage.width)),), hidden=True)
    plan = Extend(plan, (("__bin", Call("floor", (number,), Type.DOUBLE)),), hidden=True)
    if stage.min is not None:  # what is below goes to the first class
        plan = Extend(plan, (("__bin", Call("max", (number, _number(0.0)), Type.DOUBLE)),), hidden=True)
    if stage.max is not None:  # what is above goes to the last one
        last = max(0.0, -((start - stage.max) // stage.width) - 1)
        plan = Extend(plan, (("__bin", Call("min", (number, _number(last)), Type.DOUBLE)),), hidden=True)
    lower = Call("+", (Call("*", (number, _number(stage.width)), Type.DOUBLE), _number(start)), Type.DOUBLE)
    plan = Extend(plan, (("_bin_lower", lower), ("_bin_upper", Call("+", (lower, _number(stage.width)), Type.DOUBLE))))
    ends = [to_text(Column(n, Type.DOUBLE)) for n in ("_bin_lower", "_bin_upper")]
    return Extend(plan, (("_bin_label", Call("joined", (ends[0], text("-"), ends[1]), Type.STRING)),))


def _number(value: float) -> Literal:
    return Literal(value, Type.DOUBLE)


def _minus(value: Expr, start: float) -> Expr:
    return Call("-", (value, _number(start)), Type.DOUBLE)


def _divide(value: Expr, width: float) -> Expr:
    return Call("/", (value, _number(width)), Type.DOUBLE)


OPERATOR = Operator(
    names=("bin",),
    synopsis="bin field width=w[, min=a][, max=b]",
    doc="Adds the class that a number is in: `_bin_label`, `_bin_lower`, `_bin_upper`.",
    spec="5.7",
    stage=Bin,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | num(DestinationPort) as port | bin port width=1000",
    category="transform",
)
