"""Plain SQL of a query: DuckDB's own runs and gives the engine's rows; the other dialects can be read by their parser."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import sqlglot

from command import dohyo
from dohyo.compile import compile_query
from dohyo.detections.load import load
from dohyo.engines.plain_sql import NoSql, plain_sql
from dohyo.run import search

COLUMNS = ("_sourceCategory", "EventID", "event_type", "DestinationPort", "dest_port", "Image", "process_name",
           "DestinationIp", "_messageTime", "Computer", "User", "CommandLine", "ParentImage")  # fmt: skip
T1043 = load().find("T1043").query


def test_duckdbs_own_gives_the_same_rows(tmp_path: Path) -> None:
    """Over a table made of the same events."""
    logs = Path(__file__).resolve().parents[2] / "samples" / "logs"
    rows = search(f"* | fields {', '.join(COLUMNS)}", [logs]).arrow()
    con = duckdb.connect()
    con.register("events", rows)
    compiled = compile_query(T1043)
    found = con.sql(plain_sql(compiled.plan, compiled.fields, "duckdb")).to_arrow_table().to_pylist()
    key = lambda row: sorted(map(str, row.values()))  # noqa: E731  # rows of one time have no order in a table
    assert sorted(found, key=key) == sorted(search(T1043, [logs]).rows, key=key) and len(found) == 11


@pytest.mark.parametrize("dialect", ["postgres", "clickhouse", "snowflake", "bigquery", "spark", "trino", "tsql", "sqlite"])
def test_other_dialects_can_be_read(dialect: str) -> None:
    """Nothing hidden is left in it."""
    compiled = compile_query(T1043)
    text = plain_sql(compiled.plan, compiled.fields, dialect)
    assert sqlglot.parse_one(text, read=dialect) is not None and "__id" not in text and "DestinationPort" in text


def test_what_is_no_sql_is_said() -> None:
    """An operator that runs in Python, a function that does, and the order of messages."""
    for query in ("* | logreduce", "* | dedup by Image", '* | parse regex "(?<=a)(?<b>.)"'):
        compiled = compile_query(query)
        with pytest.raises(NoSql):
            plain_sql(compiled.plan, compiled.fields, "postgres")


def test_as_a_user_types_it() -> None:
    """A dialect that is not known is refused with those that are."""
    assert "SELECT" in dohyo("convert", "T1043", "--to", "sql:clickhouse").stdout
    refused = dohyo("convert", "T1043", "--to", "sql:nothing")
    assert refused.returncode == 2 and "postgres" in refused.stderr
