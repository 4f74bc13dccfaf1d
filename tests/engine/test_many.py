"""Many queries in one reading: what is known of them beforehand never loses an event, and is the same the second time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dohyo import outlines
from dohyo.compile import compile_query
from dohyo.detections.hunt import run_detections
from dohyo.detections.load import load
from dohyo.diagnostics import QueryError
from dohyo.plan.expr import FALSE, TRUE, Column, Expr, all_of, any_of, boolean, negation, text
from dohyo.plan.kinds import any_kind
from dohyo.plan.known import truth
from dohyo.plan.outline import Outline
from dohyo.plan.types import Type
from dohyo.run import MANY, Query, RunOptions, run_queries

CATEGORIES = ("a", "b", "c")
_CATEGORY, _EVENT, _CHANNEL = (Column(n, Type.STRING) for n in ("_sourceCategory", "EventID", "Channel"))

_tests = st.one_of(
    st.sampled_from((*CATEGORIES, "own")).map(lambda v: boolean("=", _CATEGORY, text(v))),
    st.lists(st.sampled_from(("1", "2", "3")), min_size=1, max_size=2).map(lambda v: boolean("in", _EVENT, *map(text, v))),
    st.sampled_from((_CHANNEL, _EVENT, _CATEGORY)).map(lambda c: boolean("is_null", c)),
    st.sampled_from((TRUE, FALSE)),
)
conditions = st.recursive(
    _tests,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(all_of),
        st.lists(inner, min_size=2, max_size=3).map(any_of),
        inner.map(negation),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=5))
def test_the_kinds_together_lose_no_event(wanted: list[Expr]) -> None:
    """Every event that meets one of the conditions meets what is asked of the source for all of them."""
    together = any_kind(wanted, CATEGORIES)
    for category in (*CATEGORIES, "own", None):
        for event in ("1", "2", "3", "4", None):
            for channel in ("x", None):
                known = {"_sourcecategory": category, "eventid": event, "channel": channel}
                if any(truth(c, known) for c in wanted):
                    assert truth(together, known) is not False, (category, event, channel)


QUERIES = [
    '_sourceCategory=windows/sysmon | where EventID = "1" and Image matches "*\\\\cmd.exe" | fields Image, CommandLine',
    "error OR fail* | count by Computer",
    '* | where EventID in ("1", "3") and length(CommandLine) > 5 | limit 3',
    "* | count",
    'EventID=3 | where DestinationPort in (443, "80") | count by Image | sort by _count',
    '_sourceCategory=windows* | where _raw matches "*mimikatz*"',
    "_sourceCategory=windows/security EventID=4624 | first(_messageTime) by Computer",
]


@pytest.mark.parametrize("query", QUERIES)
def test_an_outline_survives_being_kept(query: str) -> None:
    """What was written to the cache is read as what it was."""
    outline = Outline.of(compile_query(query).plan)
    assert Outline.from_text(outline.as_text()) == outline


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test's own."""
    monkeypatch.setenv("DOHYO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "outlines.txt"


def _rows(queries: list[str], log: Path) -> list[object]:
    found = run_queries([Query(q) for q in queries], [log])
    return [str(r) if isinstance(r, QueryError) else (r.rows, [d.code for d in r.diagnostics]) for r in found]


def test_the_second_run_gives_what_the_first_gave(cache: Path, samples: Path) -> None:
    """Rows and diagnostics are the same with and without the outlines of an earlier run, and as one by one."""
    queries = [*QUERIES, "* | where EventID matches /(/", *(f'* | where Image matches "*{c}.exe" | count by Image' for c in "abcdef")]
    assert len(queries) >= MANY
    first = _rows(queries, samples)
    assert cache.exists()
    assert _rows(queries, samples) == first
    assert [_rows([q], samples)[0] for q in queries] == first


def test_slices_change_nothing(cache: Path, samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few events are kept at a time, rows and their order are the same, with and without aggregates."""
    more = ['* | where EventID = "1" | fields Image | sort by Image', "* | fields EventID | limit 7", "EventID=1 | top 2 User"]
    queries = [*QUERIES, *more, *(f'* | where Image matches "*{c}.exe"' for c in "ehtr")]
    want = _rows(queries, samples)
    monkeypatch.setattr("dohyo.engines.duckdb.many._SLICE", 1)
    assert _rows(queries, samples) == want


def test_queries_whose_events_are_not_there_are_not_compiled_again(cache: Path, samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a kept query without candidates nothing but its outline is looked at."""
    queries = [Query(f'EventID=3 | where Image matches "*nowhere{i}.exe"') for i in range(MANY)]
    before = run_queries(queries, [samples])
    monkeypatch.setattr("dohyo.run.compile_query", lambda *_: pytest.fail("compiled again"))
    after = run_queries(queries, [samples])
    assert [(len(r), r.names) for r in after] == [(len(r), r.names) for r in before]  # type: ignore[union-attr,arg-type]


def test_what_depends_on_more_than_the_text_is_not_kept(cache: Path) -> None:
    """A subquery's rows are part of the plan, so its outline holds for these logs only."""
    known = outlines.Outlines.of_user()
    query = "* [subquery: EventID=1 | count by Image | compose Image]"
    settings = RunOptions().compiler(None)
    compiled = compile_query(query, "query", replace(settings, subquery=lambda *_: [("cmd.exe",)]))
    known.put(query, settings, compiled)
    assert known.get(query, settings) is None


def test_a_spoilt_cache_is_no_loss(cache: Path, samples: Path) -> None:
    """Whatever the file holds, the answers are the same."""
    want = _rows(QUERIES * 2, samples)
    code, *lines = cache.read_text().splitlines()
    names = [line.split("\t")[0] for line in lines]
    assert len(lines) == len(QUERIES)
    for entry in ("", "{", "[]\t[]\t[]\t[]", "[]", "null\tnull\tnull\tnull", "\t\t\t", "[" * 100_000):
        cache.write_text("\n".join([code, *(f"{name}\t{entry}" for name in names)]))
        assert _rows(QUERIES * 2, samples) == want
    for spoilt in ("", code, "\n".join(lines), "\n".join(["another", *lines]), "\x00"):
        cache.write_text(spoilt)
        assert _rows(QUERIES * 2, samples) == want


def test_the_library_over_the_samples(cache: Path, samples: Path) -> None:
    """The bundled detections give the same alerts from the cache, many at a time, as one by one."""
    library = load().detections
    many = run_detections(library * (MANY // max(1, len(library)) + 1), [samples], RunOptions())
    for outcome in many.outcomes:
        alone = run_detections([outcome.detection], [samples], RunOptions())
        assert [a.as_json() for a in outcome.alerts] == [a.as_json() for a in alone.outcomes[0].alerts]


@pytest.fixture(scope="module")
def samples() -> Path:
    """The bundled logs."""
    return Path(__file__).resolve().parents[2] / "samples" / "logs"


@pytest.mark.parametrize("count", [2, MANY])
def test_rows_are_told_when_they_are_found(count: int, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, each once; those that need one event each while the log is still read."""
    monkeypatch.setattr("dohyo.engines.duckdb.many._SLICE", 1)
    monkeypatch.setattr("dohyo.engines.duckdb.many.BATCH_ROWS", 1)
    log = tmp_path / "e.ndjson"
    event = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "UtcTime": "2026-01-12 07:30:00.044"}
    log.write_text("\n".join(json.dumps(event | {"Image": f"C:\\{i}.exe"}) for i in range(60)), "utf-8")
    queries = [Query("EventID=1 | fields Image"), Query("* | count"), *[Query("EventID=77")] * (count - 2)]
    told: list[tuple[int, int]] = []
    found = run_queries(queries, [log], RunOptions(told=lambda place, rows: told.append((place, len(rows)))))
    rows = [0 if isinstance(f, QueryError) else len(f) for f in found]
    assert [sum(n for at, n in told if at == place) for place in range(count)] == rows == [60, 1, *[0] * (count - 2)]
    assert told[-1] == (1, 1)
    assert len(told) > 2
