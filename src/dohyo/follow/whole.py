"""Files that can only be read when they are whole (archives, compressed ones, JSON documents, XML, Parquet): once, as soon as
nothing is written to them any more. A rotated log that was compressed gives what was not yet read of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, cast

from msgspec import Struct
from msgspec.structs import replace

from dohyo.follow.discover import Found
from dohyo.follow.model import Portion, Report
from dohyo.follow.place import Place, digest
from dohyo.sources.archives import Skipped
from dohyo.sources.find import find_inputs
from dohyo.sources.model import Format, Input, Problem
from dohyo.sources.streams import Pushed

#: A file is whole when it did not change for so many seconds.
_QUIET = 2.0
_LINES = frozenset({Format.NDJSON, Format.CSV})


class Whole(Struct):
    """One such file. ``done``: it was read."""

    found: Found
    changed: float
    done: bool = False
    told: bool = False

    def look(self, found: Found, now: float, report: Report) -> None:
        """Looks whether it changed; to change after it was read is a complaint."""
        if found.stamp == self.found.stamp:
            self.found = found
            return
        self.found, self.changed = found, now
        if self.done and not self.told:
            hint = "only NDJSON, CSV with a header line and EVTX are followed as they grow"
            report(Problem(found.path, "", "changed after it was read and is not read again", hint=hint))
            self.told = True

    @property
    def waiting(self) -> int:
        """Bytes that were not yet read."""
        return 0 if self.done else self.found.size

    def ready(self, now: float) -> bool:
        """True when it is to be read now."""
        return not self.done and now - self.changed >= _QUIET

    def take(self, read: Sequence[Place], report: Report, skipped: Skipped) -> list[Portion]:
        """All that is in it, without what was read of it under another name. Its inputs are opened when their turn comes."""
        self.done = True
        found = find_inputs([self.found.path], report, skipped=skipped)
        return [Portion(s, s.size or 0) for each in found if (s := _unread(each, read)) is not None]


def _unread(source: Input, read: Sequence[Place]) -> Input | None:
    """The input from where it was read to already; ``None`` when that was its end."""
    place = next((p for p in read if _same(source, p)), None) if source.format in _LINES else None
    if place is None:
        return source
    head = place.header.encode("utf-8", "surrogateescape")
    with source.open() as stream:
        if not _skipped(stream, place.offset) or not stream.read(1):
            return None
    return replace(source, open=lambda: _after(source, place, head), path=None, first=place.line + 1 - head.count(b"\n"))


def _same(source: Input, place: Place) -> bool:
    """True when the input begins with what was read at the place."""
    if place.offset <= place.header_size or digest(source.head[: place.head_size]) != place.head:
        return False
    try:
        with source.open() as stream:
            return _skipped(stream, place.offset - place.tail_size) and digest(_exactly(stream, place.tail_size)) == place.tail
    except OSError:
        return False


def _after(source: Input, place: Place, head: bytes) -> BinaryIO:
    stream = source.open()
    _skipped(stream, place.offset)
    return cast(BinaryIO, Pushed(stream, head)) if head else stream


def _skipped(stream: BinaryIO, count: int) -> bool:
    return all(len(piece) for piece in _pieces(stream, count))


def _exactly(stream: BinaryIO, count: int) -> bytes:
    return b"".join(_pieces(stream, count))


def _pieces(stream: BinaryIO, count: int) -> Iterator[bytes]:
    """The next ``count`` bytes; an empty piece where the stream ends before."""
    while count > 0:
        piece = stream.read(min(count, 1 << 20))
        yield piece
        if not piece:
            return
        count -= len(piece)
