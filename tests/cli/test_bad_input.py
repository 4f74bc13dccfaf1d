"""Bad input on the command line, one kind a row: it is named with file and place, the rest is read, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from command import dohyo

GOOD = {"EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": "DESK07", "User": "CORP\\mira",
        "UtcTime": "2024-03-05 09:15:30.123", "DestinationPort": "443", "Image": "C:\\Windows\\System32\\mshta.exe",
        "DestinationIp": "198.51.100.7"}  # fmt: skip
LINE = json.dumps(GOOD).encode() + b"\n"
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "evtx" / "PanacheSysmon_vs_AtomicRedTeam01.evtx"
_CHUNK, _HEADER = 65536, 4096


def _evtx(path: Path, change: Callable[[bytearray], None]) -> None:
    if not RECORDED.exists():
        pytest.skip("there is no writer of EVTX, and the recorded logs are not here")
    data = bytearray(RECORDED.read_bytes())
    change(data)
    path.write_bytes(data)


def _flip(data: bytearray) -> None:
    for at in range(_HEADER + 2 * _CHUNK + 3_000, _HEADER + 2 * _CHUNK + 3_400, 7):
        data[at] ^= 0x5A


def _cut(data: bytearray) -> None:
    del data[_HEADER + 3 * _CHUNK + 30_000 :]


def _csv(path: Path) -> None:
    head = "EventID,Channel,UtcTime,Image,DestinationPort,DestinationIp,Hostname\n"
    row = "3,Microsoft-Windows-Sysmon/Operational,2024-03-05 09:15:30.123,C:\\x\\mshta.exe,443,198.51.100.7,DESK07"
    path.write_text(f"{head}{row}\n{row},too,many\n{row}\n", "utf-8")


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as z, z.open("x.json", "w", force_zip64=True) as out:
        out.write(b'{"EventID": 3, "x": "')
        for _ in range(64):
            out.write(b"A" * (16 << 20))


def _closed(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path.write_bytes(LINE)
    path.chmod(0)


#: File name, how it is made, what the summary says of it, how many alerts of its own it gives beside what is wrong.
CASES: list[tuple[str, Callable[[Path], object], list[str], int]] = [
    ("cut.evtx", lambda p: _evtx(p, _cut), ["cut.evtx", "chunk 3 at byte", "cut off"], 0),
    ("flipped.evtx", lambda p: _evtx(p, _flip), ["flipped.evtx", "chunk 2 at byte", "damaged"], 0),
    ("broken.ndjson", lambda p: p.write_bytes(LINE + b'{"EventID": 3, \n' + LINE), ["broken.ndjson: line 2", "broken JSON"], 2),
    ("ragged.csv", _csv, ["ragged.csv", "line 3"], 3),
    ("empty.json", lambda p: p.write_bytes(b""), ["empty.json"], 0),
    ("closed.ndjson", _closed, ["closed.ndjson", "permission"], 0),
    ("latin.ndjson", lambda p: p.write_bytes(LINE.replace(b"mira", b"m\xedra") + LINE), ["latin.ndjson", "UTF-8"], 2),
    ("half.ndjson", lambda p: p.write_bytes(LINE.replace(b"mira", rb"\ud83d\ude00 \\ud800 \udfff") + LINE), ["line 1", "surrogate"], 2),
    ("huge.ndjson", lambda p: p.write_bytes(LINE + b'{"a":"' + b"x" * (70 << 20) + b'"}\n' + LINE), ["huge.ndjson", "line 2"], 2),
    ("bomb.zip", _bomb, ["bomb.zip", "x.json", "bomb"], 0),
]


def _hunt(*paths: Path) -> subprocess.CompletedProcess[str]:
    return dohyo("hunt", "-d", "T1043", *paths, "--format", "ndjson", timeout=240)


@pytest.mark.parametrize(("name", "make", "said", "alerts"), CASES, ids=[c[0] for c in CASES])
def test_what_is_wrong_is_named_and_the_rest_is_read(
    tmp_path: Path, name: str, make: Callable[[Path], object], said: list[str], alerts: int
) -> None:
    """Beside a good file: its alert comes, the bad one is named with the place, and the exit code is 0."""
    make(tmp_path / name)
    (tmp_path / "zgood.ndjson").write_bytes(LINE)
    done = _hunt(tmp_path)
    found = [json.loads(line)["evidence"]["file"] for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert [part for part in said if part not in done.stderr] == []
    assert sum(f.endswith("zgood.ndjson") for f in found) == 1
    if not name.endswith(".evtx"):
        assert sum(f.endswith(name) for f in found) == alerts


@pytest.mark.parametrize("before", [0, 300_000])
def test_a_record_of_50_mb_is_read(tmp_path: Path, before: int) -> None:
    """A long record below the limit is a record like others, in a small file and in the middle of a large one, which is read
    in another way: here the command line is 50 MB."""
    event = json.dumps(GOOD | {"CommandLine": "mshta " + "A" * (50 << 20)}).encode() + b"\n"
    other = json.dumps(GOOD | {"EventID": 5, "Image": "C:\\x.exe"}).encode() + b"\n"
    (tmp_path / "long.ndjson").write_bytes(LINE + other * before + event + b"{broken\n" + LINE)
    done = _hunt(tmp_path)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["evidence"]["record"] for line in done.stdout.splitlines()] == [1, before + 2, before + 4]
    assert f"read {before + 4:,} events" in done.stderr and f"line {before + 3}" in done.stderr


@pytest.mark.parametrize("kind", ["a path that is not there", "an empty folder", "a folder of pictures"])
def test_nothing_that_could_be_read_is_exit_3(tmp_path: Path, kind: str) -> None:
    """Where not one input could be read the exit code says so, and the reason is in words."""
    path = tmp_path / "logs"
    if kind != "a path that is not there":
        path.mkdir()
    if kind == "a folder of pictures":
        (path / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    done = _hunt(path)
    assert done.returncode == 3
    assert "logs" in done.stderr and "Traceback" not in done.stderr
