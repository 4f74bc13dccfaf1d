"""Shapes one unit of raw records: some hundred megabytes of text in, data files out, in an order in which a hunt for one
host or one hour reads little.

The records are looked at first for their keys and for what decides where each belongs — day, category, kind, host, time —
and then, put into order while they are still one text each, for all their fields. What was found out before says where
they have values at all, so that nothing else is looked for."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dohyo.engines.duckdb.raw import Spellings
from dohyo.engines.duckdb.storing import (
    BUILT_IN,
    ID,
    KIND,
    OWN_RAW,
    RECORD,
    SIZE,
    TIME,
    Asked,
    Written,
    first_statement,
    keys_statement,
    second_statement,
)
from dohyo.sources.shapes import shape
from dohyo.sources.shapes.recognise import recognise
from dohyo.store.layout import arranged
from dohyo.store.names import MESSAGE_NAMES, XML_NAMES, Names, names_in, paths_of

RECORDS = pa.schema([("raw", pa.string()), ("row_id", pa.int64())])
_TAKEN = RECORDS.append(pa.field("__shape", pa.uint8())).append(pa.field("__odd", pa.bool_()))
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
    """What is known of each record before its fields are: its ``sign`` and ``texts``, which say which names it answers to,
    its number of shape among ``shapes``, and the built-in fields. ``broken``: which records are no JSON objects."""

    shapes: tuple[str, ...]
    table: pa.Table
    broken: Any

    def column(self, name: str) -> Any:
        """A column as one array."""
        return self.table.column(name).combine_chunks()


@dataclass
class Shaper:
    """Shapes units. ``shapes``: for each guess what it has become; ``paths``: for each sign where its records have values;
    ``known``: the names behind each shape, sign and texts."""

    connection: duckdb.DuckDBPyConnection
    category: str | None
    shapes: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    paths: dict[int, frozenset[tuple[str, ...]]] = field(default_factory=dict)
    known: dict[tuple[str, int, int], Names] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)  # records of each sign
    _made: dict[str, tuple[tuple[object, ...], str]] = field(default_factory=dict)

    def facts(self, guess: tuple[str, ...], records: pa.Table) -> Facts:
        """The first look. Shapes that the guess did not know are added until each record has one, or is broken."""
        names = self.shapes.get(guess, guess)
        signs = self._run("keys", keys_statement, records)["sign"].combine_chunks()
        paths = self._met(signs.to_numpy(), records["raw"])
        while True:
            table = self._run("first", self._first, records, names, paths)
            none = pc.equal(table["shape"], 0)
            lost = pc.and_not(none, table["broken"])
            if not pc.any(lost).as_py():
                self.shapes[guess] = names
                broken = pc.and_(none, table["broken"]).combine_chunks()
                return Facts(names, table.append_column("sign", signs), broken)
            names = _more(names, records["raw"].filter(lost).slice(0, _PEEK).to_pylist())

    def _run(self, kind: str, make: Callable[..., str], records: pa.Table, *key: Any) -> pa.Table:
        """The result of a statement over the records; it is made anew only when what it depends on has changed."""
        if kind not in self._made or self._made[kind][0] != key:
            self._made[kind] = key, make(*key)
        reader = pa.RecordBatchReader.from_batches(RECORDS, records.to_batches(max_chunksize=_PIECE))
        self.connection.register("chunk", reader)
        return self.connection.sql(self._made[kind][1]).to_arrow_table()

    def _first(self, names: tuple[str, ...], paths: frozenset[tuple[str, ...]]) -> str:
        return first_statement([shape(n) for n in names], paths, self.category, _WRITTEN)

    def _met(self, signs: Any, raw: pa.ChunkedArray) -> frozenset[tuple[str, ...]]:
        """Where the records of these signs have values: one record of each new sign is read."""
        found: set[tuple[str, ...]] = set()
        unique = np.unique(signs, return_index=True, return_counts=True)
        for sign, at, count in zip(*(a.tolist() for a in unique), strict=True):
            self.counts[sign] += count
            if sign not in self.paths:
                self.paths[sign] = paths_of(_loaded(raw[at].as_py()))
            found |= self.paths[sign]
        return frozenset(found)

    def parts(self, facts: Facts, records: pa.Table) -> tuple[Any, list[Part]]:
        """The order of the records, and the partitions in that order."""
        day, category = _days(facts.column(TIME)), _slugs(facts.column("_sourceCategory"))
        order, starts = arranged(day, category, facts)
        kinds = np.stack([facts.column(n).to_numpy().astype(np.uint64) for n in ("shape", "sign", "texts")], axis=1)
        found = [self._names(facts.shapes, kinds, order[a:b], records["raw"])
                 for a, b in zip(starts, [*starts[1:], len(order)], strict=True)]  # fmt: skip
        return order, [
            Part(_day_text(int(day[order[begin]])), category[order[begin]], end - begin, *names)
            for begin, end, names in zip(starts, [*starts[1:], len(order)], found, strict=True)
        ]

    def _names(self, shapes: tuple[str, ...], kinds: Any, rows: Any, raw: pa.ChunkedArray) -> tuple[Names, tuple[str, ...]]:
        """The names that these records answer to, and their shapes: one record of each new kind is read."""
        found, used = Names(), set()
        unique, first = np.unique(kinds[rows], axis=0, return_index=True)
        for (number, sign, texts), at in zip(unique.tolist(), first.tolist(), strict=True):
            name = shapes[number - 1]
            key = name, sign, texts
            if key not in self.known:
                self.known[key] = names_in(shape(name), json.loads(raw[int(rows[at])].as_py()))
            found.add(self.known[key])
            used.add(name)
        return found, tuple(sorted(used))

    def events(self, facts: Facts, found: Names, records: pa.Table, order: Any) -> Iterator[pa.Table]:
        """The records in order, with all their fields."""
        columns = tuple(found.chosen.values())
        asked = tuple(c for c in columns if c not in BUILT_IN)
        spellings = Spellings({n: set(s) for n, s in found.columns.items()})
        signs = facts.column("sign").to_numpy()
        usual, odd = self._cases(np.unique(signs).tolist())
        known = Asked(asked, spellings, frozenset(found.paths), frozenset(found.texts), usual)
        key = facts.shapes, asked, known.paths, known.texts, spellings.key(), usual
        if "second" not in self._made or self._made["second"][0] != key:
            self._made["second"] = key, second_statement([shape(n) for n in facts.shapes], known)
        taken = _Taken(records, [facts.column("shape"), pa.array(np.isin(signs, odd))], order)
        self.connection.register("chunk", pa.RecordBatchReader.from_batches(_TAKEN, taken.batches()))
        built = facts.table.select([TIME, KIND, *BUILT_IN])
        done = 0
        for batch in self.connection.sql(self._made["second"][1]).to_arrow_reader(_PIECE):
            mine = taken.next(len(batch))
            if not mine["row_id"].equals(pa.chunked_array([batch.column("row_id")])):
                raise RuntimeError("the engine gave records in another order")  # it promises not to
            rows = built.take(pa.array(order[done : done + len(batch)]))
            done += len(batch)
            yield _joined(batch, mine, rows)


    def _cases(self, signs: list[int]) -> tuple[tuple[tuple[str, ...], ...], list[int]]:
        """Of paths that differ only in case the most usual ones, and the signs of records that have another one."""
        counts: Counter[tuple[str, ...]] = Counter()
        for sign in signs:
            counts.update(dict.fromkeys(self.paths[sign], self.counts[sign]))
        groups: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for path in sorted(counts):
            groups.setdefault(tuple(k.lower() for k in path), []).append(path)
        several = [sorted(g, key=lambda p: -counts[p]) for g in groups.values() if len(g) > 1]
        rest = {path for group in several for path in group[1:]}
        return tuple(group[0] for group in several), [s for s in signs if not rest.isdisjoint(self.paths[s])]


class _Taken:
    """The records in order, some at a time: what the engine was handed is kept until its fields come back."""

    def __init__(self, records: pa.Table, beside: list[pa.Array], order: Any) -> None:
        self._columns, self._order = [*(records[n].combine_chunks() for n in RECORDS.names), *beside], order
        self._waiting: deque[pa.RecordBatch] = deque()

    def batches(self) -> Iterator[pa.RecordBatch]:
        for at in range(0, len(self._order), _PIECE):
            rows = pa.array(self._order[at : at + _PIECE])
            batch = pa.record_batch([c.take(rows) for c in self._columns], schema=_TAKEN)
            self._waiting.append(batch)
            yield batch

    def next(self, count: int) -> pa.Table:
        """The next records."""
        parts: list[pa.RecordBatch] = []
        while count:
            batch = self._waiting.popleft()
            if len(batch) > count:
                self._waiting.appendleft(batch.slice(count))
                batch = batch.slice(0, count)
            parts.append(batch)
            count -= len(batch)
        return pa.Table.from_batches(parts, _TAKEN)


def _joined(batch: pa.RecordBatch, mine: pa.Table, built: pa.Table) -> pa.Table:
    """The fields of some events beside what was known of them before."""
    raw = mine["raw"].combine_chunks()
    columns = {n: batch.column(n) for n in batch.schema.names if n != "row_id"}
    columns |= {n: built[n] for n in built.column_names}
    own = pc.binary_length(batch.column(OWN_RAW))
    size = pc.coalesce(own, trimmed_lengths(raw)).cast(pa.int64())
    return pa.table({**columns, ID: mine["row_id"], SIZE: size, RECORD: raw})


def trimmed_lengths(texts: pa.StringArray) -> pa.Array:
    """The bytes of each text without blanks and line ends after it."""
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32, count=len(texts) + 1, offset=texts.offset * 4)
    data = np.frombuffer(texts.buffers()[2], dtype=np.uint8)
    starts, ends = offsets[:-1].astype(np.int64), offsets[1:].astype(np.int64)
    while True:
        last = data[np.maximum(ends - 1, 0)]
        blank = (ends > starts) & ((last == 32) | (last == 9) | (last == 10) | (last == 13))
        if not blank.any():
            return pa.array((ends - starts).astype(np.int32))
        ends = ends - blank


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


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
