"""Every function's own example, in one query a function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dohyo.plan.functions import FUNCTIONS
from dohyo.run import Query, search

ROWS = sorted({f.name: f for f in FUNCTIONS.values() if f.example}.values(), key=lambda f: f.name)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """All examples, in one query: a stage a function."""
    log = tmp_path_factory.mktemp("functions") / "one.ndjson"
    log.write_text(json.dumps({"a": "1"}) + "\n")
    stages = " | ".join(f"concat(\"\", {f.example[0]}) as f_{i}" for i, f in enumerate(ROWS) if f.example)
    row = search(Query(f"* | {stages}", dialect="lenient"), [log]).rows[0]
    return {f.name: row[f"f_{i}"] for i, f in enumerate(ROWS)}


@pytest.mark.parametrize("row", ROWS, ids=lambda f: f.name)
def test_example(row: Any, results: dict[str, Any]) -> None:
    """The call in the function's example gives the result in it."""
    assert results[row.name] == row.example[1]


def test_every_function_of_the_language_has_an_example() -> None:
    """A function without one can only be one that depends on the clock or the time range."""
    without = {f.name for f in FUNCTIONS.values() if not f.internal and not f.example}
    assert without == {"now", "queryStartTime", "queryEndTime", "queryTimeRange"}
