"""The odd spellings also run: every query but the ones that name what they lack gives rows or an empty result."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from dohyo.diagnostics import QueryError
from dohyo.run import Query, RunOptions, run_queries

QUERIES = yaml.safe_load((Path(__file__).parents[1] / "lang" / "spellings.yml").read_text("utf-8"))
#: Refused on purpose, each with the code that says so: parameters without a value, `infer`, and
#: numbers where the query compares fields that the events have not got.
REFUSED = {"DH1015", "DH2741"}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few messages with the fields that the queries name."""
    path = tmp_path_factory.mktemp("spellings") / "events.ndjson"
    fields = [{c: str((i + n) % 3) for n, c in enumerate("abcdefxyz")} for i in range(6)]
    event = {"Channel": "Application", "EventID": "1000", "Computer": "h", "Message": "x a=1 b=2 error"}
    rows = [event | {"TimeCreated": f"2024-01-01T0{i}:00:00Z", **f} for i, f in enumerate(fields)]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


#: What the parameters of the queries stand for; any other one is 1.
GIVEN = {"stage": "count by a", "step": "1h", "n": "3", "dim": "a", "list": '"1"', "path": '"a"', "anchor": '"a=*"'}


@pytest.mark.parametrize("text", QUERIES)
def test_runs(text: str, log: Path) -> None:
    """The query runs on the engine, or its refusal is one of the expected ones."""
    names = re.findall(r"\{\{\{?(\w+)\}?\}\}", text)
    given = {n: GIVEN.get(n, "1") for n in names}
    options = RunOptions(parameters=given, since=1704067200000, until=1704153600000)
    result = run_queries([Query(text)], [log], options)[0]
    refused = {d.code for d in result.diagnostics if d.severity == "error"} if isinstance(result, QueryError) else set()
    assert refused <= REFUSED, [d.title for d in result.diagnostics]
