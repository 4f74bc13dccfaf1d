"""Which events meet what the texts of their fields tell of a condition (see ``plan.told``). Each test is made of the values of a
column, not of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dohyo.engines.duckdb.texts import TextColumn
from dohyo.plan.expr import Call, Expr, Literal
from dohyo.plan.told import MISSING, subject

_TESTS: dict[str, Callable[[pa.Array, list[str]], pa.Array]] = {
    "=": lambda values, texts: pc.equal(values, texts[0]),
    "in": lambda values, texts: pc.is_in(values, value_set=pa.array(texts)),
    "starts_with": lambda values, texts: pc.starts_with(values, texts[0]),
    "ends_with": lambda values, texts: pc.ends_with(values, texts[0]),
    "has": lambda values, texts: pc.match_substring(values, texts[0]),
    "search": lambda values, texts: pc.match_substring_regex(values, texts[0]),
}
#: A column of no more values than this is tested as a whole, once for all queries.
_WHOLE = 4_000


@dataclass
class Told:
    """``texts``: columns by lower-cased name; of ``others`` nothing is told; further ones no event has."""

    texts: Mapping[str, TextColumn]
    others: Set[str]
    _known: dict[tuple[Call, bool], Any] = field(default_factory=dict)  # test -> for each value whether it meets it

    def met(self, condition: Expr, rows: Any, above: bool = True) -> Any:
        """Which of these rows may meet the condition; not ``above``: which surely meet it."""
        if isinstance(condition, Literal):
            return np.full(len(rows), bool(condition.value))
        assert isinstance(condition, Call)
        if condition.function == "not":
            return ~self.met(condition.args[0], rows, not above)
        if condition.function in ("and", "or"):
            return self._connected(condition, rows, above)
        return self._test(condition, rows, above)

    def _connected(self, condition: Call, rows: Any, above: bool) -> Any:
        """A part is looked at for those rows alone that the parts before it left open."""
        every = condition.function == "and"
        found = np.full(len(rows), every)
        open_ = np.arange(len(rows))
        for part in condition.args:
            met = self.met(part, rows[open_], above)
            found[open_] = met
            open_ = open_[met if every else ~met]
            if not len(open_):
                break
        return found

    def _test(self, test: Call, rows: Any, above: bool) -> Any:
        tested = subject(test)
        name = tested.name.lower() if tested else ""
        if name in self.others:
            return np.full(len(rows), above)
        column = self.texts.get(name)
        if column is None:
            return np.full(len(rows), test.function in MISSING)
        codes = column.codes[rows]
        if test.function in MISSING:
            return codes < 0
        if len(column.values) <= max(_WHOLE, len(rows)):
            return self._of_all(test, column, above)[codes]  # the last one, at -1, is that of no value
        some, places = np.unique(codes, return_inverse=True)
        met = np.zeros(len(some), dtype=bool)
        there = some >= 0
        met[there] = _of_values(test, column, pa.array(some[there]), above)
        return met[places]

    def _of_all(self, test: Call, column: TextColumn, above: bool) -> Any:
        found = self._known.get((test, above))
        if found is None:
            found = self._known[test, above] = np.append(_of_values(test, column, None, above), False)
        return found


def _of_values(test: Call, column: TextColumn, some: pa.Array | None, above: bool) -> Any:
    """Which values (``None``: all) meet a test. Of letters beyond ASCII engines may think otherwise: there it is open."""
    lower = isinstance(test.args[0], Call)
    values = column.lowered if lower else column.values
    if some is not None:
        values = values.take(some)
    texts = [str(a.value) for a in test.args[1:] if isinstance(a, Literal)]
    try:
        met = _TESTS[test.function](values, texts).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:  # a regex that is too large here
        return np.full(len(values), above)
    if lower or test.function == "search":
        plain = pc.string_is_ascii(values).to_numpy(zero_copy_only=False)
        met = np.where(plain, met, above)
    return met
