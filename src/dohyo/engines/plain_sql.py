"""A query as plain SQL over a table ``events`` with the fields as columns, in any dialect that ``sqlglot`` writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
        if dialect != "duckdb":
            again = again.transform(_common)
        text = again.sql(dialect=dialect, pretty=True, unsupported_level=ErrorLevel.RAISE)
        sqlglot.parse_one(text, read=dialect)
    except SqlglotError as error:
        raise NoSql(str(error).splitlines()[0]) from None
    return text + "\n"


def _common(node: exp.Expression) -> exp.Expression:
    """DuckDB's tests of texts in words that the dialects have in common."""
    name = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__.lower()
    args = list(node.expressions) if isinstance(node, exp.Anonymous) else [node.this, node.args.get("expression")]
    build = _COMMON.get(name)
    return build(*args) if build and len(args) == 2 and isinstance(args[1], exp.Expression) else node


def _starts(text: exp.Expression, part: exp.Expression) -> exp.Expression:
    return exp.EQ(this=exp.func("SUBSTRING", text, exp.Literal.number(1), exp.Length(this=part.copy())), expression=part)


def _ends(text: exp.Expression, part: exp.Expression) -> exp.Expression:
    """Shorter texts begin before their first letter, which dialects take differently: they are asked for their length."""
    length, ending = exp.Length(this=text.copy()), exp.Length(this=part.copy())
    start = exp.Add(this=exp.Paren(this=exp.Sub(this=length, expression=ending)), expression=exp.Literal.number(1))
    same = exp.EQ(this=exp.func("SUBSTRING", text, start), expression=part)
    return exp.Paren(this=exp.And(this=exp.GTE(this=length.copy(), expression=ending.copy()), expression=same))


def _holds(text: exp.Expression, part: exp.Expression) -> exp.Expression:
    return exp.GT(this=exp.StrPosition(this=text, substr=part), expression=exp.Literal.number(0))


def _whole(text: exp.Expression, pattern: exp.Expression) -> exp.Expression:
    if not isinstance(pattern, exp.Literal):
        return exp.RegexpFullMatch(this=text, expression=pattern)
    return exp.RegexpLike(this=text, expression=exp.Literal.string(f"^(?:{pattern.name})$"))


_COMMON: dict[str, Callable[[exp.Expression, exp.Expression], exp.Expression]] = {
    "suffix": _ends, "endswith": _ends, "ends_with": _ends, "prefix": _starts, "startswith": _starts, "starts_with": _starts,
    "contains": _holds, "regexpfullmatch": _whole,
}  # fmt: skip


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
