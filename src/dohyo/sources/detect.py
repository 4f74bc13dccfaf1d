"""Tells what bytes are by their content, never by a file's name."""

from __future__ import annotations

import csv
import json
import re
from enum import StrEnum
from itertools import islice

from dohyo.sources.envelopes import list_start
from dohyo.sources.forms import form_of
from dohyo.sources.model import Format


class Packing(StrEnum):
    """What has to be taken off before there are records."""

    GZIP = "gzip"
    ZSTD = "zstd"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZIP = "zip"
    TAR = "tar"


_MAGIC: tuple[tuple[int, bytes, Format | Packing], ...] = (
    (0, b"ElfFile\0", Format.EVTX),
    (4096, b"ElfChnk\0", Format.EVTX),  # the file header is damaged, the records are not
    (0, b"PAR1", Format.PARQUET),
    (0, b"\x1f\x8b\x08", Packing.GZIP),
    (0, b"\x28\xb5\x2f\xfd", Packing.ZSTD),
    (0, b"BZh", Packing.BZIP2),
    (0, b"\xfd7zXZ\0", Packing.XZ),
    (0, b"PK\x03\x04", Packing.ZIP),
    (0, b"PK\x05\x06", Packing.ZIP),  # a zip without members
    (257, b"ustar", Packing.TAR),
)

# What lies beside logs, or around them: what it is, and what to do about it. Archives may hold logs, so they are told of.
_SEVEN = "unpack it (7z x) and give the folder"
_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive, which is not looked into", _SEVEN),
    (b"Rar!\x1a\x07", "a RAR archive, which is not looked into", "unpack it and give the folder"),
    (b"MSCF", "a cabinet archive, which is not looked into", "unpack it and give the folder"),
    (b"\xd4\xc3\xb2\xa1", "a packet capture", ""),
    (b"\xa1\xb2\xc3\xd4", "a packet capture", ""),
    (b"\x0a\x0d\x0d\x0a", "a packet capture", ""),
    (b"SQLite format 3\0", "an SQLite database", ""),
    (b"regf", "a registry hive", ""),
    (b"MZ", "a program", ""),
    (b"%PDF", "a PDF document", ""),
    (b"0\x00\x00\x00LfLe", "an .evt log of Windows XP", "convert it: wevtutil epl OLD.evt NEW.evtx /lf:true"),
)


def foreign(head: bytes) -> tuple[str, str]:
    """What bytes are that are no log, and what a person can do to have logs of them; empty where nothing is known."""
    return next(((what, hint) for magic, what, hint in _FOREIGN if head.startswith(magic)), ("", ""))


# Windows tools write UTF-16 with a mark; without one the NUL after the first character gives it away.
_ENCODINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"{\0", "utf-16-le"),
    (b"[\0", "utf-16-le"),
    (b"<\0", "utf-16-le"),
)

DELIMITERS = ",;\t|"
_SPACE = " \t\r\n\v\f"
_CSV_ROWS = 20
_CSV_AGREE = 0.6  # ragged rows are common in exports; text with commas agrees far less
_HEADER_CELL = re.compile(r"[\w@#$%(\[{][^\n]{0,127}", re.ASCII)
_HEADER_WORDS = 6
_EVENT_VIEWER = ("Date and Time", "Source", "Event ID", "Task Category")
_PREAMBLE = re.compile(r"\A(?:#TYPE [^\n]*\n|sep=[^\n]{1,3}\n)+", re.IGNORECASE)
_EVENT = re.compile(r"<Events?[\s>/]")
_XML_PROLOGUE = re.compile(r"\A(?:<\?xml|<!--|<Events?[\s>/])")
_NUMBERED = re.compile(r"\ARecord \d+\s+(?=[{<])")  # evtx_dump writes the record's number above each one
_EVENT_INSIDE = re.compile(r"<Event\s[^<>\n]*schemas\.microsoft\.com/win/2004/08/events/event|<Event><System><Provider ")
_XML_AS_JSON = re.compile(r'\A(?:\[\s*)?"\s*(?:<\?xml|<Event[\s>])')
_ARRAY_START = re.compile(r"\A\[[\s,]*(?:[\[{\]]|\Z)")


def encoding_of(head: bytes) -> str | None:
    """The codec (``utf-16``, ``utf-16-le``, ``utf-8-sig``) that text starting with ``head`` needs; None for UTF-8."""
    return next((name for mark, name in _ENCODINGS if head.startswith(mark)), None)


def detect(head: bytes, *, whole: bool) -> Format | Packing:
    """What a stream is that starts with the bytes ``head`` (``whole``: nothing comes after them)."""
    for offset, magic, kind in _MAGIC:
        if head.startswith(magic, offset):
            return kind
    text = head.decode(encoding_of(head) or "utf-8", "replace").lstrip(_SPACE + "\ufeff")
    if not text:
        return Format.EMPTY if whole else Format.UNKNOWN
    return _text_format(text, whole)


def preamble(text: str) -> int:
    """How many characters of a CSV stand before its header: PowerShell's ``#TYPE`` line, Excel's ``sep=``."""
    found = _PREAMBLE.match(text)
    return found.end() if found else 0


def delimiter_of(text: str) -> str | None:
    """The delimiter of the CSV that starts with ``text``, or None when it is no CSV with a header line."""
    lines = text[preamble(text) :].splitlines(keepends=True)
    return next((mark for mark in _by_use(lines) if _is_table(lines, mark)), None)


def _text_format(text: str, whole: bool) -> Format:
    if numbered := _NUMBERED.match(text):
        return Format.JSON if text[numbered.end()] == "{" else Format.XML
    if text[0] == "{":
        return _object_format(text)
    if text[0] == "[" and _ARRAY_START.match(text):
        return Format.JSON
    if _XML_AS_JSON.match(text):
        return Format.JSON
    if _XML_PROLOGUE.match(text):
        return Format.XML if _EVENT.search(text) else Format.UNKNOWN
    if "\0" in text:
        return Format.UNKNOWN
    complete = text if whole else text[: text.rfind("\n") + 1]
    if form_of(complete):
        return Format.TEXT
    if text[0] not in "[<" and delimiter_of(complete):
        return Format.CSV
    return Format.XML if _EVENT_INSIDE.search(text) else Format.UNKNOWN


def _object_format(text: str) -> Format:
    """NDJSON or JSON, for text that starts with a brace: where does its first value end, or break?"""
    if list_start(text) is not None:
        return Format.JSON
    end_of_line = text.find("\n")
    if end_of_line < 0:
        end_of_line = len(text)
    try:
        end = json.JSONDecoder(parse_int=str).raw_decode(text)[1]
    except json.JSONDecodeError as error:
        return Format.JSON if _breaks_later(text, error.pos, end_of_line) else Format.NDJSON
    except (ValueError, RecursionError):
        return Format.NDJSON
    rest = text[end:end_of_line].strip(_SPACE)
    return Format.JSON if end > end_of_line or rest.startswith(("{", ",")) else Format.NDJSON


def _breaks_later(text: str, position: int, end_of_line: int) -> bool:
    """True when the text is good JSON past its first line, so that the head was too short for one pretty document.

    A brace that is not welcome at the very start of a line is the next record after a broken one: NDJSON.
    """
    next_record = text[position - 1 : position + 1] == "\n{"
    return position > end_of_line and not next_record


def _by_use(lines: list[str]) -> list[str]:
    """The delimiters that the first line has, the most frequent first."""
    first = lines[0] if lines else ""
    return sorted((mark for mark in DELIMITERS if mark in first), key=lambda mark: -first.count(mark))


def _is_table(lines: list[str], mark: str) -> bool:
    try:
        rows = [row for row in islice(csv.reader(lines, delimiter=mark), _CSV_ROWS) if row]
    except csv.Error:
        return False
    if not rows or not _is_header(rows[0], lines[0]):
        return False
    header = header_of(rows[0])
    body = rows[1:-1] if len(rows) < _CSV_ROWS and _open_quote(lines) else rows[1:]
    agree = sum(len(row) == len(header) for row in body)
    return agree >= _CSV_AGREE * len(body) if body else len(header) > 2


def header_of(cells: list[str]) -> list[str]:
    """The names of a header line; the Event Viewer gives the last of its six columns no name."""
    return [*cells, "Message"] if tuple(cells[1:]) == _EVENT_VIEWER else cells


def _open_quote(lines: list[str]) -> bool:
    """True when the text ends within a quoted cell, which may go over many lines."""
    return sum(line.count('"') for line in lines) % 2 == 1


def _is_header(cells: list[str], line: str) -> bool:
    """True when the cells look like names: short, no sentence, not a number or a time, no blank after the comma."""
    named = [cell for cell in cells if cell.strip()]
    fits = all(_HEADER_CELL.fullmatch(cell) and len(cell.split()) <= _HEADER_WORDS for cell in named)
    dated = any(re.match(r"\d{1,4}[-/.:]\d", cell) or cell.replace(".", "").isdigit() for cell in named)
    return len(cells) > 1 and len(named) * 2 > len(cells) and fits and not dated and line[:1] not in "[({"
