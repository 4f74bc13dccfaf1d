"""Every case file holds: those of operators and shapes, and those of detections."""

from __future__ import annotations

from pathlib import Path

import pytest

from dohyo.detections.cases import load, run

ROOT = Path(__file__).resolve().parents[1]
CASES = sorted((ROOT / "tests" / "cases").rglob("*.yml"))
OF_DETECTIONS = sorted((ROOT / "detections").glob("*/tests/*.yml"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_case(path: Path) -> None:
    """The query of the case gives what the case says."""
    verdict = run(load(path), path.parent)
    assert not verdict.failures, "\n".join(verdict.failures)


@pytest.mark.parametrize("path", OF_DETECTIONS, ids=_name)
def test_detection_case(path: Path) -> None:
    """The detection fires on what must fire, and stays quiet on what must not."""
    query = (path.parents[1] / "query.sumo").read_text("utf-8")
    verdict = run(load(path), path.parent, query)
    assert not verdict.failures, "\n".join(verdict.failures)


def test_every_case_of_an_operator_names_its_section() -> None:
    """A case says which section of the language specification it proves."""
    assert [p for p in CASES if not load(p).spec] == []
