"""Chunks of a Windows event log → records, through the ``evtx`` library, some chunks at a time.

A log is a header and chunks of 64 KiB, each complete in itself. The library is given small logs of our making — a good
header and the next chunks — so that memory stays bounded, streams need no seeking, one damaged chunk costs no other,
and a header that is damaged or was never closed ("dirty") does not matter. The chunk headers say how many records
there should be; when fewer came, the chunk is mended where it can be and the loss is named where it cannot.

Nothing heavy is imported here: processes that do only this start quickly."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any, cast

from evtx import PyEvtxParser
from msgspec import Struct, field

from dohyo.sources.readers.tally import Tally

FILE_HEADER = 4096
CHUNK = 64 * 1024
TOGETHER = 64  # chunks a call, 4 MiB to hold

_CHUNK_MAGIC = b"ElfChnk\0"
CHUNK_HEADER = 512
_NUMBERS = struct.Struct("<8xQQ")  # number of the chunk's first and last record, counted in this file
_RANGES = struct.Struct("<QQQQ")  # the same, then the first and last id
_MANY = 2**62
LARGEST_ID = 2**63 - 1
_LAST_ID = struct.Struct("<32xQ")
_UINT = struct.Struct("<I")
_FREE_AT = 48  # where the chunk's free space starts
_NAMES_AND_TEMPLATES = slice(128, CHUNK_HEADER)  # shortcuts into the chunk; the records do without
_RECORD_MAGIC = b"**\0\0"
_RECORD = struct.Struct("<4sIQ")  # magic, size, id; the size stands once more at the record's end
_SMALLEST = 28


class Parsed(Struct):
    """What the library made of some chunks."""

    texts: list[str] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def newer(self, last: int) -> Parsed:
        """The records with an id above ``last``."""
        kept = [(t, i) for t, i in zip(self.texts, self.ids, strict=True) if i > last]
        return Parsed([t for t, _ in kept], [i for _, i in kept], self.errors)


def records_in(block: bytes, at: int, tally: Tally) -> Iterator[Parsed]:
    """The records of the chunks in ``block``, which starts at byte ``at`` of the log.

    The good case first: all chunks in one go. When something was wrong, the chunks are read one by one instead.
    """
    expected = _expected_in(block)
    if expected is not None:
        parsed = _parse(block)
        if not parsed.errors and len(parsed.texts) == expected:
            yield parsed
            return
    for offset in range(0, len(block), CHUNK):
        yield _one_chunk(block[offset : offset + CHUNK], at + offset, tally)


def _expected_in(block: bytes) -> int | None:
    """How many records the chunk headers promise; None when one is damaged or out of date, or the last chunk is cut."""
    if len(block) % CHUNK:
        return None
    total = 0
    for offset in range(0, len(block), CHUNK):
        chunk = block[offset : offset + CHUNK]
        expected = _expected(chunk)
        if expected is None or (expected and _grew(chunk)):
            return None
        total += expected
    return total


def last_record(header: bytes) -> int | None:
    """The id of the last record that a chunk's header (``CHUNK_HEADER`` bytes) promises; None for one never used or damaged."""
    if not header.startswith(_CHUNK_MAGIC) or len(header) < CHUNK_HEADER:
        return None
    found = int(_LAST_ID.unpack_from(header)[0])
    return found if found <= LARGEST_ID else None


def _expected(chunk: bytes) -> int | None:
    """How many records a chunk's header promises: 0 for a chunk never used, None for a damaged header."""
    if not chunk.startswith(_CHUNK_MAGIC):
        return 0 if _is_blank(chunk) else None
    first, last = _NUMBERS.unpack_from(chunk)
    return int(last - first + 1) if 0 <= last - first < CHUNK // _SMALLEST else None


def _grew(chunk: bytes) -> bool:
    """True when records were written after the header was: the log was copied while Windows had it open."""
    free = _UINT.unpack_from(chunk, _FREE_AT)[0]
    if not CHUNK_HEADER <= free <= CHUNK - _SMALLEST:
        return False
    magic, _, number = _RECORD.unpack_from(chunk, free)
    return bool(magic == _RECORD_MAGIC and number == _LAST_ID.unpack_from(chunk)[0] + 1)


def _is_blank(chunk: bytes) -> bool:
    return chunk.count(0) == len(chunk)


def _parse(chunks: bytes) -> Parsed:
    """What the library makes of whole chunks."""
    parsed = Parsed()
    most = len(chunks) // _SMALLEST
    log = io.BytesIO(_header(len(chunks) // CHUNK) + chunks)
    try:
        records = cast("Iterator[dict[str, Any]]", PyEvtxParser(log).records_json())
        while len(parsed.texts) + len(parsed.errors) < most and not _drain(records, parsed):
            pass
    except BaseException as error:  # a panic in the library is no Exception
        if not _is_of_library(error):
            raise
        parsed.errors.append(str(error))
    return parsed


def _drain(records: Iterator[dict[str, Any]], parsed: Parsed) -> bool:
    """Takes records until the end (True) or an error, after which the library can go on (False)."""
    texts, ids = parsed.texts, parsed.ids
    try:
        for record in records:
            texts.append(record["data"])
            ids.append(record["event_record_id"])
    except RuntimeError as error:
        parsed.errors.append(str(error))
        return False
    return True


def _is_of_library(error: BaseException) -> bool:
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _header(chunks: int) -> bytes:
    """A good file header for so many chunks."""
    fields = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, max(chunks - 1, 0), 1, 128, 1, 3, FILE_HEADER, chunks)
    return fields.ljust(FILE_HEADER, b"\0")


def _one_chunk(chunk: bytes, at: int, tally: Tally) -> Parsed:
    """The records of a chunk with damage somewhere, tried as it is and mended; says what was lost."""
    if _is_blank(chunk):
        return Parsed()
    whole = (_CHUNK_MAGIC + chunk[len(_CHUNK_MAGIC) :]).ljust(CHUNK, b"\0")
    expected = _expected(whole)
    parsed = _parse(_mend(whole, len(chunk)) if len(chunk) < CHUNK else whole)
    for mend in (_mend, _without_shortcuts):
        if parsed.errors or expected is None or len(parsed.texts) < expected or _grew(whole):
            parsed = max(parsed, _parse(mend(whole, len(chunk))), key=lambda each: len(each.texts))
    _tell_loss(chunk, expected, parsed, f"chunk {(at - FILE_HEADER) // CHUNK} at byte {at}", tally)
    return parsed


def _tell_loss(chunk: bytes, expected: int | None, parsed: Parsed, where: str, tally: Tally) -> None:
    lost = max(len(parsed.errors), (expected or 0) - len(parsed.texts), 0)
    unknown = expected is None or (not chunk.startswith(_CHUNK_MAGIC) and not parsed.texts)
    if len(chunk) < CHUNK:
        tally.add(where, "the log is cut off here", max(lost, 1))
    elif unknown:
        tally.add(where, "damaged chunk, records may be missing", max(lost, 1))
    elif lost:
        tally.add(where, "damaged records", lost)


def _without_shortcuts(chunk: bytes, length: int) -> bytes:
    mended = bytearray(_mend(chunk, length))
    mended[_NAMES_AND_TEMPLATES] = bytes(CHUNK_HEADER - _NAMES_AND_TEMPLATES.start)
    return bytes(mended)


def _mend(chunk: bytes, length: int) -> bytes:
    """The chunk, of which ``length`` bytes are there, with its records joined up again.

    Where a record's header is damaged, it is made anew so that the record ends where the next good one starts. If its
    content is damaged too, the library fails on that one record only.
    """
    mended = bytearray(chunk)
    at, number = CHUNK_HEADER, 0
    for start in _record_starts(chunk):
        _, size, own = _RECORD.unpack_from(chunk, start)
        _bridge(mended, at, start, number + 1 if number else own - 1)
        at, number = start + size, own
    free = _UINT.unpack_from(chunk, _FREE_AT)[0]
    if at < free <= length:
        _bridge(mended, at, free, number + 1)
        at = free
    _UINT.pack_into(mended, _FREE_AT, at)
    _RANGES.pack_into(mended, 8, 0, _MANY, 0, _MANY)  # the library stops at the last one stated
    return bytes(mended)


def _bridge(chunk: bytearray, start: int, end: int, number: int) -> None:
    """Makes what lies between one record, when there is room for one."""
    if end - start >= _SMALLEST:
        _RECORD.pack_into(chunk, start, _RECORD_MAGIC, end - start, max(number, 0) & (2**64 - 1))


def _record_starts(chunk: bytes) -> list[int]:
    """Where records start whose size stands at both of their ends."""
    starts: list[int] = []
    at = CHUNK_HEADER
    while 0 <= (at := chunk.find(_RECORD_MAGIC, at)) <= len(chunk) - _SMALLEST:
        size = _UINT.unpack_from(chunk, at + 4)[0]
        good = _SMALLEST <= size <= len(chunk) - at and _UINT.unpack_from(chunk, at + size - 4)[0] == size
        if good:
            starts.append(at)
        at += size if good else len(_RECORD_MAGIC)
    return starts
