"""``dohyo import sigma`` writes folders that load, test and run like any other detection."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from command import dohyo

RULE = {
    "title": "Odd: a/b?", "id": "11111111-2222-3333-4444-555555555555", "status": "stable", "level": "critical",
    "description": "What it is.", "tags": ["attack.execution", "attack.t1059.001"], "falsepositives": ["None"],
    "logsource": {"product": "windows", "category": "process_creation"},
    "detection": {"sel": {"Image|endswith": "\\x.exe"}, "condition": "sel"},
}  # fmt: skip


def test_import_then_hunt(tmp_path: Path) -> None:
    """The folder is named after the rule, holds the rule, and fires."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "one.yml").write_text(yaml.safe_dump(RULE))
    (tmp_path / "rules" / "bad.yml").write_text("title: [")
    done = dohyo("import", "sigma", tmp_path / "rules", "--output", tmp_path / "out")
    assert done.returncode == 1 and "bad.yml:1:9" in done.stderr and "1 rules written" in done.stderr
    (folder,) = (tmp_path / "out").iterdir()
    assert folder.name == "odd-a-b-11111111"
    assert yaml.safe_load((folder / "sigma.yml").read_text()) == RULE
    log = tmp_path / "log.ndjson"
    event = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "Image": "C:\\X.EXE", "UtcTime": "2024-01-01 00:00:00"}
    log.write_text(json.dumps(event) + "\n")
    done = dohyo("hunt", "-d", "odd", "--detections", tmp_path / "out", log, "-f", "json")
    (alert,) = json.loads(done.stdout)
    assert (alert["severity"], alert["confidence"]) == ("critical", "high")
    assert alert["attack"] == {"tactics": ["execution"], "techniques": ["T1059.001"]}
    by_rule = json.loads(dohyo("hunt", "--sigma", tmp_path / "rules", log, "-f", "json").stdout)
    assert [a["detection"] for a in by_rule] == [RULE["id"]]


def test_what_only_nears_a_rule_is_noted(tmp_path: Path) -> None:
    """A correlation that is counted in slices, and a query that is too long for Sumo Logic: written, with a note."""
    often = {"title": "Seldom", "level": "low", "correlation": {
        "type": "event_count", "rules": [RULE["id"]], "group-by": ["User"], "timespan": "5m", "condition": {"lt": 3}}}  # fmt: skip
    values = [f"a text that is long enough {i}" for i in range(400)]
    long = {**RULE, "title": "Long", "id": "11111111-2222-3333-4444-555555555556",
            "detection": {"sel": {"CommandLine|contains": values}, "condition": "sel"}}  # fmt: skip
    (tmp_path / "rules.yml").write_text(yaml.safe_dump_all([RULE, often, long]))
    done = dohyo("import", "sigma", tmp_path / "rules.yml", "--output", tmp_path / "out")
    assert done.returncode == 0 and len(list((tmp_path / "out").iterdir())) == 2
    assert "Seldom: Counted in fixed slices of 5m" in done.stderr and "Sumo Logic takes 15,000" in done.stderr
