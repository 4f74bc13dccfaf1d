"""Placeholders: their values from a file, a table where there is no file, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from command import dohyo
from dohyo.sigma.cache import Cache
from dohyo.sigma.load import load, notes
from dohyo.sigma.placeholders import BadPlaceholders, read

RULE = {
    "title": "Odd", "logsource": {"product": "windows", "category": "process_access"},
    "detection": {"sel": {"User|expand": "%admins%", "CommandLine|contains|expand": "/%word%:"}, "condition": "sel"},
}  # fmt: skip
WHOLE = {**RULE, "title": "Whole", "detection": {"sel": {"User|expand": "%admins%"}, "condition": "sel"}}


@pytest.mark.parametrize("wrapped", [False, True], ids=["plain", "pipeline"])
def test_values_come_from_the_file(wrapped: bool, tmp_path: Path) -> None:
    """Each value fires, with wildcards and without case; an event with none of them does not. Import and hunt agree."""
    values = {"admins": ["mira", "svc-*"], "word": "add"}
    (tmp_path / "values.yml").write_text(yaml.safe_dump({"vars": values, "priority": 10} if wrapped else values))
    (tmp_path / "odd.yml").write_text(yaml.safe_dump(RULE))
    log = tmp_path / "log.ndjson"
    rows = [("MIRA", "x /ADD:y"), ("svc-1", "/add:"), ("svc", "/add:"), ("mira", "/del:"), ("mira", None)]
    log.write_text("".join(json.dumps({"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "10", "User": u, "CommandLine": c,
                                       "UtcTime": "2024-01-01 00:00:00.000"}) + "\n" for u, c in rows))  # fmt: skip
    done = dohyo("hunt", "--sigma", tmp_path / "odd.yml", "--placeholders", tmp_path / "values.yml", log, "-f", "json")
    assert sorted(a["evidence"]["record"] for a in json.loads(done.stdout)) == [1, 2]
    made = dohyo("import", "sigma", tmp_path / "odd.yml", "--placeholders", tmp_path / "values.yml", "-o", tmp_path / "out")
    assert made.returncode == 0
    (query,) = (tmp_path / "out").glob("*/query.sumo")
    assert "svc-*" in query.read_text() and "lookup" not in query.read_text()


def test_without_a_file_a_placeholder_is_a_table(tmp_path: Path) -> None:
    """A whole value is looked up in a table of its name; a part of one is taken for any text, and a note says so."""
    (tmp_path / "a.yml").write_text(yaml.safe_dump(WHOLE))
    (tmp_path / "b.yml").write_text(yaml.safe_dump(RULE, sort_keys=False))
    found = load([tmp_path], Cache(None))
    assert not found.broken
    whole, part = (r.query for r in found.rules)
    assert '| where lookupContains(path://"admins", User=value)' in whole
    assert 'toLowerCase(CommandLine) matches "*/*:*"' in part
    (note,) = notes(found.rules[1])
    assert not notes(found.rules[0]) and "`%word%`" in note and "--placeholders" in note and "admins" not in note


def test_other_values_are_another_conversion(tmp_path: Path) -> None:
    """What is kept of a rule with placeholders depends on their values, that of another rule does not."""
    (tmp_path / "a.yml").write_text(yaml.safe_dump(WHOLE))
    cache = tmp_path / "cache.json"
    found = [load([tmp_path], Cache(cache), {"admins": (name,)}).rules[0].query for name in ("mira", "otto")]
    assert "mira" in found[0] and "otto" in found[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("- a\n", "mapping"), ("a: {b: c}\n", "`a`"), ("a: []\n", "`a`"), ("a: [\n", ":2:1: no valid YAML"), ("a: [true]\n", "`a`")],
)
def test_a_wrong_file_is_named(text: str, reason: str, tmp_path: Path) -> None:
    """The file and what is wrong with it."""
    path = tmp_path / "values.yml"
    path.write_text(text)
    with pytest.raises(BadPlaceholders) as error:
        read(path)
    assert str(error.value).startswith(str(path)) and reason in str(error.value)
    assert dohyo("hunt", "--sigma", tmp_path, "--placeholders", tmp_path / "absent.yml", tmp_path).returncode == 2
