"""Every operator, aggregate and function has a naive reference and a property that holds the engine against it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dohyo
from dohyo.operators import OPERATORS
from dohyo.plan.functions import AGGREGATES as TABLE
from reference import rows as r
from reference.aggregates import AGGREGATES, aggregate
from reference.engine import END, START, differences, unordered
from reference.profile import often
from reference.test_rows import events
from reference.values import Row, number

ROOT = Path(__file__).resolve().parents[1]

#: Where the property of an operator is; aggregates are operators by their own names.
PROVED = {
    **dict.fromkeys(AGGREGATES, "reference/test_rows.py::test_aggregates"),
    **dict.fromkeys(["accum", "backshift", "diff", "rollingstd", "smooth", "total"], "reference/test_rows.py::test_running"),
    **dict.fromkeys(["parse", "parse anchor", "parse regex", "extract"], "reference/test_parsing.py::test_chains_of_parses"),
    **dict.fromkeys(["kv", "keyvalue"], "reference/test_parsing.py::test_keyvalue"),
    **dict.fromkeys(["csv", "split"], "reference/test_parsing.py::test_csv_and_split"),
    **dict.fromkeys(["sort", "order"], "reference/test_rows.py::test_sort"),
    **dict.fromkeys(["eval", "stats"], "reference/test_tables.py::test_other_languages_words"),
    **dict.fromkeys(["save", "cat"], "reference/test_tables.py::test_save_then_cat"),
    **dict.fromkeys(["limit", "fields"], "reference/test_rows.py::test_limit_and_fields"),
    "parse xml": "reference/test_parsing.py::test_parse_xml",
    "json": "reference/test_parsing.py::test_json",
    "where": "reference/test_expressions.py::test_where",
    "bin": "reference/test_rows.py::test_bin",
    "dedup": "reference/test_rows.py::test_dedup",
    "filter": "reference/test_rows.py::test_filter",
    "timeslice": "reference/test_rows.py::test_timeslice",
    "top": "reference/test_rows.py::test_top_and_count_frequent",
    "count_frequent": "reference/test_rows.py::test_top_and_count_frequent",
    "topk": "reference/test_rows.py::test_topk",
    "withtime": "reference/test_rows.py::test_withtime",
    "trace": "reference/test_rows.py::test_trace",
    "compare": "reference/test_tables.py::test_compare",
    "fillmissing": "reference/test_tables.py::test_fillmissing",
    "merge": "reference/test_tables.py::test_merge",
    "outlier": "reference/test_tables.py::test_outlier",
    "predict": "reference/test_tables.py::test_predict",
    "transpose": "reference/test_tables.py::test_transpose",
    "compose": "reference/test_complete.py::test_subqueries",
    "join": "operators/test_correlation.py::test_join_gives_all_pairs",
    "lookup": "operators/test_correlation.py::test_lookup_keeps_each_row_once",
    "sessionize": "operators/test_correlation.py::test_sessionize_finds_the_chains",
    "transaction": "operators/test_correlation.py::test_transaction_counts_states_and_steps",
    "transactionize": "operators/test_correlation.py::test_transactionize_finds_the_connected_rows",
}
#: What cannot have a reference, and why.
WITHOUT = {
    **dict.fromkeys(["logreduce", "summarize", "logcompare", "logexplain"], "the vendor keeps the method secret: cases pin ours"),
    **dict.fromkeys(["geoip", "threatip", "threatlookup"],
        "the answer is the database's own: tests/operators/test_tables.py reads some"),
    **dict.fromkeys(["details", "benchmark", "infer", "parse using"], "refused: what they need lives in Sumo Logic"),
}


def test_every_operator_has_a_property() -> None:
    """One that is new must be named here."""
    assert sorted(PROVED.keys() | WITHOUT.keys()) == sorted(OPERATORS.names)
    assert not PROVED.keys() & WITHOUT.keys()


def test_every_aggregate_has_a_reference() -> None:
    """Those of the language, with their other names."""
    assert sorted(AGGREGATES) == sorted(n for n, f in TABLE.items() if not f.internal)


@pytest.mark.parametrize("place", sorted(set(PROVED.values())))
def test_the_property_is_there(place: str) -> None:
    """A name in the table is a test's."""
    path, name = place.split("::")
    assert f"def {name}(" in (ROOT / path).read_text("utf-8")


@often(6)
@given(events(least=1), st.integers(-2, 3))
def test_subqueries(made: list[Row], least: int) -> None:
    """The child's rows become a condition; the whole way from NDJSON files (spec §1.6)."""
    timed = r.messages(made)
    known = {row["h"] for row in timed if (number(row["v"]) or 0) > least and number(row["v"]) is not None and row["h"] is not None}
    wanted = [{"i": row["i"]} for row in timed if row["h"] in known]
    got = _searched(f"* | where [subquery: * | where v > {least} | count by h | compose h] | fields i", made)
    assert differences(unordered(got), unordered(wanted)) == []


@often(6)
@given(events(least=1))
def test_the_whole_way(made: list[Row]) -> None:
    """NDJSON files give the rows that the quick way of the other tests gives."""
    wanted = aggregate(r.messages(made), [("n", len, None), ("x", AGGREGATES["first"], "s"), ("y", AGGREGATES["sum"], "v")], ["h", "k"])
    got = _searched("* | count as n, first(s) as x, sum(v) as y by h, k", made)
    assert differences(unordered(got), unordered(wanted)) == []


def _searched(query: str, made: list[Row]) -> list[Row]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.ndjson"
        lines = [{"timestamp": e["_messageTime"], **{k: v for k,
        v in e.items() if k != "_messageTime" and v is not None}} for e in made]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        options = dohyo.RunOptions(since=START, until=END, threads=1)
        return list(dohyo.search(query, [path], options).rows)
