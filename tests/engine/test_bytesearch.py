"""A search over all records of a batch at once finds what a search in each of them does."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dohyo.diagnostics import QueryError
from dohyo.engines.duckdb.bytesearch import ByteSearch
from dohyo.run import MANY, Query, run_queries

_letters = st.text("abAB:é®\\\n", max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.lists(_letters, max_size=8), st.sets(_letters.filter(bool), min_size=1, max_size=5), st.integers(0, 3))
def test_every_record_that_holds_a_text_is_found(records: list[str], texts: set[str], skipped: int) -> None:
    """Texts that overlap, and the seams between records, hide nothing."""
    column = pa.array(records, pa.string())[skipped:]
    found = ByteSearch.of(texts).held(column).tolist()
    assert len(found) == len(column)
    for record, held in zip(records[skipped:], found, strict=True):
        assert held or not any(t in record for t in texts)
    assert any(found) <= any(t in "".join(records[skipped:]) for t in texts)


@pytest.mark.parametrize("count", [3, 100, 400])
def test_case_is_ignored_however_many_texts_there_are(count: int) -> None:
    """Letters that are ASCII ones in lower case only count as well."""
    texts = {f"text{i:03}::" for i in range(count)} | {"mask"}
    records = ["nothing", "TEXT002::", "a Text000:: b", "MAS\u212a", "ma\u017fk", None, "text"]
    assert ByteSearch.of(texts, folded=True).held(pa.array(records, pa.string())).tolist() == [
        False, True, True, True, True, False, False]  # fmt: skip


#: Keyword searches over all raw texts, names that differ in case only, and queries about few of the events.
QUERIES = [
    "_sourceCategory=windows* | where _raw matches \"*sekurlsa::*\"",
    "_sourceCategory=windows* | where _raw matches \"*needle*\" | fields EventID",
    '* | where ProcessID = "7" | fields ProcessID', '* | where processId = "7" | fields processId',
    '* | where PROCESSID = "9"', "EventID=1 | where Image matches \"*b.exe\"", "EventID=3 | count", "nowhere",
]  # fmt: skip


def test_many_queries_find_what_each_finds_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records whose keys differ in case, some of them written with escapes, and texts at the edges of batches."""
    monkeypatch.setenv("DOHYO_CACHE", "")
    monkeypatch.setattr("dohyo.engines.duckdb.many.BATCH_ROWS", 3)
    sysmon = "Microsoft-Windows-Sysmon/Operational"
    event = {"EventID": 1, "Channel": sysmon, "UtcTime": "2026-01-12 07:30:00.044", "Image": "C:\\b.exe"}
    records = [json.dumps(event | more) for more in (
        {"ProcessId": "7"}, {"ProcessID": "7"}, {"processId": "9"}, {"CommandLine": "sekurlsa::x"}, {"CommandLine": "SEKURLSA::"},
        {"Message": "a needle"}, {"EventID": 3}, {"EventID": 16, "Message": "needle"})]  # fmt: skip
    records.append(records[1].replace("ProcessID", "Process\\u0049D"))
    log = tmp_path / "e.ndjson"
    log.write_text("\n".join(records * 5), "utf-8")
    queries = [Query(q) for q in [*QUERIES, *(f"EventID={i}" for i in range(MANY))]]
    together = run_queries(queries, [log])
    for query, found in zip(queries[: len(QUERIES)], together, strict=False):
        (alone,) = run_queries([query], [log])
        assert not isinstance(found, QueryError) and not isinstance(alone, QueryError)
        assert found.rows == alone.rows, query.text
    assert [len(f) for f in together[:4]] == [5, 10, 15, 15]  # type: ignore[arg-type]
