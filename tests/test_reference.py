"""The reference pages are what the tables say, and every operator's and aggregate's example runs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from dohyo.diagnostics import QueryError
from dohyo.operators import OPERATORS
from dohyo.plan.functions import AGGREGATES
from dohyo.run import Query, RunOptions, run_queries
from dohyo.sample import run as sample

ROOT = Path(__file__).resolve().parents[1]
#: Refused when they run: only Sumo Logic has what they need, or they stand elsewhere.
REFUSED = {"infer", "benchmark", "details", "parse using", "cat"}


def build() -> Any:
    spec = importlib.util.spec_from_file_location("build", ROOT / "docs" / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_in_step() -> None:
    """`python docs/build.py` would change nothing."""
    there = {p.relative_to(ROOT / "docs/reference").as_posix(): p.read_text("utf-8") for p in (ROOT / "docs/reference").rglob("*.md")}
    assert there == build().pages()
    assert (ROOT / "docs" / "detection.schema.json").read_text("utf-8") == build().schema()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reference") / "log.ndjson"
    sample(path, 300, seed=1)
    return path


OPERATOR_EXAMPLES = [o.example for o in OPERATORS.operators if o.example and not REFUSED & set(o.names)]
AGGREGATE_EXAMPLES = [f"* | {build().aggregate_example(a)} by Computer" for a in AGGREGATES.values() if not a.internal]


@pytest.mark.parametrize("query", OPERATOR_EXAMPLES + AGGREGATE_EXAMPLES)
def test_example_runs(query: str, log: Path) -> None:
    """Over generated events, in the dialect that has it."""
    result = run_queries([Query(query)], [log], RunOptions(since=1700000000000, until=1800000000000))[0]
    assert not isinstance(result, QueryError), result
