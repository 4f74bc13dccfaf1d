"""``dedup``: the first rows of each distinct combination (spec §5.4)."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.expr import Column, Expr, all_of, any_of, boolean, negation, whole
from dohyo.plan.nodes import Filter, Node, Window, WindowCall
from dohyo.plan.types import Type


@dataclass(frozen=True, slots=True)
class Dedup(Stage):
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
    number = WindowCall("row_number", (), Type.LONG, partition=keys)
    numbered = Window(plan, (("__n", number),), hidden=True)
    return Filter(numbered, boolean("<=", Column("__n", Type.LONG), whole(stage.count)))


def _consecutive(count: int, keys: tuple[str, ...], plan: Node) -> Node:
    """A row goes when the ``count`` rows before it all have its values."""
    made, tests = [], []
    for i, key in enumerate(keys):
        column = Column(key, (plan.schema.get(key) or plan.schema.fields[0]).type)
        before = WindowCall("lag", (column, whole(count)), column.type)
        made.append((f"__before{i}", before))
        tests.append(_same(column, Column(f"__before{i}", column.type)))
    made.append(("__n", WindowCall("row_number", (), Type.LONG)))
    early = boolean("<=", Column("__n", Type.LONG), whole(count))
    return Filter(Window(plan, tuple(made), hidden=True), any_of([early, negation(all_of(tests))]))


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
