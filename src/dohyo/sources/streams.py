"""Byte streams over packed data: bounded, honest about damage, and aware of where they are on disk.

All of them are raw streams: one call gives what is at hand, so that what was unpacked before a damaged place is
handed out before the damage is told.
"""

from __future__ import annotations

import abc
import bz2
import codecs
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol, cast

from dohyo.sources.limits import LIMITS, MIB, Limits
from dohyo.sources.model import Problem

_PIECE = 64 * 1024  # packed bytes taken at once; small, so that the bomb check sees a bomb early
_ZSTD_PIECE = 2 * 1024  # zstd cannot be told how much to give: 4 bytes may become 128 KiB, so feed it by the spoon
_OUT = 1 * MIB
_XZ_MEMORY = 256 * MIB


class Unreadable(OSError):
    """The rest of a stream cannot be read. ``args[0]`` says why, ``hint`` what a person can do."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


_REASONS: dict[type[OSError], tuple[str, str]] = {
    PermissionError: (
        "no permission to read it",
        "run as a user who may read it (on Windows as administrator), or copy it first",
    ),
    FileNotFoundError: ("is not there", "it went away while Dohyo ran, or is a link that leads nowhere"),
}


def problem_of(file: str, error: OSError, where: str = "") -> Problem:
    """``error`` as a complaint about ``file``, in words for a person."""
    if isinstance(error, Unreadable):
        return Problem(file, where, error.reason, hint=error.hint)
    reason, hint = _REASONS.get(type(error), (error.strerror or str(error), ""))
    return Problem(file, where, reason, hint=hint)


def on_disk(stream: Any) -> int:
    """How far ``stream`` has got in the bytes on disk; for streams of other makers, the bytes they gave."""
    if isinstance(stream, Layer):
        return stream.on_disk()
    raw = getattr(stream, "raw", stream)
    return cast(int, raw.tell()) if raw.seekable() else 0


class Budget:
    """What everything that one file on disk holds may unpack to, however it is nested and however often it is read."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self._bytes = 0
        self._members = 0

    def member(self) -> None:
        """Counts one member; raises :class:`Unreadable` when there are too many."""
        self._members += 1
        if self._members > self.limits.archive_members:
            raise Unreadable(f"more than {self.limits.archive_members:,} members", _UNPACK)

    def unpacked(self, amount: int) -> None:
        """Counts bytes; raises :class:`Unreadable` when there are too many."""
        self._bytes += amount
        if self._bytes > self.limits.archive_bytes:
            raise Unreadable(f"unpacks to more than {self.limits.archive_bytes / 1e9:.0f} GB", _UNPACK)


class Meter:
    """Watches what one packed stream gives; reading it a second time costs its budget nothing."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._high = 0

    def check(self, taken: int, given: int) -> None:
        """Raises :class:`Unreadable` when ``taken`` packed bytes have become too many (``given``) bytes."""
        check_ratio(taken, given, self._budget.limits)
        if given > self._high:
            fresh, self._high = given - self._high, given
            self._budget.unpacked(fresh)


_UNPACK = "if you trust it, unpack it yourself and give the unpacked files"


def check_ratio(taken: int, given: int, limits: Limits) -> None:
    """Raises :class:`Unreadable` when ``taken`` packed bytes that become ``given`` bytes look like a bomb."""
    if given > limits.bomb_bytes and given > limits.bomb_ratio * max(taken, 1):
        ratio = given // max(taken, 1)
        raise Unreadable(f"refused as a decompression bomb: {ratio:,} bytes out for each byte in", _UNPACK)


class Layer(io.RawIOBase):
    """A raw stream on top of another one; closes it."""

    def __init__(self, below: BinaryIO) -> None:
        self.below = below

    def readable(self) -> bool:
        return True

    def on_disk(self) -> int:
        """How far this stream has got in the bytes on disk."""
        return on_disk(self.below)

    def close(self) -> None:
        if not self.closed:
            self.below.close()
        super().close()

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes, in one step: what is at hand (``-1``: all there is)."""
        return self.readall() if size < 0 else self.some(size)

    def readinto(self, target: Any) -> int:
        data = self.some(len(target))
        target[: len(data)] = data
        return len(data)

    @abc.abstractmethod
    def some(self, most: int) -> bytes:
        """Up to ``most`` bytes, at least one unless the stream is at its end."""


class Slice(Layer):
    """The next ``size`` bytes of a stream, each of which stands for ``scale`` bytes on disk."""

    def __init__(self, below: BinaryIO, size: int, scale: float = 1.0) -> None:
        super().__init__(below)
        self._size = self._left = size
        self._scale = scale

    def on_disk(self) -> int:
        return int((self._size - self._left) * self._scale)

    def some(self, most: int) -> bytes:
        if not self._left:
            return b""
        data = self.below.read(min(most, self._left))
        if not data:
            raise Unreadable(f"cut off: {self._left:,} bytes are missing", "copy the archive again")
        self._left -= len(data)
        return data


class _Decoder(Protocol):
    """What the compressors' decoders have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Bounded:
    """Gives at most ``_OUT`` bytes a call, for decoders that keep what they were given (bz2, xz)."""

    def __init__(self, decoder: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._decoder = decoder

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    @property
    def hungry(self) -> bool:
        return self._decoder.needs_input

    def decompress(self, data: bytes, /) -> bytes:
        return self._decoder.decompress(data, _OUT)


class _Deflate:
    """The same for zlib, which gives back what it did not use. ``bits``: 31 for gzip, -15 for raw deflate."""

    def __init__(self, bits: int) -> None:
        self._decoder = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    @property
    def hungry(self) -> bool:
        return not self._decoder.unconsumed_tail

    def decompress(self, data: bytes, /) -> bytes:
        return self._decoder.decompress(self._decoder.unconsumed_tail + data, _OUT)


def _zstd() -> _Decoder:
    import zstandard

    return cast(_Decoder, zstandard.ZstdDecompressor(max_window_size=128 * MIB).decompressobj())


class Codec:
    """A way of compressing: how a decoder is made, how another stream after the end starts, what it is called."""

    def __init__(self, name: str, make: Callable[[], Any], magic: bytes = b"", piece: int = _PIECE) -> None:
        self.name, self.make, self.magic, self.piece = name, make, magic, piece


GZIP = Codec("gzip", lambda: _Deflate(31), b"\x1f\x8b")
DEFLATE = Codec("deflate", lambda: _Deflate(-15))
BZIP2 = Codec("bzip2", lambda: _Bounded(bz2.BZ2Decompressor()), b"BZh")
XZ = Codec("xz", lambda: _Bounded(lzma.LZMADecompressor(memlimit=_XZ_MEMORY)), b"\xfd7zXZ")
ZSTD = Codec("zstd", _zstd, b"\x28\xb5\x2f\xfd", _ZSTD_PIECE)


class Unpacked(Layer):
    """The bytes that a compressed stream holds. Another stream right after the end goes on; other junk is ignored.

    Raises :class:`Unreadable` (after everything before it was given) where the stream is damaged, cut off, a bomb, or
    where its bytes do not have the checksum ``crc``.
    """

    def __init__(self, below: BinaryIO, codec: Codec, meter: Meter, crc: int | None = None) -> None:
        super().__init__(below)
        self._codec, self._meter = codec, meter
        self._decoder = codec.make()
        self._ready = memoryview(b"")
        self._pending = b""  # packed bytes that came with the end of the stream before
        self._taken = self._given = self._sum = 0
        self._want_sum = crc
        self._over = False

    def some(self, most: int) -> bytes:
        while not self._ready and not self._over:
            self._ready = memoryview(self._step())
        data, self._ready = bytes(self._ready[:most]), self._ready[most:]
        return data

    def _step(self) -> bytes:
        if self._decoder.eof and not self._next_stream():
            return self._finish()
        hungry = getattr(self._decoder, "hungry", True)
        piece = self._take() if hungry else b""
        if hungry and not piece:
            raise self._damage("cut off")
        return self._feed(piece)

    def _take(self) -> bytes:
        """The next packed bytes; empty at the end."""
        if self._pending:
            piece, self._pending = self._pending[: self._codec.piece], self._pending[self._codec.piece :]
            return piece
        piece = self.below.read(self._codec.piece)
        self._taken += len(piece)
        return piece

    def _feed(self, piece: bytes) -> bytes:
        try:
            data = cast(bytes, self._decoder.decompress(piece))
        except Exception as error:  # each library has its own; MemoryError (a hostile window size) is one of them
            raise self._damage(f"damaged ({error})") from error
        self._given += len(data)
        self._meter.check(self._taken, self._given)
        if self._want_sum is not None:
            self._sum = zlib.crc32(data, self._sum)
        return data

    def _next_stream(self) -> bool:
        """Starts the stream that follows the one that ended, if there is one (padding zeros may lie between)."""
        rest = self._decoder.unused_data + self._pending
        if len(rest) < len(self._codec.magic):
            rest += self._take()
        rest = rest.lstrip(b"\0")
        if not self._codec.magic or not rest.startswith(self._codec.magic):
            return False
        self._decoder, self._pending = self._codec.make(), rest
        return True

    def _finish(self) -> bytes:
        self._over = True
        if self._want_sum is not None and self._sum != self._want_sum:
            raise self._damage("its checksum is wrong, so some of its bytes are damaged")
        return b""

    def _damage(self, what: str) -> Unreadable:
        self._over = True
        return Unreadable(f"{self._codec.name} data {what} at byte {self._taken:,}", "copy the file again")


class Pushed(Layer):
    """A stream with the bytes ``front`` put back in front of it."""

    def __init__(self, below: BinaryIO, front: bytes) -> None:
        super().__init__(below)
        self._front = front

    def some(self, most: int) -> bytes:
        if not self._front:
            return self.below.read(most)
        data, self._front = self._front[:most], self._front[most:]
        return data


class Utf8(Layer):
    """Text of another encoding as UTF-8. ``replaced`` counts the characters that could not be read (U+FFFD now)."""

    def __init__(self, below: BinaryIO, encoding: str) -> None:
        super().__init__(below)
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = memoryview(b"")
        self._over = False
        self.replaced = 0

    def some(self, most: int) -> bytes:
        while not self._ready and not self._over:
            data = self.below.read(_OUT)
            self._over = not data
            text = self._decoder.decode(data, final=not data)
            self.replaced += text.count("\ufffd")
            self._ready = memoryview(text.encode("utf-8", "replace"))
        data, self._ready = bytes(self._ready[:most]), self._ready[most:]
        return data
