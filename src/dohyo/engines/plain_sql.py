"""A query as plain SQL over a table ``events`` with the fields as columns, in any dialect that ``sqlglot`` writes."""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialects
from sqlglot.errors import ErrorLevel, SqlglotError

from dohyo.engines.duckdb.dialect import DIALECT
from dohyo.engines.sql import Statement
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import Batch, Node, Values


class NoSql(Exception):
    """A query that has no SQL in a dialect; says why."""


def dialects() -> list[str]:
    """The dialects that can be written."""
    return sorted(d.value for d in Dialects if d.value)


def plain_sql(plan: Node, fields: Sequence[str], dialect: str) -> str:
    """A plan in a dialect; ``fields``: the fields that it reads, as its query spells them. Raises :class:`NoSql` when a part
    of it cannot be said there."""
    for node in plan.walk():
        if isinstance(node, (Batch, Values)):
            raise NoSql(f"{node.name} is no SQL")
    statement = Statement(plan, DIALECT, {})
    tree = _without_hidden(statement.build())
    if statement.exprs.udfs:
        raise NoSql(f"Dohyo computes {', '.join(sorted(statement.exprs.udfs))} itself; there is no SQL for it")
    spelled = {n.lower(): n for n in fields}
    for name in tree.find_all(exp.Identifier):
        name.set("this", spelled.get(name.name.lower(), name.name))
    try:
        again = sqlglot.parse_one(tree.sql("duckdb"), read="duckdb")
        text = again.sql(dialect=dialect, pretty=True, unsupported_level=ErrorLevel.RAISE)
        sqlglot.parse_one(text, read=dialect)
    except SqlglotError as error:
        raise NoSql(str(error).splitlines()[0]) from None
    return text + "\n"


def _without_hidden(tree: exp.Query) -> exp.Query:
    """The statement without the columns that only evidence and the order of messages need."""
    for select in tree.find_all(exp.Select):
        select.set("expressions", [e for e in select.expressions if e.alias_or_name not in (ID, TIME)])
    for order in list(tree.find_all(exp.Order)):
        order.set("expressions", [o for o in order.expressions if o.this.name not in (ID, TIME)])
        if not order.expressions:
            order.pop()
    if any(c.name in (ID, TIME) for c in tree.find_all(exp.Column)):
        raise NoSql("the order in which the messages came is asked for, and a table has none")
    return tree
