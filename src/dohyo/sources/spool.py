"""Puts a stream that has to be a file into the temporary folder, within a bound, for as long as it is needed."""

from __future__ import annotations

import os
import tempfile
import weakref
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from dohyo.sources.limits import LIMITS, MIB, Limits
from dohyo.sources.model import Input
from dohyo.sources.streams import Unreadable


class Spool:
    """The bytes of a stream in a temporary file under a name of ours; gone when this object is.

    Raises :class:`Unreadable` when there are more than ``limit`` bytes, and what reading ``stream`` raises.
    """

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        handle, name = tempfile.mkstemp(prefix="dohyo-")
        self.path = Path(name)
        self._gone = weakref.finalize(self, _remove, name)
        with os.fdopen(handle, "wb") as out, stream:
            self.size = _copy(stream, out, limit)

    def open(self) -> BinaryIO:
        """The bytes from the start, seekable."""
        return self.path.open("rb")


def spooled(source: Input, limits: Limits = LIMITS) -> Input:
    """``source`` with ``path`` set, for formats that only a file can be read from (Parquet in an archive).

    The file lives as long as the :class:`Input` given back. Raises :class:`Unreadable` (an ``OSError``) when the
    bytes are damaged or too many.
    """
    if source.path is not None:
        return source
    spool = Spool(source.open(), limits.spool_bytes)
    return replace(source, open=spool.open, path=spool.path, once=False)


def _copy(stream: BinaryIO, out: BinaryIO, limit: int) -> int:
    size = 0
    while data := stream.read(MIB):
        size += len(data)
        if size > limit:
            raise Unreadable(f"needs more than {limit / 1e9:.1f} GB of temporary space", "unpack it yourself")
        out.write(data)
    return size


def _remove(name: str) -> None:
    Path(name).unlink(missing_ok=True)
