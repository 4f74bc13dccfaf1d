"""Event logs that grow. There is no writer of EVTX, so recordings are cut into what they were while they were written."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from follow_helpers import Following
from source_helpers import recorded

from dohyo.follow.discover import found_at
from dohyo.follow.eventlog import EventLog
from dohyo.follow.place import Place
from dohyo.sources.model import Problem

HEADER, CHUNK = 4096, 65536
MAGIC = b"**\0\0"


@pytest.fixture(scope="module")
def log() -> bytes:
    return recorded("evtx/PanacheSysmon_vs_AtomicRedTeam01.evtx").read_bytes()


def cut(log: bytes, chunk: int, count: int) -> bytes:
    """The log as it was when its ``chunk`` had only so many records and was the last one."""
    start = HEADER + chunk * CHUNK
    block = bytearray(log[start : start + CHUNK])
    at, last = 512, 0
    for _ in range(count):
        magic, size, last = struct.unpack_from("<4sIQ", block, at)
        assert magic == MAGIC
        at += size
    block[at:] = bytes(len(block) - at)
    struct.pack_into("<QQQQ", block, 8, *struct.unpack_from("<Q", block, 8), last, *struct.unpack_from("<Q", block, 24), last)
    struct.pack_into("<I", block, 48, at)
    return log[:start] + bytes(block)


class Reader:
    """An event log at a path, which is opened each time."""

    def __init__(self, path: Path, place: Place | None = None) -> None:
        found = found_at(str(path))
        assert found is not None
        self.problems: list[Problem] = []
        self.tail = EventLog(found, place or Place(), self.problems.append)
        self.now = 100.0

    def more(self) -> list[int]:
        """The ids of the records that came."""
        assert self.same()
        ids: list[int] = []
        while (portion := self.tail.take(3 * CHUNK, self.now + 5)) is not None:
            ids += [n for c in portion.chunks for n in c.records.to_pylist()]
        self.tail.close()
        return ids

    def same(self) -> bool:
        """False when the log was cleared."""
        self.now += 10
        same = self.tail.look(self.now)
        self.tail.close()
        return same


def ids_of(path: Path) -> list[int]:
    return Reader(path).more()


def test_each_record_comes_once_as_the_log_grows(tmp_path: Path, log: bytes) -> None:
    """Within a chunk and from chunk to chunk, over a restart too."""
    path = tmp_path / "a.evtx"
    path.write_bytes(log)
    everything = ids_of(path)
    path.write_bytes(cut(log, 0, 5))
    reader = Reader(path)
    got = reader.more()
    assert len(got) == 5
    for chunk, count in ((0, 9), (0, 9), (1, 1), (1, 20), (4, 2), (9, 7)):
        path.write_bytes(cut(log, chunk, count))
        got += reader.more()
        if chunk == 1:
            reader = Reader(path, Place.of_json(json.loads(json.dumps(reader.tail.place.as_json()))))
    path.write_bytes(log)
    got += reader.more()
    assert got == everything
    assert not reader.problems


def test_a_full_log_goes_on_in_its_first_chunk(tmp_path: Path, log: bytes) -> None:
    """The order is that of the ids, not that of the chunks."""
    path = tmp_path / "a.evtx"
    path.write_bytes(log)
    everything = ids_of(path)
    chunks = [log[HEADER + n * CHUNK : HEADER + (n + 1) * CHUNK] for n in range(6)]
    path.write_bytes(log[:HEADER] + b"".join(chunks[:4]))
    reader = Reader(path)
    got = reader.more()
    path.write_bytes(log[:HEADER] + b"".join((chunks[4], *chunks[1:4])))
    got += reader.more()
    path.write_bytes(log[:HEADER] + b"".join((*chunks[4:6], *chunks[2:4])))
    got += reader.more()
    assert got == everything[: len(got)]
    assert got[-1] == max(ids_of(path))


def test_a_log_that_was_cleared_begins_anew(tmp_path: Path, log: bytes) -> None:
    """Its ids begin again; the loop makes it another log."""
    path = tmp_path / "a.evtx"
    path.write_bytes(log)
    reader = Reader(path)
    reader.more()
    path.write_bytes(cut(log, 0, 3))
    assert not reader.same()


def test_alerts_come_as_the_log_grows(tmp_path: Path, log: bytes) -> None:
    """The evidence is the record's id."""
    whole = tmp_path / "whole.evtx"
    whole.write_bytes(log)
    path = tmp_path / "a.evtx"
    path.write_bytes(log[: HEADER + 2 * CHUNK])
    with Following(tmp_path, "a.evtx") as follow:
        first = len(follow.alerts())
        path.write_bytes(log)
        alerts = follow.wait(4)
    assert first < 4
    assert len({a["evidence"]["record"] for a in alerts}) == 4
    assert {a["evidence"]["file"] for a in alerts} == {"a.evtx"}
