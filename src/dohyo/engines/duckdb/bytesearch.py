"""Which records hold one of some texts: all records of a batch are searched at once, as bytes, which takes a small part of
what a regex over each of them does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from ahocorasick_rs import BytesAhoCorasick, MatchKind
from msgspec import Struct

#: Up to so many texts a search looks at many bytes at a time; beyond so many searches one over all texts is quicker.
_TOGETHER, _SEARCHES = 60, 4
#: Letters that stand for ASCII ones where case is ignored: K, ſ, İ. They have a search of their own: short texts would slow
#: down the one for the others.
_NEARLY_ASCII = tuple(c.encode() for c in "\u212a\u017f\u0130")


class ByteSearch(Struct, frozen=True):
    """``folded``: the texts are in lower case, and case is ignored; a record with a letter that is nearly an ASCII one counts
    as one that holds a text."""

    searches: tuple[BytesAhoCorasick, ...]
    folded: bool

    @classmethod
    def of(cls, texts: Iterable[str], folded: bool = False) -> ByteSearch:
        """A search for any of these texts, none of them empty."""
        wanted = sorted({t.encode("utf-8", "surrogatepass") for t in texts})
        size = _TOGETHER if len(wanted) <= _TOGETHER * _SEARCHES else len(wanted)
        parts = [wanted[i : i + size] for i in range(0, len(wanted), size)]
        parts += [list(_NEARLY_ASCII)] if folded else []
        return cls(tuple(BytesAhoCorasick(part, matchkind=MatchKind.LeftmostFirst) for part in parts), folded)

    def held(self, records: pa.StringArray) -> Any:
        """For each record whether it holds one of the texts."""
        found = np.zeros(len(records), dtype=bool)
        _, places, text = records.buffers()
        if text is None or not len(records):
            return found
        offsets = np.frombuffer(places, np.int32)[records.offset : records.offset + len(records) + 1]
        data: bytes | memoryview = memoryview(text).cast("B")[offsets[0] : offsets[-1]]
        data = bytes(data).lower() if self.folded else data
        for search in self.searches:
            if matches := search.find_matches_as_indexes(data):
                _, starts, ends = np.array(matches).T
                rows = np.searchsorted(offsets - offsets[0], [starts, ends - 1], side="right") - 1
                for first, last in rows.T.tolist():  # one that reaches into the next records may hide one in them
                    found[first : last + 1] = True
        return found
