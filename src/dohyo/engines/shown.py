"""A plan as the SQL text that ``explain`` shows."""

from __future__ import annotations

from dohyo.engines.sql import Dialect, Statement
from dohyo.plan.nodes import Batch, Node, Values


def statements(plan: Node, dialect: Dialect) -> str:
    """One statement, and before it one for what each operator reads that SQL cannot express, in the order in which
    they run."""
    leaves = {id(n): n for n in reversed(list(plan.walk())) if isinstance(n, (Values, Batch))}
    tables = {key: f"table{number}" for number, key in enumerate(leaves, 1)}
    parts = []
    for key, leaf in leaves.items():
        if isinstance(leaf, Batch):
            sql = Statement(leaf.input, dialect, tables, wanted=leaf.needs).build().sql(dialect.writer, pretty=True)
            parts.append(f"/* {tables[key]}: what {leaf.name} makes of these rows */\n{sql};\n\n")
    return "".join(parts) + Statement(plan, dialect, tables).build().sql(dialect.writer, pretty=True)
