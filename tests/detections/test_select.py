"""Choosing among many detections, and what each of them cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command import dohyo
from dohyo.detections.load import load
from dohyo.detections.select import BadSelection, Selection, coverage

LIBRARY = load().detections
LOGS = Path(__file__).resolve().parents[2] / "samples" / "logs"


@pytest.mark.parametrize(("selection", "wanted"), [
    (Selection(techniques=("T1071",)), ["T1071-connection-by-a-process-that-is-gone", "T1071.004-long-label-dns-from-nslookup"]),
    (Selection(techniques=("t1071.004",)), ["T1071.004-long-label-dns-from-nslookup"]),
    (Selection(tactics=("persistence",)), ["T1197-bits-job-to-an-external-address"]),
    (Selection(level="critical"), []),
    (Selection(tags=("nothing",)), []),
    (Selection(since="2999-01-01"), []),
])  # fmt: skip
def test_selection(selection: Selection, wanted: list[str]) -> None:
    """A technique takes its sub-techniques along; a level is the least one."""
    assert [d.id for d in selection.of(LIBRARY)] == wanted


@pytest.mark.parametrize("selection", [Selection(level="bad"), Selection(tactics=("executon",)), Selection(since="soon")])
def test_a_bad_selection_says_what_may_stand_there(selection: Selection) -> None:
    """It is refused before anything is read."""
    with pytest.raises(BadSelection):
        selection.check()


def test_coverage_counts_by_technique() -> None:
    """Each technique once, with its name from ATT&CK."""
    rows = {r["technique"]: r for r in coverage(LIBRARY)}
    assert rows["T1197"]["name"] == "BITS Jobs" and rows["T1043"]["name"] == "Commonly Used Port (retired)"
    assert rows["T1071"]["detections"] == 1


def test_as_a_user_types_it() -> None:
    """`list` and `hunt` take the same options; nothing chosen, or a wrong word, is an error of the command."""
    listed = json.loads(dohyo("list", "--technique", "T1197", "-f", "json").stdout)
    assert [r["id"] for r in listed] == ["T1197-bits-job-to-an-external-address"]
    hunted = dohyo("hunt", LOGS, "--technique", "T1043", "--profile", "-f", "ndjson")
    assert hunted.returncode == 0 and "11 alerts  T1043-commonly-used-port" in hunted.stderr
    refused = dohyo("hunt", LOGS, "--tactic", "executon")
    assert refused.returncode == 2 and "did you mean `execution`?" in refused.stderr
    assert dohyo("list", "--level", "critical").returncode == 2
