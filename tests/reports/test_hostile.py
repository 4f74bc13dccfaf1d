"""Whatever stands in a log, every output is valid and inert: each hostile value in each format, through the command line."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from command import dohyo_bytes

VALUES: dict[str, str] = {
    "markup": "<img src=x onerror=alert(1)><b>bold</b>",
    "script end": "</script><script>alert(1)</script><!--",
    "template": "{{Computer}} ${x} {% raw %} __DATA__",
    "control characters": "a\x00b\x07c\x08d\x7fe\x9bf",
    "right-to-left": "gpj.\u202eexe.\u2066x\u2069",
    "terminal escapes": "\x1b[2J\x1b]0;title\x07\x1b[31mred",
    "formula": "=cmd|' /C calc'!A0",
    "signed formula": "-2+3+cmd|' /C calc'!A0",
    "markdown": "[click](javascript:alert(1)) `code` | cell | # head",
    "line breaks": "one\r\ntwo\nthree\u2028four",
    "half a surrogate": "x\ud800y",
    "a megabyte": "powershell " + "A" * 1_000_000,
}
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Tags(HTMLParser):
    """The elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One alert for each hostile value, which is its command line, its user and a part of its parent's path."""
    path = tmp_path_factory.mktemp("hostile") / "log.ndjson"
    lines = []
    for i, value in enumerate(VALUES.values()):
        event = {"EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "UtcTime": f"2026-01-01 00:00:{i:02}.000",
                 "Hostname": "H", "User": value, "Image": "C:\\x\\mshta.exe", "CommandLine": value, "DestinationPort": "443",
                 "DestinationIp": "203.0.113.1", "ParentImage": f"C:\\{value}\\x.exe"}  # fmt: skip
        lines.append(json.dumps(event) + "\n")
    path.write_text("".join(lines))
    return path


def hunt(log: Path, *more: str) -> subprocess.CompletedProcess[bytes]:
    done = dohyo_bytes("hunt", "-d", "T1043", log, *more, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    assert b"Traceback" not in done.stderr
    assert not _STEERING.search(done.stderr.decode("utf-8"))
    return done


def _table(data: bytes) -> int:
    assert not _STEERING.search(data.decode("utf-8"))
    return len(data.decode("utf-8").split("\n")) - 3  # two lines above, one end


@pytest.fixture(autouse=True)
def long_cells() -> Iterator[None]:
    """Lets Python's reader of CSV take a cell of a megabyte, for these tests only."""
    before = csv.field_size_limit(1 << 24)
    yield
    csv.field_size_limit(before)


def _csv(data: bytes) -> int:
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))
    assert not [v for row in rows for v in row.values() if v.startswith(("=", "@", "-2+3"))]
    return len(rows)


def _ndjson(data: bytes) -> int:
    rows = [json.loads(line) for line in data.decode("utf-8").split("\n") if line]
    commands = {row["fields"]["CommandLine"] for row in rows if "fields" in row}
    assert not commands or {VALUES["markup"], VALUES["formula"], VALUES["a megabyte"]} <= commands  # exact, not cut
    return len(rows)


def _count(path: Callable[[Any], Any]) -> Callable[[bytes], int]:
    return lambda data: len(path(json.loads(data.decode("utf-8"))))


READ: dict[str, Callable[[bytes], int]] = {
    "table": _table,
    "csv": _csv,
    "ndjson": _ndjson,
    "json": _count(lambda found: found),
    "sarif": _count(lambda found: found["runs"][0]["results"]),
    "timesketch": lambda data: len(list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))) - 1,
    "ocsf": _ndjson,
    "stix": _count(lambda found: [o for o in found["objects"] if o["type"] == "sighting"]),
    "navigator": lambda data: json.loads(data)["techniques"][0]["score"],
}


@pytest.mark.parametrize("format", READ)
def test_each_value_in_each_format(log: Path, format: str) -> None:
    """Every format can be read by its own reader and has an alert for each value; nothing steers the terminal."""
    assert READ[format](hunt(log, "--format", format, "-q").stdout) == len(VALUES)


def test_each_value_in_parquet(log: Path, tmp_path: Path) -> None:
    """Parquet holds the values exactly; half a surrogate pair, which no UTF-8 has, is replaced."""
    hunt(log, "--format", "parquet", "--output", str(tmp_path / "a.parquet"), "-q")
    found = set(pq.read_table(tmp_path / "a.parquet")["CommandLine"].to_pylist())
    assert {v for k, v in VALUES.items() if k != "half a surrogate"} <= found


def test_each_value_on_the_page(log: Path, tmp_path: Path) -> None:
    """The page has the elements that it has without alerts; what turns text around is shown as what it is."""
    page, empty = tmp_path / "a.html", tmp_path / "b.html"
    hunt(log, "--html", str(page), "--investigate", "-q")
    nothing = tmp_path / "nothing.ndjson"
    nothing.write_text('{"EventID": 5, "Channel": "Security", "Computer": "x"}\n')
    hunt(nothing, "--html", str(empty), "-q")
    texts = [p.read_text("utf-8") for p in (page, empty)]
    tags = [Tags(), Tags()]
    for parser, text in zip(tags, texts, strict=True):
        parser.feed(text)
    assert tags[0].found == tags[1].found
    assert not _STEERING.search(texts[0].replace("\n", ""))
    assert len(json.loads(texts[0].split('id="data">')[1].split("</script>")[0])["alerts"]) == len(VALUES)


@pytest.mark.parametrize("command", ["investigate", "why", "search"])
def test_each_value_in_what_a_terminal_shows(log: Path, command: str) -> None:
    """Investigations, explanations and tables of values hold nothing that steers a terminal."""
    hardest = ("terminal escapes", "right-to-left", "half a surrogate", "a megabyte")
    for number in [list(VALUES).index(name) + 1 for name in hardest]:
        rest = {
            "investigate": ["investigate", f"{log}:{number}"],
            "why": ["why", "T1043", "--event", f"{log}:{number}"],
            "search": ["search", "* | count by CommandLine, User", str(log)],
        }[command]
        done = dohyo_bytes(*rest, timeout=240)
        assert done.returncode == 0, done.stderr[-2000:]
        assert done.stdout and not _STEERING.search(done.stdout.decode("utf-8").replace("\n", ""))
        if command == "search":  # one table holds all of them
            return
