"""NDJSON: lines, their numbers, and what strangers put between newlines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from source_helpers import read, source_of

from dohyo.sources.limits import LIMITS
from dohyo.sources.model import Format, Problem
from dohyo.sources.readers import ndjson
from dohyo.sources.readers.ndjson import lines_at, read_ndjson

SMALL = replace(LIMITS, record_bytes=16)
LINES = st.lists(st.sampled_from([b'{"a": 1}', b"", b" ", b"\t\r", b"x", b"\xff\xfe", "é".encode(), b" {}", b"\0"]))


def naive(data: bytes) -> list[tuple[int, str]]:
    lines = enumerate(data.split(b"\n"), 1)
    return [(number, line.decode("utf-8", "replace").strip()) for number, line in lines if line and not line.isspace()]


@given(st.one_of(st.binary(), LINES.map(b"\n".join)))
def test_same_as_splitting(data: bytes) -> None:
    """The reader gives the lines that splitting gives, for any bytes, with true numbers."""
    assert read(data, Format.NDJSON)[0] == naive(data)


@given(LINES.map(b"\n".join), st.integers(1, 9))
def test_block_size_does_not_matter(data: bytes, size: int) -> None:
    """Wherever blocks are cut, the records are the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ndjson, "BLOCK", size)
        assert read(data, Format.NDJSON)[0] == naive(data)


@given(LINES.map(b"\n".join), st.sets(st.integers(0, 12)))
def test_lines_at_picks_non_blank_lines(data: bytes, wanted: set[int]) -> None:
    """Ordinals count non-blank lines; ones past the end give nothing."""
    expected = naive(data)
    chunks = lines_at(source_of(data, Format.NDJSON), np.array(sorted(wanted), dtype=np.int64))
    got = [pair for c in chunks for pair in zip(c.records.to_pylist(), c.raw.to_pylist(), strict=True)]
    assert [(n, text.strip()) for n, text in got] == [expected[i] for i in sorted(wanted) if i < len(expected)]


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(1, 9))
def test_too_long_lines_are_left_out_exactly(lengths: list[int], size: int) -> None:
    """Exactly the lines over the limit are reported with their numbers, and the others read."""
    problems: list[Problem] = []
    data = b"\n".join(b"x" * n for n in lengths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ndjson, "BLOCK", size)
        chunks = list(read_ndjson(source_of(data, Format.NDJSON), problems.append, SMALL))
    assert [n for c in chunks for n in c.records.to_pylist()] == [i for i, n in enumerate(lengths, 1) if 0 < n <= 16]
    assert [p.where for p in problems] == [f"line {i}" for i, n in enumerate(lengths, 1) if n > 16]


def test_record_of_50_megabytes() -> None:
    """A very long record is a record; one past the limit is named and the next one read."""
    records, problems = read(b'{"a": "' + b"x" * 50_000_000 + b'"}\n{"b": 1}\n', Format.NDJSON)
    assert [number for number, _ in records] == [1, 2] and not problems
    records, problems = read(b"x" * 70_000_000 + b'\n{"b": 1}\n', Format.NDJSON)
    assert [number for number, _ in records] == [2]
    assert problems[0].where == "line 1"


def test_invalid_utf8_is_replaced_and_told_once() -> None:
    """Bad bytes become U+FFFD; one problem gives the first line and the number of records."""
    records, problems = read(b'{"a": 1}\n{"a": "\xff"}\n{"a": 2}\n{"a": "\xc3"}\n', Format.NDJSON)
    assert [text for _, text in records][1] == '{"a": "\ufffd"}'
    assert [(p.where, p.count) for p in problems] == [("line 2", 2)]


def test_position_reaches_the_size() -> None:
    """Progress ends at the number of bytes."""
    data = b'{"a": 1}\n' * 1000
    assert [c.position for c in read_ndjson(source_of(data, Format.NDJSON), print)][-1] == len(data)
