"""Formats are told by content."""

from __future__ import annotations

import gzip
import json

import pytest

from dohyo.sources.detect import Packing, delimiter_of, detect
from dohyo.sources.model import Format

PRETTY = json.dumps({"a": {"b": [1, 2]}, "c": "x" * 50}, indent=2).encode()
CASES: list[tuple[str, bytes, Format | Packing]] = [
    ("one object a line", b'{"a": 1}\n{"b": 2}\n', Format.NDJSON),
    ("one object", b'{"a": 1}', Format.NDJSON),
    ("a first line that is broken", b'{"EventID": 3\n{"a": 1}\nnot json\n', Format.NDJSON),
    ("a first line cut in a string", b'{"EventID": "3\n{"a": 1}\n', Format.NDJSON),
    ("a first line cut after a comma", b'{"EventID": 3,\n{"a": 1}\n', Format.NDJSON),
    ("a first line cut before a value", b'{"EventID":\n{"a": 1}\n{"b": 1}\n', Format.NDJSON),
    ("a first line that is nested without end", b'{"a":' * 5000, Format.NDJSON),
    ("a first line longer than the head", b'{"a": "' + b"x" * 70000, Format.NDJSON),
    ("an array", b'[{"a": 1}]', Format.JSON),
    ("an array over lines", b'\n [\n  {"a": 1},\n', Format.JSON),
    ("an empty array", b"[]", Format.JSON),
    ("a pretty object", PRETTY, Format.JSON),
    ("a pretty object that is cut", PRETTY[:-20], Format.JSON),
    ("objects one after another", b'{"a": 1}{"b": 2}', Format.JSON),
    ("a table", b"a,b,c\n1,2,3\n4,5,6\n", Format.CSV),
    ("a table with semicolons", b"time;host\n1,5;x\n2,5;y\n", Format.CSV),
    ("a table with tabs", b"time\thost\n1\tx\n", Format.CSV),
    ("a header alone", b"EventID,Image,User\n", Format.CSV),
    ("PowerShell's type line", b'#TYPE X\r\n"Id","Message"\r\n"1","two\r\nlines"\r\n"2","x"\r\n', Format.CSV),
    ("ragged rows", b"a,b,c\n1,2,3\n1,2\n1,2,3\n1,2,3,4\n1,2,3\n", Format.CSV),
    ("event XML", b"<Event xmlns='http://x'><System/></Event>", Format.XML),
    ("event XML with a prologue", b'<?xml version="1.0"?>\n<Events><Event/></Events>', Format.XML),
    ("UTF-16 XML", "\ufeff<Events><Event/></Events>".encode("utf-16-le"), Format.XML),
    ("UTF-16 JSON", '{"a": 1}\r\n'.encode("utf-16"), Format.NDJSON),
    ("a UTF-8 mark", b"\xef\xbb\xbf" + b'{"a": 1}\n', Format.NDJSON),
    ("other XML", b"<?xml version='1.0'?><svg></svg>", Format.UNKNOWN),
    ("a web page", b"<!DOCTYPE html><html></html>", Format.UNKNOWN),
    ("prose", b"Hello, world.\nThis, too, is text.\n", Format.UNKNOWN),
    ("prose with commas", b"Dear Bob, hi\nI came, you left\nso it goes, see\n", Format.UNKNOWN),
    ("a plain log", b"[2020-01-01 00:00:00] started\n[2020-01-01 00:00:01] ok\n", Format.UNKNOWN),
    ("numbers", b"1,2,3\n4,5,6\n", Format.UNKNOWN),
    ("a program", b"MZ\x90\0\x03\0\0\0", Format.UNKNOWN),
    ("a PDF", b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n", Format.UNKNOWN),
    ("YAML", b"title: x\nid: y\ntags:\n  - a\n", Format.UNKNOWN),
    ("an event log", b"ElfFile\0" + bytes(100), Format.EVTX),
    ("an event log with a damaged header", b"XlfFile\0".ljust(4096, b"\1") + b"ElfChnk\0", Format.EVTX),
    ("Parquet", b"PAR1\x15\x04", Format.PARQUET),
    ("gzip", gzip.compress(b"x"), Packing.GZIP),
    ("nothing", b"", Format.EMPTY),
    ("blank lines", b"\r\n  \n", Format.EMPTY),
]


@pytest.mark.parametrize(("data", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_content_tells_the_format(data: bytes, expected: Format | Packing) -> None:
    """Each kind of content is taken for what it is."""
    assert detect(data[: 64 * 1024], whole=len(data) < 64 * 1024) is expected


def test_delimiter_is_the_one_the_rows_agree_on() -> None:
    """Commas inside the cells of a semicolon table do not mislead."""
    assert delimiter_of("a;b;c,d\n1,1;2,2;3,3\n1,1;2,2;3,3\n") == ";"
