"""The shapes on recorded Windows events, which are kept beside the repository and not in it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from shape_helpers import Record, read

from dohyo.sources.shapes import SHAPES
from dohyo.sources.shapes.recognise import carries, epoch_milliseconds, recognise

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded data are not beside the repository")

RECORDED = {
    "evtx": 2406, "flat": 424 + 1151 + 1221 + 2657, "flat-nxlog": 2390 + 4305, "winlogbeat6": 2668, "azure": 487,
    "syslog-linux-sysmon": 93,
}  # fmt: skip


@cache
def recordings() -> list[Record]:
    records = [json.loads(line) for text in map(_text, sorted((DATA / "otrf").iterdir())) for line in text.splitlines()
               if line.strip()]  # fmt: skip
    evtx = pytest.importorskip("evtx")
    for file in sorted((DATA / "evtx").glob("*.evtx")):
        records += [json.loads(found["data"]) for found in evtx.PyEvtxParser(str(file)).records_json()]
    return records


def _text(archive: Path) -> str:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as members:
            return members.read(members.namelist()[0]).decode()
    # One stray newline follows the gzip stream: the archive is read up to its own end.
    with tarfile.open(fileobj=gzip.GzipFile(fileobj=io.BytesIO(archive.read_bytes()))) as tar:
        member = tar.extractfile(tar.next() or "")
        return member.read().decode() if member else ""


def test_recorded_data_have_the_shapes_that_are_known() -> None:
    """Every recorded record is of the shape its file is known to have, and of no other; each has a time."""
    counts = Counter(recognise(record).name for record in recordings())
    assert counts == RECORDED
    for record in recordings()[::17]:
        assert [one.name for one in SHAPES if carries(one, record)] == [recognise(record).name, "generic"]
        assert read(record, "_messageTime") is not None


def test_recorded_connections_have_their_fields() -> None:
    """Every recorded Sysmon event 3 has its fields as text, its own time, and the Windows category."""
    connections = [record for record in recordings() if read(record, "EventID") == "3"]
    sysmon = [record for record in connections if read(record, "_sourceCategory") == "windows/sysmon"]
    others = Counter(read(record, "_sourceCategory") for record in connections if record not in sysmon)
    assert Counter(recognise(record).name for record in sysmon) == {
        "evtx": 77, "flat": 17, "flat-nxlog": 301, "winlogbeat6": 89, "azure": 5,
    }  # fmt: skip
    assert others == {"windows/bits-client": 254, "linux/sysmon": 6}
    for record in sysmon:
        assert (read(record, "DestinationPort") or "").isdigit()
        assert read(record, "Initiated") in ("true", "false")
        assert (read(record, "ProcessId") or "").isdigit()
        assert all(read(record, field) for field in ("Image", "Computer", "User", "SourceIp", "DestinationIp"))
        assert read(record, "_messageTime") == str(epoch_milliseconds(read(record, "UtcTime") or ""))
