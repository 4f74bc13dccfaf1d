"""EVTX: recorded logs, whole and damaged. There is no writer of EVTX, so damage is done to recordings."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, cast

import pytest
from evtx import PyEvtxParser
from source_helpers import damaged, read, recorded

from dohyo.sources.model import Format

CHUNK = 65536
HEADER = 4096
MIXED = "evtx/PanacheSysmon_vs_AtomicRedTeam01.evtx"


@pytest.fixture(scope="module")
def log() -> bytes:
    return recorded(MIXED).read_bytes()


def test_recordings_are_read_as_the_library_reads_them() -> None:
    """Every recorded log gives the library's records, text and id, in its order."""
    for path in sorted(recorded("evtx").iterdir()):
        library = cast("Iterator[dict[str, Any]]", PyEvtxParser(str(path)).records_json())
        expected = [(r["event_record_id"], r["data"]) for r in library]
        assert read(path.read_bytes(), Format.EVTX) == (expected, [])


def test_cut_log_gives_what_is_there(log: bytes) -> None:
    """A log cut within a chunk gives the records before the cut and says where it ends."""
    at = HEADER + 3 * CHUNK + 30_000
    records, problems = read(log[:at], Format.EVTX)
    whole, _ = read(log, Format.EVTX)
    three, _ = read(log[: HEADER + 3 * CHUNK], Format.EVTX)
    assert len(three) < len(records) and records == whole[: len(records)]
    assert [p.where for p in problems] == [f"chunk 3 at byte {HEADER + 3 * CHUNK}"]
    assert problems[0].count > 0


@pytest.mark.parametrize(
    ("offset", "junk"),
    [
        (0, b"XXXXXXXX"),  # the chunk's name
        (8, b"\xff" * 16),  # how many records it says it has
        (48, b"\0\0\0\0"),  # where its free space starts
        (128, b"\xff" * 256),  # its list of names
        (512, b"\0\0\0\0"),  # the first record's name
        (516, b"\xff\xff\xff\x7f"),  # the first record's size
    ],
)
def test_damaged_headers_cost_no_record(log: bytes, offset: int, junk: bytes) -> None:
    """A damaged chunk header or record header costs nothing: the records are found and joined up again."""
    at = HEADER + 2 * CHUNK + offset
    records, _ = read(log[:at] + junk + log[at + len(junk) :], Format.EVTX)
    assert records == read(log, Format.EVTX)[0]


def test_damaged_record_costs_itself_alone(log: bytes) -> None:
    """What cannot be parsed is counted at its chunk; all other records come, in their order."""
    at = HEADER + 512
    for _ in range(5):
        at += struct.unpack_from("<I", log, at + 4)[0]
    records, problems = read(log[: at + 60] + b"\xff\xff\xff" + log[at + 63 :], Format.EVTX)
    whole, _ = read(log, Format.EVTX)
    assert records == whole[:5] + whole[6:]
    assert [(p.where, p.reason, p.count) for p in problems] == [("chunk 0 at byte 4096", "damaged records", 1)]


def test_overwritten_chunk_is_named(log: bytes) -> None:
    """A chunk of junk is named; all other chunks are read."""
    at = HEADER + CHUNK
    records, problems = read(log[:at] + b"\xa5" * CHUNK + log[at + CHUNK :], Format.EVTX)
    assert problems[0].where == f"chunk 1 at byte {at}"
    rest, _ = read(log[:at] + log[at + CHUNK :], Format.EVTX)
    assert records == rest


def test_wiped_chunk_header_is_not_taken_for_an_unused_chunk(log: bytes) -> None:
    """Zeros where a chunk's header was do not hide the records behind them."""
    at = HEADER + CHUNK
    records, _ = read(log[:at] + bytes(128) + log[at + 128 :], Format.EVTX)
    assert len(records) == len(read(log, Format.EVTX)[0])


def test_log_that_was_never_closed(log: bytes) -> None:
    """The file header of a log in use counts too few chunks, and a chunk's header too few records."""
    dirty = bytearray(log)
    struct.pack_into("<QQ", dirty, 8, 0, 0)
    struct.pack_into("<H", dirty, 42, 1)
    dirty[120] = 1
    first_record_size = struct.unpack_from("<I", log, HEADER + 516)[0]
    struct.pack_into("<QQQQ", dirty, HEADER + 8, 1, 1, 1, 1)
    struct.pack_into("<I", dirty, HEADER + 48, 512 + first_record_size)
    records, _ = read(bytes(dirty), Format.EVTX)
    assert len(records) == len(read(log, Format.EVTX)[0])


def test_damaged_file_header_does_not_matter(log: bytes) -> None:
    """The chunks are complete in themselves."""
    assert read(b"\xff" * HEADER + log[HEADER:], Format.EVTX) == read(log, Format.EVTX)


def test_header_alone_is_an_empty_log(log: bytes) -> None:
    """A log without chunks has no records; less than a header is named."""
    assert read(log[:HEADER], Format.EVTX) == ([], [])
    assert "header" in read(log[:100], Format.EVTX)[1][0].reason


def test_damage_never_raises() -> None:
    """Cut off or changed anywhere, a log gives records and problems, never an exception."""
    for data in damaged(recorded("evtx/powercat_revShell_sysmon_1_3.evtx").read_bytes(), 60):
        read(data, Format.EVTX)


def test_record_id_that_no_log_can_have(log: bytes) -> None:
    """Found by fuzzing: a damaged id of 64 bits does not fit Arrow's numbers."""
    at = HEADER + 512 + 8
    records, _ = read(log[:at] + b"\xff" * 8 + log[at + 8 :], Format.EVTX)
    assert len(records) == len(read(log, Format.EVTX)[0])
