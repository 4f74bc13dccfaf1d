"""Every case file holds: those of operators and shapes, and those of detections."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dohyo.detections.cases import load, run
from dohyo.run import Query, explain

ROOT = Path(__file__).resolve().parents[1]
CASES = sorted((ROOT / "tests" / "cases").rglob("*.yml"))
OF_DETECTIONS = sorted((ROOT / "detections").glob("*/tests/*.yml"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_case(path: Path) -> None:
    """The query of the case gives what the case says; with ``DOHYO_UPDATE_SQL`` set, statements are written anew."""
    if os.environ.get("DOHYO_UPDATE_SQL") and load(path).sql is not None:
        update_sql(path)
    verdict = run(load(path), path.parent)
    assert not verdict.failures, "\n".join(verdict.failures)


def update_sql(path: Path) -> None:
    """Puts the statement of today in the place of the one in the file, or of an empty ``sql:`` at its end."""
    case, before = load(path), path.read_text("utf-8").split("\nsql:")[0]
    sql = explain(Query(case.query or "", "query", dialect=case.dialect)).sql.strip()
    path.write_text(f"{before}\nsql: |\n" + "".join(f"  {line}\n" for line in sql.split("\n")), "utf-8")


@pytest.mark.parametrize("path", OF_DETECTIONS, ids=_name)
def test_detection_case(path: Path) -> None:
    """The detection fires on what must fire, and stays quiet on what must not."""
    query = (path.parents[1] / "query.sumo").read_text("utf-8")
    verdict = run(load(path), path.parent, query)
    assert not verdict.failures, "\n".join(verdict.failures)


def test_every_case_of_an_operator_names_its_section() -> None:
    """A case says which section of the language specification it proves."""
    assert [p for p in CASES if not load(p).spec] == []
