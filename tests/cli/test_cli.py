"""The command line as a user meets it: a subprocess, its output, its exit code."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from command import dohyo
from dohyo.sample import run as sample

EVENT = {
    "EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": "DESK07", "User": "CORP\\mira",
    "UtcTime": "2024-03-05 09:15:30.123", "TimeCreated": "2024-03-05T09:15:31.500Z", "DestinationPort": "443",
    "Image": "C:\\Windows\\System32\\mshta.exe", "DestinationIp": "198.51.100.7",
}  # fmt: skip


SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "logs"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "sysmon.ndjson"
    path.write_text(json.dumps(EVENT) + "\n", "utf-8")
    return path


def test_hunt_gives_the_alert_of_the_contract(log: Path) -> None:
    """An alert carries detection, severity, ATT&CK, time in UTC, the query's fields, and file and record."""
    done = dohyo("hunt", "-d", "T1043", log, "--format", "ndjson")
    alert = json.loads(done.stdout)
    assert done.returncode == 0
    assert (alert["detection"], alert["severity"], alert["confidence"]) == ("T1043-commonly-used-port", "medium", "high")
    assert alert["attack"] == {"tactics": ["command-and-control"], "techniques": ["T1043"]}
    assert alert["time"] == "2024-03-05T09:15:30.123Z"
    assert alert["evidence"] == {"file": str(log), "record": 1}
    assert list(alert["fields"]) == [
        "_messageTime", "Computer", "User", "process_name", "CommandLine", "ParentImage", "DestinationIp",
        "DestinationPort", "IsInternal", "SuspicionLabel",
    ]  # fmt: skip
    assert "1 alert (1 medium)" in done.stderr
    assert "windows/sysmon 3: 1" in done.stderr


def test_an_export_with_categories_of_its_own_is_told_of(log: Path, tmp_path: Path) -> None:
    """A search result of Sumo Logic has its collectors' categories: a hunt that sees nothing there says what to do."""
    export = tmp_path / "export.ndjson"
    export.write_text(json.dumps({"_raw": json.dumps(EVENT), "_sourcecategory": "os/win", "_messagetime": "1709630130123"}) + "\n")
    done = dohyo("hunt", "-d", "T1043", export, "--format", "ndjson")
    assert (done.stdout, "(os/win)" in done.stderr, "--source-category windows/sysmon" in done.stderr) == ("", True, True)
    done = dohyo("hunt", "-d", "T1043", export, "--format", "ndjson", "--source-category", "windows/sysmon")
    assert json.loads(done.stdout)["fields"]["DestinationIp"] == "198.51.100.7"
    assert "of their own" not in done.stderr + dohyo("hunt", "-d", "T1043", log).stderr


def test_fail_on_sets_the_exit_code(log: Path) -> None:
    """1 when an alert is at least so severe, 0 otherwise."""
    assert dohyo("hunt", log, "--fail-on", "medium", "-q").returncode == 1
    assert dohyo("hunt", log, "--fail-on", "high", "-q").returncode == 0


def test_standard_input_and_raw_evidence(log: Path) -> None:
    """Events may be piped in, and the whole event comes along when asked for."""
    done = dohyo("hunt", "-", "--raw", "--format", "ndjson", stdin=log.read_text("utf-8"))
    assert json.loads(json.loads(done.stdout)["evidence"]["raw"]) == EVENT


def test_the_range_is_half_open(log: Path) -> None:
    """--since is included, --until is not."""
    assert dohyo("hunt", log, "-f", "ndjson", "--since", "2024-03-05T09:15:30.123Z").stdout.count("\n") == 1
    assert dohyo("hunt", log, "-f", "ndjson", "--until", "2024-03-05T09:15:30.123Z").stdout == ""


def test_formats_of_search(log: Path, tmp_path: Path) -> None:
    """Each format gives the same row."""
    query = "* | fields Computer, DestinationPort"
    assert dohyo("search", query, log, "-f", "csv").stdout == "Computer,DestinationPort\nDESK07,443\n"
    assert json.loads(dohyo("search", query, log, "-f", "json").stdout) == [{"Computer": "DESK07", "DestinationPort": "443"}]
    assert "DESK07" in dohyo("search", query, log).stdout
    out = tmp_path / "rows.parquet"
    assert dohyo("search", query, log, "-f", "parquet", "-o", out).returncode == 0
    assert out.read_bytes()[:4] == b"PAR1"


QUERIES = ("* | wher x = 1", "* | where (x = 1", '* | parse "a*b*" as one', "* | where x matches /[/", "* | count by", '"',
           "* | where " + "(" * 3000)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: q[:20])
def test_a_wrong_query_is_explained(query: str, log: Path) -> None:
    """Exit code 2, the place with a caret, no traceback."""
    done = dohyo("search", query, log)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "^" in done.stderr
    assert "query:1:" in done.stderr


def test_broken_input_is_named_and_the_rest_is_read(log: Path, tmp_path: Path) -> None:
    """Broken lines, a bomb, a cut archive, an empty file, a missing path: each is named, the good file is read."""
    (tmp_path / "broken.ndjson").write_bytes(json.dumps(EVENT).encode() + b'\n{"a": 1\nnot json\n\xff\xfe\n')
    (tmp_path / "empty.json").write_text("")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("x.json", b"0" * (1 << 28))
    (tmp_path / "half.gz").write_bytes(gzip.compress(json.dumps(EVENT).encode() * 50)[:60])
    done = dohyo("hunt", tmp_path, tmp_path / "nowhere.evtx", "--format", "ndjson")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 2
    for name in ("broken.ndjson: line 2", "broken.ndjson: line 3", "empty.json", "bomb.zip", "half.gz", "nowhere.evtx"):
        assert name in done.stderr


def test_nothing_to_read_is_exit_code_3(tmp_path: Path) -> None:
    """A path that is not there, or a folder without logs."""
    assert dohyo("hunt", tmp_path / "nowhere").returncode == 3
    assert dohyo("hunt", tmp_path).returncode == 3


def test_an_unknown_detection_is_answered_with_the_nearest() -> None:
    """Exit code 2 and a suggestion."""
    done = dohyo("hunt", "-d", "T1043-comonly-used", "x")
    assert done.returncode == 2
    assert "T1043-commonly-used-port" in done.stderr


def test_library_commands() -> None:
    """list names the detection, show is its page, explain shows the SQL."""
    assert "T1043-commonly-used-port" in dohyo("list").stdout
    page = dohyo("show", "T1043").stdout
    for part in ("T1571, T1071", "False positives", "nslookup.exe", "| sort by _messageTime desc"):
        assert part in page
    explained = dohyo("explain", '* | where EventID = "3" | count by Image').stdout
    for part in ("fields asked of the source: EventID, Image", "GROUP BY", "_count int"):
        assert part in explained


def test_fix_makes_valid_sumo_logic(tmp_path: Path) -> None:
    """After ``fix`` the strict dialect has nothing to say, and the query is in the canonical layout after ``fmt``."""
    path = tmp_path / "q.sumo"
    path.write_text('*\n| eval a = if(matches(Image, "cmd\\\\.exe"), 1, 0)\n| where dest_port in (80, 443)\n')
    assert dohyo("lint", path).returncode == 1
    assert dohyo("fix", path).stderr.endswith(": fixed\n")
    assert dohyo("fix", path).stderr.endswith(": nothing to fix\n")
    assert dohyo("lint", path).returncode == 0
    assert dohyo("fmt", path).returncode == 0
    assert dohyo("fmt", "--check", path).returncode == 0


def test_sample_is_reproducible_and_hunted(tmp_path: Path) -> None:
    """The same seed gives the same bytes, and the hunt finds what the labels say."""
    a, b = tmp_path / "a.ndjson", tmp_path / "b.ndjson"
    assert dohyo("sample", a, "-n", 3000, "--seed", 4, "--attack-rate", 0.05).returncode == 0
    dohyo("sample", b, "-n", 3000, "--seed", 4, "--attack-rate", 0.05)
    assert a.read_bytes() == b.read_bytes()
    labels = [json.loads(line) for line in Path(f"{a}.labels.ndjson").read_text().splitlines()]
    wanted = sorted(row["record"] for row in labels if row["T1043"])
    found = [json.loads(line) for line in dohyo("hunt", "-d", "T1043", a, "-f", "ndjson", "-q").stdout.splitlines()]
    assert sorted(alert["evidence"]["record"] for alert in found) == wanted


def test_start_up_loads_nothing_heavy() -> None:
    """``dohyo --version`` imports no engine, no columns, no YAML."""
    code = "import sys, dohyo.cli; print([m for m in ('duckdb','pyarrow','sqlglot','yaml','rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


#: What takes longer to load than a small log takes to read.
HEAVY = ("yaml", "tomllib", "pyarrow.compute", "numpy.ma", "pandas", "rich", "re2", "ahocorasick", "dohyo.store", "dohyo.sigma")


def test_a_small_hunt_loads_nothing_that_it_can_do_without(tmp_path: Path) -> None:
    """From the second one on the detections' files are known too."""
    log = tmp_path / "e.ndjson"
    sample(log, 2_000, seed=1, attack_rate=0.05)
    code = (
        "import os, sys, dohyo.cli\n"
        f"os._exit = lambda code: print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)\n"
        f"sys.argv = ['dohyo', 'hunt', '-q', '-f', 'ndjson', '-d', 'T1043', {str(log)!r}]\n"
        "dohyo.cli.main()\n"
    )
    cache = {**os.environ, "DOHYO_CACHE": str(tmp_path / "cache")}
    runs = [subprocess.run([sys.executable, "-c", code], env=cache, capture_output=True, text=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout != ""
    assert (runs[0].stderr.strip(), runs[1].stderr.strip()) == ("['yaml']", "[]")


def test_alerts_are_written_as_they_are_found(tmp_path: Path) -> None:
    """The same alerts, in another order; to a file too; only as lines; and whoever reads a few of them is enough."""
    log, out = tmp_path / "e.ndjson", tmp_path / "alerts.ndjson"
    sample(log, 3_000, seed=3, attack_rate=0.05)
    newest = dohyo("hunt", log, "-f", "ndjson").stdout.splitlines()
    found = dohyo("hunt", log, "-f", "ndjson", "--order", "found", "-o", out)
    assert len(newest) > 3
    assert sorted(out.read_text("utf-8").splitlines()) == sorted(newest) != newest
    assert f"{len(newest)} alerts" in found.stderr
    assert dohyo("hunt", log, "-f", "ndjson", "--order", "found").stdout.splitlines() == out.read_text("utf-8").splitlines()
    refused = dohyo("hunt", log, "-f", "csv", "--order", "found")
    assert (refused.returncode, refused.stdout) == (2, "") and "--order found" in refused.stderr
    command = [sys.executable, "-m", "dohyo", "hunt", str(log), "-f", "ndjson", "--order", "found", "-q"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.stderr.read() == ""


def test_hunting_queries_show_where_to_look() -> None:
    """Each query of the folder with its title and rows; alerts are not raised. Without such queries it says so."""
    done = dohyo("hunt", "--hunting", "-d", "T1043", SAMPLES, "-f", "ndjson", "-q")
    found = {row["query"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert len(found) == 4 and found["names-on-port-53"]["title"].startswith("Programs other than")
    assert {r["image"] for r in found["names-on-port-53"]["rows"]} == {r"c:\windows\system32\nslookup.exe"}
    refused = dohyo("hunt", "--hunting", "-d", "T1197", SAMPLES)
    assert refused.returncode == 2 and "hunting queries" in refused.stderr


def test_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    """While the engine works: no traceback, one word, the exit code of an interrupt."""
    log = tmp_path / "log.ndjson"
    sample(log, 2_000, seed=1)
    with log.open("ab") as out:  # a query of some seconds
        lines = log.read_bytes()
        for _ in range(60):
            out.write(lines)
    query = " | ".join(["*", *(f"replace(Message, /(a|b|c)+x{i}/, \"y\") as m{i}" for i in range(40)), "count by m1, m39"])
    command = [sys.executable, "-m", "dohyo", "search", query, str(log)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(2.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130 and b"stopped" in told and b"Traceback" not in told
    assert time.monotonic() - began < 6


def test_a_reader_that_goes_away_ends_the_command_quietly() -> None:
    """As other tools end at `| head`: by the signal, without a word on stderr."""
    command = [sys.executable, "-m", "dohyo", "search", "* | fields _raw", str(SAMPLES), "-f", "ndjson", "-q"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == -signal.SIGPIPE


def test_a_project_names_its_detections(tmp_path: Path) -> None:
    """With the folder in `dohyo.toml` every command knows a detection; without, `new` says what to write."""
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dohyo", *args]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)

    made = run("new", "T1059.001-encoded-powershell", "--detections", "own")
    assert "--detections own`" in made.stderr and 'detections = ["own"]' in made.stderr
    assert run("test", "T1059").returncode == 2
    (tmp_path / "dohyo.toml").write_text('detections = ["own"]\n')
    assert run("test", "T1059").returncode == 0
    assert "T1059.001-encoded-powershell" in run("list").stdout
    assert "--detections" not in run("new", "T1059-other", "--detections", "own").stderr
    assert run("lint", "own").stderr == "nothing to say\n"
    (tmp_path / "dohyo.toml").write_text("detections = 3\n")
    assert "`detections` is a list of folders" in run("list").stderr


def test_a_list_of_nothing_is_an_error(tmp_path: Path) -> None:
    """A wrong path is told, and the exit code is that of a wrong command."""
    done = dohyo("list", "--coverage", "--sigma", tmp_path / "gone")
    assert (done.returncode, done.stdout) == (2, "") and "no such file or folder" in done.stderr
