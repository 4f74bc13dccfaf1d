"""Where in a growing file we are, in a form that can be written down and recognised again in another file."""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO

from msgspec import Struct, to_builtins
from msgspec.structs import replace

#: So much of a file's beginning, and so much of what was read last, tells it from others.
_HEAD, _TAIL = 4_096, 1_024


class Place(Struct, frozen=True, omit_defaults=True):
    """``offset`` and ``line``: bytes and lines read. ``head``: digest of the first ``head_size`` bytes; ``tail``: of the
    last ``tail_size`` ones that were read. ``header``: what further rows of a CSV need before them. ``open``: the line that was
    read last had no newline yet. ``skipping``: within a line that is too long to be read."""

    format: str = ""
    codec: str | None = None
    offset: int = 0
    line: int = 0
    head: str = ""
    head_size: int = 0
    tail: str = ""
    tail_size: int = 0
    header: str = ""
    header_size: int = 0
    open: bool = False
    skipping: bool = False
    last_id: int = 0  # of an event log: the highest record number

    def as_json(self) -> dict[str, Any]:
        """JSON-ready data, what is as at the beginning left out."""
        told: dict[str, Any] = to_builtins(self)
        return told

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> Place:
        """The opposite of :meth:`as_json`."""
        return cls(**data)

    def moved(self, stream: BinaryIO, offset: int, lines: int, **changed: Any) -> Place:
        """The place after further ``lines`` up to ``offset``; the digest grows until it is of full length."""
        head, size = self.head, self.head_size
        if size < _HEAD:
            size = min(offset, _HEAD)
            head = digest(_at(stream, 0, size))
        tail_size = min(offset, _TAIL)
        tail = digest(_at(stream, offset - tail_size, tail_size))
        new = {"offset": offset, "head": head, "head_size": size, "tail": tail, "tail_size": tail_size, **changed}
        return replace(self, line=self.line + lines, **new)

    def still_in(self, stream: BinaryIO) -> bool:
        """True when what was read is where it was, as far as its beginning and its end tell."""
        return self._begins(stream) and self._ends(stream)

    def is_in(self, stream: BinaryIO, size: int) -> bool:
        """True when another file (of ``size`` bytes) is a copy of what was read here, or of its beginning."""
        if min(size, self.offset, self.head_size) <= self.header_size or not self._begins(stream):
            return False
        return size < self.offset or self._ends(stream)

    def _begins(self, stream: BinaryIO) -> bool:
        return not self.head_size or digest(_at(stream, 0, self.head_size)) == self.head

    def _ends(self, stream: BinaryIO) -> bool:
        return not self.tail_size or digest(_at(stream, self.offset - self.tail_size, self.tail_size)) == self.tail


def digest(data: bytes) -> str:
    """A short name for bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _at(stream: BinaryIO, offset: int, size: int) -> bytes:
    stream.seek(offset)
    return stream.read(size)
