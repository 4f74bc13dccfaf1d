"""The vectors of the language specification on every engine: the queries of a table are run over one reading of its events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import vectors as known
from differential import same

from dohyo.diagnostics import QueryError
from dohyo.results import Result
from dohyo.run import Query, RunOptions, run_queries

SPECIFICATION = Path(__file__).resolve().parents[3] / "shared" / "spec" / "sumo-search-language.md"
TABLES: dict[str, list[Sequence[object]]] = {
    "B.1": [known.SCOPES],
    "B.2": [known.EXPRESSIONS],
    "B.3": [known.FUNCTIONS],
    "B.4": [known.PARSING, known.CHAINS],
    "B.5": [known.ORDERED],
}
pytestmark = pytest.mark.filterwarnings("ignore")  # of Spark's client


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="the specification is not beside the repository")
@pytest.mark.parametrize("section", TABLES)
def test_no_vector_is_left_out(section: str) -> None:
    """As many as the specification's tables have rows."""
    text = re.split(rf"^### {re.escape(section)} ", SPECIFICATION.read_text("utf-8"), flags=re.M)[1]
    tables = re.findall(r"(?:^\|.*\n)+", re.split(r"^##", text, flags=re.M)[0], flags=re.M)
    assert [table.count("\n") - 2 for table in tables] == [len(rows) for rows in TABLES[section]]


def test_scopes(any_engine: str, tmp_path: Path) -> None:
    queries = [f"{scope} | fields n" for scope, _ in known.SCOPES]
    found = _run(queries, known.MESSAGES, any_engine, tmp_path)
    assert {q: sorted(int(r["n"]) for r in rows) for q, rows in found.items()} == {
        f"{scope} | fields n": wanted for scope, wanted in known.SCOPES
    }


@pytest.mark.parametrize("table", [known.EXPRESSIONS, known.FUNCTIONS], ids=["expressions", "functions"])
def test_expressions(table: list[dict[str, Any]], any_engine: str, tmp_path: Path) -> None:
    """All values in one query; conditions in one each."""
    vectors = {what: wanted for row in table for what, wanted in row.items()}
    values = {what: wanted for what, wanted in vectors.items() if wanted not in (known.KEPT, known.DROPPED)}
    named = {f"v{i}": what for i, what in enumerate(values)}
    whole = f"* | null as nul | {' | '.join(f'{what} as {name}' for name, what in named.items())} | fields {', '.join(named)}"
    kept = {f"* | null as nul | {what} | fields host": wanted for what, wanted in vectors.items() if what not in values}
    found = _run([whole, *kept], [known.EVENT], any_engine, tmp_path)
    (row,) = found.pop(whole)
    assert {what: row[name] for name, what in named.items()} == values
    assert {what: known.KEPT if rows else known.DROPPED for what, rows in found.items()} == kept


def test_parsing(any_engine: str, tmp_path: Path) -> None:
    events = [{"place": str(i), "_raw": text} for i, (text, _) in enumerate(known.PARSING)]
    wanted = {f"place={i} | {stage}": rows for i, (_, row) in enumerate(known.PARSING) for stage, rows in row.items()}
    _check(wanted, events, any_engine, tmp_path)


def test_chains_of_nodrop(any_engine: str, tmp_path: Path) -> None:
    events = [{"_raw": text, "timestamp": 1_714_558_029_000 - i} for i, text in enumerate(known.CHAINED)]
    _check({f"* | {stages}": rows for stages, rows in known.CHAINS}, events, any_engine, tmp_path)


def test_ordered(any_engine: str, tmp_path: Path) -> None:
    events = [{"h": h, "v": str(v), "timestamp": 1_714_558_029_000 + i} for i, (h, v) in enumerate(known.RECORDS)]
    start = "* | num(v) | sort by _messageTime asc |"
    _check({f"{start} {stage}": rows for row in known.ORDERED for stage, rows in row.items()}, events, any_engine, tmp_path)


def test_further(any_engine: str, tmp_path: Path) -> None:
    time, bucket = known.BUCKET
    events = [{"place": str(i), "_raw": text, "timestamp": time + j} for i, (texts, _) in enumerate(known.FURTHER)
              for j, text in enumerate(texts)]  # fmt: skip
    wanted = {f"place={i} | {stage}": rows for i, (_, made) in enumerate(known.FURTHER) for stage, rows in made.items()}
    buckets: dict[str, known.Rows | str] = {"place=0 | timeslice 5m | count by _timeslice, __timeslice_end": [bucket]}
    _check(wanted | buckets, events, any_engine, tmp_path)


def _check(wanted: Mapping[str, known.Rows | str], events: Iterable[Mapping[str, Any]], engine: str, folder: Path) -> None:
    """Each query gives the rows, in their order, in the columns that these name."""
    found = _run(wanted, events, engine, folder)
    for query, rows in wanted.items():
        got = found[query]
        assert isinstance(got, str) == isinstance(rows, str), query
        if isinstance(rows, list):
            shown = [{name: row.get(name) for name in (rows[0] if rows else row)} for row in got]
            assert len(shown) == len(rows), f"{query}\n{shown}"
            assert all(same(a[n], b[n]) for a, b in zip(shown, rows, strict=True) for n in b), f"{query}\n{shown}"


def _run(queries: Iterable[str], events: Iterable[Mapping[str, Any]], engine: str, folder: Path) -> dict[str, Any]:
    """The rows of the queries, or :data:`known.ERROR`."""
    path = folder / "events.ndjson"
    path.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    asked = list(queries)
    results = run_queries([Query(q, dialect="strict") for q in asked], [path], RunOptions(engine=engine))
    return {q: _rows(r) for q, r in zip(asked, results, strict=True)}


def _rows(result: Result | QueryError) -> Any:
    return known.ERROR if isinstance(result, QueryError) else result.rows
