"""What ``dohyo investigate`` finds out about an event, and what it says when the logs cannot tell."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict

from command import dohyo
from dohyo.detections.load import load, read
from dohyo.investigation.beacon import beat
from dohyo.investigation.gather import NoSuchEvent, filled, investigate
from dohyo.run import RunOptions
from dohyo.sources import limits
from dohyo.sources.readers import nth_line

SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": "h1", "User": "CORP\\mira"}


META = (
    "title: x\ndescription: x\nstatus: test\nseverity: low\nconfidence: low\nattack: {tactics: [impact], techniques: [T1485]}\n"
)


def sysmon(kind: int, second: int, guid: str, **more: Any) -> dict[str, Any]:
    return SYSMON | {"EventID": str(kind), "UtcTime": f"2026-01-01 10:00:{second:02}.000", "ProcessGuid": guid, **more}


LOG = [
    sysmon(1, 0, "{a}", Image=r"C:\x\outlook.exe", CommandLine="outlook", ParentProcessGuid="{0}", ParentImage=r"C:\explorer.exe"),
    sysmon(1, 1, "{b}", Image=r"C:\x\mshta.exe", CommandLine="mshta <img onerror=1>", ParentProcessGuid="{a}"),
    sysmon(1, 2, "{z}", Image=r"C:\x\calc.exe", CommandLine="calc", ParentProcessGuid="{a}"),
    sysmon(22, 3, "{b}", QueryName="evil.example"),
    *(sysmon(3, 10 + 5 * i, "{b}", Image=r"C:\x\mshta.exe", DestinationIp="203.0.113.9", DestinationPort="443") for i in range(5)),
    sysmon(11, 40, "{b}", TargetFilename="C:\\t\\drop.exe"),
    sysmon(1, 41, "{c}", Image=r"C:\t\drop.exe", CommandLine="drop \x1b[31m", ParentProcessGuid="{b}"),
    sysmon(3, 42, "{q}", Image=r"C:\x\chrome.exe", DestinationIp="203.0.113.9", DestinationPort="443") | {"Hostname": "h2"},
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.ndjson"
    path.write_text("".join(json.dumps(e) + "\n" for e in LOG))
    return path


@pytest.mark.parametrize("number", [2001, 2002], ids=["after the blank line", "where it is"])
def test_a_blank_line_that_nobody_noticed(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is looked for before it is known that a blank one comes before it; the event is the one that a hunt names."""
    path = tmp_path / "log.ndjson"
    lines = [json.dumps(sysmon(1, 0, "{x}", Image=rf"C:\x\{n}.exe")) for n in range(1, 4001)]
    path.write_text("\n".join([*lines[:2000], "", *lines[2000:]]) + "\n", "utf-8")
    for room, name, small in ((limits, "NATIVE", 0), (nth_line, "_PIECE", 1 << 12), (nth_line, "_SAMPLED", 2)):
        monkeypatch.setattr(room, name, small)
    assert not nth_line.has_blank_lines(path)
    found = investigate(str(path), number, [str(path)], None, RunOptions(), nth_line.Looking(path, number))
    assert found.event["Image"] == rf"C:\x\{number}.exe"


def test_all_that_the_logs_tell(log: Path) -> None:
    """Ancestors and children, what it wrote and resolved, who else talked to the address, and the beat."""
    t1043 = next(d for d in load().detections if d.id.startswith("T1043"))
    found = investigate(str(log), 5, [str(log)], t1043, RunOptions())
    assert found.process is not None and found.process.image.endswith("outlook.exe")
    (own,) = found.process.children  # of the ancestor only the line down is shown: no calc.exe
    assert own.own and own.image.endswith("mshta.exe") and [c.image for c in own.children] == [r"C:\t\drop.exe"]
    assert [r["TargetFilename"] for r in found.did["wrote"]] == ["C:\\t\\drop.exe"]
    assert [r["QueryName"] for r in found.did["resolved"]] == ["evil.example"]
    assert {(t["computer"], t["connections"]) for t in found.talked} == {("h1", 5), ("h2", 1)}
    assert found.beat is not None and found.beat.regular and found.beat.interval == 5_000
    assert found.pair is not None and asdict(found.pair) == {"connections": 5, "hosts": 1, "addresses": 1}
    assert "Isolate h1 when the destination 203.0.113.9" in found.steps


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    """A capture of network events alone still gives an investigation."""
    path = tmp_path / "net.ndjson"
    path.write_text("".join(json.dumps(e) + "\n" for e in LOG if e["EventID"] == "3"))
    found = investigate(str(path), 1, [str(path)], None, RunOptions())
    assert found.process is None and len(found.talked) == 2
    assert any("no process creations" in m for m in found.missing) and any("Sysmon 22" in m for m in found.missing)


def test_the_playbooks_own_fields_are_read(tmp_path: Path) -> None:
    """A playbook names fields of its kind of event; what cannot be asked is said in words, not by a question's short name."""
    path = tmp_path / "bits.ndjson"
    event = {"Channel": "Microsoft-Windows-Bits-Client/Operational", "EventID": "59", "Hostname": "h1",
             "TimeCreated": "2026-01-01T10:00:00Z", "name": "a job", "url": "https://files.example/x"}  # fmt: skip
    path.write_text(json.dumps(event) + "\n")
    found = investigate(str(path), 1, [str(path)], next(d for d in load().detections if d.id.startswith("T1197")), RunOptions())
    assert (found.event["name"], found.event["url"]) == ("a job", "https://files.example/x")
    assert "The job is called a job and its address is https://files.example/x" in found.steps and "unknown)" not in found.steps
    assert "who else talked to the address: the event has no DestinationIp" in found.missing


def test_a_field_of_a_playbook_may_be_a_word_of_the_language(tmp_path: Path, log: Path) -> None:
    """`{{by}}` asks for a field, it is no part of the query."""
    for name, text in {"detection.yml": META, "query.sumo": "*\n", "playbook.md": "{{by}} {{and}} {{Computer}}\n"}.items():
        (tmp_path / name).write_text(text)
    assert investigate(str(log), 5, [str(log)], read(tmp_path), RunOptions()).steps == "(by unknown) (and unknown) h1\n"


def test_a_tree_from_security_events(tmp_path: Path) -> None:
    """Process ids are taken again: a parent is the last process of its id that began before."""
    def created(second: int, pid: str, parent: str, name: str) -> dict[str, Any]:
        return {"Channel": "Security", "EventID": "4688", "Computer": "h1", "TimeCreated": f"2026-01-01T10:00:{second:02}.000Z",
                "NewProcessId": pid, "ProcessId": parent, "NewProcessName": name}  # fmt: skip

    rows = [created(0, "0x10", "0x4", "old.exe"), created(1, "0x10", "0x4", "word.exe"), created(2, "0x20", "0x10", "cmd.exe"),
            sysmon(3, 3, "", Image="cmd.exe", ProcessId="32", DestinationIp="203.0.113.9")]  # fmt: skip
    path = tmp_path / "log.ndjson"
    path.write_text("".join(json.dumps(e) + "\n" for e in rows))
    found = investigate(str(path), 4, [str(path)], None, RunOptions())
    assert found.process is not None and found.process.image == "word.exe"
    assert [c.image for c in found.process.children] == ["cmd.exe"] and found.process.children[0].own


def test_beat() -> None:
    """A clock, a crowd, and too few."""
    assert (regular := beat([0, 60_000, 120_000, 180_500, 240_000])) is not None and regular.regular
    assert (crowd := beat([0, 1_000, 90_000, 91_000, 400_000])) is not None and not crowd.regular
    assert beat([0, 1_000]) is None


def test_values_in_the_playbook() -> None:
    """Names in any case; one that the event lacks stays named."""
    assert filled("on {{computer}} to {{DestinationIp}}", {"Computer": "h1"}) == "on h1 to (DestinationIp unknown)"


def test_as_a_user_types_it(log: Path) -> None:
    """Text without control characters, JSON, and a clear refusal of an event that is not there."""
    typed = functools.partial(dohyo, "investigate")
    done = typed(f"{log}:5", log, "-d", "T1043")
    assert done.returncode == 0 and "\x1b" not in done.stdout and "like a clock" in done.stdout
    assert json.loads(typed(f"{log}:5", "-f", "json").stdout)["beacon"]["regular"] is True
    for wrong in (f"{log}:99", "nothing", f"{log}x:1"):
        refused = typed(wrong)
        assert refused.returncode == 2 and "Traceback" not in refused.stderr and refused.stderr, refused
    with pytest.raises(NoSuchEvent):
        investigate(str(log), 99, [str(log)], None, RunOptions())
