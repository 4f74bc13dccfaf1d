"""The reference pages are what the tables say, and every operator's and aggregate's example runs."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
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


def test_library_pages_are_in_step() -> None:
    """A page for each detection from its folder, and the table of platforms."""
    for name, text in build().library().items():
        assert (ROOT / "docs" / name).read_text("utf-8") == text, name


def test_the_site_builds(tmp_path: Path) -> None:
    """Strictly: no link that leads nowhere; and no page asks for anything from elsewhere."""
    pytest.importorskip("mkdocs", reason="the extra `docs` is not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 150
    for page in pages:
        fetched = re.findall(r'(?:<script[^>]+src|<link[^>]+rel="stylesheet"[^>]+href)="(https?:[^"]+)"', page.read_text("utf-8"))
        assert not fetched, (page, fetched)


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
