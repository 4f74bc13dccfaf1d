"""``lookup columns from table on key``: columns of a local table (spec §9.1)."""

from __future__ import annotations

import re

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, table_path
from dohyo.lang.tree import Name, Stage, TablePath
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.operators.tablejoin import joined, nulls
from dohyo.plan.convert import to_text
from dohyo.plan.expr import Call, Expr, text
from dohyo.plan.nodes import Extend, Node
from dohyo.plan.types import Type
from dohyo.tables import geo, threats
from dohyo.tables.find import find_table
from dohyo.tables.load import Table, TableError, load

_BARE_PATH = re.compile(r'"[^"\n]+"|[^\s,|()]+')


class Wanted(TreeNode, frozen=True):
    """A column and the name of its field."""

    column: Name
    alias: Name | None = None


class Pair(TreeNode, frozen=True):
    """Two names that must be equal: one is a field, the other a column of the table."""

    left: Name
    right: Name


class Lookup(Stage, frozen=True):
    """The columns (empty: all), the table and the keys."""

    columns: tuple[Wanted, ...]
    table: TablePath
    pairs: tuple[Pair, ...]


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    columns: list[Wanted] = []
    if not p.symbol("*"):
        columns.append(_wanted(p))
        while p.symbol(","):
            columns.append(_wanted(p))
    p.need_word("from", "the columns")
    table = table_address(p)
    p.need_word("on", "the table")
    pairs = [_pair(p)]
    while p.symbol(",") or p.word("and"):
        pairs.append(_pair(p))
    return Lookup(tuple(columns), table, tuple(pairs), span=start.to(Span(0, p.cursor.last_end)))


def table_address(p: Parser) -> TablePath:
    """``path://"…"``, ``geo://location``, ``https://…`` or a bare path."""
    if found := p.table_path():
        return found
    m = p.cursor.matching(_BARE_PATH)
    if m is None:
        p.unexpected(p.cursor.peek(), 'a table, such as `path://"/Library/Hosts"`')
        raise AssertionError
    return TablePath("", m[0].strip('"'), span=Span(*m.span()))


def _wanted(p: Parser) -> Wanted:
    column = p.field("a column of the table")
    return Wanted(column, p.alias(), span=column.span)


def _pair(p: Parser) -> Pair:
    left = p.field("a field of the rows or a column of the table")
    right = p.field("what it equals") if p.symbol("=", "==") else left
    return Pair(left, right, span=left.span.to(right.span))


def _print(stage: Lookup) -> str:
    columns = ", ".join(name(w.column) + (f" as {name(w.alias)}" if w.alias else "") for w in stage.columns) or "*"
    address = table_path(stage.table)
    pairs = ", ".join(f"{name(q.left)} = {name(q.right)}" for q in stage.pairs)
    return f"lookup {columns} from {address} on {pairs}"


# --- meaning ----------------------------------------------------------------------------------------------------------


def _lower(stage: Lookup, plan: Node, ctx: Context) -> Node:
    if stage.table.scheme in ("geo", "asn"):
        return _database(stage, plan, ctx)
    table = _table(stage, ctx)
    if table is None:
        return nulls(plan, [(w.alias or w.column).name for w in stage.columns])
    pairs = [_sides(q, table, plan, ctx) for q in stage.pairs]
    wanted = [(w.column.name, (w.alias or w.column).name) for w in stage.columns]
    if not wanted:
        keys = {column.lower() for _, column in pairs}
        wanted = [(c, c) for c in table.columns if c.lower() not in keys]
    for w in stage.columns:
        if table.place(w.column.name) is None and stage.table.scheme != "sumo":
            ctx.warn("DH2704", f"the table has no column `{w.column.name}`; it is null", w.column.span,
                     hint=f"its columns: {', '.join(table.columns[:20])}")  # fmt: skip
    fold = stage.table.scheme in ("path", "sumo")  # classic lookups compare with case
    return joined(plan, ctx, table, pairs, wanted, stage.table.span, fold)


def _table(stage: Lookup, ctx: Context) -> Table | None:
    try:
        if stage.table.scheme == "sumo":
            found = threats.entries(ctx.options.tables)
            if found is None:
                missing(ctx, stage.table.span, "threat list", "a CSV or STIX file whose name begins with `threat`")
            return found
        path = find_table(stage.table.path, ctx.options.tables)
        if path is None:
            missing(ctx, stage.table.span, f"table `{stage.table.path}`", "a CSV, JSON or Parquet file of that name")
        return load(path) if path else None
    except TableError as error:
        raise ctx.fail("DH2702", f"the table cannot be read: {error}", stage.table.span) from None


def missing(ctx: Context, span: Span, what: str, file: str) -> None:
    """Says that local data are not there: the query runs, and what they would give is null."""
    ctx.warn("DH2701", f"there is no {what} on this machine; its fields are null", span,
             hint=f"put {file} in a folder and name it: `--lookup-dir FOLDER`. Nothing is fetched")  # fmt: skip


def _sides(pair: Pair, table: Table, plan: Node, ctx: Context) -> tuple[Expr, str]:
    """Which side is the column: pages write it both ways; a name on both sides is a column on the right (§9.1)."""
    if table.place(pair.right.name) is not None:
        field, column = pair.left, pair.right
    elif table.place(pair.left.name) is not None:
        field, column = pair.right, pair.left
    else:
        raise ctx.fail("DH2705", f"neither `{pair.left.name}` nor `{pair.right.name}` is a column of the table", pair.span,
                       hint=f"its columns: {', '.join(table.columns[:20])}")  # fmt: skip
    return ctx.column(field, plan), column.name


def _database(stage: Lookup, plan: Node, ctx: Context) -> Node:
    known = geo.NETWORK if stage.table.scheme == "asn" else (*geo.LOCATION, *geo.EXTRAS)
    wanted = [(w.column.name, (w.alias or w.column).name) for w in stage.columns] or [(c, c) for c in known]
    for w in stage.columns:
        if w.column.name.lower() not in known:
            raise ctx.fail("DH2706", f"there is no column `{w.column.name}`", w.column.span, hint=f"there are {', '.join(known)}")
    pair = stage.pairs[0]
    field = pair.right if pair.left.name.lower() == "ip" and pair.right.name.lower() != "ip" else pair.left
    return of_address(plan, ctx, to_text(ctx.column(field, plan)), wanted, stage.table.scheme, stage.table.span)


def of_address(plan: Node, ctx: Context, address: Expr, wanted: list[tuple[str, str]], kind: str, span: Span) -> Node:
    """Fields with what a database says of an address; (column, field)."""
    path = geo.database(kind, ctx.options.tables)
    if path is None:
        missing(ctx, span, "database of " + ("networks" if kind == "asn" else "places"), "a MaxMind `.mmdb` file")
        return nulls(plan, [target for _, target in wanted])
    new = [(t, Call("geo_value", (address, text(c.lower()), text(str(path))), Type.STRING)) for c, t in wanted]
    return Extend(plan, tuple(new))


OPERATOR = Operator(
    names=("lookup",),
    synopsis='lookup column [as name][, …] | * from path://"table" on field = column[, …]',
    doc="Adds columns of a local table; a row without a match gets nulls. Tables are files in `--lookup-dir`.",
    spec="9.1",
    stage=Lookup,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | lookup owner from path://"/Library/Hosts" on Computer = host',
    category="lookup",
    follow=frozenset({"*"}),
)
