"""Logs into a store: read what is new, have it shaped unit by unit, and commit each unit with how far the logs were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from msgspec import Struct, field
from msgspec.structs import replace

from dohyo.engines.duckdb.accounts import why_broken
from dohyo.engines.duckdb.surrogates import MENDED
from dohyo.results import Places
from dohyo.sources.archives import Skipped
from dohyo.sources.found import Found
from dohyo.sources.model import Format, Problem
from dohyo.store.gather import Gathering, Unit
from dohyo.store.log import Change, Conflict, Log, open_log
from dohyo.store.origins import Seen
from dohyo.store.state import Origin, State
from dohyo.store.workshop import Stored, Workshop

_BROKEN_NAMED = 20


class Ingested(Struct):
    """What an ingest did. ``known``: logs of which nothing was new."""

    events: int = 0
    files: int = 0
    bytes_read: int = 0
    known: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    skipped: Skipped = field(default_factory=Skipped)
    inputs: int = 0


def ingest(
    paths: Sequence[str],
    root: str,
    *,
    category: str | None = None,
    threads: int | None = None,
    progress: Callable[[int, int, int], None] | None = None,
    found: Found | None = None,
) -> Ingested:
    """Puts the logs under ``paths`` into the store at ``root``, which is made if it is not there. What is in the store
    already is not read again. ``progress`` is told bytes read, bytes in all, and events stored. ``found``: what is at the paths,
    where that was looked up before. Raises :class:`StoreError` when the store cannot be used."""
    log = open_log(root)
    done = Ingested()
    while True:
        try:
            _Run(log, category, threads, done, progress).run(paths, found)
        except Conflict:  # another writer was quicker with one of the logs: look again at what is new
            continue
        return done


class _Run(Struct):
    log: Log
    category: str | None
    threads: int | None
    done: Ingested
    progress: Callable[[int, int, int], None] | None
    _known: set[int] = field(default_factory=set)  # logs that the store had when this run began
    _own: range = range(0)  # the numbers of this run's logs

    def run(self, paths: Sequence[str], found: Found | None) -> None:
        state = self.log.refresh()
        seen = Seen(dict(state.origins))
        if found is None or not found.take(paths):
            found = Found(paths, lambda log: not seen.unchanged(log))
        self.done.problems, self.done.skipped, self.done.inputs = found.problems, found.skipped, len(found.inputs)
        with closing(found):
            self._read(found, state, seen)

    def _read(self, found: Found, state: State, seen: Seen) -> None:
        inputs = found.inputs
        self._known = set(state.origins)
        numbers = self._reserve(len(inputs)) if not all(map(seen.unchanged, inputs)) else iter(())
        total = sum(i.size or 0 for i in inputs)
        with Workshop(self.log.files, self.category, self.threads) as workshop:
            gathering = Gathering(seen, numbers, self._report, found.apart)
            self.done.known, self.done.empty = gathering.known, gathering.empty
            for stored in workshop.stored(gathering.units(inputs)):
                self._commit(stored)
                if self.progress:
                    self.progress(min(stored.unit.position, total), total, self.done.events)

    def _report(self, problem: Problem) -> None:
        self.done.problems.append(problem)

    def _reserve(self, count: int) -> Iterator[int]:
        """Numbers for so many logs, which no other writer gets."""
        first = 0

        def make(state: State) -> Change:
            nonlocal first
            first = state.reserved
            return Change("RESERVE", reserved=first + count)

        self.log.commit(make)
        self._own = range(first, first + count)
        return iter(self._own)

    def _commit(self, stored: Stored) -> None:
        """Makes the files of a unit visible."""
        unit, written = stored.unit, stored.written
        broken = self._tell_broken(stored)
        self._tell_mended(stored)

        def make(state: State) -> Change:
            self._check(unit, state)
            before = {n: o.broken for n, o in state.origins.items()}
            origins = [replace(o, broken=before.get(n, 0) + broken[n]) for n, o in unit.origins.items()]
            return Change("WRITE", add=written.files, origins=origins, schemas=written.schemas)

        try:
            self.log.commit(make)
        except BaseException:
            stored.remove(self.log.files)
            raise
        self.done.events += sum(f.rows for f in written.files)
        self.done.files += len(written.files)

    def _check(self, unit: Unit, state: State) -> None:
        """Raises :class:`Conflict` when a log was read further, or by somebody else, since this unit was read."""
        for number, origin in unit.origins.items():
            now = state.origins.get(number)
            if (now.count if now else 0) != unit.before[number]:
                raise Conflict
            others = (o for o in state.origins.values() if o.id not in self._known and o.id not in self._own)
            if any(o.head == origin.head for o in others):
                raise Conflict

    def _tell_broken(self, stored: Stored) -> Counter[int]:
        """Counts and names records that are no JSON objects."""
        broken = Counter[int]()
        for text, row_id in (row for table in stored.broken for row in zip(*table.to_pydict().values(), strict=True)):
            number, record = row_id >> Places.BITS, row_id & ((1 << Places.BITS) - 1)
            origin = stored.unit.origins[number]
            broken[number] += 1
            self.done.broken[origin.name] += 1
            if self.done.broken[origin.name] <= _BROKEN_NAMED:
                self.done.problems.append(Problem(origin.name, _where(origin, record), why_broken(text)))
            elif self.done.broken[origin.name] == _BROKEN_NAMED + 1:
                self.done.problems.append(Problem(origin.name, "", "further broken records"))
        return broken

    def _tell_mended(self, stored: Stored) -> None:
        """Names, of each log of a unit, the first record that was not stored as it is."""
        mended: dict[int, list[int]] = {}
        for row_id in stored.mended:
            mended.setdefault(row_id >> Places.BITS, []).append(row_id & ((1 << Places.BITS) - 1))
        for number, records in mended.items():
            origin = stored.unit.origins[number]
            self.done.problems.append(Problem(origin.name, _where(origin, min(records)), MENDED, len(records), mended=True))


def _where(origin: Origin, record: int) -> str:
    return f"{'record' if origin.format == Format.EVTX else 'line'} {record}"
