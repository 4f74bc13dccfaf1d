"""Merges the small files of a day and category into larger ones, in the same order of events as everywhere.

A kind of event is merged at a time, and of a kind with many events a slice of time at a time, so that memory stays
bounded whatever the day holds."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace
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
_AT_ONCE = 16_384  # events that are put in order at a time


class Compacted(Struct):
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
        merged, there = write_file(log.files, files[0].partition, columns, batches, sum(f.rows for f in files))
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
    select = exp.select(*(_column(c) for c in columns)).from_(source)
    for kind, count in kinds:
        for where in _pieces(connection, source, _is(_kind(), kind), count):
            yield _ordered(connection.sql(select.where(where).sql("duckdb")).to_arrow_table())


def _column(name: str) -> Sql:
    return exp.column(name, quoted=True)


def _kind() -> Sql:
    return coalesce(_column(KIND), lit(""))


def _time() -> Sql:
    return coalesce(_column(TIME), lit(0))


def _pieces(connection: duckdb.DuckDBPyConnection, source: Sql, where: Sql, count: int) -> Iterator[Sql]:
    """A kind of event in pieces small enough to be put in order at once: slices of time as the layout has them, and of
    those that are still too large a few hosts at a time."""
    slices = max(1, round((count / ROW_GROUP) ** 0.5))
    for part in [where] if slices == 1 else _cut(connection, source, where, slices):
        hosts = exp.select(_host(), exp.Count(this=exp.Star())).from_(source).where(part).group_by(_host()).sql("duckdb")
        counts = sorted(connection.sql(hosts).fetchall()) if count > _AT_ONCE else []
        if sum(n for _, n in counts) <= _AT_ONCE:
            yield part
            continue
        for names, rows in _together(counts):
            some = exp.And(this=part.copy(), expression=exp.In(this=_host(), expressions=[lit(n) for n in names]))
            yield from [some] if rows <= 2 * _AT_ONCE else _cut(connection, source, some, -(-rows // _AT_ONCE))


def _together(counts: list[tuple[str, int]]) -> Iterator[tuple[list[str], int]]:
    """Hosts in groups of about ``_AT_ONCE`` events, with how many those are."""
    names: list[str] = []
    rows = 0
    for name, count in counts:
        if names and rows + count > _AT_ONCE:
            yield names, rows
            names, rows = [], 0
        names.append(name)
        rows += count
    yield names, rows


def _cut(connection: duckdb.DuckDBPyConnection, source: Sql, where: Sql, parts: int) -> Iterator[Sql]:
    """The condition cut into slices of time with about the same number of events."""
    times = exp.select(exp.alias_(_time(), "t")).from_(source).where(where).sql("duckdb")
    values = np.asarray(connection.sql(times).fetchnumpy()["t"])
    cuts = np.unique(np.quantile(values, np.arange(1, parts) / parts, method="nearest")).tolist()
    for low, high in zip([None, *cuts], [*cuts, None], strict=True):
        bounds: list[Sql] = [exp.GTE(this=_time(), expression=lit(int(low)))] if low is not None else []
        bounds += [exp.LT(this=_time(), expression=lit(int(high)))] if high is not None else []
        yield exp.and_(where, *bounds)


def _is(column: Sql, value: str) -> Sql:
    return exp.EQ(this=column, expression=lit(value))


def _host() -> Sql:
    return coalesce(_column("_sourceHost"), lit(""))


def _ordered(table: pa.Table) -> pa.Table:
    """The events by host and time; columns without any value are not moved about."""
    table = table.combine_chunks()
    one = np.zeros(len(table), dtype=np.int64)
    host, time = (table[n].combine_chunks() for n in ("_sourceHost", TIME))
    order = sorted_rows([one], one, codes_of(host), times_of(time) if len(table) else one)
    rows = pa.array(order)
    return pa.table({n: c if c.null_count == len(c) else c.take(rows) for n, c in zip(table.column_names, table.columns, strict=True)})
