"""Which events hold which texts. A column's values repeat, so each is searched once for all texts that are looked for in it;
the raw events do not, so they are searched one by one."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ahocorasick_rs import AhoCorasick

#: How many raw events are looked at at a time.
_TOGETHER = 20_000


@dataclass
class TextColumn:
    """A column of texts, each value once. ``codes``: for each row the number of its value, -1 where there is none."""

    column: pa.ChunkedArray
    _hits: dict[str, list[int]] = field(default_factory=dict)  # text -> numbers of the values that hold it

    @functools.cached_property
    def _encoded(self) -> tuple[pa.Array, Any]:
        found = self.column.dictionary_encode().unify_dictionaries()
        if not found.num_chunks:
            return pa.array([], pa.string()), np.zeros(0, dtype=np.int32)
        codes = [c.indices.fill_null(-1).to_numpy(zero_copy_only=False) for c in found.chunks]
        return found.chunk(0).dictionary, np.concatenate(codes).astype(np.int32)

    @property
    def codes(self) -> Any:
        """For each row the number of its value, -1 where there is none."""
        return self._encoded[1]

    @functools.cached_property
    def _by_value(self) -> tuple[Any, Any]:
        """The rows, those of one value together, and where each value's rows begin."""
        values, codes = self._encoded
        order = np.argsort(codes, kind="stable").astype(np.int32)
        return order, np.searchsorted(codes[order], np.arange(len(values) + 1))

    def find(self, texts: list[str]) -> None:
        """Looks for these lower-cased texts in all values."""
        for number, matches in enumerate(_matches(pc.utf8_lower(self._encoded[0]), texts)):
            for text in matches:
                self._hits.setdefault(texts[text], []).append(number)

    def count(self, text: str) -> int:
        """How many rows hold a text."""
        starts = self._by_value[1]
        return int(sum(starts[v + 1] - starts[v] for v in self._hits.get(text, ())))

    def rows(self, text: str) -> Any:
        """The rows that hold a text."""
        order, starts = self._by_value
        parts = [order[starts[v] : starts[v + 1]] for v in self._hits.get(text, ())]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)


def raw_rows(column: pa.ChunkedArray, texts: list[str], rows: Any) -> dict[str, Any]:
    """Which of these rows have a raw event that holds each of these lower-cased texts."""
    found: list[list[int]] = [[] for _ in texts]
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        values = column.take(pa.array(some)).combine_chunks()
        for row, matches in zip(some.tolist(), _matches(pc.utf8_lower(values), texts), strict=True):
            for text in matches:
                found[text].append(row)
    return {t: np.array(at, dtype=np.int64) for t, at in zip(texts, found, strict=True)}


def _matches(values: pa.Array, texts: list[str]) -> list[set[int]]:
    """For each value the numbers of the texts that it holds."""
    find = AhoCorasick(texts).find_matches_as_indexes
    return [{m[0] for m in find(v, overlapping=True)} if v else set() for v in values.to_pylist()]
