"""A text file that grows, read by whole records: what came since the last time, with the right line numbers."""

from __future__ import annotations

import io
import os
from typing import BinaryIO, cast

from msgspec.structs import replace

from dohyo.follow.discover import Found
from dohyo.follow.life import Life
from dohyo.follow.lines import NOTHING, Cut, beginning, header, rest, whole
from dohyo.follow.model import Portion, Report, Thread
from dohyo.follow.place import Place
from dohyo.sources.limits import LIMITS, MIB
from dohyo.sources.model import Format, Input, Problem
from dohyo.sources.readers import READERS

#: A last line without newline is looked at after so many seconds without change: it may be a whole record.
_COMPLETE = 1.0
#: A quote that stays open for so many seconds was never meant to be one.
_UNCLOSED = 5.0
#: After so many seconds without change nothing more can be read of a file as it is.
SETTLED = _UNCLOSED + 1.0
_WINDOW = 4 * MIB
#: Text formats whose records can be read as they come.
FOLLOWED = frozenset({Format.NDJSON, Format.CSV})
#: On Windows an open file could not be renamed: nobody's log may be held back by us.
MAY_HOLD = os.name != "nt"


class Tail(Life):
    """One life of a text file."""

    def __init__(self, found: Found, place: Place, report: Report) -> None:
        super().__init__(found, place, report)
        self.size = found.size
        self._window = _WINDOW

    @property
    def waiting(self) -> int:
        """Bytes that were not yet read."""
        return max(0, self.size - self.place.offset)

    def look(self, now: float) -> bool:
        """Looks whether it grew. False when what was read is no longer there: it was cut or written anew. Raises
        ``OSError`` when it cannot be read."""
        stamp = stamp_of(self.found, self._stream)
        if stamp == self._stamp:
            return True
        self._stamp, self.size, self.changed = stamp, stamp[0], now
        return self.size >= self.place.offset and self.place.still_in(self._opened())

    def take(self, most: int, now: float) -> Portion | None:
        """The records that came since the last time. Raises ``OSError``."""
        if not self.waiting:
            return None
        idle = now - self.changed
        stream, raw, cut = self._opened(), b"", NOTHING
        while not cut.taken:
            size = max(min(most, self.waiting), min(self._window, self.waiting))
            stream.seek(self.place.offset)
            raw = stream.read(size)
            cut = self._cut(raw, idle)
            if cut.taken or len(raw) >= self.waiting or not self._wider():
                break
        if self.place.skipping or (not cut.taken and len(raw) >= LIMITS.record_bytes):
            self._skip(raw)
            return None
        self._window = _WINDOW
        return self._portion(cut) if cut.taken else None

    def _cut(self, raw: bytes, idle: float) -> Cut:
        place = self.place
        if place.skipping:
            return NOTHING
        found = whole(raw, Format(place.format), place.codec, forced=idle > _UNCLOSED)
        complete = not found.taken and idle > _COMPLETE and place.format == Format.NDJSON and len(raw) == self.waiting
        return rest(raw, place.codec) if complete else found

    def _wider(self) -> bool:
        """Looks at more at once, for a long line; False when it is as much as may be."""
        wide, self._window = self._window, min(self._window * 4, LIMITS.record_bytes)
        return self._window > wide and not self.place.skipping

    def _skip(self, raw: bytes) -> None:
        """Goes on behind a line that is too long."""
        place, stream = self.place, self._opened()
        if not place.skipping:
            reason = f"is longer than {LIMITS.record_bytes:,} bytes and was left out"
            self._report(Problem(self.name, f"line {place.line + 1}", reason))
        end = raw.find(b"\n")
        end += 1 if place.codec != "utf-16-le" else 2
        over = raw.find(b"\n") >= 0
        self.place = place.moved(stream, place.offset + (end if over else len(raw)), int(over), skipping=not over)

    def _portion(self, cut: Cut) -> Portion | None:
        before, data = self.place, cut.data
        first = before.line + 1
        lines = cut.lines
        if before.open:  # the last line was counted already
            ended = data[: 2 if data.startswith(b"\r\n") else 1] in (b"\r\n", b"\n")
            data = data.split(b"\n", 1)[1] if ended else data
            first, lines = first - (not ended), lines - 1
        self.place = before.moved(self._opened(), before.offset + cut.taken, lines, open=not cut.data.endswith(b"\n"))
        return records(self.place, data, first, cut.taken, self.thread, self._report) if data and not data.isspace() else None

    def _opened(self) -> BinaryIO:
        """The file, which stays open where that hinders nobody: it can be read to its end when it was removed."""
        if self._stream is None:
            self._stream = opened(self.found)
        return self._stream

    def close(self) -> None:
        """Closes the file; it is opened again when needed."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def records(place: Place, data: bytes, first: int, size: int, thread: Thread, report: Report) -> Portion:
    """Whole records (UTF-8) that stand at a place of a text; ``first``: the number of the first line, ``size``: bytes."""
    head = place.header.encode("utf-8", "surrogateescape")
    number, text = first - head.count(b"\n"), head + data if head else data
    source = Input(thread.name, Format(place.format), lambda: cast(BinaryIO, io.BytesIO(text)), first=number)

    def told(problem: Problem) -> None:
        if problem.where != "header":  # what is said of the header holds for all rows
            report(problem)

    return Portion(source, size, thread, READERS[source.format](source, told))


def stamp_of(found: Found, stream: BinaryIO | None) -> tuple[int, int]:
    """Size and time of a file, which may be open already. Raises ``FileNotFoundError`` when another one has its name."""
    status = os.stat(found.path) if stream is None else os.fstat(stream.fileno())
    if (status.st_dev, status.st_ino) != found.key:
        raise FileNotFoundError(found.path)
    return status.st_size, status.st_mtime_ns


def opened(found: Found) -> BinaryIO:
    """The file, unless another one has its name by now (``FileNotFoundError``)."""
    stream = open(found.path, "rb", buffering=0)  # noqa: SIM115  # whoever asks for it closes it
    status = os.fstat(stream.fileno())
    if (status.st_dev, status.st_ino) != found.key:
        stream.close()
        raise FileNotFoundError(found.path)
    return cast(BinaryIO, stream)


def begun(head: bytes, format: Format) -> Place | None:
    """The place before the first record of a text file that begins with ``head``; ``None``: there is too little yet."""
    start, codec = beginning(head)
    place = Place(format=format.value, codec=codec, offset=start)
    if format is not Format.CSV:
        return place
    found = whole(head[start:], format, codec)
    if not found.taken:
        return None
    top = header(found.data, codec)
    return replace(place, offset=start + top.size, line=top.lines, header=top.text, header_size=start + top.size)
