"""``dohyo why``: each verdict from logs that earn it, the funnel, and the events that came near."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dohyo.detections.load import load
from dohyo.detections.model import Detection
from dohyo.detections.why import why
from dohyo.run import RunOptions

T1043 = next(d for d in load().detections if d.id.startswith("T1043"))
SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "3", "UtcTime": "2024-01-01 00:00:00.000", "Hostname": "h"}
GOOD = SYSMON | {"Image": "C:\\x\\powershell.exe", "DestinationIp": "198.51.100.7", "DestinationPort": "443"}


def asked(query: str) -> Detection:
    return T1043.model_copy(update={"query": query})


@pytest.mark.parametrize(
    ("detection", "events", "verdict", "says"),
    [
        (T1043, [GOOD], "fired", "1 rows"),
        (T1043, [], "no-events", "no events"),
        (T1043, [{"Channel": "Security", "EventID": "4624", "Hostname": "h"}], "no-source", "windows/security"),
        (T1043, [GOOD | {"DestinationPort": "8443"}], "filtered", "DestinationPort in"),
        (T1043, [GOOD | {"Image": "C:\\x\\svchost.exe"}], "filtered", "process_key in"),
        (asked('_sourceCategory=windows/sysmon | where Nothing = "1"'), [GOOD], "no-field", "Nothing"),
        (asked('_sourceCategory=windows/sysmon | where Image matches "*\\\\POWERSHELL.EXE"'), [GOOD], "letter-case", "letter case"),
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


def test_funnel_and_nearest(tmp_path: Path) -> None:
    """The events left after each stage, and what the decisive stage removed with its place."""
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(e) + "\n" for e in (GOOD | {"DestinationPort": "8443"}, SYSMON | {"EventID": "1"})))
    found = why(T1043, [log], RunOptions())
    assert [s.left for s in found.funnel[:3]] == [2, 1, 0]
    assert found.nearest == [{"DestinationPort": "8443", "dest_port": None, "_record": f"{log}:1"}]
