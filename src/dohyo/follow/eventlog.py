"""A Windows event log that grows: its chunks are looked at when it changes, and new are the records with higher ids.

A full log goes on in its first chunk, so the order of the chunks is that of their ids."""

from __future__ import annotations

from typing import BinaryIO

from msgspec.structs import replace

from dohyo.follow.discover import Found
from dohyo.follow.life import Life
from dohyo.follow.model import Portion, Report
from dohyo.follow.place import Place
from dohyo.follow.tail import opened, stamp_of
from dohyo.sources.model import Chunk, Format, Input, Problem
from dohyo.sources.readers.evtx import chunks
from dohyo.sources.readers.evtx_chunks import CHUNK, CHUNK_HEADER, FILE_HEADER, last_record, records_in
from dohyo.sources.readers.tally import Tally

#: Damage in a chunk that changed within so many seconds may be a record that is being written.
_SETTLED = 1.0
#: Records that a chunk may hold beyond what its header says.
_UNTOLD = 1_000


class EventLog(Life):
    """One life of an event log."""

    def __init__(self, found: Found, place: Place, report: Report) -> None:
        super().__init__(found, replace(place, format=Format.EVTX.value), report)
        self._heads: dict[int, bytes] = {}  # chunk -> its header when it was read
        self._told: set[Problem] = set()
        self._todo: list[int] = []  # chunks to read, in the order of their records

    @property
    def waiting(self) -> int:
        """Bytes that were not yet read."""
        return len(self._todo) * CHUNK

    def look(self, now: float) -> bool:
        """Looks which chunks changed. False when the log was cleared. Raises ``OSError``."""
        stamp = stamp_of(self.found, self._stream)
        if stamp == self._stamp:
            return True
        self._stamp, self.changed = stamp, now
        heads = self._chunk_heads(stamp[0])
        highest = max(heads, key=lambda n: last_record(heads[n]) or 0, default=0)
        top = last_record(heads[highest]) or 0 if heads else 0
        shrank = stamp[0] < self.place.offset
        if top and (top + _UNTOLD < self.place.last_id or (shrank and top < self.place.last_id)):
            return False
        self.place = replace(self.place, offset=stamp[0])
        open_ones = {highest, highest + 1}  # their headers may be older than their records
        todo = [n for n, head in heads.items() if n in open_ones or (self._heads.get(n) != head and self._newer(head))]
        self._todo = sorted(todo, key=lambda n: (last_record(heads[n]) or 1 << 63, n))
        return True

    def _newer(self, head: bytes) -> bool:
        last = last_record(head)
        return last is None or last > self.place.last_id

    def _chunk_heads(self, size: int) -> dict[int, bytes]:
        stream, heads = self._opened(), {}
        for number in range(max(0, -(-(size - FILE_HEADER) // CHUNK))):
            stream.seek(FILE_HEADER + number * CHUNK)
            heads[number] = stream.read(CHUNK_HEADER)
        return heads

    def take(self, most: int, now: float) -> Portion | None:
        """The records that came since the last time. Raises ``OSError``."""
        chunks: list[Chunk] = []
        taken = 0
        while self._todo and taken < most:
            found = self._chunk(self._todo[0], now)
            if found is None:
                break
            self._todo.pop(0)
            chunks += found
            taken += CHUNK
        return Portion(Input(self.name, Format.EVTX, self._opened), taken, self.thread, chunks) if chunks else None

    def _chunk(self, number: int, now: float) -> list[Chunk] | None:
        """The new records of a chunk; ``None`` when it seems to be in the middle of being written."""
        stream, at = self._opened(), FILE_HEADER + number * CHUNK
        stream.seek(at)
        block = stream.read(CHUNK)
        problems: list[Problem] = []
        tally = Tally(self.name, problems.append)
        parsed = [p.newer(self.place.last_id) for p in records_in(block, at, tally)]
        tally.tell()
        if problems and now - self.changed < _SETTLED:
            return None
        if any(p.texts for p in parsed):
            self.place = replace(self.place, last_id=max(i for p in parsed for i in p.ids))
        self._tell(problems)
        self._heads[number] = block[:CHUNK_HEADER]
        return [c for p in parsed for c in chunks(p, at + len(block))]

    def _tell(self, problems: list[Problem]) -> None:
        """Tells of damage once: a chunk that is not full is read again and again."""
        for problem in problems:
            if problem not in self._told:
                self._told.add(problem)
                self._report(problem)

    def _opened(self) -> BinaryIO:
        if self._stream is None:
            self._stream = opened(self.found)
        return self._stream

    def close(self) -> None:
        """Closes the file; it is opened again when needed."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
