"""Takes compression and archives off, layer by layer, by content. Nothing is written under a stranger's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from msgspec import Struct, field
from msgspec.structs import replace

from dohyo.sources import streams
from dohyo.sources.detect import Packing, detect, encoding_of, foreign
from dohyo.sources.limits import HEAD, LIMITS, Limits
from dohyo.sources.model import Format, Input, Problem
from dohyo.sources.streams import Budget, Codec, Meter, Unpacked, Utf8, problem_of


class Skipped(Struct):
    """Files that were left out on purpose, with the reason; the first ``kept`` by name, all of them counted."""

    count: int = 0
    names: list[tuple[str, str]] = field(default_factory=list)
    kept: int = 1000

    def add(self, name: str, reason: str) -> None:
        """Counts the file ``name``."""
        self.count += 1
        if len(self.names) < self.kept:
            self.names.append((name, reason))


class Visit(Struct, frozen=True):
    """What one search for inputs carries along."""

    report: Callable[[Problem], None]
    skipped: Skipped
    limits: Limits = LIMITS


class Blob(Struct, frozen=True):
    """Bytes of which nothing is known yet: a file, a member, what a compressed file holds.

    ``depth`` counts the archives around it, ``layers`` also the compressions. ``named``: the user asked for exactly
    this one, so that it is a problem when it is no log.
    """

    name: str
    open: Callable[[], BinaryIO]
    budget: Budget
    path: Path | None = None
    size: int | None = None
    once: bool = False
    named: bool = False
    depth: int = 0
    layers: int = 0

    def inside(self, name: str, open_: Callable[[], BinaryIO], size: int | None) -> Blob:
        """A member of this archive, called ``name`` there."""
        return Blob(f"{self.name}!{shown(name)}", open_, self.budget, size=size, depth=self.depth + 1,
                    layers=self.layers + 1)  # fmt: skip


def shown(name: str) -> str:
    """A member's name as evidence shows it: no control characters that a terminal would obey, not without end."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in name[:512])


def inputs_of(blob: Blob, visit: Visit) -> Iterator[Input]:
    """The streams of records in ``blob``, however deep; what cannot be read is reported, what is no log is skipped."""
    head = _head(blob, visit)
    if head is None:
        return
    kind = detect(head, whole=len(head) < HEAD)
    if isinstance(kind, Packing):
        yield from _unpacked(blob, kind, visit)
    elif kind is not Format.UNKNOWN:
        yield _input(blob, kind, head)
    else:
        _not_a_log(blob, head, visit)


def _not_a_log(blob: Blob, head: bytes, visit: Visit) -> None:
    """What may hold logs is told of, and what was named; other files are only counted."""
    what, hint = foreign(head)
    if hint:
        visit.report(Problem(blob.name, "", f"is {what}", hint=hint))
    elif blob.named:
        visit.report(Problem(blob.name, "", f"is {what or 'not a log Dohyo knows'}", hint=_KNOWN))
    else:
        visit.skipped.add(blob.name, what or "not a log")


_KNOWN = "known: EVTX, NDJSON, JSON, CSV with a header line, Parquet, Windows event XML; also compressed or archived"
_TEXT = frozenset({Format.NDJSON, Format.JSON, Format.CSV, Format.XML, Format.TEXT})


def _head(blob: Blob, visit: Visit) -> bytes | None:
    """The first bytes; fewer when the rest is damaged (the reader will say so), None when there are none at all."""
    head = b""
    try:
        with blob.open() as stream:
            while len(head) < HEAD and (data := stream.read(HEAD - len(head))):
                head += data
    except OSError as error:
        if not head:
            visit.report(problem_of(blob.name, error))
            return None
    return head


def _input(blob: Blob, kind: Format, head: bytes) -> Input:
    encoding = encoding_of(head) if kind in _TEXT else None
    if encoding is None:
        return Input(blob.name, kind, blob.open, blob.path, blob.size, blob.once, head)
    text = head.decode(encoding, "ignore").encode("utf-8", "replace")
    return Input(blob.name, kind, lambda: _utf8(blob, encoding), None, blob.size, blob.once, text)


def _utf8(blob: Blob, encoding: str) -> BinaryIO:
    return Utf8(blob.open(), encoding)  # type: ignore[return-value]  # a raw stream reads like a binary file


def _unpacked(blob: Blob, kind: Packing, visit: Visit) -> Iterator[Input]:
    """The inputs inside; a broken archive, or one nested too deep, is reported."""
    most = visit.limits.archive_depth
    if blob.depth + (kind in _ARCHIVES) > most or blob.layers >= 2 * most:
        visit.report(Problem(blob.name, "", f"is nested more than {most} archives deep", hint="unpack it yourself"))
        return
    found = False
    where = ""
    try:
        for member in _members(blob, kind, visit):
            where = f"from {member.name.rpartition('!')[2]} on" if kind in _ARCHIVES else ""
            for source in inputs_of(member, visit):
                found = True
                yield source
    except OSError as error:
        found = True
        visit.report(problem_of(blob.name, error, where))
    if blob.named and not found and kind in _ARCHIVES:
        visit.report(Problem(blob.name, "", "holds no log", hint=_KNOWN))


def _members(blob: Blob, kind: Packing, visit: Visit) -> Iterator[Blob]:
    if kind in _CODECS:
        yield _decompressed(blob, _CODECS[kind])
    elif kind is Packing.ZIP:
        from dohyo.sources.zips import zip_members

        yield from zip_members(blob, visit)
    else:
        from dohyo.sources.tars import tar_members

        yield from tar_members(blob, visit)


_ARCHIVES = frozenset({Packing.ZIP, Packing.TAR})
_CODECS: dict[Packing, Codec] = {
    Packing.GZIP: streams.GZIP,
    Packing.ZSTD: streams.ZSTD,
    Packing.BZIP2: streams.BZIP2,
    Packing.XZ: streams.XZ,
}


def _decompressed(blob: Blob, codec: Codec) -> Blob:
    meter = Meter(blob.budget)

    def unpacked() -> BinaryIO:
        return cast("BinaryIO", Unpacked(blob.open(), codec, meter))

    return replace(blob, open=unpacked, path=None, layers=blob.layers + 1)
