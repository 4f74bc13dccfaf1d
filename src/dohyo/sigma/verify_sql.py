"""The proof of plain SQL: the statement is run on DuckDB or SQLite over a table of the events' fields."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlglot
from msgspec.structs import replace
from sqlglot import exp

from dohyo.compile import compile_query
from dohyo.plan.types import Type
from dohyo.run import Query, RunOptions, search
from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.values import name
from dohyo.sigma.verify import Proof, logs_of, proof

#: Events of real logs that are put into the table.
MOST = 200_000
_ID = "dohyo_event"


def on_made(query: str, sql: str, dialect: str, options: RunOptions) -> Proof:
    """A query and its SQL over events made for the query. Raises :class:`NotSaid` where the SQL cannot be run."""
    looked_at, first, second = 0, set[str](), set[str]()
    with tempfile.TemporaryDirectory() as scratch:
        for made in logs_of(query, Path(scratch)):
            mine, theirs, count = _compared(query, sql, dialect, [made.path], made.options(options))
            looked_at += count
            first |= {made.shown(int(place.rpartition(":")[2])) for place in mine}
            second |= {made.shown(int(place.rpartition(":")[2])) for place in theirs}
    return proof(looked_at, first, second)


def on_logs(query: str, sql: str, dialect: str, paths: Sequence[str | Path], options: RunOptions) -> Proof:
    """The same over logs, the first :data:`MOST` events of them."""
    first, second, looked_at = _compared(query, sql, dialect, paths, options)
    return proof(looked_at, first, second)


def _compared(query: str, sql: str, dialect: str, paths: Sequence[str | Path], options: RunOptions) -> tuple[set[str], set[str], int]:
    """The places that the query finds, those that the SQL finds, and how many events there are."""
    compiled = compile_query(query)
    options = replace(options, evidence=True)
    fields = list(compiled.fields)
    read = search(Query(f"* | fields {', '.join(map(name, fields))}"), paths, options)
    places = [f"{e.file}:{e.record}" if e else "" for e in read.evidence()[:MOST]]
    table = read.arrow().slice(0, MOST)
    rows = [list(row.values()) for row in table.to_pylist()]
    columns = {c.name: c.type in (Type.LONG, Type.INT) for c in read.columns}
    found = _ENGINES["sqlite" if dialect == "sqlite" else "duckdb"](_with_id(sql, dialect), columns, rows)
    known = set(places)
    mine = {f"{e.file}:{e.record}" for e in search(Query(query), paths, options).evidence() if e}
    return mine & known, {places[i] for i in found}, len(rows)


def _with_id(sql: str, dialect: str) -> str:
    """The statement with each row's event. SQL of dialects without an engine here is read back and run as DuckDB's."""
    tree = sqlglot.parse_one(sql, read=dialect)
    for select in tree.find_all(exp.Select):
        if select.args.get("group") or select.args.get("distinct") or select.find(exp.AggFunc):
            raise NotSaid("a query that puts several events into one row: its SQL is not compared event by event")
        select.append("expressions", exp.column(_ID))
    return tree.sql(dialect="sqlite" if dialect == "sqlite" else "duckdb")


def _duckdb(sql: str, columns: dict[str, bool], rows: list[list[Any]]) -> set[int]:
    import duckdb
    import pyarrow as pa

    made = {n: pa.array([r[i] for r in rows], pa.int64() if number else pa.string()) for i, (n, number) in enumerate(columns.items())}
    events = pa.table({**made, _ID: pa.array(range(len(rows)), pa.int64())})
    connection = duckdb.connect(":memory:", config={"enable_external_access": False})
    connection.register("events", events)
    try:
        return {row[-1] for row in connection.execute(sql).fetchall()}
    except duckdb.Error as error:
        raise NotSaid(f"DuckDB cannot run it: {str(error).splitlines()[0]}") from None


def _sqlite(sql: str, columns: dict[str, bool], rows: list[list[Any]]) -> set[int]:
    """SQLite leaves regexes to the application: they are given as RE2 means them."""
    connection = sqlite3.connect(":memory:")
    for function, (count, run) in _FUNCTIONS.items():
        connection.create_function(function, count, run, deterministic=True)
    quoted = [exp.to_identifier(c, quoted=True).sql("sqlite") for c in (*columns, _ID)]
    connection.execute(f"CREATE TABLE events ({', '.join(quoted)})")
    connection.executemany(f"INSERT INTO events VALUES ({', '.join('?' * len(quoted))})", [[*r, i] for i, r in enumerate(rows)])
    try:
        return {row[-1] for row in connection.execute(sql)}
    except sqlite3.Error as error:
        raise NotSaid(f"SQLite cannot run it: {error}") from None
    finally:
        connection.close()


_ENGINES: dict[str, Callable[[str, dict[str, bool], list[list[Any]]], set[int]]] = {"duckdb": _duckdb, "sqlite": _sqlite}


@lru_cache(maxsize=256)
def _regex(pattern: str) -> Any:
    import regex

    from dohyo.patterns.regex import to_python

    return regex.compile(to_python(pattern))


def _found(pattern: str, text: str | None) -> bool | None:
    return None if text is None else _regex(pattern).search(text) is not None


def _whole(text: str | None, pattern: str) -> bool | None:
    return None if text is None else _regex(pattern).fullmatch(text) is not None


def _extracted(text: str | None, pattern: str, group: int) -> str | None:
    found = None if text is None else _regex(pattern).search(text)
    return (found[group] or "") if found else None if text is None else ""


_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "regexp": (2, _found), "regexp_full_match": (2, _whole), "regexp_extract": (3, _extracted),
}  # fmt: skip
