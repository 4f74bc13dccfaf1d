"""Correlation rules and filters of a file: windows slide, groups are apart, what cannot be said is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dohyo.run import Query, RunOptions, search
from dohyo.sigma.cache import Cache
from dohyo.sigma.convert import convert
from dohyo.sigma.load import load

BASE: dict[str, Any] = {
    "title": "Base", "name": "base", "id": "5f1d0cb2-7a3c-4b8e-9a1e-0d6f3c2b1a00", "level": "low", "status": "test",
    "logsource": {"product": "windows", "category": "process_creation"},
    "detection": {"sel": {"Image|endswith": "x.exe"}, "condition": "sel"},
}  # fmt: skip


def correlation(**more: Any) -> dict[str, Any]:
    how = {"type": "event_count", "rules": ["base"], "group-by": ["User"], "timespan": "5m", "condition": {"gte": 3}, **more}
    return {"title": "Often", "id": "5f1d0cb2-7a3c-4b8e-9a1e-0d6f3c2b1a01", "level": "high", "status": "test", "correlation": how}


def found(query: str, events: list[tuple[str, str, str]], log: Path) -> list[int]:
    rows = [{"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "UtcTime": f"2024-01-01 00:{t}.000", "User": u,
             "Image": i} for t, u, i in events]  # fmt: skip
    log.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return sorted(e.record or 0 for e in search(Query(query, dialect="strict"), [log], RunOptions(evidence=True)).evidence() if e)


def test_events_are_counted_in_a_sliding_window_by_group(tmp_path: Path) -> None:
    """Three of one user within five minutes, across the edge of a time slice; another user's do not count, nor older ones."""
    entry = convert([BASE, correlation()])
    assert not entry.broken and [r.title for r in entry.rules] == ["Often"]
    events = [("03:00", "a", "x.exe"), ("04:00", "b", "x.exe"), ("04:30", "a", "y.exe"), ("05:30", "a", "x.exe"),
              ("08:00", "a", "x.exe"), ("10:31", "a", "x.exe"), ("20:00", "b", "x.exe"), ("20:01", "b", "x.exe")]  # fmt: skip
    assert found(entry.rules[0].query, events, tmp_path / "log.ndjson") == [5]


def test_generate_keeps_the_rule_that_is_counted() -> None:
    """``generate``: the counted rule gives alerts too."""
    assert [r.title for r in convert([BASE, correlation(generate=True)]).rules] == ["Base", "Often"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"type": "value_count", "condition": {"gte": 3, "field": "User"}}, "value_count"),
        ({"condition": {"lt": 3}}, "gte and gt"),
        ({"rules": ["absent"]}, "absent"),
        ({"type": "nonsense"}, "nonsense"),
    ],
)
def test_what_cannot_be_said_is_named(more: dict[str, Any], reason: str) -> None:
    """Other kinds, other comparisons, a rule that is not there: refused with the reason."""
    broken = convert([BASE, correlation(**more)]).broken
    assert len(broken) == 1 and reason in broken[0]


def test_a_filter_narrows_the_rules_of_its_file(tmp_path: Path) -> None:
    """A filter of the same log source takes the events that it names out."""
    narrow = {"title": "Not a", "logsource": BASE["logsource"],
              "filter": {"rules": ["base"], "selection": {"User": "a"}, "condition": "not selection"}}  # fmt: skip
    entry = convert([BASE, narrow])
    assert not entry.broken and len(entry.rules) == 1
    events = [("03:00", "a", "x.exe"), ("04:00", "b", "x.exe")]
    assert found(entry.rules[0].query, events, tmp_path / "log.ndjson") == [2]


def test_a_filter_in_a_file_of_its_own(tmp_path: Path) -> None:
    """It narrows the rules of the other files, not those that it does not name; changing it changes what was kept."""
    source = {"category": "process_creation", "product": "windows"}
    ids = ["5f0d2c9e-0000-4000-8000-000000000001", "5f0d2c9e-0000-4000-8000-000000000002"]
    for number, name in enumerate(ids):
        rule = {"title": f"R{number}", "id": name, "logsource": source, "level": "low",
                "detection": {"sel": {"Image|endswith": r"\a.exe"}, "condition": "sel"}}  # fmt: skip
        (tmp_path / f"r{number}.yml").write_text(yaml.safe_dump(rule))

    def queries(user: str) -> dict[str, str]:
        narrowed = {"title": "F", "id": "5f0d2c9e-0000-4000-8000-000000000009", "logsource": source,
                    "filter": {"rules": ids[:1], "own": {"User": user}, "condition": "not own"}}  # fmt: skip
        (tmp_path / "filter.yml").write_text(yaml.safe_dump(narrowed))
        found = load([tmp_path], Cache(tmp_path / "cache.json"))
        assert not found.broken
        return {r.id: r.query for r in found.rules}

    first = queries("mira")
    assert "mira" in first[ids[0]] and "mira" not in first[ids[1]]
    assert "otto" in queries("otto")[ids[0]]
