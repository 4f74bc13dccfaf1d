"""Which events hold which texts. A column's values repeat, so each is kept once and searched once for all texts that are looked
for in it; the raw events do not, so they are searched one by one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ahocorasick_rs import AhoCorasick
from msgspec import Struct, field

#: How many raw events are looked at at a time.
_TOGETHER = 20_000
_NO_ROWS = np.zeros(0, dtype=np.int32)


class TextColumn(Struct, dict=True):
    """A column of texts. ``values``: each value once; ``codes``: for each row the number of its value, -1 where there is
    none."""

    values: pa.StringArray
    codes: Any
    _hits: dict[str, Any] = field(default_factory=dict)  # text -> numbers of the values that hold it

    @classmethod
    def of(cls, parts: Sequence[pa.DictionaryArray]) -> TextColumn:
        """The column whose batches were encoded one by one."""
        whole = pa.chunked_array(parts).unify_dictionaries()
        codes = [c.indices.fill_null(-1).to_numpy(zero_copy_only=False) for c in whole.chunks]
        return cls(whole.chunk(0).dictionary, np.concatenate(codes).astype(np.int32, copy=False))

    @functools.cached_property
    def lowered(self) -> pa.StringArray:
        """The values in lower case."""
        return pc.utf8_lower(self.values)

    @functools.cached_property
    def whole(self) -> pa.StringArray:
        """The column as it was."""
        return self.at(slice(None))

    def at(self, rows: Any) -> pa.StringArray:
        """The values of these rows."""
        codes = self.codes[rows]
        return self.values.take(pa.array(codes, mask=codes < 0))

    @functools.cached_property
    def _by_value(self) -> tuple[Any, Any]:
        """The rows, those of one value together, and where each value's rows begin."""
        order = np.argsort(self.codes, kind="stable").astype(np.int32)
        return order, np.searchsorted(self.codes[order], np.arange(len(self.values) + 1))

    def find(self, texts: tuple[str, ...]) -> dict[str, int]:
        """Looks for these lower-cased texts in all values; gives how many rows hold each that is there."""
        matches = _matches(self.lowered, texts)
        values = np.repeat(np.arange(len(matches)), [len(m) for m in matches])
        found = np.fromiter((text for m in matches for text in m), np.int64, len(values))
        order = np.argsort(found, kind="stable")
        there, starts = np.unique(found[order], return_index=True)
        parts = np.split(values[order], starts[1:]) if len(there) else []
        self._hits = dict(zip((texts[i] for i in there.tolist()), parts, strict=True))
        rows = np.bincount(self.codes + 1, minlength=len(self.values) + 1)[1:]
        counts = np.bincount(found, weights=rows[values], minlength=1)
        return dict(zip(self._hits, counts[there].astype(int).tolist(), strict=True))

    def rows(self, text: str) -> Any:
        """The rows that hold a text."""
        order, starts = self._by_value
        parts = [order[starts[v] : starts[v + 1]] for v in self._hits.get(text, ())]
        return np.concatenate(parts) if parts else _NO_ROWS


def raw_rows(column: pa.ChunkedArray, texts: tuple[str, ...], rows: Any) -> dict[str, Any]:
    """Which of these rows have a raw event that holds each of these lower-cased texts; those that none has are left out."""
    found: dict[int, list[int]] = {}
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        values = column.take(pa.array(some)).combine_chunks()
        for row, matches in zip(some.tolist(), _matches(pc.utf8_lower(values), texts), strict=True):
            for text in matches:
                found.setdefault(text, []).append(row)
    return {texts[text]: np.array(at, dtype=np.int32) for text, at in found.items()}


def _matches(values: pa.Array, texts: tuple[str, ...]) -> list[set[int]]:
    """For each value the numbers of the texts that it holds."""
    find = _matcher(texts).find_matches_as_indexes
    return [{m[0] for m in find(v, overlapping=True)} if v else set() for v in values.to_pylist()]


@functools.lru_cache(512)
def _matcher(texts: tuple[str, ...]) -> AhoCorasick:
    """The same texts are looked for in one slice of the events after another."""
    return AhoCorasick(texts)
