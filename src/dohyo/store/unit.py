"""Shapes one unit of raw records: some hundred megabytes of text in, data files out, in an order in which a hunt for one
host or one hour reads little.

The records are looked at twice. First for what decides where each belongs — day, category, kind, host, time — and which
names it answers to; then, put into order while they are still one text each, for all their fields."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dohyo.engines.duckdb.raw import Spellings
from dohyo.engines.duckdb.storing import Asked, Written, first_statement, second_statement
from dohyo.sources.shapes import shape
from dohyo.sources.shapes.recognise import recognise
from dohyo.store.layout import arranged
from dohyo.store.names import MESSAGE_NAMES, XML_NAMES, Names, names_in

RECORDS = pa.schema([("raw", pa.string()), ("row_id", pa.int64())])
_WRITTEN = Written(XML_NAMES, MESSAGE_NAMES)
_PIECE = 8_192  # records in one batch that the engine is handed
_PEEK = 50
#: More days or categories than this in one unit are noise: broken clocks, made-up names. They share a partition.
_DAYS, _CATEGORIES = 400, 64
_DAY = 86_400_000
_LATEST = 253_402_300_799_999  # the last millisecond of the year 9999
OTHER = "other"


@dataclass(frozen=True)
class Part:
    """Records of one partition, ``count`` of them, next in the unit's order."""

    day: str | None
    category: str
    count: int
    names: Names
    shapes: tuple[str, ...]


@dataclass
class Facts:
    """What the first statement says of each record, in columns."""

    table: pa.Table
    broken: Any  # which records are no JSON objects

    def column(self, name: str) -> Any:
        """A column as one array."""
        return self.table.column(name).combine_chunks()


@dataclass
class Shaper:
    """Shapes units. ``shapes``: for each guess what it has become, ``known``: the names behind each sign that was met."""

    connection: duckdb.DuckDBPyConnection
    category: str | None
    shapes: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    known: dict[tuple[str, int], Names] = field(default_factory=dict)
    _first: dict[tuple[str, ...], str] = field(default_factory=dict)
    _second: tuple[tuple[object, ...], str] | None = None

    def facts(self, guess: tuple[str, ...], records: pa.Table) -> tuple[tuple[str, ...], Facts]:
        """The first look. Shapes that the guess did not know are added until each record has one, or is broken."""
        names = self.shapes.get(guess, guess)
        while True:
            table = self._look(names, records)
            none = pc.equal(table["shape"], 0)
            lost = pc.and_not(none, table["broken"])
            if not pc.any(lost).as_py():
                self.shapes[guess] = names
                return names, Facts(table, pc.and_(none, table["broken"]).combine_chunks())
            names = _more(names, records["raw"].filter(lost).slice(0, _PEEK).to_pylist())

    def _look(self, names: tuple[str, ...], records: pa.Table) -> pa.Table:
        if names not in self._first:
            self._first[names] = first_statement([shape(n) for n in names], self.category, _WRITTEN)
        self.connection.register("chunk", _reader(records))
        return self.connection.sql(self._first[names]).to_arrow_table()

    def parts(self, names: tuple[str, ...], facts: Facts, records: pa.Table) -> tuple[Any, list[Part]]:
        """The order of the records, and the partitions in that order."""
        day, category = _days(facts.column("time")), _slugs(facts.column("category"))
        order, starts = arranged(day, category, facts)
        signs, shapes = facts.column("sign").to_numpy(), facts.column("shape").to_numpy()
        self._meet(names, signs, shapes, records["raw"])
        parts = []
        for begin, end in zip(starts, [*starts[1:], len(order)], strict=True):
            rows = order[begin:end]
            found, used = Names(), set()
            for sign, number in {*zip(signs[rows].tolist(), shapes[rows].tolist(), strict=True)}:
                found.add(self.known[names[number - 1], sign])
                used.add(names[number - 1])
            at = int(rows[0])
            parts.append(Part(_day_text(int(day[at])), category[at], end - begin, found, tuple(sorted(used))))
        return order, parts

    def _meet(self, names: tuple[str, ...], signs: Any, shapes: Any, raw: pa.ChunkedArray) -> None:
        """Finds out which names stand behind the signs that are new: one record of each is read."""
        for sign, at in zip(*np.unique(signs, return_index=True), strict=True):
            for number in np.unique(shapes[signs == sign]).tolist() if len(names) > 1 else [int(shapes[at])]:
                key = names[number - 1], int(sign)
                if number and key not in self.known:
                    place = int(np.flatnonzero((signs == sign) & (shapes == number))[0]) if len(names) > 1 else int(at)
                    self.known[key] = names_in(shape(key[0]), json.loads(raw[place].as_py()))

    def fields(self, names: tuple[str, ...], found: Names, records: pa.Table) -> Iterator[pa.RecordBatch]:
        """The second look: all fields of records that are in order, as batches in that order."""
        columns = tuple(found.chosen.values())
        key = names, columns, frozenset(found.paths), frozenset(found.texts)
        if self._second is None or self._second[0] != key:
            spellings = Spellings({n: set(s) for n, s in found.columns.items()})
            self._second = key, second_statement([shape(n) for n in names], Asked(columns, spellings, *key[2:]), self.category)
        self.connection.register("chunk", _reader(records))
        yield from self.connection.sql(self._second[1]).to_arrow_reader(_PIECE)


def _reader(records: pa.Table) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(RECORDS, records.to_batches(max_chunksize=_PIECE))


def _more(names: tuple[str, ...], texts: list[str]) -> tuple[str, ...]:
    """The names with those of the shapes that these records have."""
    fresh = Counter(recognise(json.loads(t)).name for t in texts)
    added = tuple(n for n, _ in fresh.most_common() if n not in names)
    return (*names, *(added or ("generic",)))


def _days(times: pa.Array) -> Any:
    """For each record its day since 1970 in UTC; -1 where it has none or where it stands for too many days."""
    values = times.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    days = np.where((values >= 0) & (values <= _LATEST), values // _DAY, -1)
    known, counts = np.unique(days, return_counts=True)
    if len(known) <= _DAYS:
        return days
    kept = known[np.argsort(-counts)[:_DAYS]]
    return np.where(np.isin(days, kept), days, -1)


def _day_text(day: int) -> str | None:
    return None if day < 0 else (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()


def _slugs(categories: pa.Array) -> Any:
    """For each record the name of its category's partition."""
    encoded = categories.fill_null("").dictionary_encode()
    codes = encoded.indices.to_numpy()
    slugs = [re.sub(r"[^a-z0-9._-]+", "-", c.lower()).strip("-.")[:64] or OTHER for c in encoded.dictionary.to_pylist()]
    if len(slugs) > _CATEGORIES:
        usual = {code for code, _ in Counter(codes.tolist()).most_common(_CATEGORIES)}
        slugs = [s if i in usual else OTHER for i, s in enumerate(slugs)]
    return np.array(slugs, dtype=object)[codes]
