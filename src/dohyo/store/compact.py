"""Merges the small files of a day and category into larger ones, in the same order of events as everywhere.

A kind of event is merged at a time, and of a kind with many events a slice of time at a time, so that memory stays
bounded whatever the day holds."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa
from sqlglot import exp

from dohyo.engines.duckdb.connect import connect
from dohyo.engines.duckdb.stored import read_files
from dohyo.engines.duckdb.storing import KIND, TIME
from dohyo.plan.functions.model import Sql, coalesce, lit
from dohyo.store.layout import ROW_GROUP, codes_of, sorted_rows, times_of
from dohyo.store.log import Change, Conflict, Log
from dohyo.store.state import DataFile, Schema, State
from dohyo.store.write import ALWAYS, schema_name, write_file

#: A file of fewer events is small; merged files hold up to ``_MOST``.
_SMALL, _MOST = 500_000, 2_000_000
_MEMORY = "300MB"
_AT_ONCE = ROW_GROUP * 2  # events that are put in order at a time


@dataclass
class Compacted:
    """What a compaction did."""

    before: int = 0
    after: int = 0
    events: int = 0


def compact(log: Log, least: int = 2, threads: int | None = None) -> Compacted:
    """Merges, in each partition that has at least so many small files, those files. What another writer changes at the
    same time is left as it is."""
    done = Compacted()
    for files in _due(log.refresh(), least):
        merged, schema = _merge(log, files, threads)
        try:
            log.commit(functools.partial(_change, files, merged, schema))
        except Conflict:
            log.files.remove(merged.path)
            continue
        except BaseException:
            log.files.remove(merged.path)
            raise
        done.before, done.after, done.events = done.before + len(files), done.after + 1, done.events + merged.rows
    return done


def _due(state: State, least: int) -> list[list[DataFile]]:
    """The files to merge, together at most ``_MOST`` events each time."""
    partitions: dict[tuple[str | None, str], list[DataFile]] = {}
    for file in state.files.values():
        if file.rows < _SMALL:
            partitions.setdefault(file.partition, []).append(file)
    due: list[list[DataFile]] = []
    for files in partitions.values():
        if len(files) < least:
            continue
        group: list[DataFile] = []
        for file in sorted(files, key=lambda f: (f.first or 0, f.path)):
            if group and sum(f.rows for f in group) + file.rows > _MOST:
                due.append(group)
                group = []
            group.append(file)
        due.append(group)
    return [g for g in due if len(g) > 1]


def _change(files: list[DataFile], merged: DataFile, schema: Schema, state: State) -> Change:
    if any(f.path not in state.files for f in files):
        raise Conflict
    return Change("OPTIMIZE", add=[merged], remove=files, schemas={merged.schema: schema}, moved=True)


def _merge(log: Log, files: list[DataFile], threads: int | None) -> tuple[DataFile, Schema]:
    schema = united([log.state.schemas[f.schema] for f in files])
    columns = [*ALWAYS, *(c for c in schema.columns if c not in ALWAYS)]
    connection = connect(threads, _MEMORY)
    log.files.register(connection)
    try:
        batches = _events(connection, [log.files.address(f.path) for f in files], columns)
        merged, there = write_file(log.files, files[0].partition, columns, batches)
    finally:
        connection.close()
    schema = replace(schema, columns=tuple(there))
    return replace(merged, schema=schema_name(schema)), schema


def united(schemas: list[Schema]) -> Schema:
    """What files with these schemas answer for together."""
    columns = {c.lower(): c for s in schemas for c in s.columns}
    known = {k for s in schemas for k in s.known}
    others = {o for s in schemas for o in s.others if o.lower() not in columns}
    # a name that is a column of one file may be read from the raw event in another
    lost = {o for s in schemas for o in s.others if o.lower() in columns and o.lower() not in {c.lower() for c in s.columns}}
    columns = {n: c for n, c in columns.items() if n not in {o.lower() for o in lost}}
    shapes = dict.fromkeys(n for s in schemas for n in s.shapes)
    return Schema(tuple(columns.values()), tuple(sorted(known)), tuple(sorted(others | lost)), tuple(shapes))


def _events(connection: duckdb.DuckDBPyConnection, paths: list[str], columns: list[str]) -> Iterator[pa.Table]:
    """The events of the files in order, a slice of a kind at a time."""
    source = read_files(paths)
    counted = exp.select(_kind(), exp.Count(this=exp.Star())).from_(source.copy()).group_by(_kind()).sql("duckdb")
    kinds = sorted(connection.sql(counted).fetchall(), key=lambda row: row[0] or "")
    shown = [_column(c) for c in columns]
    for kind, count in kinds:
        select = exp.select(*shown).from_(source.copy()).where(exp.EQ(this=_kind(), expression=lit(kind)))
        for bounds in _slices(connection, source, kind, count):
            piece = select.copy()
            for bound in bounds:
                piece = piece.where(bound)
            yield _ordered(connection.sql(piece.sql("duckdb")).to_arrow_table())


def _column(name: str) -> Sql:
    return exp.column(name, quoted=True)


def _kind() -> Sql:
    return coalesce(_column(KIND), lit(""))


def _time() -> Sql:
    return coalesce(_column(TIME), lit(0))


def _slices(connection: duckdb.DuckDBPyConnection, source: Sql, kind: str, count: int) -> list[list[Sql]]:
    """Slices of time that cut a kind into parts small enough to be put in order at once."""
    parts = -(-count // _AT_ONCE)
    if parts < 2:
        return [[]]
    where = exp.EQ(this=_kind(), expression=lit(kind))
    times = connection.sql(exp.select(exp.alias_(_time(), "t")).from_(source.copy()).where(where).sql("duckdb")).fetchnumpy()["t"]
    cuts = np.unique(np.quantile(np.asarray(times), np.arange(1, parts) / parts, method="nearest")).tolist()
    lows, highs = [None, *cuts], [*cuts, None]
    return [
        [*([exp.GTE(this=_time(), expression=lit(int(a)))] if a is not None else []),
         *([exp.LT(this=_time(), expression=lit(int(b)))] if b is not None else [])]
        for a, b in zip(lows, highs, strict=True)
    ]  # fmt: skip


def _ordered(table: pa.Table) -> pa.Table:
    """The events by host and time; columns without any value are not moved about."""
    table = table.combine_chunks()
    one = np.zeros(len(table), dtype=np.int64)
    host, time = (table[n].combine_chunks() for n in ("_sourceHost", TIME))
    order = sorted_rows([one], one, codes_of(host), times_of(time) if len(table) else one)
    rows = pa.array(order)
    return pa.table({n: c if c.null_count == len(c) else c.take(rows) for n, c in zip(table.column_names, table.columns, strict=True)})
