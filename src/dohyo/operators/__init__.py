"""The operators of the language: one file each. To add an operator, add a file that holds
``OPERATOR = Operator(…)``, and its names to ``FILES``. Nothing else has to be touched."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping

from dohyo.binding.calls import SPECIAL_NAMES
from dohyo.diagnostics import Span
from dohyo.lang.printer import use_stage_printer
from dohyo.lang.tree import Expr, Name, Stage
from dohyo.operators.base import Operator
from dohyo.operators.expression import ExpressionStage
from dohyo.plan.functions import FUNCTIONS

#: Each file, and the names of the operator in it. A query loads the files of its own operators alone.
FILES: dict[str, tuple[str, ...]] = {
    "accum": ("accum",),
    "aggregate": ("avg", "count", "count_distinct", "dcount", "first", "last", "least_recent", "max",
                  "median", "min", "most_recent", "pct", "pct_sampling", "stddev", "sum", "values"),
    "backshift": ("backshift",), "benchmark": ("benchmark",), "bin": ("bin",), "cat": ("cat",), "compare": ("compare",),
    "compose": ("compose",), "count_frequent": ("count_frequent",), "csv": ("csv",), "dedup": ("dedup",),
    "details": ("details",), "diff": ("diff",), "eval": ("eval",), "expression": (), "fields": ("fields",),
    "fillmissing": ("fillmissing",), "filter": ("filter",), "geoip": ("geoip",), "infer": ("infer",), "join": ("join",),
    "json": ("json",), "keyvalue": ("keyvalue", "kv"), "limit": ("limit",), "logcompare": ("logcompare",),
    "logexplain": ("logexplain",), "logreduce": ("logreduce", "summarize"), "lookup": ("lookup",), "merge": ("merge",),
    "outlier": ("outlier",), "parse": ("parse", "parse anchor"), "parse_regex": ("parse regex", "extract"),
    "parse_using": ("parse using",), "parse_xml": ("parse xml",), "predict": ("predict",), "rollingstd": ("rollingstd",),
    "save": ("save",), "sessionize": ("sessionize",), "smooth": ("smooth",), "sort": ("sort", "order"), "split": ("split",),
    "stats": ("stats",), "threatip": ("threatip",), "threatlookup": ("threatlookup",), "timeslice": ("timeslice",),
    "top": ("top",), "topk": ("topk",), "total": ("total",), "trace": ("trace",), "transaction": ("transaction",),
    "transactionize": ("transactionize",), "transpose": ("transpose",), "where": ("where",), "withtime": ("withtime",),
}  # fmt: skip


class Table:
    """All operators; what the parser asks."""

    def __init__(self, files: Mapping[str, tuple[str, ...]]) -> None:
        self._files = files
        self._file_of: dict[str, str] = {}
        for file, names in files.items():
            for name in names:
                if name in self._file_of:
                    raise ValueError(f"two operators are called {name}")
                self._file_of[name] = file
        self._loaded: dict[str, Operator] = {}
        self._by_stage: dict[type[Stage], Operator] = {}
        public = {f.name.lower(): f.name for f in FUNCTIONS.values() if not f.internal}
        aliases = {n for n, f in FUNCTIONS.items() if not f.internal}
        self.functions = frozenset(aliases | SPECIAL_NAMES)
        self.function_names = tuple(sorted(public.values()))

    def _operator(self, file: str) -> Operator:
        if file not in self._loaded:
            found: Operator = importlib.import_module(f"{__name__}.{file}").OPERATOR
            self._loaded[file] = self._by_stage[found.stage] = found
        return self._loaded[file]

    @property
    def operators(self) -> tuple[Operator, ...]:
        """All of them, loaded."""
        return tuple(self._operator(file) for file in self._files)

    @property
    def names(self) -> tuple[str, ...]:
        """All names and aliases."""
        return tuple(self._file_of)

    @functools.cached_property
    def expression_stage(self) -> Callable[[Expr, Name | None, Span], Stage]:
        """Makes the stage of a bare expression."""
        return lambda expr, alias, span: ExpressionStage(expr, alias, span=span)

    def reader(self, words: tuple[str, ...]) -> tuple[Operator, int] | None:
        """The operator whose name these words begin with, longest name first, and how many words its name has."""
        for count in range(len(words), 0, -1):
            file = self._file_of.get(" ".join(words[:count]))
            if file is not None:
                return self._operator(file), count
        return None

    def of(self, stage: Stage) -> Operator:
        """The operator of a stage."""
        if type(stage) not in self._by_stage:  # made by another operator
            self._operator(type(stage).__module__.rpartition(".")[2])
        return self._by_stage[type(stage)]


OPERATORS = Table(FILES)
use_stage_printer(lambda stage: OPERATORS.of(stage).print(stage))
