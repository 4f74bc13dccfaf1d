"""Rules of every Windows log source and every form of value find, in every form of log, what the specification says."""

from __future__ import annotations

import copy
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.rule import SigmaRule
from sigma_events import FORMS, events
from sigma_reference import holds

from dohyo.detections.hunt import run_detections
from dohyo.run import RunOptions
from dohyo.sigma.convert import convert
from dohyo.sigma.load import detection
from dohyo.sigma.tidy import tidied

HERE = Path(__file__).parent / "meaning"
SOURCES = yaml.safe_load((HERE / "sources.yml").read_text("utf-8"))
LINES = [line for line in (HERE / "rules.txt").read_text("utf-8").split("\n") if line and not line.startswith("#")]
#: Exports that have one level of names cannot hold two channels.
CANNOT = {("flat", "Channel: [Security, System]"), ("nxlog", "Channel: [Security, System]")}


def _rule(number: int, line: str) -> dict[str, Any]:
    source, body = line.split(" :: ", 1)
    kind = "category" if SOURCES[source].get("ids") else "service"
    return {"title": line, "id": f"00000000-0000-0000-0000-{number:012}", "status": "test", "level": "high",
            "logsource": {"product": "windows", kind: source}, "detection": yaml.safe_load(body)}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> tuple[list[Any], list[tuple[str, str, dict[str, Any], bool]]]:
    """The rules as detections, and the events made for each with what the specification says of them."""
    documents = [_rule(n, line) for n, line in enumerate(LINES)]
    entry = convert(copy.deepcopy(documents))
    assert not entry.broken
    chance = random.Random(7)
    found = []
    for document in documents:
        trees = [c.parse() for c in SigmaRule.from_dict(tidied(copy.deepcopy(document))).detection.parsed_condition]
        source = document["title"].split(" :: ")[0]
        for event in events(trees, SOURCES[source], 6, chance):
            found.append((document["id"], source, event, any(holds(t, event) for t in trees)))
    return [detection(r) for r in entry.rules], found


@pytest.mark.parametrize("form", FORMS)
def test_rules_find_what_the_specification_says(form: str, made: Any, tmp_path: Path) -> None:
    """Each event is an alert of the rule that it was made for exactly when it meets it; all rules run together."""
    rules, wanted = made
    log = tmp_path / "log.ndjson"
    records = (FORMS[form](event, SOURCES[source], n) for n, (_, source, event, _) in enumerate(wanted))
    log.write_text("".join(json.dumps(r, ensure_ascii=n % 2 > 0) + "\n" for n, r in enumerate(records)), "utf-8")
    got: dict[Any, set[str]] = defaultdict(set)
    for alert in run_detections(rules, [log], RunOptions()).alerts:
        assert alert.evidence is not None
        got[alert.evidence.record].add(alert.detection)
    wrong = [(LINES[int(rule[-12:])], meets, event)
             for n, (rule, _, event, meets) in enumerate(wanted, 1) if (rule in got[n]) != meets]  # fmt: skip
    assert [w for w in wrong if not any(f == form and text in w[0] for f, text in CANNOT)] == []
    assert sum(meets for _, _, _, meets in wanted) > len(wanted) / 3
