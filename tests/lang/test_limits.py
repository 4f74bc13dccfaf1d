"""No query, however deep or large, ends in anything but an answer or a clear error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dohyo

#: A thousand deep, each in its own way.
DEEP = {
    "parentheses": f"* | where {'(' * 1000}a=1{')' * 1000}",
    "if": f'* | {"if(a=1, " * 1000}1{", 2)" * 1000} as x',
    "not": f"* | where {'!(' * 1000}a{')' * 1000}",
    "minus": f"* | {'-' * 1000}1 as x",
    "calls": f'* | {"concat(1, " * 1000}b{")" * 1000} as x',
    "ternary": f"* | {'a ? ' * 1000}1{' : 2' * 1000} as x",
    "scope": f"{'(' * 1000}x{')' * 1000}",
    "scope NOT": f"{'NOT ' * 1000}x",
}


@pytest.mark.parametrize("query", DEEP.values(), ids=DEEP.keys())
def test_what_is_nested_too_deep_is_a_clear_error(query: str) -> None:
    """One error, which says so."""
    with pytest.raises(dohyo.QueryError) as caught:
        dohyo.compile_query(query)
    assert [d.code for d in caught.value.diagnostics if d.severity == "error"] == ["DH1012"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """One event."""
    path = tmp_path / "one.ndjson"
    path.write_text(json.dumps({"a": "aaab"}) + "\n")
    return path


def test_a_regex_too_large_for_re2_still_runs(log: Path) -> None:
    """Counts of Unicode classes are written out: RE2 gives up, the other engine does not."""
    query = r'* | where a matches /^\p{L}{1,900}\P{Lu}{0,900}$/ | replace(a, /\p{L}{1,600}b/, "x") as b | fields a, b'
    result = dohyo.search(query, [log])
    assert result.rows == [{"a": "aaab", "b": "x"}]


def test_a_regex_that_backtracks_without_end_is_stopped(log: Path) -> None:
    """The value counts as no match."""
    log.write_text(json.dumps({"a": "a" * 40}) + "\n")
    assert dohyo.search('* | where a matches /^(?=a)(a|aa)+(?=b)b$/', [log]).rows == []


def test_hundreds_of_stages_run(log: Path) -> None:
    """Plans are as deep as a query is long."""
    stages = " ".join(f"| concat(a, {i}) as b{i}" for i in range(400))
    assert dohyo.search(f"* {stages} | fields b399", [log]).rows == [{"b399": "aaab399"}]
