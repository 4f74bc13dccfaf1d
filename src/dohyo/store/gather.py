"""Reads logs as units of raw records, each with how far every log is read when the unit is in the store."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow as pa
from msgspec import Struct, field
from msgspec.structs import replace

from dohyo.results import Places
from dohyo.sources.model import Chunk, Format, Input, Problem
from dohyo.sources.readers import READERS
from dohyo.sources.readers.evtx_apart import Apart
from dohyo.sources.shapes.recognise import recognise
from dohyo.store.columnar import read_rows
from dohyo.store.origins import Digest, Seen, digest_of, gone, is_ended, is_lines
from dohyo.store.stamps import stamp_of
from dohyo.store.state import Origin
from dohyo.store.values import RECORDS

#: So much text is shaped at a time. Four units are in memory at once: one that is read, one that waits, two that are shaped.
#: Larger ones make larger files, but memory that is used for the first time costs a second for each gigabyte.
UNIT_BYTES = 36 << 20
_PEEK, _SPREAD = 50, 100
#: Why a last line is not read.
_CUT = "is not all there yet; it is read once the log has gone on"
#: Formats whose records are always of one shape.
_FIXED = {Format.EVTX: "evtx", Format.XML: "evtx"}


class Unit(Struct):
    """Raw records by the guess of their shapes; ``origins``: how far the logs are read with this unit; ``before``: how far
    they were read without it (0: not at all)."""

    records: dict[tuple[str, ...], list[pa.RecordBatch]] = field(default_factory=dict)
    origins: dict[int, Origin] = field(default_factory=dict)
    before: dict[int, int] = field(default_factory=dict)
    size: int = 0
    position: int = 0  # bytes of all inputs read so far


class Gathering(Struct):
    """One reading of logs for a store. ``numbers``: the numbers that new logs get; ``apart``: parses event logs in processes
    of their own."""

    seen: Seen
    numbers: Iterator[int]
    report: Callable[[Problem], None]
    apart: Apart
    known: list[str] = field(default_factory=list)  # logs of which nothing was new
    empty: list[str] = field(default_factory=list)
    _unit: Unit = field(default_factory=Unit)
    _done: int = 0

    def units(self, inputs: Iterable[Input]) -> Iterator[Unit]:
        """The records of all inputs that the store does not have."""
        for source in inputs:
            yield from self._one(source)
            self._done += source.size or 0
        if self._unit.origins:
            yield self._next()

    def _next(self) -> Unit:
        unit, self._unit = self._unit, Unit()
        unit.position = self._done
        return unit

    def _one(self, source: Input) -> Iterator[Unit]:
        if source.format in (Format.EMPTY, Format.STORE):
            self.empty.append(source.name)
            return
        if self.seen.unchanged(source):
            self.known.append(source.name)
            return
        stamp = stamp_of(source)  # before it is read: what is written meanwhile is looked at the next time
        held = _Held(self.report)
        chunks = self._chunks(source, held)
        first = next((c for c in chunks if len(c.raw)), None)
        begun = chain([first] if first else (), chunks)
        if source.once or first is None or not self.seen.beginning(digest_of(first.raw[0], is_lines(source))):
            held.release()  # nothing known begins so: what was begun is read on
            yield from self._read(source, None, self._overlap(source), stamp, begun)
            return
        old, more = self.seen.match(source, begun)
        if old is not None and not more:
            self.known.append(source.name)
            held.release(_CUT)
            if old.name == source.name:
                self._note(replace(old, stamp=stamp), old.count)
            return
        known = old.count if old else self._overlap(source)
        yield from self._read(source, old, known, stamp, self._chunks(source, self.report))

    def _overlap(self, source: Input) -> int:
        if source.format is not Format.EVTX:
            return 0
        return self.seen.overlap(source, self._chunks(source, _ignore))

    def _chunks(self, source: Input, report: Callable[[Problem], None]) -> Iterator[Chunk]:
        reader = read_rows if source.format is Format.PARQUET else READERS[source.format]
        chunks = self.apart.chunks(source, report) or reader(source, report)
        return _written(chunks, source, report) if is_lines(source) else chunks

    def _note(self, origin: Origin, before: int) -> None:
        self._unit.origins[origin.id] = origin
        self._unit.before.setdefault(origin.id, before)
        self.seen.origins[origin.id] = origin

    def _read(
        self, source: Input, old: Origin | None, known: int, stamp: tuple[int, int] | None, chunks: Iterable[Chunk]
    ) -> Iterator[Unit]:
        """The records after the first ``known``."""
        number = old.id if old else next(self.numbers)
        name = source.name if old is None or gone(old) else old.name
        digest, last, committed = Digest(is_lines(source)), 0, old.count if old else 0
        guess: tuple[str, ...] = (_FIXED[source.format],) if source.format in _FIXED else ()

        def so_far(stamp: tuple[int, int] | None) -> Origin:
            return Origin(number, name, source.format.value, digest.count, 0, digest.head, digest.text, stamp, last, digest.tail)

        for chunk in chunks:
            fresh = max(0, known - digest.count)
            digest.take(chunk.raw)
            raw, records = chunk.raw.slice(fresh), chunk.records.slice(fresh)
            if not len(raw):
                continue
            guess = guess or guessed(raw)
            last = records[-1].as_py()
            ids = pa.array(records.to_numpy() + (number << Places.BITS))
            self._unit.records.setdefault(guess, []).append(pa.record_batch([raw, ids], schema=RECORDS))
            self._unit.size += raw.nbytes
            if self._unit.size >= UNIT_BYTES:
                self._note(so_far(None), committed)
                committed = digest.count
                self._done, kept = self._done + chunk.position, self._done
                yield self._next()
                self._done = kept
        if digest.count > known or old is None:
            self._note(so_far(stamp), committed)


def _written(chunks: Iterable[Chunk], source: Input, report: Callable[[Problem], None]) -> Iterator[Chunk]:
    """Without a last line that is neither ended nor JSON: whoever writes the log has not written all of it yet."""
    for chunk in chunks:
        if len(chunk.raw) and not is_ended(chunk.raw[-1]) and _is_cut(chunk.raw[-1].as_py()):
            where = f"line {chunk.records[-1].as_py()}"
            report(Problem(source.name, where, _CUT))
            chunk = Chunk(chunk.raw[:-1], chunk.records[:-1], chunk.position)
        if len(chunk.raw):
            yield chunk


def _is_cut(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return True
    except RecursionError:  # it is no record anyway
        return False
    return False


def guessed(raw: pa.StringArray) -> tuple[str, ...]:
    """The shapes of some records: the first ones, and further ones from all over."""
    step = max(1, len(raw) // _SPREAD)
    places = sorted({*range(min(_PEEK, len(raw))), *range(0, len(raw), step)})
    found: Counter[str] = Counter()
    for text in raw.take(pa.array(places, pa.int64())).to_pylist():
        try:
            record: Any = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            found[recognise(record).name] += 1
    return tuple(sorted(found)) or ("generic",)


class _Held:
    """Holds problems back until it is clear that the reading that met them counts."""

    def __init__(self, report: Callable[[Problem], None]) -> None:
        self._report = report
        self._waiting: list[Problem] | None = []

    def __call__(self, problem: Problem) -> None:
        if self._waiting is None:
            self._report(problem)
        else:
            self._waiting.append(problem)

    def release(self, reason: str = "") -> None:
        """Tells them, and further ones at once. ``reason``: only those of this reason, and none later."""
        waiting, self._waiting = self._waiting or [], [] if reason else None
        for problem in waiting:
            if reason in ("", problem.reason):
                self._report(problem)


def _ignore(problem: Problem) -> None:
    """For a reading whose problems are told at another one."""
