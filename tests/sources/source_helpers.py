"""What the tests of the readers share: inputs made of bytes, and reading one to the end."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from dohyo.sources.find import find_inputs
from dohyo.sources.model import Format, Input, Problem
from dohyo.sources.readers import READERS

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def source_of(data: bytes, format_: Format) -> Input:
    """An input called ``x`` that holds ``data``."""
    return Input("x", format_, lambda: cast(BinaryIO, io.BytesIO(data)))


def read(data: bytes, format_: Format) -> tuple[list[tuple[int, str]], list[Problem]]:
    """Record numbers and raw texts (without the white space around them), and the problems."""
    return read_source(source_of(data, format_))


def read_source(source: Input) -> tuple[list[tuple[int, str]], list[Problem]]:
    """The same for an input."""
    problems: list[Problem] = []
    records: list[tuple[int, str]] = []
    for chunk in READERS[source.format](source, problems.append):
        chunk.raw.validate(full=True)
        assert len(chunk.raw) == len(chunk.records) > 0
        raw = [text.strip() for text in chunk.raw.to_pylist()]
        records.extend(zip(chunk.records.to_pylist(), raw, strict=True))
    return records, problems


def objects(records: list[tuple[int, str]]) -> list[Any]:
    """The records' JSON, parsed."""
    return [json.loads(text) for _, text in records]


def find(*paths: Path | str, **options: Any) -> tuple[list[Input], list[Problem]]:
    """What is found under ``paths``, and the problems."""
    problems: list[Problem] = []
    return list(find_inputs([str(path) for path in paths], problems.append, **options)), problems


def read_all(*paths: Path | str, **options: Any) -> tuple[dict[str, int], list[Problem]]:
    """How many records each input under ``paths`` gives, by its name after the last slash, and all problems."""
    problems: list[Problem] = []
    counts: dict[str, int] = {}
    for source in find_inputs([str(path) for path in paths], problems.append, **options):
        records, more = read_source(source)
        problems += more
        counts[source.name.replace("\\", "/").rsplit("/", 1)[-1]] = len(records)
    return counts, problems


def recorded(part: str) -> Path:
    """A folder or file of the recorded data; skips the test where they are not."""
    path = SHARED / part
    if not path.exists():
        pytest.skip(f"the recorded data ({part}) are not here")
    return path


def damaged(sample: bytes, steps: int = 25) -> Iterator[bytes]:
    """``sample`` cut off at many lengths and with bits flipped at many places."""
    for i in range(steps):
        at = len(sample) * i // steps
        yield sample[:at]
        flipped = bytearray(sample)
        flipped[at] ^= 1 << (i % 8)
        flipped[(at * 7 + 13) % len(sample)] ^= 0xFF
        yield bytes(flipped)
