"""Tuning: which alerts an entry lets pass, what is counted, and what is said of entries that are over or idle."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert

from command import dohyo
from dohyo.detections.load import bundled
from dohyo.detections.tuning import File, TuningError, apply, load
from dohyo.results import Alert, Evidence

TODAY = dt.date(2026, 1, 10)
BASE = {"detections": ["T1043"], "owner": "me", "reason": "why"}


def alert(detection: str = "T1043-commonly-used-port", time: str = "2026-01-05T23:30:00.000Z", **fields: Any) -> Alert:
    return Alert(detection, "t", "medium", "high", (), (), time, fields, Evidence("f", 1))


def passes(entry: dict[str, Any], one: Alert, **file: Any) -> bool:
    return bool(apply(convert({"allow": [BASE | entry], **file}, File), [one], TODAY).suppressed)


@pytest.mark.parametrize(
    ("entry", "fields", "wanted"),
    [
        ({"match": {"process_name": "CMD.exe"}}, {"process_name": "cmd.exe"}, True),
        ({"match": {"process_name": "cmd.exe"}}, {"process_name": "cmd.exe.exe"}, False),
        ({"match": {"process_name": "*.exe"}}, {"process_name": "x.exe"}, True),
        ({"match": {"ip": "cidr:10.0.0.0/8"}}, {"ip": "10.2.3.4"}, True),
        ({"match": {"ip": "cidr:10.0.0.0/8"}}, {"ip": "110.2.3.4"}, False),
        ({"match": {"ip": ["1.1.1.1", "cidr:fe80::/10"]}}, {"ip": "fe80::1"}, True),
        ({"match": {"c": "regex:^a+$"}}, {"c": "AAA"}, True),
        ({"match": {"a": "1", "b": "2"}}, {"a": "1", "b": "3"}, False),
        ({"match": {"missing": "x*"}}, {"a": "1"}, False),
        ({"hosts": ["WS-1"]}, {"Computer": "ws-1"}, True),
        ({"hosts": ["servers"]}, {"Computer": "srv-9"}, True),
        ({"hosts": ["servers"]}, {"Computer": "ws-9"}, False),
        ({"hours": "22:00-04:00"}, {}, True),
        ({"hours": "08:00-18:00"}, {}, False),
        ({"detections": ["T1197"]}, {}, False),
        ({"detections": ["*used-port"]}, {}, True),
    ],
)
def test_entry(entry: dict[str, Any], fields: dict[str, Any], wanted: bool) -> None:
    """Whole values without case, stars, networks, regexes, groups of hosts, hours over midnight."""
    assert passes(entry, alert(**fields), host_groups={"servers": ["srv-*"]}) is wanted


def test_over_and_idle_entries_are_told() -> None:
    """An entry that has ended lets nothing pass; one that fits nothing is named; the last day still counts."""
    entries = [BASE | {"expires": "2026-01-09"}, BASE | {"match": {"a": "x"}}, BASE | {"expires": "2026-01-10", "match": {"a": "1"}}]
    tuned = apply(convert({"allow": entries}, File), [alert(a="1"), alert(a="2")], TODAY)
    assert ([a.fields["a"] for a in tuned.alerts], [n for _, n in tuned.suppressed]) == (["2"], [3])
    assert ["ended on 2026-01-09" in tuned.warnings[0], "entry 2" in tuned.warnings[1], len(tuned.warnings)] == [True, True, 2]


WITH_MATCH = "allow:\n- {detections: [x], owner: a, reason: b, match: {a: '%s'}}"


@pytest.mark.parametrize("text", ["allow: [", "allow:\n- {owner: a}", "alow: []", WITH_MATCH % "cidr:x", WITH_MATCH % "regex:["])
def test_a_broken_file_is_named(text: str, tmp_path: Path) -> None:
    """No YAML, a missing owner, an unknown key, no network, no regex: the file and the place."""
    path = tmp_path / "tuning.yml"
    path.write_text(text)
    with pytest.raises(TuningError, match=r"tuning\.yml"):
        load(path)


def test_bundled_recipes_are_readable() -> None:
    """The three recipes load, and each has an end."""
    file = load(next(bundled().glob("T1043*/tuning.yml")))
    assert len(file.allow) == 3 and all(e.expires for e in file.allow)


def test_hunt_with_tuning(tmp_path: Path) -> None:
    """What is let pass is counted, and listed with -v; the exit code of --fail-on follows what stays."""
    log, rules = tmp_path / "log.ndjson", tmp_path / "tuning.yml"
    event = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "3", "UtcTime": "2024-01-01 00:00:00.000",
             "Image": "C:\\x\\certutil.exe", "DestinationIp": "10.0.0.1", "DestinationPort": "80"}  # fmt: skip
    log.write_text(json.dumps(event) + "\n")
    rules.write_text(json.dumps({"allow": [BASE | {"match": {"DestinationIp": "cidr:10.0.0.0/8"}}]}))
    done = dohyo("hunt", "-d", "T1043", log, "--tuning", rules, "-f", "json", "--fail-on", "low", "-v")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert "tuning let 1 alert pass" in done.stderr and "entry 1: 2024-01-01T00:00:00.000Z" in done.stderr
