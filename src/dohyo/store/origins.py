"""Which logs were read before, told by what is in them: a copy under another name is not read again, and a log that grew
goes on where it stopped.

An origin remembers how many of a log's records are in the store and a digest of their text. A log whose first record is
known is read through once, without shaping anything: where its digest meets a remembered one, the records up to there are
known. A file of the same name, size and time as when all of it was read is not even opened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from msgspec import Struct

from dohyo.sources.model import Chunk, Format, Input
from dohyo.store.stamps import unchanged
from dohyo.store.state import Origin


class Digest:
    """A digest of records as they come. ``lines``: each is a line, the last one perhaps not ended yet, which is the same line."""

    def __init__(self, lines: bool) -> None:
        self._hash = hashlib.sha256()
        self._lines, self._open = lines, False
        self.head = self.tail = ""
        self.count = 0

    def take(self, raw: pa.StringArray) -> None:
        """Takes in some records."""
        if not len(raw):
            return
        if not self.count:
            self.head = digest_of(raw[0], self._lines)
        offsets = np.frombuffer(raw.buffers()[1], dtype=np.int32, count=len(raw) + 1, offset=raw.offset * 4)
        self.tail = digest_of(raw[-1], self._lines)
        self._open = self._lines and not is_ended(raw[-1])
        self._hash.update(memoryview(raw.buffers()[2])[offsets[0] : offsets[-1]])
        self.count += len(raw)

    @property
    def text(self) -> str:
        """The digest so far."""
        found = self._hash.copy()
        found.update(b"\n" if self._open else b"")
        return found.hexdigest()


class Seen(Struct):
    """The origins of a store, to look logs up in."""

    origins: dict[int, Origin]

    def unchanged(self, source: Input) -> bool:
        """True when a file of this name, size and time was read to its end."""
        return unchanged(source, self.origins.values())

    def match(self, source: Input, chunks: Iterable[Chunk]) -> tuple[Origin | None, bool]:
        """The origin that this log is a copy of, or goes on from, and whether it has more records than that. Reads no
        further than it must."""
        lines = is_lines(source)
        digest, wanted, best, more = Digest(lines), None, None, False
        for chunk in chunks:
            raw = chunk.raw
            if wanted is None and len(raw):
                wanted = self.beginning(digest_of(raw[0], lines))
            while wanted and digest.count + len(raw) >= wanted[0].count:
                origin = wanted.pop(0)
                at = origin.count - digest.count
                digest.take(raw.slice(0, at))
                raw = raw.slice(at)
                if digest.text == origin.digest:
                    best, more = origin, False
            more = more or len(raw) > 0
            if wanted is not None and not wanted and more:
                break
            digest.take(raw)
        # what was read to its end and is still there is another log; one that was not may be a copy of this one
        if best is not None and more and best.name != source.name and best.stamp is not None and not gone(best):
            return None, True
        return best, more

    def overlap(self, source: Input, chunks: Iterable[Chunk]) -> int:
        """How many records at the beginning of an event log are known from what the log held before: Windows writes over the
        oldest ones when a log is full. Records keep their numbers."""
        former = {o.last: o.tail for o in self.origins.values() if o.name == source.name and o.format == source.format}
        seen = found = 0
        for chunk in chunks if former else ():
            numbers = chunk.records.to_numpy()
            for at in np.flatnonzero(np.isin(numbers, list(former))).tolist():
                if digest_of(chunk.raw[at], lines=False) == former[int(numbers[at])]:
                    found = seen + at + 1
            seen += len(numbers)
        return found

    def beginning(self, head: str) -> list[Origin]:
        """The origins that begin with the same record, those of the fewest records first."""
        return sorted((o for o in self.origins.values() if o.head == head and o.count), key=lambda o: o.count)


def digest_of(text: pa.StringScalar, lines: bool) -> str:
    """The digest of one record. ``lines``: of a line, ended or not."""
    end = "\n" if lines and not is_ended(text) else ""
    return hashlib.sha256((text.as_py() + end).encode("utf-8", "surrogatepass")).hexdigest()


def is_lines(source: Input) -> bool:
    """True for a log whose records are lines as they stand in it."""
    return source.format is Format.NDJSON


def is_ended(text: pa.StringScalar) -> bool:
    """True for a line with its end."""
    return bool(text.as_py().endswith("\n"))


def gone(origin: Origin) -> bool:
    """True when the file of an origin is no longer at its place, or begins anew there: it was moved away."""
    try:
        size = Path(origin.name.split("!")[0]).stat().st_size
    except OSError:
        return True
    return origin.stamp is not None and size < origin.stamp[0]
