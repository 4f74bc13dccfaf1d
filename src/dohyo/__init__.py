"""Dohyo: a local-first engine for Sumo Logic detections.

``dohyo.search(query, paths)`` gives the rows of a Sumo Logic query over files, ``dohyo.hunt(paths)`` the alerts of
detections, ``dohyo.parse(text)`` the tree of a query with its diagnostics. Heavy modules are loaded when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dohyo.compile import compile_query, parse
    from dohyo.detections.hunt import hunt
    from dohyo.diagnostics import Diagnostic, QueryError
    from dohyo.run import Query, RunOptions, explain, search

__version__ = "0.1.0"

_HOMES = {
    "compile_query": "dohyo.compile",
    "parse": "dohyo.compile",
    "hunt": "dohyo.detections.hunt",
    "Diagnostic": "dohyo.diagnostics",
    "QueryError": "dohyo.diagnostics",
    "Query": "dohyo.run",
    "RunOptions": "dohyo.run",
    "explain": "dohyo.run",
    "search": "dohyo.run",
}

__all__ = ["Diagnostic", "Query", "QueryError", "RunOptions", "compile_query", "explain", "hunt", "parse", "search"]


def __getattr__(name: str) -> Any:
    import importlib

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dohyo' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
