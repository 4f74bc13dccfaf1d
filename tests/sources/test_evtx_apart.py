"""Event logs parsed in processes of their own give what the reader gives, whatever becomes of the process. There is no
writer of EVTX, so recordings are read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from source_helpers import find, read_source, recorded

from dohyo.sources.found import Found
from dohyo.sources.model import Chunk, Input, Problem
from dohyo.sources.readers import evtx_apart as room

HEADER, CHUNK = 4096, 65536


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Input]:
    """Recordings, one of them damaged, one cut off within its header, one of several blocks; each is worth a process."""
    monkeypatch.setattr(room, "WORTH", 1)
    paths = sorted(recorded("evtx").iterdir())[:6]
    for path in paths:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    log = recorded("evtx/PanacheSysmon_vs_AtomicRedTeam01.evtx").read_bytes()
    hurt = bytearray(log)
    hurt[HEADER + CHUNK + 600 : HEADER + CHUNK + 30_000] = b"\xff" * 29_400
    (tmp_path / "hurt.evtx").write_bytes(hurt)
    (tmp_path / "large.evtx").write_bytes(log + log[HEADER:] * 6)
    (tmp_path / "cut.evtx").write_bytes(log[: HEADER + 2 * CHUNK + 100])
    return find(tmp_path)[0]


def taken(apart: room.Apart, source: Input) -> tuple[list[tuple[int, str]], list[Problem]]:
    problems: list[Problem] = []
    chunks: Iterator[Chunk] | None = apart.chunks(source, problems.append)
    assert chunks is not None
    found = [pair for c in chunks for pair in zip(c.records.to_pylist(), (t.strip() for t in c.raw.to_pylist()), strict=True)]
    return found, problems


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_as_the_reader_reads_them(logs: list[Input], monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    """Records, ids and complaints, with one process and with several that share each log's blocks."""
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    apart = room.Apart(logs)
    try:
        assert [taken(apart, log) for log in logs] == [read_source(log) for log in logs]
        assert apart.chunks(logs[0], print) is None  # once
    finally:
        apart.close()


def test_what_is_left_out_does_not_matter(logs: list[Input]) -> None:
    """A log that nobody asks for, and one that is not read to its end, cost the next ones nothing."""
    apart = room.Apart(logs)
    try:
        begun = apart.chunks(logs[1], print)
        assert begun is not None and next(begun)
        assert [taken(apart, log) for log in logs[3:]] == [read_source(log) for log in logs[3:]]
    finally:
        apart.close()


@pytest.mark.parametrize("what", ["no such program", "one that ends at once", "one that is killed"])
def test_a_process_that_is_gone_loses_nothing(logs: list[Input], monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """What it did not do is done here."""
    programs: dict[str, Any] = {"no such program": "/no/such/python", "one that ends at once": "/bin/false"}
    monkeypatch.setattr(sys, "executable", programs.get(what, sys.executable))
    apart = room.Apart(logs)
    try:
        first = taken(apart, logs[0])
        for worker in apart._workers:
            if what == "one that is killed" and worker._process is not None:
                worker._process.kill()
        assert [first, *(taken(apart, log) for log in logs[1:])] == [read_source(log) for log in logs]
    finally:
        apart.close()


def test_a_log_that_is_gone_is_told_of(logs: list[Input]) -> None:
    """A log that vanished after it was found gives a problem, and the next ones their records."""
    assert logs[0].path is not None
    logs[0].path.unlink()
    apart = room.Apart(logs)
    try:
        found, problems = taken(apart, logs[0])
        assert not found and problems
        assert taken(apart, logs[1]) == read_source(logs[1])
    finally:
        apart.close()


def test_small_logs_are_not_worth_a_process(tmp_path: Path) -> None:
    """Nothing is started for them, nor for logs that are no event logs."""
    (tmp_path / "a.ndjson").write_text('{"a":1}\n')
    found = Found([str(tmp_path)])
    try:
        assert not found.apart._workers and found.apart.chunks(found.inputs[0], print) is None
        assert found.take([str(tmp_path)]) and not found.take([str(tmp_path)])
    finally:
        found.close()
