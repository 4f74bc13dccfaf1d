"""Detections that look at several events at once: over the events of a window, each row once."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from follow_helpers import KILLS, Following, append, detection, line, once, read

STATE = ("--checkpoint", "at", "--output", "alerts")

BURST = '* | where EventID = "3" | count, first(DestinationIp) as DestinationIp by Hostname | where _count >= 3'
PAIR = """* | join (where EventID = "3") as net, (where EventID = "1") as proc on net.ProcessGuid = proc.ProcessGuid
| fields net_Hostname, proc_CommandLine"""


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A folder with two detections: a burst of connections of a host, a connection and the start of its process."""
    detection(tmp_path / "rules" / "burst", BURST)
    detection(tmp_path / "rules" / "pair", PAIR)
    return tmp_path / "rules"


def at(minute: int, number: int, **changed: Any) -> str:
    """An event at a minute of the day; by default a connection."""
    return line(number, UtcTime=f"2024-03-05 {9 + minute // 60:02}:{minute % 60:02}:00.000", **changed)


def started(minute: int, number: int, guid: str) -> str:
    return at(minute, number, EventID=1, ProcessGuid=guid, CommandLine=f"run {guid}")


def found(alerts: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(a["detection"], a["fields"].get("Hostname") or a["fields"]["net_Hostname"]) for a in alerts]


def test_a_group_is_raised_once_as_long_as_it_is_in_the_window(tmp_path: Path, several: Path) -> None:
    """When it fires first; and anew when it was gone."""
    log = tmp_path / "a.ndjson"
    log.write_text(at(0, 1) + at(1, 1) + at(1, 2))
    with Following(tmp_path, "a.ndjson", "-d", "burst", "--detections", several, "--window", "10m") as follow:
        follow.wait(0)
        append(log, at(2, 1))
        first = follow.wait(1)
        append(log, at(3, 1) + at(4, 1))
        follow.wait(1)
        append(log, at(30, 1) + at(31, 2))
        follow.wait(1)
        append(log, at(31, 1) + at(32, 1))
        alerts = follow.wait(2)
    assert found(alerts) == [("burst", "HOST1")] * 2
    assert first[0]["fields"]["_count"] == 3


def test_events_that_belong_together_may_come_apart(tmp_path: Path, several: Path) -> None:
    """In either order, and with a restart between them."""
    log = tmp_path / "a.ndjson"
    args = ("a.ndjson", "-d", "pair", "--detections", several, *STATE)
    log.write_text(started(0, 1, "A") + at(1, 1, ProcessGuid="B") + at(2, 1, ProcessGuid="C"))
    assert once(*args, cwd=tmp_path).returncode == 0
    assert read(tmp_path / "alerts") == []
    append(log, at(3, 1, ProcessGuid="A") + started(3, 1, "B"))
    once(*args, cwd=tmp_path)
    append(log, at(4, 1, ProcessGuid="A"))
    once(*args, cwd=tmp_path)
    alerts = read(tmp_path / "alerts")
    assert sorted(found(alerts)) == [("pair", "HOST1")] * 3
    assert Counter(a["fields"]["proc_CommandLine"] for a in alerts) == {"run A": 2, "run B": 1}
    assert sorted(a["evidence"]["record"] for a in alerts) == [2, 4, 6]
    assert {a["evidence"]["file"] for a in alerts} == {"a.ndjson"}


def test_without_a_window_they_are_refused_by_name(tmp_path: Path, several: Path) -> None:
    """Never silently left out."""
    (tmp_path / "a.ndjson").write_text(at(0, 1) * 3)
    done = once("a.ndjson", "-d", "burst", "-d", "T1043", "--detections", several, "--window", "0s", cwd=tmp_path)
    assert "burst is not followed:" in done.stderr
    assert "it looks at several events at once, and --window is 0" in done.stderr
    assert len(done.stdout.splitlines()) == 3  # T1043 runs all the same
    alone = once("a.ndjson", "-d", "burst", "--detections", several, "--window", "0s", cwd=tmp_path)
    assert (alone.returncode, alone.stdout) == (2, "")


def test_other_detections_begin_with_an_empty_window(tmp_path: Path, several: Path) -> None:
    """The events that were kept may lack fields; that is told."""
    log = tmp_path / "a.ndjson"
    log.write_text(at(0, 1) * 2)
    once("a.ndjson", "-d", "burst", "--detections", several, *STATE, cwd=tmp_path)
    done = once("a.ndjson", "-d", "pair", "--detections", several, *STATE, cwd=tmp_path)
    assert "their window begins empty" in done.stderr


def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path, several: Path) -> None:
    """The window survives: each pair, whose parts come apart, is raised once."""
    chance, log = random.Random(5), tmp_path / "a.ndjson"
    args = ("a.ndjson", "-d", "pair", "--detections", several, *STATE)
    log.touch()
    open_ones: list[int] = []
    made = 0
    for _ in range(max(4, KILLS // 4)):
        with Following(tmp_path, *args) as follow:
            until = time.monotonic() + 1.2 + chance.uniform(0, 1.5)
            while time.monotonic() < until:
                made += 1
                open_ones.append(made)
                append(log, started(made // 100, 1, f"P{made}"))
                if chance.random() < 0.7:
                    closed = open_ones.pop(chance.randrange(len(open_ones)))
                    append(log, at(made // 100, 1, ProcessGuid=f"P{closed}"))
                follow.pause()
    for n in open_ones:
        append(log, at(made // 100, 1, ProcessGuid=f"P{n}"))
    assert once(*args, cwd=tmp_path).returncode == 0
    pairs = Counter(a["fields"]["proc_CommandLine"] for a in read(tmp_path / "alerts"))
    assert pairs == Counter(f"run P{n}" for n in range(1, made + 1))
