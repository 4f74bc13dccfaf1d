"""Which events meet what the texts of their fields tell of a condition (see ``plan.told``). Each test is made of the values of a
column, not of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field

from dohyo.engines.duckdb.texts import TextColumn
from dohyo.plan.expr import Call, Expr, Literal
from dohyo.plan.told import MISSING, subject

#: Which of many values meet a test with one text.
_TESTS: dict[str, Callable[[pa.Array, str], pa.Array]] = {
    "=": pc.equal,
    "in": pc.equal,
    "starts_with": pc.starts_with,
    "ends_with": pc.ends_with,
    "has": pc.match_substring,
    "search": pc.match_substring_regex,
}
#: Whether one value meets a test with any of the texts.
_ANY: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "=": lambda value, texts: value in texts,
    "in": lambda value, texts: value in texts,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "has": lambda value, texts: any(text in value for text in texts),
}
#: Up to so many values are looked at one by one.
_FEW = 300
#: A column of no more values than this, or than there are rows, is tested as a whole, once for all queries.
_WHOLE = 200


class Told(Struct):
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
    texts = tuple(str(a.value) for a in test.args[1:] if isinstance(a, Literal))
    try:
        met = _meeting(test.function, values, texts)
    except pa.ArrowInvalid:  # a regex that is too large here
        return np.full(len(values), above)
    if lower or test.function == "search":
        plain = pc.string_is_ascii(values).to_numpy(zero_copy_only=False)
        met = np.where(plain, met, above)
    return met


def _meeting(function: str, values: pa.Array, texts: tuple[str, ...]) -> Any:
    """Which values meet a test with one of these texts."""
    one = _ANY.get(function)
    if one is not None and len(values) <= _FEW:
        return np.fromiter((one(value, texts) for value in values.to_pylist()), bool, len(values))
    if function == "in":
        return pc.is_in(values, value_set=pa.array(texts)).to_numpy(zero_copy_only=False)
    test = _TESTS[function]
    return np.logical_or.reduce([test(values, text).to_numpy(zero_copy_only=False) for text in texts])
