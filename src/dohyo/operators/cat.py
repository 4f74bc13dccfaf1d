"""``cat path://"table"``: a local table as the source of a query (spec §9.2)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.lang.parser import Parser
from dohyo.lang.printer import table_path
from dohyo.lang.tree import Stage, TablePath
from dohyo.operators.base import Operator
from dohyo.operators.lookup import table_address
from dohyo.plan.nodes import Node, Values
from dohyo.plan.types import Field, Type
from dohyo.tables.find import find_table
from dohyo.tables.load import TableError, load


class Cat(Stage, frozen=True):
    """The table."""

    table: TablePath


def _parse(p: Parser) -> Stage:
    table = table_address(p)
    return Cat(table, span=table.span)


def _lower(stage: Cat, plan: Node, ctx: Context) -> Node:
    path = find_table(stage.table.path, ctx.options.tables)
    if path is None:
        raise ctx.fail("DH2711", f"there is no table `{stage.table.path}` on this machine", stage.span,
                       hint="put a CSV, JSON or Parquet file of that name in a folder and name it: `--lookup-dir FOLDER`")  # fmt: skip
    try:
        table = load(path)
    except TableError as error:
        raise ctx.fail("DH2702", f"the table cannot be read: {error}", stage.span) from None
    return Values(path.name, tuple(Field(c, Type.STRING) for c in table.columns), lambda: table.arrow(table.columns))


OPERATOR = Operator(
    names=("cat",),
    synopsis='cat path://"table"',
    doc="The rows of a local table, in place of messages.",
    spec="9.2",
    stage=Cat,
    parse=_parse,
    print=lambda stage: f"cat {table_path(stage.table)}",
    lower=_lower,
    example='cat path://"/Library/Hosts"',
    category="lookup",
)
