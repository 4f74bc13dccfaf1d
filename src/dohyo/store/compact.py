"""Merges the small files of a day and category into larger ones, in the same order of events as everywhere.

The order is found from a few columns of all files. The events themselves are read once; where they are more than some
megabytes they are first spread over temporary files, a piece of the order in each, so that memory stays bounded whatever
the day holds."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct
from msgspec.structs import replace

from dohyo.engines.duckdb.storing import KIND, RECORD, SIZE, TIME
from dohyo.store.files import Files
from dohyo.store.layout import codes_of, sorted_rows, times_of
from dohyo.store.log import Change, Conflict, Log
from dohyo.store.state import DataFile, Schema, State
from dohyo.store.write import ALWAYS, fitted, schema_name, schema_of, write_file

#: A file of fewer events is small; merged files hold up to ``_MOST``, and are made of so many files at most.
_SMALL, _MOST, _FILES = 500_000, 2_000_000, 256
#: A file of fewer events is tiny: many of them cost a hunt more than their events do, and merging them costs little.
_TINY = 8_192
#: Bytes of events that are put in order at a time, and how many bytes an event takes for each byte of its raw record.
_AT_ONCE, _TIMES = 96 << 20, 2.5
_MOST_PIECES = 200  # each is a file that is open meanwhile
_BLOCK = 2_048  # events whose columns fit the processor's cache


class Compacted(Struct):
    """What a compaction did."""

    before: int = 0
    after: int = 0
    events: int = 0


def compact(log: Log, least: int = 2, threads: int | None = None) -> Compacted:
    """Merges, in each partition that has at least so many small files, those files. What another writer changes at the
    same time is left as it is."""
    return _compact(log, _opened(log, _due(log.refresh(), least, _SMALL), threads))


def compact_tiny(log: Log, least: int, threads: int | None = None) -> Compacted:
    """The same for tiny files only, and at most as many of them at a time as memory has room for: that costs little."""
    opened = _opened(log, _due(log.refresh(), least, _TINY), threads)
    return _compact(log, (some for sources in opened for some in _fitting(sources)))


def _opened(log: Log, due: Iterable[list[DataFile]], threads: int | None) -> Iterator[list[_Source]]:
    for group in due:
        yield [_Source(log.files, file, threads != 1) for file in group]


def _compact(log: Log, due: Iterable[list[_Source]]) -> Compacted:
    done = Compacted()
    for sources in due:
        files = [s.file for s in sources]
        merged, schema = _merge(log.files, sources, [log.state.schemas[f.schema] for f in files])
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


def _due(state: State, least: int, small: int) -> list[list[DataFile]]:
    """The files to merge, together at most ``_MOST`` events of ``_FILES`` files each time."""
    partitions: dict[tuple[str | None, str], list[DataFile]] = {}
    for file in state.files.values():
        if file.rows < small:
            partitions.setdefault(file.partition, []).append(file)
    due: list[list[DataFile]] = []
    for files in partitions.values():
        if len(files) < least:
            continue
        group: list[DataFile] = []
        for file in sorted(files, key=lambda f: (f.first or 0, f.path)):
            if len(group) == _FILES or sum(f.rows for f in group) + file.rows > _MOST:
                due.append(group)
                group = []
            group.append(file)
        due.append(group)
    return [g for g in due if len(g) > 1]


def _fitting(sources: list[_Source]) -> Iterator[list[_Source]]:
    """The files in groups that are put in order at once."""
    group: list[_Source] = []
    size = 0.0
    for source in sources:
        more = source.sizes.sum()
        if group and size + more > _AT_ONCE:
            yield from [group] if len(group) > 1 else []
            group, size = [], 0.0
        group.append(source)
        size += more
    yield from [group] if len(group) > 1 else []


def _change(files: list[DataFile], merged: DataFile, schema: Schema, state: State) -> Change:
    if any(f.path not in state.files for f in files):
        raise Conflict
    return Change("OPTIMIZE", add=[merged], remove=files, schemas={merged.schema: schema}, moved=True)


def _merge(files: Files, sources: list[_Source], schemas: list[Schema]) -> tuple[DataFile, Schema]:
    schema = united(schemas)
    columns = [*ALWAYS, *(c for c in schema.columns if c not in ALWAYS)]
    rows = sum(s.file.rows for s in sources)
    merged, there = write_file(files, sources[0].file.partition, columns, _events(sources, columns), rows)
    schema = replace(schema, columns=tuple(there))
    return replace(merged, schema=schema_name(schema)), schema


def united(schemas: list[Schema]) -> Schema:
    """What files with these schemas answer for together. A name that is read from the raw event in one of them is in all."""
    raw = {o.lower() for s in schemas for o in s.others}
    columns = {c.lower(): c for s in schemas for c in s.columns if c.lower() not in raw}
    names = {n for s in schemas for n in (*s.columns, *s.known, *s.others)}
    others = {n for n in names if n.lower() in raw}
    known = {k for s in schemas for k in s.known} - others
    shapes = dict.fromkeys(n for s in schemas for n in s.shapes)
    return Schema(tuple(columns.values()), tuple(sorted(known)), tuple(sorted(others)), tuple(shapes))


class _Source:
    """A file to merge. ``keys``: the columns that say where its events belong; ``sizes``: about how many bytes each takes."""

    def __init__(self, files: Files, file: DataFile, threads: bool) -> None:
        self._files, self.file = files, file
        with files.source(file.path) as source, pq.ParquetFile(source) as parquet:
            facts = parquet.metadata
            groups = [facts.row_group(i) for i in range(facts.num_row_groups)]
            self.columns = parquet.schema_arrow.names
            self.keys = parquet.read([KIND, "_sourceHost", TIME], use_threads=False)
            sizes = parquet.read([SIZE], use_threads=False)[SIZE].to_numpy()
        self._threads = threads and facts.num_rows > _TINY  # a few thousand values are read sooner than a thread wakes
        self._groups = len(groups)
        raw = sum(g.column(self.columns.index(RECORD)).total_uncompressed_size for g in groups)
        self.sizes = sizes * (_TIMES * raw / max(1, sizes.sum())) + 8.0 * len(self.columns)

    def events(self, schema: pa.Schema) -> Iterator[pa.Table]:
        """The file's events, a row group at a time."""
        wanted = {f.name.lower() for f in schema}
        columns = [c for c in self.columns if c.lower() in wanted]
        with self._files.source(self.file.path) as source, pq.ParquetFile(source) as parquet:
            for group in range(self._groups):
                yield fitted(parquet.read_row_group(group, columns, use_threads=self._threads), schema)


def _events(sources: list[_Source], columns: list[str]) -> Iterator[pa.Table]:
    """The events of the files in order. What is more than a piece is spread over files, one for each piece."""
    schema, pieces = schema_of(columns), _pieces(sources)
    events = (found for source in sources for found in source.events(schema))
    if len(pieces) == 1:
        yield from _ordered(pa.concat_tables(events), pieces[0])
        return
    with TemporaryDirectory(prefix="dohyo-") as folder:
        paths = [os.path.join(folder, str(i)) for i in range(len(pieces))]
        _spread(events, pieces, paths, schema)
        for rows, path in zip(pieces, paths, strict=True):
            with pa.OSFile(path) as file:
                yield from _ordered(pa.ipc.open_stream(file).read_all(), rows)
            os.remove(path)


def _pieces(sources: list[_Source]) -> list[Any]:
    """The numbers of all events in their order, in pieces that are put in order at once."""
    keys = pa.concat_tables([s.keys for s in sources]).combine_chunks()
    kind, host, time = (keys[n].combine_chunks() for n in (KIND, "_sourceHost", TIME))
    order = sorted_rows([np.zeros(len(keys), dtype=np.int64)], codes_of(kind), codes_of(host), times_of(time))
    sizes = np.concatenate([s.sizes for s in sources])
    pieces = np.cumsum(sizes[order]) // max(_AT_ONCE, sizes.sum() / _MOST_PIECES)
    return np.split(order, np.flatnonzero(np.diff(pieces)) + 1)


def _spread(events: Iterable[pa.Table], pieces: list[Any], paths: list[str], schema: pa.Schema) -> None:
    """Writes the events of each piece, as they come, to the piece's file."""
    piece_of = np.empty(sum(map(len, pieces)), dtype=np.uint8)
    for i, rows in enumerate(pieces):
        piece_of[rows] = i
    with ExitStack() as stack:
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        outs = [stack.enter_context(pa.ipc.new_stream(stack.enter_context(pa.OSFile(p, "wb")), schema, options=options)) for p in paths]
        done = 0
        for table in events:
            mine = piece_of[done : done + len(table)]
            done += len(table)
            for i in np.unique(mine).tolist():
                outs[i].write_table(table.take(pa.array(np.flatnonzero(mine == i))))


def _ordered(events: pa.Table, rows: Any) -> Iterator[pa.Table]:
    """A piece's events, which stand in the order of their numbers, in the order of ``rows``."""
    events = events.combine_chunks()
    places = np.empty(len(rows), dtype=np.int64)
    places[np.argsort(rows)] = np.arange(len(rows))
    for at in range(0, len(places), _BLOCK):
        yield events.take(pa.array(places[at : at + _BLOCK]))
