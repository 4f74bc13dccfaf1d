"""``lookupContains(path://"table", field=column)`` (spec §9.3)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.lang import tree
from dohyo.plan.convert import to_text
from dohyo.plan.expr import FALSE, Call, Expr, boolean, text
from dohyo.plan.nodes import Node
from dohyo.plan.types import Type
from dohyo.tables.find import find_table
from dohyo.tables.load import TableError, load


def lookup_contains(ctx: Context, node: tree.Call, plan: Node) -> Expr:
    """True when the table has a row with these values; false, with a warning, when there is no such table here."""
    name = _table(node.args[0]) if node.args else None
    if len(node.args) < 2 or name is None:
        raise ctx.fail("DH2132", "`lookupContains` takes a table and what must be equal", node.span,
                       hint='`lookupContains(path://"/Library/Hosts", Computer=host)`')  # fmt: skip
    pairs = [p for arg in node.args[1:] for p in _pairs(ctx, arg)]
    path = find_table(name, ctx.options.tables)
    if path is None:
        ctx.warn("DH2701", f"there is no table `{name}` on this machine; nothing is in it", node.args[0].span,
                 hint="put a CSV, JSON or Parquet file of that name in a folder and name it: `--lookup-dir FOLDER`")  # fmt: skip
        return FALSE
    try:
        table = load(path)
    except TableError as error:
        raise ctx.fail("DH2702", f"the table cannot be read: {error}", node.args[0].span) from None
    values, columns = [], []
    for left, right in pairs:
        field, column = (left, right) if table.place(right.name) is not None else (right, left)
        if table.place(column.name) is None:
            raise ctx.fail("DH2705", f"neither `{left.name}` nor `{right.name}` is a column of the table", left.span,
                           hint=f"its columns: {', '.join(table.columns[:20])}")  # fmt: skip
        values.append(to_text(ctx.column(field, plan)))
        columns.append(column.name)
    listed = Call("list_of", tuple(values), Type.STRING)
    return boolean("table_contains", listed, text("\x1f".join(columns)), text(str(path)))


def _table(node: tree.Expr) -> str | None:
    """The table's path; a text that is one is taken too."""
    if isinstance(node, tree.TablePath):
        return node.path
    scheme = "path://"
    return node.value.removeprefix(scheme) if isinstance(node, tree.String) and node.value.startswith(scheme) else None


def _pairs(ctx: Context, node: tree.Expr) -> list[tuple[tree.Name, tree.Name]]:
    if isinstance(node, tree.Logical) and node.op == "and":
        return [p for operand in node.operands for p in _pairs(ctx, operand)]
    if isinstance(node, tree.Binary) and node.op == "=" and isinstance(node.left, tree.Name) and isinstance(node.right, tree.Name):
        return [(node.left, node.right)]
    if isinstance(node, tree.Name):
        return [(node, node)]
    raise ctx.fail("DH2712", "`field=column` is needed here", node.span)
