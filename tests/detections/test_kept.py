"""What is kept of detections between runs never changes what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from dohyo.detections.load import load
from dohyo.detections.model import Severity

DETECTION = """title: T
description: d
status: stable
severity: medium
confidence: high
attack: {tactics: [command-and-control], techniques: [T1043]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one detection, and an empty cache."""
    monkeypatch.setenv("DOHYO_CACHE", str(tmp_path / "cache"))
    one = tmp_path / "own" / "x-one"
    one.mkdir(parents=True)
    (one / "detection.yml").write_text(DETECTION, "utf-8")
    (one / "query.sumo").write_text("*", "utf-8")
    return tmp_path / "own"


def _read(folder: Path) -> list[object]:
    return [(d.id, d.metadata) for d in load([folder]).detections]


def test_the_second_reading_gives_what_the_first_gave(folder: Path, tmp_path: Path) -> None:
    """All of it, and from the cache: one that was tampered with shows."""
    first = _read(folder)
    assert _read(folder) == first
    cache = tmp_path / "cache" / "detections.txt"
    cache.write_text(cache.read_text("utf-8").replace('"title":"T"', '"title":"U"'), "utf-8")
    assert load([folder]).find("x-one").metadata.title == "U"


def test_a_changed_file_is_read_anew(folder: Path) -> None:
    """It is known by its content."""
    load([folder])
    (folder / "x-one" / "detection.yml").write_text(DETECTION.replace("medium", "low"), "utf-8")
    assert load([folder]).find("x-one").metadata.severity is Severity.LOW


@pytest.mark.parametrize("spoilt", [b"", b"\xff\xfe", b"other\n", None])
def test_a_spoilt_cache_is_no_loss(spoilt: bytes | None, folder: Path, tmp_path: Path) -> None:
    """Emptied, no text, of other code, or with lines that are no detection."""
    first = _read(folder)
    cache = tmp_path / "cache" / "detections.txt"
    maker, *lines = cache.read_bytes().split(b"\n")
    broken = b"\n".join([maker, *(line.partition(b"\t")[0] + b'\t{"title": 1' for line in lines)])
    cache.write_bytes(broken if spoilt is None else spoilt)
    assert _read(folder) == first


def test_a_broken_file_is_told_each_time(folder: Path) -> None:
    """What cannot be read is not kept."""
    (folder / "x-one" / "detection.yml").write_text(DETECTION.replace("severity", "severty"), "utf-8")
    told = [load([folder]).broken for _ in range(2)]
    assert told[0] == told[1]
    assert "did you mean `severity`?" in told[0][0]
