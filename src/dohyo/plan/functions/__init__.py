"""The function table: one row per scalar function, aggregate and window function, gathered from the files here.

To add a function, add a row to the file of its family; its ``example`` is its first test, and its name is known to
the parser, to ``explain``, to completion and to the reference pages from then on."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import MappingProxyType
from typing import TypeVar

from dohyo.plan.functions.model import AggregateFunction, Function, WindowFunction

Row = TypeVar("Row", bound=Function | AggregateFunction | WindowFunction)


def _rows(kind: type[Row]) -> list[Row]:
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "model")
    loaded = [importlib.import_module(f"{__name__}.{name}") for name in modules]
    found: list[object] = [one for module in loaded for one in getattr(module, "ROWS", ())]
    kept: list[Row] = []
    for one in found:
        if isinstance(one, kind):
            kept.append(one)
    return kept


def _table(rows: Iterable[Row]) -> MappingProxyType[str, Row]:
    table: dict[str, Row] = {}
    for row in rows:
        for name in (row.name, *getattr(row, "aliases", ())):
            if name.lower() in table:
                raise ValueError(f"two functions are called {name}")
            table[name.lower()] = row
    return MappingProxyType(table)


#: By lower-cased name and alias.
FUNCTIONS = _table(_rows(Function))
AGGREGATES = _table(_rows(AggregateFunction))
WINDOWS = _table(_rows(WindowFunction))
