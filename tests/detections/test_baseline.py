"""What quiet logs suggest to let pass: what is frequent and on several hosts, and nothing that is rare."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from command import dohyo
from dohyo.detections.baseline import Kind

EVENT = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "3", "DestinationIp": "198.51.100.7", "DestinationPort": "443"}


def test_proposed_entries_let_the_usual_pass_and_the_rare_stand(tmp_path: Path) -> None:
    """cmd.exe fires on three hosts, mshta.exe once; with the proposed file only the latter is still an alert."""
    log, rules = tmp_path / "log.ndjson", tmp_path / "rules.yml"
    usual = [EVENT | {"Hostname": f"h{i % 3}", "UtcTime": f"2026-01-0{1 + i % 2} 10:00:0{i}.000", "Image": r"C:\x\cmd.exe",
                      "ParentImage": r"C:\b\backup.exe"} for i in range(6)]  # fmt: skip
    rare = EVENT | {"Hostname": "h1", "UtcTime": "2026-01-01 11:00:00.000", "Image": r"C:\x\mshta.exe"}
    log.write_text("".join(json.dumps(e) + "\n" for e in [*usual, rare]))
    done = dohyo("baseline", log, "-d", "T1043", "--days", "2", "--owner", "mira", "-o", rules)
    assert done.returncode == 0 and "7 alerts of 2 kinds: 1 usual, 1 too rare" in done.stderr and "mshta.exe" in done.stderr
    (entry,) = yaml.safe_load(rules.read_text())["allow"]
    assert entry["match"]["process_name"] == "cmd.exe" and entry["owner"] == "mira"
    assert "6 alerts on 3 hosts and 2 days" in entry["reason"] and "backup.exe" in entry["reason"]
    hunted = dohyo("hunt", log, "-d", "T1043", "--tuning", rules, "-f", "ndjson", "-q")
    assert [json.loads(line)["fields"]["process_name"] for line in hunted.stdout.splitlines()] == ["mshta.exe"]
    silent = tmp_path / "usual.ndjson"
    silent.write_text("".join(json.dumps(e) + "\n" for e in usual))
    told = dohyo("why", "T1043", silent, "--tuning", rules)
    assert "tuned: it fired, and tuning let every alert pass: entry 1" in told.stdout
    assert f"{silent}:6" in dohyo("why", "T1043", silent).stdout


def test_one_is_one() -> None:
    """The reason of an entry counts in good English, and leaves out hosts and days that no alert names."""
    assert Kind("T1", (), 1, {"h1"}, {"2026-01-01"}).reason == "1 alert on 1 host and 1 day of the baseline"
    assert Kind("T1", (), 1200).reason == "1,200 alerts of the baseline"


def test_bad_files_are_named_with_line_and_what_to_write(tmp_path: Path) -> None:
    """An unknown key, a missing one, a test without expectation, and a missing file of events."""
    made = dohyo("new", "T1059-x", "--detections", tmp_path)
    home = Path(made.stdout.strip())
    meta = (home / "detection.yml").read_text()
    (home / "detection.yml").write_text(meta.replace("severity:", "severty:"))
    said = dohyo("test", "--detections", tmp_path).stderr
    assert "did you mean `severity`?" in said and "`severity` is missing" in said and f"{home / 'detection.yml'}:" in said
    (home / "detection.yml").write_text(meta)
    (home / "tests" / "a.yml").write_text("events: []\ncuont: 1\n")
    (home / "tests" / "b.yml").write_text("count: 1\nfile: gone.evtx\n")
    (home / "tests" / "c.yml").write_text("events: [\n")
    done = dohyo("test", "T1059-x", "--detections", tmp_path)
    assert done.returncode == 1
    assert "a.yml:2:8: unknown key `cuont`; did you mean `count`?" in done.stdout
    assert "b.yml:2:7: there is no file `gone.evtx`" in done.stdout and "c.yml:2:1: no valid YAML" in done.stdout
