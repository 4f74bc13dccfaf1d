"""Many queries over one reading: the events are read once, a matcher for all texts says which events a query need look at,
and each query runs over those alone. The result of a query does not depend on which others are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from dohyo.engines.duckdb.texts import TextColumn, raw_rows
from dohyo.plan.expr import Expr
from dohyo.plan.known import Known, may_be
from dohyo.plan.literals import KIND_FIELDS, Text
from dohyo.plan.names import ID
from dohyo.plan.outline import Outline

#: From which share of the events on all of them are tested: to pick so many costs more than to test the others too.
_MOST_PICKED = 0.3
#: What the events that are kept at a time may take in memory.
SLICE_BYTES = 256 << 20
_RAW = "_raw"


@dataclass
class Kept:
    """Events that some query can use."""

    table: pa.Table
    _columns: dict[str, TextColumn] = field(default_factory=dict)  # by lower-cased name
    _raw_rows: dict[str, Any] = field(default_factory=dict)  # text -> rows whose raw event holds it
    _kinds: list[Known] = field(default_factory=list)
    _kind_of: Any = None  # row -> number of its kind
    _met: dict[Expr, Any] = field(default_factory=dict)  # condition on the kind -> which kinds meet it

    @classmethod
    def slices(cls, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[Kept]:
        """The events, so many at a time as a slice may take. Columns that no event of a batch has are left out: they would
        take most of the memory."""
        parts: list[pa.Table] = []
        size = 0
        for batch in batches:
            parts.append(_lean(batch))
            size += parts[-1].nbytes
            if size >= SLICE_BYTES:
                yield cls._of(schema, parts)
                size = 0
        if parts:
            yield cls._of(schema, parts)

    @classmethod
    def _of(cls, schema: pa.Schema, parts: list[pa.Table]) -> Kept:
        whole = pa.concat_tables(parts, promote_options="default")
        parts.clear()
        columns: dict[str, pa.Array] = {}
        for name in [n for n in schema.names if n in whole.column_names]:  # one by one: never all of them twice
            columns[name] = whole[name].combine_chunks()
            whole = whole.drop_columns(name)
        kept = cls(pa.table(columns))
        kept._find_kinds()
        return kept

    def _find_kinds(self) -> None:
        """Numbers the combinations of the fields that say what kind of event it is."""
        names = [n for n in self.table.column_names if n.lower() in KIND_FIELDS]
        if not names or not len(self.table):
            self._kinds, self._kind_of = [dict.fromkeys(KIND_FIELDS)], np.zeros(len(self.table), dtype=np.int64)
            return
        number = np.zeros(len(self.table), dtype=np.int64)
        for n in names:
            codes = TextColumn(self.table[n]).codes
            number = number * (int(codes.max(initial=-1)) + 2) + codes + 1
        _, first, self._kind_of = np.unique(number, return_index=True, return_inverse=True)
        rows = self.table.select(names).take(pa.array(first)).to_pylist()
        self._kinds = [dict.fromkeys(KIND_FIELDS) | {k.lower(): v for k, v in row.items()} for row in rows]

    def match(self, queries: Sequence[Outline]) -> None:
        """Finds the texts that the queries need, each in its field, all of a field in one pass over its values."""
        wanted: dict[str, set[str]] = {}
        for name, text in {t for q in queries for texts in q.texts for t in texts}:
            wanted.setdefault(name, set()).add(text)
        spelled = {n.lower(): n for n in self.table.column_names}
        for name, texts in wanted.items():
            if name in spelled and name != _RAW:
                self._columns[name] = TextColumn(self.table[spelled[name]])
                self._columns[name].find(sorted(texts))
        if _RAW in wanted and _RAW in spelled:
            self._raw_rows = raw_rows(self.table[_RAW], sorted(wanted[_RAW]), self._where_raw(queries))

    def _where_raw(self, queries: Sequence[Outline]) -> Any:
        """The rows whose raw event some query looks at."""
        kinds = np.zeros(len(self._kinds), dtype=bool)
        for query in queries:
            if any(name == _RAW for texts in query.texts for name, _ in texts):
                kinds |= self._of_kind(query.kind)
        return np.flatnonzero(kinds[self._kind_of])

    def _count(self, text: Text) -> int:
        return len(self._raw_rows.get(text[1], ())) if text[0] == _RAW else self._column(text).count(text[1])

    def _rows(self, text: Text) -> Any:
        none = np.zeros(0, dtype=np.int64)
        return self._raw_rows.get(text[1], none) if text[0] == _RAW else self._column(text).rows(text[1])

    def _column(self, text: Text) -> TextColumn:
        return self._columns.get(text[0]) or TextColumn(pa.chunked_array([], pa.string()))

    def candidates(self, query: Outline) -> pa.Table | None:
        """The events that a query may need, with its columns; ``None`` when there are none."""
        kinds = self._of_kind(query.kind)
        if not kinds.any() or not len(self.table):
            return None
        if query.texts:  # of several sets of texts that a query needs the one that fewest events meet
            fewest = min(query.texts, key=lambda texts: sum(map(self._count, texts)))
            rows: Any = np.unique(np.concatenate([self._rows(t) for t in fewest]))
            rows = rows[kinds[self._kind_of[rows]]]
        else:
            rows = None if kinds.all() else np.flatnonzero(kinds[self._kind_of])
        wanted = {n.lower() for n, _ in query.columns} | {ID}  # a query may ask for no column, a table has one
        table = self.table.select([n for n in self.table.column_names if n.lower() in wanted])
        if rows is None or len(rows) > len(self.table) * _MOST_PICKED:
            return table
        return table.take(pa.array(rows)) if len(rows) else None

    def _of_kind(self, condition: Expr) -> Any:
        """For each kind of event whether it may meet a condition."""
        met = self._met.get(condition)
        if met is None:
            met = self._met[condition] = np.array([may_be(condition, k) for k in self._kinds], dtype=bool)
        return met


def _lean(batch: pa.RecordBatch) -> pa.Table:
    """A copy of the columns that have values: the batch itself would keep all that the engine gave with it."""
    there = [n for n, values in zip(batch.schema.names, batch.columns, strict=True) if values.null_count < len(batch)]
    half = len(batch) // 2
    copied = [pa.concat_arrays([batch[n].slice(0, half), batch[n].slice(half)]) for n in there]
    return pa.table(copied, names=there)


def with_columns(table: pa.Table, names: Sequence[tuple[str, pa.DataType]]) -> pa.Table:
    """The table with columns that no event has, as nulls."""
    there = {n.lower() for n in table.column_names}
    for name, kind in names:
        if name.lower() not in there:
            table = table.append_column(name, pa.nulls(len(table), kind))
            there.add(name.lower())
    return table
