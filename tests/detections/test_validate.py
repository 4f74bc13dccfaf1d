"""``dohyo test`` and ``dohyo validate``: the bundled detections' own tests hold, and each Atomic test gets the verdict that
the reasoning in the detection says."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from command import dohyo
from dohyo.detections.load import load
from dohyo.detections.model import Detection
from dohyo.detections.testing import run_tests
from dohyo.detections.validate import simulate
from dohyo.reports.junit import Check, junit
from dohyo.run import RunOptions

LIBRARY = load().detections
SHAPES = ("flat", "evtx", "winlogbeat6", "flat-nxlog", "azure", "ecs")


@pytest.mark.parametrize("detection", LIBRARY, ids=lambda d: d.id)
def test_every_bundled_detection_has_tests_and_they_hold(detection: Detection) -> None:
    """A detection without a test, or with one that fails, is not shipped."""
    found = run_tests([detection])
    assert found.cases and not found.failed, [c.failures for c in found.failed]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("companions", [False, True])
def test_verdicts(shape: str, companions: bool) -> None:
    """T1043 alone sees two of its four tests; with the companions all four are covered; in every shape."""
    t1043 = next(d for d in LIBRARY if d.id.startswith("T1043"))
    others = [d for d in LIBRARY if d is not t1043] if companions else []
    found = simulate(t1043, others, t1043.metadata.tests, shape, RunOptions())
    wanted = ["covered"] * 4 if companions else ["covered", "covered", "no-detection", "no-detection"]
    assert [v.verdict.value for v in found] == wanted
    assert all(t.seen >= t.expected for v in found for t in v.telemetry), [(t.name, t.seen) for v in found for t in v.telemetry]


def test_logs_without_the_test_are_no_telemetry(tmp_path: Path) -> None:
    """An event of something else says nothing about the test; the exit code is 1."""
    log = tmp_path / "other.ndjson"
    event = {"Channel": "Security", "EventID": "4624", "Hostname": "h", "TimeCreated": "2024-01-01T00:00:00Z"}
    log.write_text(json.dumps(event) + "\n")
    done = dohyo("validate", "T1043", "--logs", log, "--test", "1", "--format", "json")
    assert done.returncode == 1
    (one,) = json.loads(done.stdout)
    assert (one["test"], one["alerts"], one["verdict"]) == (1, 0, "no-telemetry")
    assert [t["seen"] for t in one["telemetry"]] == [0, 0]


def test_alerts_of_something_else_cover_no_test(tmp_path: Path) -> None:
    """PowerShell talks to another address: the detection fires, and nothing of the test is there."""
    log = tmp_path / "other.ndjson"
    event = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "3", "UtcTime": "2024-01-01 00:00:00.000", "Hostname": "h",
             "Image": r"C:\x\powershell.exe", "DestinationIp": "198.51.100.7", "DestinationPort": "443"}  # fmt: skip
    log.write_text(json.dumps(event) + "\n")
    done = dohyo("validate", "T1043", "--logs", log, "--test", "1")
    assert done.returncode == 1 and "1 event from 1 file" in done.stderr
    assert "no-telemetry — nothing that the test itself leaves behind was seen: the alerts are of something else" in done.stdout


def test_the_tests_over_defenders_tables() -> None:
    """Process, network and file telemetry is seen there too; a BITS job leaves no trace of its own."""
    t1043 = next(d for d in LIBRARY if d.id.startswith("T1043"))
    found = simulate(t1043, LIBRARY, t1043.metadata.tests, "defender", RunOptions())
    assert [v.verdict.value for v in found] == ["covered", "covered", "covered", "no-detection"]
    assert all(t.seen >= t.expected for v in found for t in v.telemetry if "Device" in t.name)


def test_generated_events_are_named_where_they_are(tmp_path: Path) -> None:
    """Without a folder to keep them in no file is named that is gone; with one the places can be looked up."""
    gone = json.loads(dohyo("validate", "T1043", "--simulate", "--test", "1", "--format", "json").stdout)
    assert [t["first"] for t in gone[0]["telemetry"]] == ["generated event 1", "generated event 4"]
    assert gone[0]["detections"] == ["T1043-commonly-used-port"]
    done = dohyo("validate", "T1043", "--simulate", "--test", "1", "--format", "json", "--keep", tmp_path / "kept")
    places = [t["first"].rpartition(":") for t in json.loads(done.stdout)[0]["telemetry"]]
    lines = [Path(file).read_text("utf-8").splitlines()[int(record) - 1] for file, _, record in places]
    assert [json.loads(line)["EventID"] for line in lines] == [1, 3]


def test_a_failing_and_a_broken_case_are_named(tmp_path: Path) -> None:
    """The case that does not hold and the one that cannot be read are both failures; exit 1, and JUnit says why."""
    folder = tmp_path / "T9999-x"
    (folder / "tests").mkdir(parents=True)
    (folder / "detection.yml").write_text(
        "title: x\ndescription: x\nstatus: test\nseverity: low\nconfidence: low\nattack: {tactics: [impact], techniques: [T1485]}\n"
    )
    (folder / "query.sumo").write_text('* | where a = "1"\n')
    (folder / "tests" / "wrong.yml").write_text('events: [{a: "1"}]\ncount: 2\n')
    (folder / "tests" / "broken.yml").write_text("evnts: []\ncount: 2\n")
    (folder / "tests" / "right.yml").write_text('events: [{a: "1"}]\ncount: 1\n')
    done = dohyo("test", "T9999", "--detections", tmp_path, "--format", "junit")
    assert done.returncode == 1
    suite = ElementTree.fromstring(done.stdout)[0]
    assert suite.attrib["tests"] == "3" and suite.attrib["failures"] == "2"
    assert "evnts" in done.stdout and "wanted 2" in done.stdout
    assert "Traceback" not in done.stderr


def test_junit_holds_any_text() -> None:
    """Control characters, quotes and markup come out as legal XML."""
    text = junit([Check("s", 'a "<b>" \x00\x1b[31m', "bad \x08 & <c>\nmore")])
    case = ElementTree.fromstring(text)[0][0]
    assert case.attrib["name"] == 'a "<b>" \ufffd\ufffd[31m'
    assert case[0].text == "bad \ufffd & <c>\nmore"
