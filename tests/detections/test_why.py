"""``dohyo why``: each verdict from logs that earn it, the funnel, and the events that came near."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from command import dohyo
from dohyo.detections.event import explain_event
from dohyo.detections.load import load
from dohyo.detections.model import Detection
from dohyo.detections.why import why
from dohyo.run import RunOptions

T1043 = next(d for d in load().detections if d.id.startswith("T1043"))
SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "3", "UtcTime": "2024-01-01 00:00:00.000", "Hostname": "h"}
GOOD = SYSMON | {"Image": "C:\\x\\powershell.exe", "DestinationIp": "198.51.100.7", "DestinationPort": "443"}


def asked(query: str) -> Detection:
    return replace(T1043, query=query)


@pytest.mark.parametrize(
    ("detection", "events", "verdict", "says"),
    [
        (T1043, [GOOD], "fired", "1 row came"),
        (T1043, [], "no-events", "no events"),
        (T1043, [{"Channel": "Security", "EventID": "4624", "Hostname": "h"}], "no-source", "windows/security"),
        (T1043, [GOOD | {"DestinationPort": "8443"}], "filtered", "DestinationPort in"),
        (T1043, [GOOD | {"Image": "C:\\x\\svchost.exe"}], "filtered", "process_key in"),
        (asked('_sourceCategory=windows/sysmon | where Nothing = "1"'), [GOOD], "no-field", "Nothing"),
        (asked('_sourceCategory=windows/sysmon | where Image matches "*\\\\POWERSHELL.EXE"'), [GOOD], "letter-case", "letter case"),
        (asked("_sourceCategory=windows/sysmon | where Image > 5"), [GOOD], "type", "compares Image with a number"),
        (asked("_sourceCategory=windows/sysmon | where DestinationPort > 5000"), [GOOD], "filtered", "DestinationPort > 5000"),
        (asked("_sourceCategory=windows/sysmon nosuchword"), [GOOD], "scope", "fits no event"),
    ],
)  # fmt: skip
def test_verdict(detection: Detection, events: list[dict[str, Any]], verdict: str, says: str, tmp_path: Path) -> None:
    """The verdict's word, and what its sentence names."""
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(e) + "\n" for e in events))
    found = why(detection, [log], RunOptions())
    assert found.verdict == verdict, found.reason
    assert says in found.reason


def test_the_time_that_was_asked_for(tmp_path: Path) -> None:
    """Not the scope removes events that are older: `why`, `hunt` and `search` say from when the logs are."""
    log = tmp_path / "log.ndjson"
    log.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD | {"UtcTime": "2024-01-02 00:00:00.000"}) + "\n")
    found = why(T1043, [log], RunOptions(since=1_800_000_000_000))
    assert found.verdict == "no-time"
    assert found.reason.endswith("these logs reach from 2024-01-01T00:00:00.000Z to 2024-01-02T00:00:00.000Z")
    for command in (["hunt", "-d", "T1043"], ["search", "*"]):
        done = dohyo(*command, log, "--since", "2025-01-01")
        assert done.stderr.count("no event is from the time asked for") == 1 and "scope" not in done.stderr
        inside = dohyo(*command, log, "--since", "2024-01-02")
        assert "time asked for" not in inside.stderr


def test_events_without_a_time_are_of_no_range(tmp_path: Path) -> None:
    """A range leaves them out, which is told."""
    log = tmp_path / "log.ndjson"
    log.write_text('{"Operation": "x"}\n')
    found = why(asked("* | where Operation = \"x\""), [log], RunOptions(since=1_700_000_000_000))
    assert found.verdict == "no-time" and "none has a time that is known here" in found.reason


def test_funnel_and_nearest(tmp_path: Path) -> None:
    """The events left after each stage, and what the decisive stage removed with its place."""
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(e) + "\n" for e in (GOOD | {"DestinationPort": "8443"}, SYSMON | {"EventID": "1"})))
    found = why(T1043, [log], RunOptions())
    assert [s.left for s in found.funnel[:3]] == [2, 1, 0]
    assert found.nearest == [{"DestinationPort": "8443", "dest_port": None, "_record": f"{log}:1"}]


def test_one_event_clause_by_clause(tmp_path: Path) -> None:
    """Each clause with its place, whether it was met, and the value; the stage that lost the event is the last one."""
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(e) + "\n" for e in (GOOD, GOOD | {"DestinationPort": "8443"})))
    fired = explain_event(T1043, str(log), 1, RunOptions())
    assert fired.fires
    label = next(s for s in fired.stages if "SuspicionLabel" in s.made)
    assert label.made == {"SuspicionLabel": "ScriptInterpreter"}
    clauses = [c for s in fired.stages for c in s.clauses if "IsLOLBin" in c.values]
    assert [(c.met, c.values) for c in clauses] == [(False, {"IsLOLBin": 0})]
    lost = explain_event(T1043, str(log), 2, RunOptions())
    assert not lost.fires and not lost.stages[-1].passed
    first, second = lost.stages[-1].clauses
    assert (first.met, first.values, first.line) == (False, {"DestinationPort": "8443"}, 4)
    assert (second.met, second.line) == (False, 5)
    assert not explain_event(T1043, str(log), 3, RunOptions()).found


def test_a_field_of_another_name_is_pointed_at(tmp_path: Path) -> None:
    """The query asks for `ParentProcessName` as Windows calls it; Sysmon has `ParentImage`, and some name is near."""
    log = tmp_path / "log.ndjson"
    log.write_text(json.dumps(GOOD | {"ParentCommandLine": "x"}) + "\n")
    found = why(asked('_sourceCategory=windows/sysmon | where ParentCommand = "x"'), [log], RunOptions())
    assert found.verdict == "no-field" and "these events have ParentCommandLine" in found.reason


def test_a_hunt_without_alerts_closes_with_the_verdict(tmp_path: Path) -> None:
    """One line for the detection: what removed the events, in the words of `why`."""
    log = tmp_path / "log.ndjson"
    log.write_text(json.dumps(GOOD | {"DestinationPort": "8443"}) + "\n")
    done = dohyo("hunt", "-d", "T1043", log)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("T1043-commonly-used-port: filtered: `where DestinationPort in"), done.stderr
