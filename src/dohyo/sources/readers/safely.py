"""The stream every reader reads from: what goes wrong below becomes a complaint and the end of the stream."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast

from dohyo.sources.limits import BLOCK
from dohyo.sources.model import Input, Problem
from dohyo.sources.streams import Utf8, on_disk, problem_of


class Safely(io.RawIOBase):
    """The uncompressed bytes of ``source``. Reading raises nothing; it ends early and reports why."""

    def __init__(self, source: Input, report: Callable[[Problem], None]) -> None:
        self._source, self._report = source, report
        self._below: BinaryIO | None = None
        self.given = 0
        self.ended_early = False
        try:
            self._below = source.open()
        except OSError as error:
            self._stop(error)

    def readable(self) -> bool:
        return True

    @property
    def position(self) -> int:
        """Bytes of the input, as on disk, read so far."""
        return self._disk if self._below is None else on_disk(self._below)

    _disk = 0

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes, what is at hand; none at the end, also when the rest cannot be read."""
        if size < 0:
            return self.readall()
        if self._below is None:
            return b""
        try:
            data = self._below.read(size)
        except OSError as error:
            self._stop(error)
            return b""
        self.given += len(data)
        if not data:
            self._tell_replaced()
        return data

    def full(self, size: int) -> bytes:
        """``size`` bytes, fewer only at the end."""
        parts: list[bytes] = []
        while size > 0 and (data := self.read(size)):
            parts.append(data)
            size -= len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """The bytes in blocks of ``size``, the last one shorter."""
        while block := self.full(size):
            yield block

    def readinto(self, target: Any) -> int:
        if self._below is None:
            return 0
        try:
            count = cast(io.RawIOBase, self._below).readinto(target) or 0
        except OSError as error:
            self._stop(error)
            return 0
        self.given += count
        if not count:
            self._tell_replaced()
        return count

    def fill(self, target: memoryview) -> int:
        """Reads into ``target`` until it is full or the stream ends; gives the number of bytes."""
        filled = 0
        while filled < len(target) and (count := self.readinto(target[filled:])):
            filled += count
        return filled

    def close(self) -> None:
        if self._below is not None:
            self._disk = on_disk(self._below)
            self._below.close()
            self._below = None
        super().close()

    def _stop(self, error: OSError) -> None:
        where = f"after {self.given:,} bytes" if self.given else ""
        self._report(problem_of(self._source.name, error, where))
        self.ended_early = True
        if self._below is not None:
            self._disk = on_disk(self._below)
            self._below.close()
            self._below = None

    def _tell_replaced(self) -> None:
        replaced = self._below.replaced if isinstance(self._below, Utf8) else 0
        if replaced and isinstance(self._below, Utf8):
            reason = "characters that are no valid UTF-16 were read as the replacement character"
            self._report(Problem(self._source.name, "", reason, replaced))
            self._below.replaced = 0
