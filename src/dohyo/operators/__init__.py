"""The operators of the language: one file each. This folder is read once; to add an operator, add a file that
holds ``OPERATOR = Operator(…)``. Nothing else has to be touched."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from types import MappingProxyType

from dohyo.binding.calls import SPECIAL_NAMES
from dohyo.diagnostics import Span
from dohyo.lang.printer import use_stage_printer
from dohyo.lang.tree import Expr, Name, Stage
from dohyo.operators.base import Operator
from dohyo.operators.expression import ExpressionStage
from dohyo.plan.functions import FUNCTIONS

_HELPERS = frozenset({"base", "parsing", "running", "options", "tablejoin", "templates", "jsonfields"})


def _load() -> tuple[Operator, ...]:
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _HELPERS)
    return tuple(importlib.import_module(f"{__name__}.{name}").OPERATOR for name in names)


class Table:
    """All operators; what the parser asks."""

    def __init__(self, operators: tuple[Operator, ...]) -> None:
        self.operators = operators
        by_name: dict[str, Operator] = {}
        for operator in operators:
            for name in operator.names:
                if name in by_name:
                    raise ValueError(f"two operators are called {name}")
                by_name[name] = operator
        self.by_name = MappingProxyType(by_name)
        self._by_stage = {o.stage: o for o in operators}
        public = {f.name.lower(): f.name for f in FUNCTIONS.values() if not f.internal}
        aliases = {n for n, f in FUNCTIONS.items() if not f.internal}
        self.functions = frozenset(aliases | SPECIAL_NAMES)
        self.function_names = tuple(sorted(public.values()))

    @property
    def names(self) -> tuple[str, ...]:
        """All names and aliases."""
        return tuple(self.by_name)

    @functools.cached_property
    def expression_stage(self) -> Callable[[Expr, Name | None, Span], Stage]:
        """Makes the stage of a bare expression."""
        return lambda expr, alias, span: ExpressionStage(expr, alias, span=span)

    def reader(self, words: tuple[str, ...]) -> tuple[Operator, int] | None:
        """The operator whose name these words begin with, longest name first, and how many words its name has."""
        for count in range(len(words), 0, -1):
            operator = self.by_name.get(" ".join(words[:count]))
            if operator is not None:
                return operator, count
        return None

    def of(self, stage: Stage) -> Operator:
        """The operator of a stage."""
        return self._by_stage[type(stage)]


OPERATORS = Table(_load())
use_stage_printer(lambda stage: OPERATORS.of(stage).print(stage))
