"""Shapes units of records and writes their data files, several at a time. A unit is shaped by one thread from its text to its
files, for almost all of the work is done outside the interpreter; what comes of the units is given in their order."""

from __future__ import annotations

import os
import queue
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field

from dohyo.engines.duckdb.connect import connect
from dohyo.engines.duckdb.surrogates import repaired
from dohyo.store.files import Files
from dohyo.store.gather import Unit
from dohyo.store.unit import Shaper
from dohyo.store.values import RECORDS, Memory, Statements, whole
from dohyo.store.write import Written, write_parts
from dohyo.switching import quick_switches

#: So many units are shaped at the same time; each takes up to 200 MB.
_BENCHES = 2
#: For the engine of each; beyond it, it spills to disk.
_MEMORY = "400MB"


class Stored(Struct):
    """A unit whose data files are written, but that no commit names yet. ``broken``: its records that are no JSON objects;
    ``mended``: the ids of those that a small repair made JSON."""

    unit: Unit
    written: Written = field(default_factory=Written)
    broken: list[pa.Table] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)

    def remove(self, files: Files) -> None:
        """Removes the files."""
        for file in self.written.files:
            files.remove(file.path)


class Workshop:
    """Some threads, each with an engine of its own and what it has learned about the logs."""

    def __init__(self, files: Files, category: str | None, threads: int | None) -> None:
        self.files, self.category = files, category
        cores = threads or os.cpu_count() or 1
        count = min(_BENCHES, cores)
        self._free: queue.SimpleQueue[_Bench] = queue.SimpleQueue()
        for _ in range(count):
            self._free.put(_Bench(files, category, max(1, cores // count)))
        self._most = count + 1  # one waits, so that nobody does
        self._pool = ThreadPoolExecutor(count, "dohyo-store")
        self._pending: deque[Future[Stored]] = deque()

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Files of units that were not given are removed."""
        for future in self._pending:
            future.cancel()
        self._pool.shutdown()
        for future in self._pending:
            if not future.cancelled() and future.exception() is None:
                future.result().remove(self.files)

    def stored(self, units: Iterable[Unit]) -> Iterator[Stored]:
        """The units in their order, with their files written. The next ones are read and shaped meanwhile."""
        with quick_switches():
            for unit in units:
                self._pending.append(self._pool.submit(self._shape, unit))
                if len(self._pending) >= self._most:
                    yield self._next()
            while self._pending:
                yield self._next()

    def _next(self) -> Stored:
        stored = self._pending[0].result()
        self._pending.popleft()
        return stored

    def _shape(self, unit: Unit) -> Stored:
        bench = self._free.get()
        try:
            return bench.shape(unit)
        finally:
            self._free.put(bench)


class _Bench:
    """What one thread works with: its shapers by the guess of the records' shapes."""

    def __init__(self, files: Files, category: str | None, threads: int) -> None:
        self.files, self.category = files, category
        self.statements = Statements(connect(threads, _MEMORY))
        self.shapers: dict[tuple[str, ...], Shaper] = {}
        self.memory = Memory()

    def shape(self, unit: Unit) -> Stored:
        """Shapes a unit and writes its files."""
        stored = Stored(unit)
        try:
            for guess in list(unit.records):
                self._one(self._together(unit.records.pop(guess)), guess, stored)
        except BaseException:
            stored.remove(self.files)
            raise
        return stored

    def _together(self, batches: list[pa.RecordBatch]) -> pa.Table:
        """The records in one piece."""
        self.memory.begin(sum(batch.nbytes for batch in batches))
        for batch in batches:
            self.memory.add(batch["raw"])
        return pa.table([self.memory.texts(), pa.concat_arrays([b["row_id"] for b in batches])], schema=RECORDS)

    def _one(self, records: pa.Table, guess: tuple[str, ...], stored: Stored) -> None:
        if guess not in self.shapers:
            self.shapers[guess] = Shaper(guess, self.statements, self.category)
        shaper = self.shapers[guess]
        facts = shaper.facts(records)
        records, tried = _mended(records, facts.broken)
        if tried.true_count:
            facts = shaper.facts(records)
            stored.mended += records["row_id"].filter(pc.and_not(tried, facts.broken)).to_pylist()
        stored.broken.append(records.filter(facts.broken))
        parts = shaper.parts(facts, records)
        if not parts:
            return
        fields = shaper.fields(facts, parts)
        write_parts(self.files, parts, fields, records, stored.written)


def _mended(records: pa.Table, broken: pa.BooleanArray) -> tuple[pa.Table, pa.BooleanArray]:
    """The records with a small repair in those of the broken ones that it may make JSON, and which these are."""
    if not broken.true_count:
        return records, broken
    raw = whole(records["raw"])
    found, changed = repaired(raw.filter(broken))
    tried = pc.replace_with_mask(broken, broken, changed)
    raw = pc.replace_with_mask(raw, tried, found.filter(changed))
    return records.set_column(0, RECORDS.field("raw"), raw), tried
