"""``dohyo new``, ``schema`` and ``compare`` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

from command import dohyo

LOGS = Path(__file__).resolve().parents[2] / "samples" / "logs"


def test_a_new_detection_passes_its_tests(tmp_path: Path) -> None:
    """What `new` lays out is tested and linted without a word; a second time it is refused, as is a bad name."""
    made = dohyo("new", "T1059.001-encoded-powershell", "--detections", tmp_path)
    assert made.returncode == 0, made.stderr
    home = Path(made.stdout.strip())
    tested = dohyo("test", "T1059.001", "--detections", tmp_path)
    assert (tested.returncode, tested.stdout.count("ok ")) == (0, 2), tested.stdout + tested.stderr
    linted = dohyo("lint", home / "query.sumo")
    assert linted.returncode == 0, linted.stdout
    again = dohyo("new", "T1059.001-encoded-powershell", "--detections", tmp_path)
    assert again.returncode == 2 and "is there already" in again.stderr
    bad = dohyo("new", "My Detection", "--detections", tmp_path)
    assert bad.returncode == 2 and "T1059.001-encoded-powershell" in bad.stderr


def test_schema_knows_the_keys() -> None:
    """The schema has the model's keys and refuses others."""
    schema = json.loads(dohyo("schema").stdout)
    assert {"title", "severity", "attack", "tests"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False


def test_compare(tmp_path: Path) -> None:
    """The same query differs in nothing; a narrower one lacks the alerts that it leaves out, each with its place."""
    query = dohyo("convert", "T1043", "--to", "sumo").stdout
    same, narrow = tmp_path / "same.sumo", tmp_path / "narrow.sumo"
    same.write_text(query)
    narrow.write_text(query.replace('"443", ', ""))
    done = dohyo("compare", "T1043", same, LOGS)
    assert done.returncode == 0 and done.stdout.startswith("both: 11 alerts")
    done = dohyo("compare", "T1043", narrow, LOGS, "-f", "json")
    found = json.loads(done.stdout)
    assert done.returncode == 1 and found["only_second"] == [] and found["both"] + len(found["only_first"]) == 11
    assert all(a["fields"]["DestinationPort"] == "443" and a["evidence"]["record"] for a in found["only_first"])
