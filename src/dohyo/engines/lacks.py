"""What an engine cannot do of a plan, and what it leaves to DuckDB: known from its tables, without asking it."""

from __future__ import annotations

from dohyo.diagnostics import Diagnostic, Severity
from dohyo.engines.choose import DUCKDB, dialect
from dohyo.engines.sql import Dialect, Statement
from dohyo.plan.expr import calls
from dohyo.plan.nodes import Aggregate, Batch, Node, Values, Window
from dohyo.plan.passes import expressions


def on_engine(plan: Node, engine: str) -> list[Diagnostic]:
    """What is to be said of a plan on an engine, by the engine's name. Raises :class:`EngineError` for no engine."""
    found = dialect(engine)
    return [] if engine == DUCKDB else [*lacks(plan, found), *left_to_duckdb(plan, found)]


def lacks(plan: Node, known: Dialect) -> list[Diagnostic]:
    """An error for each thing in a plan that the engine lacks, with the reason."""
    if not known.unsupported:
        return []
    used = list(dict.fromkeys(name for node in plan.walk() for name in _names(node)))
    return [
        Diagnostic("DH3002", Severity.ERROR, f"{known.name} cannot run `{name}`: {known.unsupported[name]}",
                   hint="run it with `--engine duckdb`")
        for name in used if name in known.unsupported
    ]  # fmt: skip


def _names(node: Node) -> list[str]:
    own = [c.function for _, c in node.new] if isinstance(node, (Aggregate, Window)) else []
    return [type(node).__name__, *own, *(c.function for e in expressions(node) for c in calls(e))]


def left_to_duckdb(plan: Node, known: Dialect) -> list[Diagnostic]:
    """A note when a part of the plan is computed by DuckDB in the engine's own Python."""
    tables = {id(n): "given" for n in plan.walk() if isinstance(n, (Values, Batch))}
    found: dict[str, None] = {}
    for part in (plan, *(n.input for n in plan.walk() if isinstance(n, Batch))):
        statement = Statement(part, known, tables)
        statement.build()
        found |= dict.fromkeys(b.sql for b in statement.exprs.borrowed.values())
    if not found:
        return []
    shown = "; ".join(found)
    text = f"{known.name} leaves {len(found)} of this query's values to DuckDB in its Python, where dohyo must be installed"
    return [Diagnostic("DH3003", Severity.NOTE, text, notes=(shown[:500] + "…" * (len(shown) > 500),))]
