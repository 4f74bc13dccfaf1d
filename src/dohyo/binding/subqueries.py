"""``[subquery: child | compose a, b]`` as a condition (spec §1.6): the child runs first, its rows become a
disjunction of conjunctions of equalities, or of keywords."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.binding.keywords import phrase_regex
from dohyo.lang import tree
from dohyo.plan.convert import to_text
from dohyo.plan.expr import FALSE, Call, Column, Expr, all_of, any_of, boolean, text
from dohyo.plan.nodes import Node
from dohyo.plan.types import Type

DEFAULT_RESULTS, MOST_RESULTS = 2_500, 10_000


def bind_subquery(ctx: Context, node: tree.Subquery, plan: Node, folded: bool = False) -> Expr:
    """The condition that the child's rows make; no row makes one that is never true (spec §12.43). ``folded``: it stands
    in the scope, where values compare without case."""
    if ctx.options.subquery is None:
        raise ctx.fail("DH2140", "a subquery needs logs to run on", node.span,
                       hint="`dohyo search` and `dohyo hunt` run it; `explain` shows the query without it")  # fmt: skip
    limit = min(node.max_results or DEFAULT_RESULTS, MOST_RESULTS)
    rows = ctx.options.subquery(ctx, node)
    if rows is None:  # the query is only looked at
        for name in () if node.keywords else node.compose:
            ctx.column(name, plan)
        return Call("opaque", (), Type.BOOLEAN)
    if len(rows) > limit:
        ctx.warn("DH2141", f"the subquery gives {len(rows):,} rows; the first {limit:,} are used", node.span,
                 hint=f"`maxresults={MOST_RESULTS}` is the most that Sumo Logic allows")  # fmt: skip
    return any_of([_row(ctx, node, row, plan, folded) for row in rows[:limit]])


def _row(ctx: Context, node: tree.Subquery, row: tuple[str | None, ...], plan: Node, folded: bool) -> Expr:
    """The condition of one row of the child; a row without any value asks for nothing that could be found."""
    if node.keywords:
        found = [phrase_regex(v, quoted=True) for v in row if v]
        searches = [boolean("search", Column("_raw", Type.STRING), text(r)) for r in found if r]
        return all_of(searches) if searches else FALSE
    pairs = zip(node.compose, row, strict=True)
    tests = [_equal(ctx, name, value, plan, folded) for name, value in pairs if value is not None]
    return all_of(tests) if tests else FALSE


def _equal(ctx: Context, name: tree.Name, value: str, plan: Node, folded: bool) -> Expr:
    column = to_text(ctx.column(name, plan))
    if not folded:
        return boolean("=", column, text(value))
    return boolean("=", Call("folded", (column,), Type.STRING), text(value.lower()))
