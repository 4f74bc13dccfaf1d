"""What a command line cannot mean is refused with what to write, before the work begins; what was not read is always told."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from command import dohyo

EVENT = {"EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "UtcTime": "2024-03-05 09:15:30.123",
         "DestinationPort": "443", "Image": "C:\\Windows\\System32\\mshta.exe", "DestinationIp": "198.51.100.7"}  # fmt: skip

#: The arguments (LOG is a log, OUT a path in an empty folder) and what the error says.
REFUSED = [
    (["hunt", "LOG", "--memory", "1"], "write it as 500MB, 4GB or 50%"),
    (["hunt", "LOG", "--memory", "lots"], "write it as 500MB, 4GB or 50%"),
    (["search", "*", "LOG", "--timezone", "Mars/Base"], "is no time zone"),
    (["hunt", "LOG", "--since", "2026-01-02", "--until", "2026-01-01"], "ends before it begins"),
    (["hunt", "LOG", "--html", "."], "is a directory"),
    (["hunt", "LOG", "--output", "."], "is a directory"),
    (["hunt", "LOG", "--html", "-"], "needs a file of its own"),
    (["hunt", "LOG", "--html", "OUT", "--output", "OUT"], "needs a file of its own"),
    (["hunt", "LOG", "--detections", "OUT"], "does not exist"),
    (["test", "--detections", "OUT"], "does not exist"),
    (["search", "*", "LOG", "--lookup-dir", "OUT"], "does not exist"),
    (["hunt", "LOG", "--hunting", "--html", "OUT"], "--html cannot go with --hunting"),
    (["hunt", "LOG", "--hunting", "--fail-on", "low"], "--fail-on cannot go with --hunting"),
    (["lint", "."], "holds no query (.sumo) and no detection"),
    (["fmt", "."], "holds no query (.sumo) and no detection"),
    (["convert", "T1043", "--to", "sigma", "--output", "OUT/x/y"], "No such file or directory"),
    (["test", "--output", "OUT/x/y"], "No such file or directory"),
    (["baseline", "LOG", "--output", "OUT/x/y"], "No such file or directory"),
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    path = tmp_path / "logs" / "sysmon.ndjson"
    path.write_text(json.dumps(EVENT) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(("arguments", "says"), REFUSED, ids=[" ".join(a) for a, _ in REFUSED])
def test_what_cannot_be_meant(arguments: list[str], says: str, log: Path, tmp_path: Path) -> None:
    """Exit code 2, one error, nothing written."""
    home = tmp_path / "empty"
    home.mkdir()
    places = {"LOG": str(log), "OUT": str(home / "out"), "OUT/x/y": str(home / "x" / "y")}
    done = dohyo(*(places.get(a, a) for a in arguments), cwd=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr and "unexpected" not in done.stderr
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("arguments", [["hunt"], ["sample", "--events", "1"]], ids=lambda a: str(a[0]))
def test_a_dash_is_standard_output(arguments: list[str], log: Path, tmp_path: Path) -> None:
    """As if no file was named, where others take it for one called ``-``."""
    named = [*arguments, "-"] if arguments[0] == "sample" else [*arguments, str(log), "--output", "-"]
    done = dohyo(*named, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize(
    "arguments",
    [["why", "T1043"], ["compare", "T1043", "T1043"], ["investigate", "LOG:1"], ["baseline"], ["hunt"], ["search", "*"]],
    ids=lambda a: str(a[0]),
)
def test_what_was_not_read_is_told(arguments: list[str], log: Path, tmp_path: Path) -> None:
    """A log that is not there is named; when it was the only one, that is exit code 3, whatever the command."""
    named = [f"{log}:1" if a == "LOG:1" else a for a in arguments]
    alone = dohyo(*named, str(tmp_path / "gone.ndjson"))
    beside = dohyo(*named, str(log), str(tmp_path / "gone.ndjson"))
    assert (alone.returncode, beside.returncode) == (3, 0)
    assert all("gone.ndjson: is not there" in done.stderr for done in (alone, beside))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
@pytest.mark.parametrize(
    "arguments", [["--version"], ["list"], ["sample", "--events", "100"], ["search", "*", "LOG"]], ids=lambda a: str(a[0])
)
def test_a_full_disk_behind_stdout(arguments: list[str], log: Path) -> None:
    """It is said, in a line, with exit code 2; what is still in a buffer ends in no traceback."""
    command = [sys.executable, "-m", "dohyo", *(str(log) if a == "LOG" else a for a in arguments)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "error: stdout: No space left on device"


@pytest.mark.skipif(os.name != "posix", reason="needs ulimit")
def test_of_a_file_that_cannot_be_written_nothing_is_left(log: Path, tmp_path: Path) -> None:
    """Neither the file nor what was to become it."""
    log.write_text((json.dumps(EVENT) + "\n") * 1_000, "utf-8")
    out = tmp_path / "out.ndjson"
    command = f"ulimit -f 16; exec {shlex.quote(sys.executable)} -m dohyo search '*' {log} --format ndjson --output {out}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2 and f"--output {out}: File too large" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["logs"]
