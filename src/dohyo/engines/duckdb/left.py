"""Records that no guessed shape took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

#: Records as statements over text read them.
RECORDS = pa.schema([("raw", pa.string()), ("row_id", pa.int64())])
_LEFT_ROWS = 20_000


class Left:
    """Records that no guessed shape took: ``parts`` are to be read again, ``broken`` are no JSON objects."""

    def __init__(self) -> None:
        self.parts: list[tuple[Any, Any]] = []
        self.broken: list[tuple[Any, Any]] = []

    @property
    def count(self) -> int:
        """How many are to be read again."""
        return sum(len(texts) for texts, _ in self.parts)

    def take(self, batch: pa.RecordBatch) -> None:
        """Keeps the records of a batch that have no shape."""
        none = batch.column("__shape").to_numpy(zero_copy_only=False) == 0
        if not none.any():
            return
        broken = none & batch.column("__broken").to_numpy(zero_copy_only=False).astype(bool)
        for wanted, parts in ((pa.array(none & ~broken), self.parts), (pa.array(broken), self.broken)):
            texts = batch.column("__left").filter(wanted)
            if len(texts):
                parts.append((texts, batch.column("row_id").filter(wanted)))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The records to read again, in order."""
        for texts, ids in self.parts:
            for start in range(0, len(texts), _LEFT_ROWS):
                yield pa.record_batch([texts.slice(start, _LEFT_ROWS), ids.slice(start, _LEFT_ROWS)], schema=RECORDS)
