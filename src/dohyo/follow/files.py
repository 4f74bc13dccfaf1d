"""Files and folders that grow: new files, rotation (renamed, copied and cut, compressed), truncation, removal."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from msgspec import Struct, field

from dohyo.follow.discover import Found, Key, files, found_at, related, siblings
from dohyo.follow.eventlog import EventLog
from dohyo.follow.model import Behind, Portion, Report
from dohyo.follow.place import Place
from dohyo.follow.tail import FOLLOWED, MAY_HOLD, SETTLED, Tail, begun, opened
from dohyo.follow.whole import Whole
from dohyo.sources.archives import Skipped
from dohyo.sources.detect import detect
from dohyo.sources.limits import HEAD
from dohyo.sources.model import Format, Problem
from dohyo.sources.streams import problem_of

#: A file that was renamed to a name that is not followed is looked at until it did not grow for so many seconds; one that was
#: removed, too, but its space is held as long.
_LINGER, _REMOVED = 600.0, 10.0
#: A file of which nothing can be told is no log when it did not change for so many seconds.
_UNKNOWN = 5.0
#: Of so many files that are gone it is remembered what was read.
_REMEMBERED = 200
#: So many files at most stay open.
_OPEN = 200
_SKIPPED_AT_ONCE = 64 << 20
_NAMED = 5
#: Looking for files may take this share of the time.
_SHARE = 0.05

Growing = Tail | EventLog


class Gone(Struct):
    """What was read of a file that is no more, or begins anew: a copy of it may turn up."""

    path: str
    place: Place


class Files(Struct):
    """The files under some paths. ``report``: gets what cannot be read. ``ours``: files that we write (absolute paths)."""

    paths: Sequence[str]
    report: Report
    ours: frozenset[str] = frozenset()
    finished: ClassVar[bool] = False
    skipped: Skipped = field(default_factory=Skipped)
    _tails: dict[Key, Growing] = field(default_factory=dict)
    _copies: dict[Key, Key] = field(default_factory=dict)  # of a file -> the file that it is a copy of
    _wholes: dict[Key, Whole] = field(default_factory=dict)
    _unknown: dict[Key, tuple[Found, float]] = field(default_factory=dict)  # with the time of the last change
    _gone: list[Gone] = field(default_factory=list)
    _present: set[Key] = field(default_factory=set)  # at the last look
    _names: dict[Key, str] = field(default_factory=dict)  # of the growing files, before the last look
    _next_scan: float = 0.0
    _turn: int = 0
    _told: set[tuple[str, str]] = field(default_factory=set)

    # -- what the loop asks

    @property
    def settled(self) -> bool:
        """True when no file waits to be whole, or for the moment in which its last line counts as whole."""
        now = time.monotonic()
        lines = (not t.waiting or now - t.changed > SETTLED for k, t in self._tails.items() if k not in self._copies)
        return all(w.done for w in self._wholes.values()) and all(lines)

    def take(self, most: int) -> list[Portion]:
        """The records that came since the last call."""
        now = time.monotonic()
        self._scan(now)
        portions = [p for w in self._wholes.values() if w.ready(now) for p in w.take(self._read(w.found), self.report, self.skipped)]
        for tail in self._in_turn():
            if most <= 0:
                break
            portion = self._taken(tail, most, now)
            if portion is not None:
                portions.append(portion)
                most -= portion.size
        return portions

    def behind(self) -> Behind:
        """How much is waiting."""
        growing = sum(t.waiting for k, t in self._tails.items() if k not in self._copies)
        return Behind(growing + sum(w.waiting for w in self._wholes.values()))

    def skip(self) -> None:
        """Leaves out all that is there now."""
        self._next_scan = 0.0
        while self.take(_SKIPPED_AT_ONCE):
            pass
        for whole in self._wholes.values():
            whole.done = True

    def state(self) -> dict[str, Any]:
        """Where each file is."""
        return {
            "growing": [
                {**_where(t.found), "copy_of": self._copies.get(k), "place": t.place.as_json()} for k, t in self._tails.items()
            ],
            "whole": [{**_where(w.found), "stamp": w.found.stamp} for w in self._wholes.values() if w.done],
            "gone": [{"path": os.path.abspath(g.path), "place": g.place.as_json()} for g in self._gone],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on where :meth:`state` was. Files that are gone are looked for under other names."""
        for one in state["growing"]:
            found = Found(one["path"], (one["key"][0], one["key"][1]), 0, 0)
            place = Place.of_json(one["place"])
            made: Growing = (EventLog if place.format == Format.EVTX else Tail)(found, place, self.report)
            self._tails[found.key] = made
            if one["copy_of"]:
                self._copies[found.key] = (one["copy_of"][0], one["copy_of"][1])
        for one in state["whole"]:
            found = Found(one["path"], (one["key"][0], one["key"][1]), *one["stamp"])
            self._wholes[found.key] = Whole(found, 0.0, done=True)
        self._gone = [Gone(one["path"], Place.of_json(one["place"])) for one in state["gone"]]

    def notes(self) -> list[str]:
        """Files that end within a record, and those that were left out."""
        partial = [t.name for k, t in self._tails.items() if t.waiting and k not in self._copies]
        copies = [self._tails[k].name for k in self._copies]
        told = (("waiting for the rest of", partial), ("not read, for it holds what another log does:", copies))
        return [f"{what} {_listed(names)}" for what, names in told if names]

    def close(self) -> None:
        """Closes the files."""
        for tail in self._tails.values():
            tail.close()

    # -- which files there are

    def _scan(self, now: float) -> None:
        if now < self._next_scan:
            return
        began = time.monotonic()
        found = [f for f in files(self.paths) if os.path.abspath(f.path) not in self.ours]
        self._present = {f.key for f in found}
        self._names = {key: os.path.abspath(tail.found.path) for key, tail in self._tails.items()}
        for each in found:
            self._see(each, now)
        for key in [k for k in self._tails if k not in self._present]:
            self._miss(key, now)
        for gone in [k for k in self._unknown if k not in self._present]:
            del self._unknown[gone]
        self._next_scan = time.monotonic() + (time.monotonic() - began) / _SHARE

    def _see(self, found: Found, now: float) -> None:
        if found.key in self._tails:
            self._tails[found.key].rename(found)
        elif found.key in self._wholes:
            self._wholes[found.key].look(found, now, self.report)
        else:
            self._new(found, now)

    def _new(self, found: Found, now: float) -> None:
        """A file that was not there before: what is it?"""
        seen, changed = self._unknown.get(found.key, (None, now))
        if seen is not None and seen.stamp == found.stamp and now - changed < _UNKNOWN:
            return  # too little was there, and nothing came
        try:
            with opened(found) as stream:
                head = stream.read(HEAD)
                original = self._original(found, stream)
        except OSError as error:
            self._complain(found.path, error)
            return
        if isinstance(original, Gone):
            self._go_on(found, original)
        elif original is not None:
            self._tails[found.key] = Tail(found, self._tails[original].place, self.report)
            self._copies[found.key] = original
        else:
            self._sort(found, head, changed if seen is not None and seen.stamp == found.stamp else now, now)

    def _sort(self, found: Found, head: bytes, changed: float, now: float) -> None:
        """Puts a file where its format belongs; one that says too little yet waits."""
        kind = detect(head, whole=False) if head else Format.UNKNOWN
        place = begun(head, kind) if isinstance(kind, Format) and kind in FOLLOWED else None
        self._unknown.pop(found.key, None)
        if kind is Format.EVTX:
            self._tails[found.key] = EventLog(found, Place(), self.report)
        elif place is not None:
            self._tails[found.key] = Tail(found, place, self.report)
        elif kind in FOLLOWED or kind is Format.UNKNOWN:
            told = bool(head) and (now - changed >= _UNKNOWN or len(head) == HEAD)
            self._unknown[found.key] = found, math.inf if told else changed
            if told:
                self._no_log(found)
        else:
            age = max(0.0, time.time() - found.mtime / 1e9)
            self._wholes[found.key] = Whole(found, now - age)

    def _no_log(self, found: Found) -> None:
        if ("unknown", found.path) not in self._told:
            self._told.add(("unknown", found.path))
            if found.named:
                self.report(Problem(found.path, "", "is not a log Dohyo knows so far; it is looked at again when it grows"))
            else:
                self.skipped.add(found.path, "not a log")

    def _original(self, found: Found, stream: Any) -> Key | Gone | None:
        """The file whose content this one has too: a rotation made it. That file keeps its name: what stands at its name now,
        while it has another one, is a new log, and if it begins as the old one did, little was read of that."""
        for gone in self._gone:
            if related(gone.path, found.path) and gone.place.is_in(stream, found.size):
                return gone
        for key, tail in self._tails.items():
            own = key not in self._copies and key != found.key and self._names.get(key) != os.path.abspath(found.path)
            if own and related(tail.found.path, found.path) and tail.place.is_in(stream, found.size):
                return key
        return None

    # -- files that are no longer where they were

    def _miss(self, key: Key, now: float) -> None:
        """A file that none of the paths leads to any more: it has another name, is held open by us, or is gone."""
        tail = self._tails[key]
        if key in self._copies:
            self._forget(key)
            return
        at = found_at(tail.found.path)
        if at is None or at.key != key:
            at = next((s for s in siblings(tail.found.path) if s.key == key and self._goes_on(tail, s)), None)
        if at is not None:
            tail.rename(at)
        if at is None and not tail.held:
            self._lost(key)
        elif now - tail.changed > (_LINGER if at else _REMOVED) and not tail.waiting:
            self._forget(key)

    def _goes_on(self, tail: Growing, found: Found) -> bool:
        """True when a file under another name is the same one, and not a new one with the number of one that is gone."""
        try:
            with opened(found) as stream:
                return found.size >= tail.place.offset and tail.place.still_in(stream)
        except OSError:
            return False

    def _lost(self, key: Key) -> None:
        """A file that is gone with what may have been written after we looked last. A copy may have the rest."""
        tail = self._tails[key]
        gone = self._forget(key)
        if gone is not None and not self._inherit(gone):
            place = tail.place
            where = f"after record {place.last_id}" if place.format == Format.EVTX else f"after line {place.line}"
            self.report(Problem(tail.name, where, "is gone; what was written to it after that is seen only where a copy has it"))

    def _forget(self, key: Key) -> Gone | None:
        """Looks at a file no more, and remembers what was read of it, unless a copy goes on from there."""
        tail = self._tails.pop(key)
        tail.close()
        if self._copies.pop(key, None) is not None:
            return None
        gone = Gone(tail.found.path, tail.place)
        self._gone = [*self._gone, gone][-_REMEMBERED:]
        copies = [c for c, original in self._copies.items() if original == key]
        if not copies:
            return gone
        del self._copies[copies[0]]
        held = self._tails.pop(copies[0])
        held.close()
        self._go_on(held.found, gone)
        self._copies.update(dict.fromkeys(copies[1:], copies[0]))
        return None

    def _inherit(self, gone: Gone) -> bool:
        """Looks for a copy of what is gone, beside it; it goes on there."""
        for found in siblings(gone.path):
            if found.key in self._tails or found.key in self._wholes:
                continue
            try:
                with opened(found) as stream:
                    same = gone.place.is_in(stream, found.size)
            except OSError:
                continue
            if same:
                self._go_on(found, gone)
                return True
        return False

    def _go_on(self, found: Found, gone: Gone) -> None:
        """A copy goes on where its original ended; one that was made earlier has nothing new."""
        self._gone.remove(gone)
        if found.size < gone.place.offset:
            self._wholes[found.key] = Whole(found, 0.0, done=True)
        else:
            self._tails[found.key] = Tail(found, gone.place, self.report)

    # -- reading

    def _in_turn(self) -> Iterator[Growing]:
        """The growing files, each time another one first."""
        keys = [k for k in self._tails if k not in self._copies]
        self._turn = (self._turn + 1) % max(1, len(keys))
        for key in (*keys[self._turn :], *keys[: self._turn]):
            if key in self._tails:
                yield self._tails[key]

    def _taken(self, tail: Growing, most: int, now: float) -> Portion | None:
        try:
            if not tail.look(now):
                self._anew(tail, now)
                return None
            portion = tail.take(most, now)
        except FileNotFoundError:
            return None  # the next scan says what became of it
        except OSError as error:
            self._complain(tail.name, error)
            return None
        if portion is None and (len(self._tails) > _OPEN or not MAY_HOLD):
            tail.close()
        return portion

    def _anew(self, tail: Growing, now: float) -> None:
        """A file that was cut or written anew: what it held before may be in a copy; now it is another one."""
        gone = self._forget(tail.found.key)
        if gone is not None:
            self._inherit(gone)
        found = found_at(tail.found.path)
        if found is not None and found.key in self._present:
            self._new(found, now)

    def _read(self, found: Found) -> list[Place]:
        """What was read of files that this one may be made of."""
        read = [*((g.path, g.place) for g in self._gone), *((t.found.path, t.place) for t in self._tails.values())]
        return [place for path, place in read if related(path, found.path)]

    def _complain(self, path: str, error: OSError) -> None:
        problem = problem_of(path, error)
        if (path, problem.reason) not in self._told:
            self._told.add((path, problem.reason))
            self.report(problem)


def _where(found: Found) -> dict[str, Any]:
    return {"path": os.path.abspath(found.path), "key": found.key}


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")
