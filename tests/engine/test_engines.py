"""The same answers on every engine: each case of the project, on Spark and on Sail as on DuckDB."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from differential import events, queries, same, written
from hypothesis import HealthCheck, Phase, given, settings
from msgspec.structs import replace

from dohyo.detections import cases
from dohyo.diagnostics import QueryError
from dohyo.engines.spark import server
from dohyo.run import RunOptions, search

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted((ROOT / "tests" / "cases").rglob("*.yml")) + sorted((ROOT / "detections").glob("*/tests/*.yml"))
#: Of the random events and queries; ``DOHYO_EXAMPLES=20`` tries twenty times as many.
EXAMPLES = 15 * int(os.environ.get("DOHYO_EXAMPLES", "1"))
pytestmark = pytest.mark.filterwarnings("ignore")  # of Spark's client: pandas 3, retries


def _run(path: Path, engine: str) -> cases.Verdict:
    case = cases.load(path)
    case = replace(case, sql=None, options={**case.options, "engine": engine})
    query = path.parents[1] / "query.sumo"
    return cases.run(case, path.parent, query.read_text("utf-8") if query.is_file() else None)


@pytest.mark.parametrize("path", CASES, ids=lambda p: str(p.relative_to(ROOT)))
def test_case(path: Path, engine: str) -> None:
    """The case gives what it says."""
    verdict = _run(path, engine)
    assert not verdict.failures, "\n".join(verdict.failures)


@given(events(), queries())
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
def test_events_and_queries_at_random(engine: str, found: list[dict[str, str | None]], query: str) -> None:
    """What DuckDB answers, row by row and in order; what it refuses, the engine refuses."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "e.ndjson").write_text(written(found), "utf-8")
        wanted, got = (_answer(query, folder, name) for name in ("duckdb", engine))
    assert isinstance(wanted, str) == isinstance(got, str), f"{query}\n{wanted}\n{got}"
    if isinstance(wanted, list) and isinstance(got, list):
        assert len(wanted) == len(got), query
        for a, b in zip(wanted, got, strict=True):
            assert list(a) == list(b) and all(same(a[k], b[k]) for k in a), f"{query}\n{a}\n{b}"


def _answer(query: str, folder: str, engine: str) -> list[dict[str, Any]] | str:
    """The rows, or the code of the error."""
    try:
        return search(query, [folder], RunOptions(engine=engine)).rows
    except QueryError as error:
        return next(d.code for d in error.diagnostics if d.severity == "error")


def test_a_server_by_its_address(engine: str, tmp_path: Path) -> None:
    """Events are sent to a server that does not read this machine's files; which engine it is, it tells."""
    lines = [f'{{"n": "{i}", "w": "{w}"}}\n' for i, w in enumerate(["é", "e", "b c", ""])]
    (tmp_path / "e.ndjson").write_text("".join(lines), "utf-8")
    at = server.local(engine, None, None).url
    found = search(r'* | where w matches /^\w$/ | fields n', [tmp_path], RunOptions(engine=at))
    assert [row["n"] for row in found.rows] == ["1"]


def test_a_server_ends_with_the_process_that_asked_for_it(engine: str) -> None:
    """Even when that process is killed."""
    code = "import sys; from dohyo.engines.spark import server\nprint(server.local(sys.argv[1]).process.pid, flush=True); input()"
    asked = subprocess.Popen([sys.executable, "-c", code, engine], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert asked.stdout is not None
    guard = int(asked.stdout.readline())
    asked.kill()
    asked.wait()
    for _ in range(300):
        if not _alive(guard):
            return
        time.sleep(0.1)
    pytest.fail("the server is still there")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0]
