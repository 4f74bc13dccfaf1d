"""Members of tar archives, also inside compression. The standard library reads the headers, nothing else."""

from __future__ import annotations

import tarfile
import threading
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO, ClassVar, cast

from dohyo.sources.archives import Blob, Visit, shown
from dohyo.sources.limits import MIB
from dohyo.sources.model import Problem
from dohyo.sources.streams import Slice, Unreadable, on_disk

_KEEP = 256 * 1024  # so much can be gone back: telling what a member is must not cost a new start
_HEADER_BYTES = 16 * MIB  # long names and pax records are read whole, so a hostile one must not be larger
_OPEN_CURSORS = 8


class Cursor:
    """Moves forward through a stream, and a little back; seeks where the stream can."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self._seekable = stream.seekable()
        self._at = 0
        self._kept = b""  # the bytes before the stream's own position
        self._kept_from = 0
        self.last = b""

    def reaches(self, offset: int) -> bool:
        """True when ``offset`` need not be looked for from the start again."""
        return self._seekable or offset >= self._kept_from

    def tell(self) -> int:
        """Where the next read is."""
        return self._at

    def seek(self, offset: int) -> int:
        """Goes to ``offset``; raises :class:`Unreadable` when that is behind."""
        if self._seekable:
            self._at = self._kept_from = self.stream.seek(offset)
            self._kept = b""
            return offset
        if offset < self._kept_from:
            raise Unreadable("the tar's headers point backwards")
        end = self._kept_from + len(self._kept)
        self._kept = self._kept[offset - self._kept_from :]
        self._skip(offset - end)
        self._at = self._kept_from = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes, all of them unless the stream ends."""
        parts: list[bytes] = []
        missing = size
        while missing > 0 and (data := self.some(missing)):
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def some(self, size: int) -> bytes:
        """Up to ``size`` bytes, what is at hand."""
        kept = self._kept[self._at - self._kept_from :][:size]
        data = kept or self.stream.read(size)
        self._at += len(data)
        if not kept:
            self._keep(data)
        return data

    def _keep(self, data: bytes) -> None:
        if len(self._kept) + len(data) <= _KEEP:
            self._kept += data
        else:
            self._kept, self._kept_from = b"", self._at

    def _skip(self, amount: int) -> None:
        while amount > 0 and (data := self.stream.read(min(amount, MIB))):
            amount -= len(data)


class _Headers(Cursor):
    """What the standard library reads headers from: whole reads, none of them large."""

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _HEADER_BYTES:
            raise Unreadable(f"a tar header of {size:,} bytes")
        self.last = super().read(size)
        return self.last


class _Contents:
    """Opens members of one archive. In compressed archives a cursor that was used is kept for the next member, so that
    reading them in order unpacks the archive once and not once for each."""

    _idle: ClassVar[deque[_Contents]] = deque()  # a few in the whole process, each holds a file open
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._cursor: Cursor | None = None

    def open(self, offset: int, size: int, scale: float) -> BinaryIO:
        """The ``size`` bytes at ``offset``."""
        cursor = self._take(offset)
        try:
            cursor.seek(offset)
        except BaseException:
            cursor.stream.close()
            raise
        return cast("BinaryIO", Slice(cast("BinaryIO", _Lent(self, cursor)), size, scale))

    def give_back(self, cursor: Cursor) -> None:
        """Keeps ``cursor`` for the next member, closes the one that has not been used for longest."""
        with self._lock:
            old, self._cursor = self._cursor, cursor
            self._idle.append(self)
            oldest = self._idle.popleft() if len(self._idle) > _OPEN_CURSORS else None
            stale = oldest._drop() if oldest is not None and oldest is not self else None
        for unused in (old, stale):
            if unused is not None:
                unused.stream.close()

    def _drop(self) -> Cursor | None:
        cursor, self._cursor = self._cursor, None
        return cursor

    def _take(self, offset: int) -> Cursor:
        with self._lock:
            cursor = self._drop()
        if cursor is not None and cursor.reaches(offset):
            return cursor
        if cursor is not None:
            cursor.stream.close()
        return Cursor(self._blob.open())


class _Lent:
    """A cursor in use, as a stream; closing gives it back."""

    def __init__(self, owner: _Contents, cursor: Cursor) -> None:
        self._owner = owner
        self._cursor: Cursor | None = cursor

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes."""
        return self._cursor.some(size) if self._cursor is not None else b""

    def seekable(self) -> bool:
        """Not through a member."""
        return False

    def close(self) -> None:
        """Gives the cursor back."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            self._owner.give_back(cursor)


def tar_members(blob: Blob, visit: Visit) -> Iterator[Blob]:
    """The files in a tar, in its order. Raises :class:`Unreadable` where its headers are damaged or it is cut off."""
    contents = _Contents(blob)
    with blob.open() as stream:
        headers = _Headers(stream)
        for info in _infos(headers):
            if not info.isreg():
                continue
            blob.budget.member()
            if info.issparse():
                where = f"{blob.name}!{shown(info.name)}"
                visit.report(Problem(where, "", "is a sparse tar member, which is not supported", hint="unpack it"))
                continue
            share = _share(blob, info.size, on_disk(stream) / max(headers.tell(), 1))
            opened = partial(contents.open, info.offset_data, info.size, share / max(info.size, 1))
            yield blob.inside(info.name, opened, share)


def _share(blob: Blob, size: int, ratio: float) -> int:
    """The bytes on disk that a member of ``size`` bytes takes, guessed from the compression so far."""
    return min(int(size * ratio), size, blob.size if blob.size is not None else size)


def _infos(headers: _Headers) -> Iterator[tarfile.TarInfo]:
    try:
        archive = tarfile.TarFile(fileobj=_as_file(headers), errorlevel=0)
        while (info := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # it would remember each header until the end
            yield info
    except OSError:  # Unreadable, from below, says better what is wrong
        raise
    except Exception as error:  # on hostile bytes the standard library fails in more ways than its own
        raise Unreadable(f"damaged or cut off tar ({error}) at byte {headers.tell():,}", _AGAIN) from error
    if headers.last.strip(b"\0"):
        raise Unreadable(f"damaged tar header before byte {headers.tell():,}; what follows was not read", _AGAIN)


_AGAIN = "copy the archive again"


def _as_file(headers: _Headers) -> Any:
    return headers
