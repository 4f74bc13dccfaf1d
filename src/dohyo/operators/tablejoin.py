"""A left join with a local table, one row out for each row in: what ``lookup`` and the threat operators share (§9.1)."""

from __future__ import annotations

from collections.abc import Sequence

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.plan.convert import to_text
from dohyo.plan.expr import NULL, Call, Column, Expr, Literal
from dohyo.plan.nodes import Extend, Join, Node, Values
from dohyo.plan.types import Field, Type
from dohyo.tables.load import Table


def joined(
    plan: Node, ctx: Context, table: Table, pairs: Sequence[tuple[Expr, str]], columns: Sequence[tuple[str, str]],
    span: Span, fold: bool,
) -> Node:  # fmt: skip
    """``plan`` with columns of the table. ``pairs``: a value and the column that it equals; ``columns``: (column, name
    of the new field). ``fold``: keys compare without case. Several rows with one key: the last one counts."""
    rows, dropped = table.by_key([column for _, column in pairs], fold)
    if dropped:
        ctx.warn("DH2703", f"{dropped:,} rows of `{table.path.name}` have the key of a later row and are not used", span)
    number = ctx.fresh()
    names = [f"__t{number}_{i}" for i in range(len(table.columns))]
    leaf = Values(table.path.name, tuple(Field(n, Type.STRING, hidden=True) for n in names), lambda: table.arrow(names, rows))
    keyed: list[tuple[str, str]] = []
    left, right = [], []
    for i, (value, column) in enumerate(pairs):
        place = table.place(column)
        assert place is not None
        mine, theirs = f"__k{number}_{i}", f"__r{number}_{i}"
        left.append((mine, _key(to_text(value), fold)))
        right.append((theirs, _key(Column(names[place], Type.STRING), fold)))
        keyed.append((mine, theirs))
    both = Join(Extend(plan, tuple(left), hidden=True), Extend(leaf, tuple(right), hidden=True), tuple(keyed), "left")
    new: list[tuple[str, Expr]] = []
    for column, target in columns:
        place = table.place(column)
        new.append((target, Column(names[place], Type.STRING) if place is not None else NULL))
    return Extend(both, tuple(new)) if new else both


def _key(value: Expr, fold: bool) -> Expr:
    return Call("folded", (value,), Type.STRING) if fold else value


def nulls(plan: Node, targets: Sequence[str]) -> Node:
    """The fields of a lookup that there is no table for: null on every row."""
    return Extend(plan, tuple((t, Literal(None, Type.STRING)) for t in targets)) if targets else plan
