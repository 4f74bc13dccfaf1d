"""Databases wait for the next run, and bring nothing of the last one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from dohyo.engines.duckdb import connect as room
from dohyo.engines.duckdb import databases
from dohyo.engines.duckdb.connect import connect, give_back, register_functions
from dohyo.plan.functions import FUNCTIONS
from dohyo.run import search


@pytest.fixture(autouse=True)
def _none_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "_IDLE", {})
    monkeypatch.setattr(databases, "_COMING", {})


def test_a_database_that_was_given_back_is_used_again() -> None:
    """Of the same kind only, and without what was made in it."""
    first = connect()
    database = room._OF[first][1]
    first.execute("CREATE TEMP TABLE t AS SELECT 1")
    first.execute("SET TimeZone = 'Asia/Tokyo'")
    give_back(first)
    other, again = connect(threads=1), connect()
    assert room._OF[again][1] is database is not room._OF[other][1]
    with pytest.raises(duckdb.CatalogException):
        again.execute("FROM t")
    assert again.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)


def test_functions_end_with_their_database() -> None:
    """One with Python functions is not used again."""
    first = connect()
    register_functions(first, {_with_udf()}, set())
    give_back(first, own_functions=True)
    assert not any(databases._IDLE.values())


def test_databases_are_made_ahead() -> None:
    """They are taken by those who ask for that kind; one that cannot be made is an error of the one who asks."""
    databases.make_ahead(threads=1)
    coming = [c.database() for c in databases._COMING[(1, None)]]
    assert [databases.take(threads=1), databases.take(threads=1)] == coming[::-1]
    assert databases.take() not in coming
    databases.make_ahead(memory="many")
    with pytest.raises(duckdb.Error, match="Memory"):
        databases.take(memory="many")


def _with_udf() -> str:
    return next(n for n, f in FUNCTIONS.items() if f.udf is not None)


def test_searches_at_once_and_one_after_another(tmp_path: Path) -> None:
    """Each has databases of its own, with functions in Python and without; two wait afterwards, not more."""
    log = tmp_path / "a.ndjson"
    log.write_text("".join(f'{{"EventID": "{i % 3}", "Image": "a{i}"}}\n' for i in range(300)))
    queries = ['* | where EventID = "1" | count', r"* | where Image matches /a(?=1)/ | count"] * 8
    with ThreadPoolExecutor(4) as pool:
        found = [r.rows for r in pool.map(lambda q: search(q, [log]), queries)]
    assert found == [[{"_count": 100}], [{"_count": 111}]] * 8
    assert 0 < sum(map(len, databases._IDLE.values())) <= databases._EACH
