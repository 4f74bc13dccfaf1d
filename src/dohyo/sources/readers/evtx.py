"""Windows event logs: chunks of records as Arrow arrays (see ``evtx_chunks``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from dohyo.sources.limits import LIMITS, Limits
from dohyo.sources.model import Chunk, Input, Problem
from dohyo.sources.readers.evtx_chunks import CHUNK, FILE_HEADER, LARGEST_ID, TOGETHER, Parsed, records_in
from dohyo.sources.readers.safely import Safely
from dohyo.sources.readers.tally import Tally

_BATCH = 4000


def read_evtx(source: Input, report: Callable[[Problem], None], limits: Limits = LIMITS) -> Iterator[Chunk]:
    """The records of ``source`` as JSON text with their record ids. Damaged records and chunks are reported."""
    tally = Tally(source.name, report)
    with Safely(source, report) as stream:
        if 0 < len(stream.full(FILE_HEADER)) < FILE_HEADER:
            tally.add("", "the log is cut off within its header")
        at = FILE_HEADER
        while block := stream.full(TOGETHER * CHUNK):
            for parsed in records_in(block, at, tally):
                yield from chunks(parsed, stream.position)
            at += len(block)
    tally.tell()


def chunks(parsed: Parsed, position: int) -> Iterator[Chunk]:
    """The records as chunks."""
    for start in range(0, len(parsed.texts), _BATCH):
        end = start + _BATCH
        yield Chunk(_strings(parsed.texts[start:end]), _numbers(parsed.ids[start:end]), position)


def _numbers(ids: list[int]) -> pa.Int64Array:
    try:
        return pa.array(ids, pa.int64())
    except OverflowError:  # a damaged id, no log has so many records
        return pa.array([min(number, LARGEST_ID) for number in ids], pa.int64())


def _strings(texts: list[str]) -> pa.StringArray:
    """The texts, encoded here: Arrow would have each that is not all ASCII keep a second copy of itself."""
    try:
        encoded = [text.encode() for text in texts]
    except UnicodeEncodeError:  # half of a surrogate pair in a damaged record
        encoded = [text.encode("utf-8", "replace") for text in texts]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int32)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)))
