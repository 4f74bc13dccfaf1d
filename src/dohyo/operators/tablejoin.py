"""A left join with a local table: what ``lookup`` and the threat operators share (spec §9.1)."""

from __future__ import annotations

from collections.abc import Sequence

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.plan.convert import to_text
from dohyo.plan.expr import NULL, Call, Column, Expr, Literal
from dohyo.plan.nodes import Extend, Join, Node, Values
from dohyo.plan.types import Field, Type
from dohyo.tables.load import Row, Table


def joined(
    plan: Node, ctx: Context, table: Table, pairs: Sequence[tuple[Expr, str]], columns: Sequence[tuple[str, str]],
    span: Span, fold: bool,
) -> Node:  # fmt: skip
    """``plan`` with columns of the table, one row out for each row in: of several rows with one key the last one
    counts. ``pairs``: a value and the column that it equals; ``columns``: (column, name of the new field). ``fold``:
    keys compare without case."""
    rows, dropped = table.by_key([column for _, column in pairs], fold)
    if dropped:
        ctx.warn("DH2703", f"{dropped:,} rows of `{table.path.name}` have the key of a later row and are not used", span)
    return beside(plan, ctx, table, rows, pairs, columns, fold)


def beside(
    plan: Node, ctx: Context, table: Table, rows: Sequence[Row], pairs: Sequence[tuple[Expr, str]],
    columns: Sequence[tuple[str, str]], fold: bool,
) -> Node:  # fmt: skip
    """The same with these rows of the table, each of which counts; names that begin with ``__`` are hidden."""
    number = ctx.fresh()
    names = [f"__t{number}_{i}" for i in range(len(table.columns))]
    leaf = Values(table.path.name, tuple(Field(n, Type.STRING, hidden=True) for n in names), lambda: table.arrow(names, rows))
    at = {c.lower(): Column(n, Type.STRING) for c, n in zip(table.columns, names, strict=True)}
    keys = [(f"__k{number}_{i}", f"__r{number}_{i}") for i in range(len(pairs))]
    mine = tuple((k, _key(to_text(value), fold)) for (k, _), (value, _) in zip(keys, pairs, strict=True))
    theirs = tuple((k, _key(at[column.lower()], fold)) for (_, k), (_, column) in zip(keys, pairs, strict=True))
    both = Join(Extend(plan, mine, hidden=True), Extend(leaf, theirs, hidden=True), tuple(keys), "left")
    new = [(target, at.get(column.lower(), NULL)) for column, target in columns]
    out: Node = both
    for hidden in (False, True):
        if some := tuple(n for n in new if n[0].startswith("__") is hidden):
            out = Extend(out, some, hidden)
    return out


def _key(value: Expr, fold: bool) -> Expr:
    return Call("folded", (value,), Type.STRING) if fold else value


def nulls(plan: Node, targets: Sequence[str]) -> Node:
    """The fields of a lookup that there is no table for: null on every row."""
    return Extend(plan, tuple((t, Literal(None, Type.STRING)) for t in targets)) if targets else plan
