"""Shapes one unit of raw records: some megabytes of text in, tables for data files out, in an order in which a hunt for one
host or one hour reads little.

Each record is read once, all its values at the same time. What decides where it belongs — day, category, kind, host, time —
and the fields that are not just a value come from those; then every column is put together in the order of the files."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from dohyo.engines.duckdb.raw import Spellings
from dohyo.engines.duckdb.storing import (
    BUILT_IN,
    ID,
    KIND,
    OWN_RAW,
    RECORD,
    SIZE,
    TIME,
    Columned,
    Made,
    Taken,
    Written,
    fields_statement,
    first_statement,
)
from dohyo.sources.shapes import SHAPES, shape
from dohyo.sources.shapes.recognise import recognise
from dohyo.store.layout import ROW_GROUP, arranged
from dohyo.store.names import MESSAGE_NAMES, MOST, PAIR_NAMES, XML_NAMES, Names, names_in
from dohyo.store.values import Opener, Path, Statements, Values, columns_of, taken_texts, whole

_WRITTEN = Written(PAIR_NAMES, XML_NAMES, MESSAGE_NAMES)
_PEEK = 50
_BUILT_IN = {n.lower() for n in BUILT_IN}
#: More days or categories than this in one unit are noise: broken clocks, made-up names. They share a partition.
_DAYS, _CATEGORIES = 400, 64
_DAY = 86_400_000
_LATEST = 253_402_300_799_999  # the last millisecond of the year 9999
OTHER = "other"


class Part(Struct, frozen=True):
    """Records of one partition, by their numbers in the unit and in the order of the file."""

    day: str | None
    category: str
    rows: Any
    names: Names
    shapes: tuple[str, ...]


class Facts(Struct):
    """What is known of each record before its fields are: its number of shape among ``shapes``, ``texts``, which says with its
    sign which names it answers to, and the built-in fields. ``broken``: which records are no JSON objects."""

    shapes: tuple[str, ...]
    values: Values
    table: pa.Table
    broken: Any

    def column(self, name: str) -> Any:
        """A column as one array."""
        return whole(self.table.column(name))


class Shaper:
    """Shapes units of records of one guess. ``shapes``: what the guess has become; ``known``: the names behind each shape,
    sign and texts; ``asked``: the spellings of the names that were columns so far, by lower-cased name; ``texts``: the names
    that stand in texts."""

    def __init__(self, guess: tuple[str, ...], statements: Statements, category: str | None) -> None:
        self.shapes, self.statements, self.category = guess, statements, category
        self.opener = Opener(statements)
        self.known: dict[tuple[str, int, int], Names] = {}
        self.asked: dict[str, set[str]] = {}
        self.texts: set[str] = set()

    def facts(self, records: pa.Table) -> Facts:
        """The first look. Shapes that the guess did not know are added until each record has one, or is broken."""
        values = self.opener.open(whole(records["raw"]))
        broken = values.broken | _nothing(values, records["raw"])
        while True:
            sql, raw = self.statements.made(_first, self.shapes, values.paths, values.objects, self.category)
            number = pa.array(np.zeros(len(records), dtype=np.uint8))  # a statement may need none of the values
            table = self.statements.run(sql, columns_of(values, raw.values, raw.present, [("number", number)]))
            lost = pc.and_(pc.equal(table["shape"], 0), pa.array(~broken))
            if not pc.any(lost).as_py():
                placed = np.where(broken, 0, table["shape"].to_numpy())
                table = table.set_column(0, "shape", pa.array(placed.astype(np.uint8)))
                return Facts(self.shapes, values, table, pa.array(broken))
            self.shapes = _more(self.shapes, records["raw"].filter(lost).slice(0, _PEEK).to_pylist())

    def parts(self, facts: Facts, records: pa.Table) -> list[Part]:
        """The records by partition and in order."""
        day, category = _days(facts.column(TIME)), _slugs(facts.column("_sourceCategory"))
        order, starts = arranged(day, category, facts)
        kinds = np.stack([facts.column("shape").to_numpy(), facts.values.codes, facts.column("texts").to_numpy()], axis=1)
        return [
            Part(_day_text(int(day[rows[0]])), category[rows[0]], rows, *self._names(facts, kinds[rows], rows, records["raw"]))
            for rows in np.split(order, starts[1:])
            if len(rows)
        ]

    def _names(self, facts: Facts, kinds: Any, rows: Any, raw: pa.ChunkedArray) -> tuple[Names, tuple[str, ...]]:
        """The names that these records answer to, and their shapes: one record of each new kind is read."""
        found, used = Names(), set()
        unique, first = np.unique(kinds, axis=0, return_index=True)
        for (number, code, texts), at in zip(unique.tolist(), first.tolist(), strict=True):
            name = facts.shapes[int(number) - 1]
            key = name, int(facts.values.signs[int(code)]), texts
            if key not in self.known:
                self.known[key] = names_in(shape(name), json.loads(raw[int(rows[at])].as_py()))
            found.add(self.known[key])
            used.add(name)
        return found, tuple(sorted(used))

    def fields(self, facts: Facts, parts: Sequence[Part]) -> Fields:
        """All fields that the records of these partitions have as columns."""
        if len(self.asked) > MOST:
            self.asked, self.texts = {}, set()
        for part in parts:
            self.texts |= part.names.texts
            for name in part.names.chosen:
                self.asked.setdefault(name, set()).update(part.names.columns[name])
        asked = tuple(n for n in sorted(self.asked) if n not in _BUILT_IN)
        spelled = tuple((n, tuple(sorted(self.asked[n]))) for n in sorted(self.asked))
        values = facts.values
        key = facts.shapes, asked, spelled, values.paths, values.objects, frozenset(self.texts)
        fields, sql, raw = self.statements.made(_second, *key)
        made = pa.table({})
        if sql is not None:
            chunk = columns_of(values, raw.values, raw.present, [("__shape", facts.column("shape"))])
            made = self.statements.run(sql, chunk)
        values.fetch(dict.fromkeys(f.path for f in fields.values() if isinstance(f, Taken)), ())
        return Fields(facts, fields, made)


class Fields(Struct):
    """The fields of the records of a unit. ``made``: those that are no mere values."""

    facts: Facts
    fields: dict[str, Taken | Made]
    made: pa.Table

    def held(self, rows: Any) -> set[str]:
        """The fields, in lower case, that some of these records may have."""
        paths = self.facts.values.held(rows)
        return {name.lower() for name, field in self.fields.items() if isinstance(field, Made) or field.path in paths}

    def events(self, records: pa.Table, rows: Any) -> Iterator[pa.Table]:
        """The events of these records, some at a time."""
        for at in range(0, len(rows), ROW_GROUP):
            yield self._some(records, rows[at : at + ROW_GROUP])

    def _some(self, records: pa.Table, rows: Any) -> pa.Table:
        index = pa.array(rows)
        columns = {name: self.facts.table[name].take(index) for name in (TIME, KIND, *BUILT_IN)}
        columns |= {name: self.made[field.column].take(index) for name, field in self.fields.items() if isinstance(field, Made)}
        columns |= self._taken(rows)
        raw = taken_texts(whole(records["raw"]), rows)
        size = pa.chunked_array([trimmed_lengths(texts) for texts in raw.chunks])
        if OWN_RAW in columns:
            size = pc.coalesce(pc.binary_length(columns[OWN_RAW]), size)
        columns |= {ID: records["row_id"].take(index), SIZE: size.cast(pa.int64()), RECORD: raw}
        return pa.table(columns)

    def _taken(self, rows: Any) -> dict[str, pa.ChunkedArray]:
        """The fields that are values."""
        held = self.facts.values.held(rows)
        fields = {name: field for name, field in self.fields.items() if isinstance(field, Taken) and field.path in held}
        paths = list(dict.fromkeys(field.path for field in fields.values()))
        columns = dict(zip(paths, self.facts.values.picked(paths, rows).columns, strict=True))
        return {name: _filled(columns[field.path]) if field.filled else columns[field.path] for name, field in fields.items()}


def _filled(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Null in place of the empty text."""
    blank = pc.equal(pc.binary_length(texts), 0)
    return pc.if_else(blank, None, texts) if pc.any(blank).as_py() else texts


def _first(shapes: tuple[str, ...], paths: frozenset[Path], objects: frozenset[Path], category: str | None) -> tuple[str, Columned]:
    raw = Columned(paths, objects, Spellings(), frozenset())
    return first_statement([shape(n) for n in shapes], raw, category, _WRITTEN), raw


def _second(
    shapes: tuple[str, ...], asked: tuple[str, ...], spelled: tuple[tuple[str, tuple[str, ...]], ...],
    paths: frozenset[Path], objects: frozenset[Path], texts: frozenset[str],
) -> tuple[dict[str, Taken | Made], str | None, Columned]:  # fmt: skip
    raw = Columned(paths, objects, Spellings({name: set(found) for name, found in spelled}), texts)
    return *fields_statement([shape(n) for n in shapes], asked, raw), raw


def _nothing(values: Values, raw: pa.ChunkedArray) -> Any:
    """Which records are JSON but say nothing at all."""
    bare = [code for code, layout in enumerate(values.layouts) if not layout.keys]
    found = np.zeros(len(raw), dtype=bool)
    rows = np.flatnonzero(np.isin(values.codes, bare)) if bare else ()
    for row in rows:
        found[row] = raw[int(row)].as_py().strip() == "null"
    return found


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


def _more(names: tuple[str, ...], texts: list[str]) -> tuple[str, ...]:
    """The names with those of the shapes that these records have; with all, where the engine says otherwise: of a key that comes
    twice it takes the first."""
    fresh = Counter(recognise(json.loads(t)).name for t in texts)
    added = tuple(n for n, _ in fresh.most_common() if n not in names)
    return (*names, *(added or (s.name for s in SHAPES if s.name not in names)))


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
