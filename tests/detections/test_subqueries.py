"""Detections with a subquery: what only looks at them checks the child, what explains or tests them runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from dohyo.binding.context import Options
from dohyo.cli.commands.text import fixed
from dohyo.detections.cases import load as case
from dohyo.detections.coverage import coverage
from dohyo.detections.event import explain_event
from dohyo.detections.lint import query_remarks
from dohyo.detections.load import load
from dohyo.detections.mutate import mutate
from dohyo.detections.why import why
from dohyo.run import RunOptions

QUERY = '* | where [subquery: * | where b = "x" | count by a | compose a]\n| where a = "1"'
DETECTION = replace(next(iter(load().detections)), query=QUERY)
EVENTS = [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]


@pytest.fixture
def log(tmp_path: Path) -> str:
    """Two events; the subquery composes the first one's value."""
    path = tmp_path / "log.ndjson"
    path.write_text("".join(json.dumps(e) + "\n" for e in EVENTS))
    return str(path)


def _lint(query: str, engine: str = "duckdb") -> list[str]:
    return [r.code for r in query_remarks(query, "q", engine=engine)]


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_lint_needs_no_logs(engine: str) -> None:
    """A subquery is no fault, and nothing is claimed of what it finds."""
    assert _lint(QUERY, engine) == []
    assert _lint('* | where !([subquery: * | count by a | compose a]) | where a = "1"', engine) == []


def test_faults_of_the_child_are_faults_of_the_query() -> None:
    """Errors, warnings and fixes within the brackets are told as elsewhere."""
    assert _lint("* | where [subquery: * | where nothing(b) | count by a | compose a]") == ["DH2130"]
    assert fixed("* | where [subquery: * | where b in (1, 2) | compose b]", "q", Options())[0] == (
        '* | where [subquery: * | where b in ("1", "2") | compose b]'
    )


def test_why_runs_it(log: str) -> None:
    """The funnel counts what the subquery keeps, of an event too."""
    found = why(DETECTION, [log], RunOptions())
    assert [s.left for s in found.funnel] == [2, 1, 1]
    assert explain_event(DETECTION, log, 1, RunOptions()).fires
    assert not explain_event(DETECTION, log, 2, RunOptions()).fires


def test_coverage_and_mutation_run_it(tmp_path: Path) -> None:
    """Each test's events are the child's events."""
    test = tmp_path / "test.yml"
    test.write_text(json.dumps({"events": EVENTS, "count": 1}))
    reached = {b.what: b.reached for b in coverage(DETECTION, [(test, case(test))])}
    assert [n for what, n in reached.items() if "subquery" in what] == [1, 1]
    assert mutate(DETECTION, [(test, case(test))]).tried == 2
