"""Following a log gives what hunting in it gives, with few detections and with many."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from follow_helpers import command, detection

from dohyo.sample import run as sample

EVENTS = 6_000


@pytest.mark.parametrize("many", [False, True])
def test_alerts_are_those_of_a_hunt(tmp_path: Path, many: bool) -> None:
    """All events at once, and in pieces through a pipe."""
    log, rules = tmp_path / "a.ndjson", tmp_path / "rules"
    sample(log, EVENTS, seed=4, attack_rate=0.02)
    for number in (*range(1, 14), 22) if many else (1, 3):
        detection(rules / f"event-{number}", f'* | where EventID = "{number}" and Image matches "*e*.exe" | fields Image, Computer')
    detection(rules / "starts", '* | where EventID = "1" | count by Image | where _count > 3 | fields Image')
    chosen = [part for folder in sorted(rules.iterdir()) for part in ("-d", folder.name)]
    args = (*chosen, "-d", "T1043", "--detections", rules, "--format", "ndjson", "-q")
    hunt = [sys.executable, "-m", "dohyo", "hunt", *map(str, args), str(log)]
    hunted = subprocess.run(hunt, capture_output=True, text=True, check=True).stdout
    args = (*args, "--window", "9000d")
    followed = subprocess.run(command(*args, "--until-idle", "1s", log), capture_output=True, text=True, check=True).stdout
    assert told(followed) == told(hunted)
    assert len(told(hunted)) > 100
    pipe = subprocess.Popen(command(*args, "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    streamed, _ = pipe.communicate(log.read_text("utf-8"))
    assert told(streamed.replace('"file": "-"', f'"file": {json.dumps(str(log))}')) == told(hunted)


def told(alerts: str) -> Counter[str]:
    """The alerts; of a group, whose event differs, only its name."""
    found = [json.loads(text) for text in alerts.splitlines()]
    groups = ({**a, "evidence": None, "time": None} if a["detection"] == "starts" else a for a in found)
    return Counter(json.dumps(a, sort_keys=True) for a in groups)
