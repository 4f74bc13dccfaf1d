"""``dedup``: the first rows of each distinct combination (spec §5.4)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.expr import Call, Column, Expr, all_of, any_of, boolean, whole
from dohyo.plan.nodes import Extend, Filter, Node, Window, WindowCall
from dohyo.plan.types import Type


class Dedup(Stage, frozen=True):
    """How many of each, by which fields; ``consecutive``: only neighbours count as repeats."""

    count: int
    by: tuple[Name, ...]
    consecutive: bool = False


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    consecutive = bool(p.word("consecutive"))
    count = 1 if p.at_stage_end() or p.cursor.peek().word else p.integer("how many rows of each")
    by = p.by() or (() if p.at_stage_end() else p.fields())
    return Dedup(count, by, consecutive, span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: Dedup) -> str:
    words = ["dedup", "consecutive" * stage.consecutive, str(stage.count) * (stage.count != 1)]
    return " ".join(w for w in words if w) + (f" by {names(stage.by)}" if stage.by else "")


def _lower(stage: Dedup, plan: Node, ctx: Context) -> Node:
    keys = ctx.names(stage.by or (Name("_raw", span=stage.span),), plan)
    if stage.consecutive:
        return _consecutive(stage.count, keys, plan)
    return _numbered(plan, keys, stage.count)


def _consecutive(count: int, keys: tuple[str, ...], plan: Node) -> Node:
    """Rows are numbered within each run of neighbours with the same values."""
    made, tests = [], []
    for i, key in enumerate(keys):
        column = Column(key, (plan.schema.get(key) or plan.schema.fields[0]).type)
        made.append((f"__before{i}", WindowCall("lag", (column, whole(1)), column.type)))
        tests.append(_same(column, Column(f"__before{i}", column.type)))
    plan = Window(plan, tuple(made), hidden=True)
    plan = Extend(plan, (("__starts", Call("case", (all_of(tests), whole(0), whole(1)), Type.LONG)),), hidden=True)
    plan = Window(plan, (("__run", WindowCall("sum", (Column("__starts", Type.LONG),), Type.LONG)),), hidden=True)
    return _numbered(plan, ("__run",), count)


def _numbered(plan: Node, keys: tuple[str, ...], count: int) -> Node:
    """The first ``count`` rows of each combination."""
    number = WindowCall("row_number", (), Type.LONG, partition=keys)
    return Filter(Window(plan, (("__n", number),), hidden=True), boolean("<=", Column("__n", Type.LONG), whole(count)))


def _same(a: Expr, b: Expr) -> Expr:
    return any_of([boolean("=", a, b), all_of([boolean("is_null", a), boolean("is_null", b)])])


OPERATOR = Operator(
    names=("dedup",),
    synopsis="dedup [consecutive] [n] [by field, …]",
    doc="Keeps the first n (1) rows of each distinct combination; by `_raw` unless fields are given. Null is a value.",
    spec="5.4",
    stage=Dedup,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | dedup 1 by Image",
    category="filter",
)
