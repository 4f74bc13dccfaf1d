"""Rows hold what JSON knows: texts, numbers, truth values and nothing."""

from __future__ import annotations

import json
from pathlib import Path

from dohyo.operators import OPERATORS
from dohyo.results import Result
from dohyo.run import Query, RunOptions, run_queries

EVENTS = [{"_raw": f"{w} h={h} n={i}", "_messageTime": 1714557600000 + i * 60_000, "Computer": h, "Image": w}
          for i, (w, h) in enumerate([("start", "a"), ("stop", "a"), ("start", "b"), ("stop", "b")])]  # fmt: skip
#: Read a table, stand in a subquery only, or work inside Sumo Logic only.
REFUSED = {"cat", "compose", "infer", "benchmark", "details", "parse using"}
QUERIES = [
    *(o.example for o in OPERATORS.operators if o.example and not REFUSED & {*o.names}),
    '* | transaction on Computer with "start*" as started, with "stop*" as stopped',
    '* | transaction on Computer with "start*" as started, with "stop*" as stopped results by states',
]


def test_rows_are_json(tmp_path: Path) -> None:
    """What an operator gives can be written as JSON."""
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(e) + "\n" for e in EVENTS))
    options = RunOptions(since=1714557600000, until=1714557900000)
    for query, found in zip(QUERIES, run_queries([Query(q) for q in QUERIES], [log], options), strict=True):
        assert isinstance(found, Result), query
        assert {type(v) for row in found.rows for v in row.values()} <= {str, int, float, bool, type(None)}, query
