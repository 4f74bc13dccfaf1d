"""Many queries over one reading: the events are read once, a matcher for all texts says which events a query need look at,
and each query runs over those alone. The result of a query does not depend on which others are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct, field

from dohyo.engines.duckdb.texts import TextColumn, raw_rows
from dohyo.engines.duckdb.told import Told
from dohyo.plan.expr import Expr
from dohyo.plan.known import Known, may_be
from dohyo.plan.literals import KIND_FIELDS, Text, Texts
from dohyo.plan.names import ID
from dohyo.plan.outline import Outline

#: From which share of the events on all of them are tested: to pick so many costs more than to test the others too.
_MOST_PICKED = 0.3
#: So many rows are taken from the source at a time, and made ready while the next ones are read.
BATCH_ROWS = 10_000
#: What the events that are kept at a time may take in memory: at most, and for each query.
_SLICE, _SLICE_EACH = 32 << 20, 1 << 20
_RAW = "_raw"
_NO_ROWS = np.zeros(0, dtype=np.int32)


class Kept(Struct):
    """Events that some query can use. ``texts``: columns whose values repeat, by lower-cased name; ``others``: by name."""

    names: list[str]
    size: int
    texts: dict[str, TextColumn]
    others: dict[str, pa.ChunkedArray]
    _counts: dict[Text, int] = field(default_factory=dict)  # how many rows hold a text; those that none holds are left out
    _raw_rows: dict[str, Any] = field(default_factory=dict)  # text -> rows whose raw event holds it
    _kinds: list[Known] = field(default_factory=list)
    _kind_of: Any = None  # row -> number of its kind
    _met: dict[Expr, Any] = field(default_factory=dict)  # condition on the kind -> which kinds meet it
    _told: Told | None = None

    @classmethod
    def slices(cls, schema: pa.Schema, batches: Iterable[pa.RecordBatch], queries: int) -> Iterator[Kept]:
        """The events, so many at a time as a slice may take: the fewer queries wait for it, the sooner they have it. Columns
        that no event of a batch has are left out: they would take most of the memory."""
        most = min(_SLICE, queries * _SLICE_EACH)
        parts: list[dict[str, Any]] = []
        size = rows = 0
        for batch in batches:
            parts.append(_lean(batch))
            rows += len(batch)
            size += sum(column.nbytes for column in parts[-1].values())
            if size >= most:
                yield cls._of(schema, parts, rows)
                parts, size, rows = [], 0, 0
        if parts:
            yield cls._of(schema, parts, rows)

    @classmethod
    def _of(cls, schema: pa.Schema, parts: list[dict[str, Any]], rows: int) -> Kept:
        names = [n for n in schema.names if any(n in part for part in parts)]
        texts: dict[str, TextColumn] = {}
        others: dict[str, pa.ChunkedArray] = {}
        for name in names:
            columns = [_filled(part, name, schema.field(name).type) for part in parts]
            if pa.types.is_dictionary(columns[0].type):
                texts[name.lower()] = TextColumn.of(columns)
            else:
                others[name] = pa.chunked_array(pa.concat_arrays(columns))
            for part in parts:  # one column after the other: never all of them twice
                part.pop(name, None)
        kept = cls(names, rows, texts, others)
        kept._find_kinds()
        kept._told = Told(texts, {n.lower() for n in others})
        return kept

    def _find_kinds(self) -> None:
        """Numbers the combinations of the fields that say what kind of event it is."""
        columns = {n: self.texts[n] for n in sorted(KIND_FIELDS) if n in self.texts}
        if not columns or not self.size:
            self._kinds, self._kind_of = [dict.fromkeys(KIND_FIELDS)], np.zeros(self.size, dtype=np.int64)
            return
        number = np.zeros(self.size, dtype=np.int64)
        for column in columns.values():
            number = number * (len(column.values) + 1) + column.codes + 1
        _, first, self._kind_of = np.unique(number, return_index=True, return_inverse=True)
        rows = zip(*(column.at(first).to_pylist() for column in columns.values()), strict=True)
        self._kinds = [dict.fromkeys(KIND_FIELDS) | dict(zip(columns, row, strict=True)) for row in rows]

    def match(self, queries: Sequence[Outline]) -> None:
        """Finds the texts that the queries need, each in its field, all of a field in one pass over its values."""
        wanted: dict[str, set[str]] = {}
        for name, text in {t for q in queries for texts in q.texts for t in texts}:
            wanted.setdefault(name, set()).add(text)
        for name, texts in wanted.items():
            if name in self.texts:
                found = self.texts[name].find(tuple(sorted(texts)))
                self._counts.update(((name, text), rows) for text, rows in found.items())
        if _RAW in wanted and _RAW in self.others:
            self._raw_rows = raw_rows(self.others[_RAW], tuple(sorted(wanted[_RAW])), self._where_raw(queries))
            self._counts.update(((_RAW, text), len(rows)) for text, rows in self._raw_rows.items())

    def _where_raw(self, queries: Sequence[Outline]) -> Any:
        """The rows whose raw event some query looks at."""
        kinds = np.zeros(len(self._kinds), dtype=bool)
        for query in queries:
            if any(name == _RAW for texts in query.texts for name, _ in texts):
                kinds |= self._of_kind(query.kind)
        there = self.others[_RAW].is_valid().to_numpy()
        return np.flatnonzero(kinds[self._kind_of] & there)

    def _rows(self, text: Text) -> Any:
        return self._raw_rows[text[1]] if text[0] == _RAW else self.texts[text[0]].rows(text[1])

    def candidates(self, query: Outline) -> pa.Table | None:
        """The events that a query may need, with its columns; ``None`` when there are none."""
        kinds = self._of_kind(query.kind)
        if not kinds.any() or not self.size:
            return None
        rows = self._holding(query.texts)
        if rows is not None:
            rows = rows[kinds[self._kind_of[rows]]]
        elif not kinds.all():
            rows = np.flatnonzero(kinds[self._kind_of])
        if rows is None or len(rows):
            rows = self._meeting(query, rows)
        if rows is not None and len(rows) > self.size * _MOST_PICKED:
            rows = None
        return self._table(query, rows) if rows is None or len(rows) else None

    def _holding(self, sets: Sequence[Texts]) -> Any:
        """Of several sets of texts that a query needs the rows of the one that fewest events meet; ``None``: all rows."""
        if not sets:
            return None
        counts = self._counts
        fewest = min(sets, key=lambda texts: sum(counts.get(t, 0) for t in texts))
        there = [self._rows(t) for t in sorted(fewest & counts.keys())]
        return np.unique(np.concatenate(there)) if there else _NO_ROWS

    def _meeting(self, query: Outline, rows: Any) -> Any:
        """Of these rows those that meet what the texts of single fields tell of the query's condition."""
        assert self._told is not None
        every = np.arange(self.size, dtype=np.int32) if rows is None else rows
        met = self._told.met(query.condition, every)
        return rows if met.all() else every[met]

    def _table(self, query: Outline, rows: Any) -> pa.Table:
        wanted = {n.lower() for n, _ in query.columns} | {ID}  # a query may ask for no column, a table has one
        columns: dict[str, Any] = {}
        for name in (n for n in self.names if n.lower() in wanted):
            text = self.texts.get(name.lower())
            if text is not None:
                columns[name] = text.whole if rows is None else text.at(rows)
            else:
                columns[name] = self.others[name] if rows is None else self.others[name].take(pa.array(rows))
        return pa.table(columns)

    def _of_kind(self, condition: Expr) -> Any:
        """For each kind of event whether it may meet a condition."""
        met = self._met.get(condition)
        if met is None:
            met = self._met[condition] = np.array([may_be(condition, k) for k in self._kinds], dtype=bool)
        return met


def _lean(batch: pa.RecordBatch) -> dict[str, Any]:
    """The columns that have values, texts with each value once; all of them copies, for the batch itself would keep all that
    the engine gave with it."""
    half = len(batch) // 2
    columns: dict[str, Any] = {}
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        if values.null_count == len(values):
            continue
        if pa.types.is_string(values.type) and name != _RAW:
            columns[name] = values.dictionary_encode()
        else:
            columns[name] = pa.concat_arrays([values.slice(0, half), values.slice(half)])
    columns[""] = pa.nulls(len(batch))  # says how many rows there are
    return columns


def _filled(part: dict[str, Any], name: str, kind: pa.DataType) -> Any:
    """A column of a part, as nulls where it has none."""
    found = part.get(name)
    if found is not None:
        return found
    nulls = pa.nulls(len(part[""]), kind)
    return nulls.dictionary_encode() if pa.types.is_string(kind) and name != _RAW else nulls


def with_columns(table: pa.Table, names: Sequence[tuple[str, pa.DataType]]) -> pa.Table:
    """The table with columns that no event has, as nulls."""
    there = {n.lower() for n in table.column_names}
    for name, kind in names:
        if name.lower() not in there:
            table = table.append_column(name, pa.nulls(len(table), kind))
            there.add(name.lower())
    return table
