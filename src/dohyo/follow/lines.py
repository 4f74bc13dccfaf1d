"""Growing text → whole records: where the last whole one ends, in the file's own encoding and as UTF-8."""

from __future__ import annotations

import csv
import json
from contextlib import suppress

import numpy as np
from msgspec import Struct

from dohyo.sources.detect import delimiter_of, encoding_of, preamble
from dohyo.sources.model import Format

#: A row with more lines than this has a quote that was never closed (the CSV reader thinks so too).
_ROW_LINES = 1_000
_MARKS = {b"\xef\xbb\xbf": None, b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class Cut(Struct, frozen=True):
    """Whole records as UTF-8, the bytes of the file that they are, and how many lines."""

    data: bytes
    taken: int
    lines: int


NOTHING = Cut(b"", 0, 0)


def beginning(head: bytes) -> tuple[int, str | None]:
    """How many bytes stand before the first character, and the codec; ``None`` for UTF-8."""
    for mark, codec in _MARKS.items():
        if head.startswith(mark):
            return len(mark), codec
    return 0, encoding_of(head)


def whole(raw: bytes, format: Format, codec: str | None, forced: bool = False) -> Cut:
    """The whole records at the beginning of ``raw``. ``forced``: a quote that is still open is taken as a mistake."""
    data = _utf8(raw, codec)
    end = _end_of_rows(data, forced) if format is Format.CSV else data.rfind(b"\n") + 1
    kept = data[:end]
    return Cut(kept, _size(kept, codec), kept.count(b"\n"))


def rest(raw: bytes, codec: str | None) -> Cut:
    """All of ``raw`` as one last record, if it is a JSON object: nothing more can belong to it. Else nothing."""
    data = _utf8(raw, codec)
    if not data.rstrip().endswith(b"}"):
        return NOTHING
    try:
        found = isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return NOTHING
    return Cut(data, _size(data, codec), 1) if found else NOTHING


def _utf8(raw: bytes, codec: str | None) -> bytes:
    """The text as UTF-8; of two bytes that make a character none alone."""
    return raw if codec is None else raw[: len(raw) & ~1].decode(codec, "replace").encode("utf-8", "replace")


def _size(data: bytes, codec: str | None) -> int:
    return len(data) if codec is None else len(data.decode("utf-8", "replace").encode(codec))


def _end_of_rows(data: bytes, forced: bool) -> int:
    """Where the last row ends: at a newline that stands in no quotes."""
    array = np.frombuffer(data, dtype=np.uint8)
    newlines = np.flatnonzero(array == ord("\n"))
    quotes = np.flatnonzero(array == ord('"'))
    outside = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
    if outside.size:
        return int(outside[-1]) + 1
    return int(newlines[-1]) + 1 if newlines.size and (forced or newlines.size > _ROW_LINES) else 0


class Header(Struct, frozen=True):
    """The header of a CSV: what is put before further rows so that they can be read by themselves, and how many bytes
    and lines of the file stand before the first row."""

    text: str
    size: int
    lines: int


def header(data: bytes, codec: str | None) -> Header:
    """The header of the CSV that begins with ``data`` (whole rows). PowerShell's and Excel's own lines go before it."""
    text = data.decode("utf-8", "surrogateescape")
    start = preamble(text)
    delimiter = _stated(text[:start]) or delimiter_of(text) or ","
    lines = text[start:].splitlines(keepends=True)
    reader = csv.reader(iter(lines), delimiter=delimiter)
    with suppress(csv.Error):
        next(reader, None)
    names = "".join(lines[: max(1, reader.line_num)])
    before = text[:start] + names
    size = _size(before.encode("utf-8", "surrogateescape"), codec)
    return Header(f"sep={delimiter}\n{names}", size, before.count("\n"))


def _stated(text: str) -> str | None:
    marks = [line[4] for line in text.splitlines() if line.lower().startswith("sep=") and len(line) > 4]
    return marks[0] if marks else None
