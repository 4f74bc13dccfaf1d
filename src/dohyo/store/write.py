"""Writes data files: events that come in their order, a file for each partition."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec import Struct, field
from msgspec.structs import replace

from dohyo.engines.duckdb.storing import BUILT_IN, ID, KIND, OWN_RAW, RECORD, SIZE, TIME
from dohyo.store.files import Files
from dohyo.store.layout import ROW_GROUP
from dohyo.store.state import DataFile, Schema
from dohyo.store.unit import Fields, Part

_LONG = {TIME, SIZE, ID}
#: The columns that every data file has.
ALWAYS = (TIME, *BUILT_IN, KIND, ID, SIZE, OWN_RAW, RECORD)
#: Texts so long that neither their least and greatest nor a dictionary of them helps anybody.
_LONG_TEXTS = {RECORD, OWN_RAW, "Message"}
_KINDS = 256  # so many kinds of a file are counted apart
#: Columns of which a file's values are listed, where they are no more than ``_LISTED``.
LISTED = ("_sourceCategory", "_sourceHost", "Computer", "EventID", "Channel")
_LISTED = 256
#: Columns in which people look for one value: a Bloom filter says which row groups cannot have it. It has room for so many
#: values, and is written in files of so many events.
_LOOKED_UP = {"DestinationIp", "DestinationHostname", "QueryName", "Hashes", "SHA256", "MD5", "ProcessGuid", "TargetFilename"}
_DISTINCT, _BLOOM_FROM = 8_192, 15_000
_GROUP_BYTES = 192 << 20  # of events that are waiting to be a row group
#: Columns whose values are as many as the events, for which a dictionary would be larger than they are.
_UNIQUE = {ID, TIME, "UtcTime", "TimeCreated", "@timestamp"}
#: Of zstd, for long texts: higher ones take twice the time for a few hundredths. Short ones, which a dictionary has made small,
#: are packed by snappy: together with the long ones that is a twentieth more, for a sixth of the time to write.
_LEVEL = 1


class Written(Struct):
    """Data files that were written, and their schemas by name."""

    files: list[DataFile] = field(default_factory=list)
    schemas: dict[str, Schema] = field(default_factory=dict)


class Tally(Struct):
    """What is known of a data file while it is written."""

    rows: int = 0
    first: int | None = None
    last: int | None = None
    untimed: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    values: dict[str, set[str | None]] = field(default_factory=lambda: {n: set() for n in LISTED})
    there: set[str] = field(default_factory=set)

    def take(self, table: pa.Table) -> None:
        """Counts some events."""
        self.rows += len(table)
        bounds = pc.min_max(table[TIME]).as_py()
        self.untimed += table[TIME].null_count
        if bounds["min"] is not None:
            self.first = bounds["min"] if self.first is None else min(self.first, bounds["min"])
            self.last = bounds["max"] if self.last is None else max(self.last, bounds["max"])
        pairs = pa.table({"c": table["_sourceCategory"], "k": table[KIND]}).group_by(["c", "k"], use_threads=False)
        pairs = pairs.aggregate([([], "count_all")])
        for row in pairs.to_pylist():
            self.kinds[(row["c"] or "", row["k"] or "")] += row["count_all"]
        for name, values in self.values.items():
            if len(values) <= _LISTED:
                values |= set(pc.unique(table[name]).to_pylist()) if name in table.column_names else {None}
        self.there |= {n for n in table.column_names if table[n].null_count < len(table)}


def write_parts(files: Files, parts: Iterable[Part], fields: Fields, records: pa.Table, written: Written) -> None:
    """Writes the partitions of some records, and notes them in ``written``."""
    for part in parts:
        names, held = part.names.chosen, fields.held(part.rows)
        chosen = [*ALWAYS, *(c for n, c in names.items() if c not in ALWAYS and n in held)]
        file, there = write_file(files, (part.day, part.category), chosen, fields.events(records, part.rows), len(part.rows))
        known = sorted(n for name in names for n in part.names.columns[name])
        schema = Schema(tuple(there), tuple(known), tuple(sorted(part.names.beyond)), part.shapes)
        name = schema_name(schema)
        written.files.append(replace(file, schema=name))
        written.schemas[name] = schema


def schema_name(schema: Schema) -> str:
    """A name that two schemas share when they are the same."""
    return hashlib.sha256(json.dumps(schema.as_json()).encode()).hexdigest()[:16]


def write_file(
    files: Files, partition: tuple[str | None, str], columns: list[str], batches: Iterable[pa.Table], rows: int
) -> tuple[DataFile, list[str]]:
    """Writes one data file of so many ``rows``; gives it and the columns that hold a value."""
    day, category = partition
    path = f"__day={day or '__HIVE_DEFAULT_PARTITION__'}/__category={category}/part-{uuid.uuid4().hex}.parquet"
    schema = schema_of(columns)
    tally = Tally()
    with files.sink(path) as sink, pq.ParquetWriter(sink, schema, **_options(columns, rows)) as writer:
        for table in _groups(batches, schema):
            tally.take(table)
            writer.write_table(table, row_group_size=ROW_GROUP)
    kinds = tally.kinds.most_common(_KINDS)
    rest = tally.rows - sum(n for _, n in kinds)
    listed = tuple((c, k, n) for (c, k), n in kinds) + ((("", "", rest),) if rest else ())
    values = {n: tuple(sorted(v, key=str)) for n, v in tally.values.items() if len(v) <= _LISTED}
    size = files.size(path)
    file = DataFile(path, day, category, size, tally.rows, tally.first, tally.last, tally.untimed, listed, values, "")
    return file, [c for c in columns if c in tally.there]


def schema_of(columns: Iterable[str]) -> pa.Schema:
    """The columns with their types."""
    return pa.schema([(c, pa.int64() if c in _LONG else pa.string()) for c in columns])


def _groups(batches: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """The events in pieces of a row group each: so many events, or fewer that are large."""
    waiting: list[pa.Table] = []
    count = size = 0
    for batch in batches:  # some have columns that others lack
        table = fitted(batch, schema)
        waiting.append(table)
        count, size = count + len(table), size + table.nbytes
        if count >= ROW_GROUP or size >= _GROUP_BYTES:
            whole = pa.concat_tables(waiting)
            full = count - count % ROW_GROUP or count
            yield from (whole.slice(at, ROW_GROUP) for at in range(0, full, ROW_GROUP))
            waiting, count, size = [whole.slice(full)], count - full, 0
    if count:
        yield pa.concat_tables(waiting)


def fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with just these columns, whatever the case of their names."""
    there = dict(zip(map(str.lower, table.column_names), table.columns, strict=True))
    nulls = {kind: pa.nulls(len(table), kind) for kind in (pa.string(), pa.int64())}
    return pa.table([there.get(f.name.lower(), nulls[f.type]) for f in schema], schema=schema)


def _options(columns: list[str], rows: int) -> dict[str, Any]:
    looked_up = [c for c in columns if c in _LOOKED_UP] if rows >= _BLOOM_FROM else []
    short, long = [c for c in columns if c not in _LONG_TEXTS], [c for c in columns if c in _LONG_TEXTS]
    return {
        "compression": dict.fromkeys(short, "snappy") | dict.fromkeys(long, "zstd"),
        "compression_level": dict.fromkeys(long, _LEVEL),
        "use_dictionary": [c for c in short if c not in _UNIQUE],
        "column_encoding": dict.fromkeys(_LONG & {*columns} & _UNIQUE, "DELTA_BINARY_PACKED"),
        "write_statistics": short,
        "bloom_filter_options": {c: {"ndv": _DISTINCT, "fpp": 0.01} for c in looked_up} or None,
    }
