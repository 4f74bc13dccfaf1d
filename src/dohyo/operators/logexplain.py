"""``logexplain condition on a, b``: values that tell the rows with a condition from the others (spec §10)."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import expression, names
from dohyo.lang.tree import Expr, Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.expr import negation
from dohyo.plan.nodes import Batch, Extend, Node
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = (
    ("_explanation", Type.STRING), ("_relevance", Type.DOUBLE), ("_test_coverage", Type.DOUBLE), ("_control_coverage", Type.DOUBLE),
)  # fmt: skip
#: Explanations of one value, and of two values together; those that cover less of the rows are left out.
_MOST, _LEAST_COVERAGE = 100, 0.01


class LogExplain(Stage, frozen=True):
    """The condition, the one to hold against it (``None``: its opposite), and the fields."""

    test: Expr
    control: Expr | None
    fields: tuple[Name, ...]


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    test = p.expression()
    control = p.expression() if p.word("against") else None
    p.need_word("on", "the condition")
    return LogExplain(test, control, p.fields(), span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: LogExplain) -> str:
    against = f" against {expression(stage.control)}" if stage.control else ""
    return f"logexplain {expression(stage.test)}{against} on {names(stage.fields)}"


def _lower(stage: LogExplain, plan: Node, ctx: Context) -> Node:
    fields = ctx.names(stage.fields, plan)
    test = ctx.condition(stage.test, plan)
    control = ctx.condition(stage.control, plan) if stage.control else negation(test)
    plan = Extend(plan, (("__test", test), ("__control", control)), hidden=True)
    made = tuple(Field(n, t) for n, t in _COLUMNS)
    return Batch(plan, "logexplain", ("__test", "__control", *fields), made, lambda table: _explained(table, fields))


def _explained(table: pa.Table, fields: tuple[str, ...]) -> pa.Table:
    """Single values and pairs of values, by how much more of the test rows than of the control rows have them."""
    import pyarrow as pa

    test, control = (table[n].to_pylist() for n in ("__test", "__control"))
    columns = {f: table[f].to_pylist() for f in fields}
    sets = [(f,) for f in fields] + list(combinations(fields, 2))
    inside, outside = Counter[Any](), Counter[Any]()
    for i in range(table.num_rows):
        for names_ in sets:
            key = tuple((f, columns[f][i]) for f in names_)
            inside[key] += bool(test[i])
            outside[key] += bool(control[i])
    all_test, all_control = max(sum(map(bool, test)), 1), max(sum(map(bool, control)), 1)
    rows = []
    for key, count in inside.items():
        covered, beside = count / all_test, outside[key] / all_control
        if covered > beside and covered >= _LEAST_COVERAGE:
            shown = " and ".join(f"{f} = {v}" for f, v in key)
            rows.append((shown, (covered - beside) / max(covered + beside, 1e-9) * covered, covered, beside))
    rows.sort(key=lambda r: (-r[1], r[0]))
    found = list(zip(*rows[:_MOST], strict=True)) or [()] * len(_COLUMNS)
    kinds = (pa.string(), pa.float64(), pa.float64(), pa.float64())
    return pa.table({n: pa.array(c, k) for (n, _), c, k in zip(_COLUMNS, found, kinds, strict=True)})


OPERATOR = Operator(
    names=("logexplain",),
    synopsis="logexplain condition [against condition] on field[, …]",
    doc="Which values of fields the rows with a condition have and the others have not.",
    spec="10",
    stage=LogExplain,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | logexplain EventID = "3" on Image, User',
    category="pattern",
)
