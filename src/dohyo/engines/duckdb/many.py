"""Many queries over one reading: the events are read once, a matcher for all texts says which events a query need look at,
and each query runs over those alone. The result of a query does not depend on which others are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from sqlglot import exp

from dohyo.engines.sql import column
from dohyo.plan.known import Known, may_be
from dohyo.plan.literals import IN_RAW, KIND_FIELDS, needed_texts

if TYPE_CHECKING:
    import duckdb

    from dohyo.plan.expr import Expr

_SEPARATOR = "\x1f"
#: Events that tell how common a text is; and from which share of the events on all of them are tested.
_SAMPLE, _MOST_PICKED = 2_000, 0.3


@dataclass
class Kept:
    """All events that some query can use."""

    table: pa.Table
    connection: duckdb.DuckDBPyConnection
    _rows: dict[str, Any] = field(default_factory=dict)  # text -> rows that hold it
    _chosen: dict[int, frozenset[str]] = field(default_factory=dict)  # id of a condition -> the texts looked for
    _kinds: list[Known] = field(default_factory=list)
    _kind_of: Any = None  # row -> number of its kind

    @classmethod
    def of(cls, schema: pa.Schema, batches: Iterable[pa.RecordBatch], connection: duckdb.DuckDBPyConnection) -> Kept:
        """Reads the events. Columns that no event has are left out: they would take most of the memory."""
        whole = pa.Table.from_batches(list(batches), schema)
        there = [n for n, values in zip(whole.column_names, whole.columns, strict=True) if values.null_count < len(whole)]
        kept = cls(whole.select(there), connection)
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
            codes = self.table[n].combine_chunks().dictionary_encode()
            places = codes.indices.fill_null(len(codes.dictionary)).to_numpy(zero_copy_only=False)
            number = number * (len(codes.dictionary) + 1) + places
        _, first, self._kind_of = np.unique(number, return_index=True, return_inverse=True)
        rows = self.table.select(names).take(pa.array(first)).to_pylist()
        self._kinds = [dict.fromkeys(KIND_FIELDS) | {k.lower(): v for k, v in row.items()} for row in rows]

    def match(self, conditions: Sequence[Expr]) -> None:
        """Finds the texts that the conditions need, all in one pass over the events. Of several sets of texts that a
        condition needs the one is looked for that a sample of the events meets least."""
        if not len(self.table):
            return
        sets = {id(c): needed_texts(c) for c in conditions}
        words = {"": self._words()}
        if any(t.startswith(IN_RAW) for found in sets.values() for s in found for t in s):
            words[IN_RAW] = self._lowered(["_raw"])
        common = _counts(words, sorted({t for found in sets.values() for s in found for t in s}))
        self._chosen = {i: min(found, key=lambda s: (sum(common[t] for t in s), len(s))) for i, found in sets.items() if found}
        self._rows = _both(words, sorted(set().union(*self._chosen.values())))

    def _words(self) -> pa.ChunkedArray:
        """The text of each event: all fields that a text may be looked for in, in lower case."""
        names = [
            f.name for f in self.table.schema
            if pa.types.is_string(f.type) and f.name.lower() not in KIND_FIELDS and not f.name.startswith("_")
        ]  # fmt: skip
        return self._lowered(names)

    def _lowered(self, names: Sequence[str]) -> pa.ChunkedArray:
        """These fields of each event as one text, in lower case."""
        names = [n for n in names if n in self.table.column_names]
        if not names:
            return pa.chunked_array([pa.array([""] * len(self.table))])
        self.connection.register("every_event", self.table.select(names))
        parts = [exp.Literal.string(_SEPARATOR), *(column(n) for n in names)]
        text = exp.Lower(this=exp.Anonymous(this="concat_ws", expressions=parts))
        sql = exp.select(exp.alias_(text, "words"), copy=False).from_("every_event", copy=False).sql("duckdb")
        words = self.connection.sql(sql).to_arrow_table()["words"]
        self.connection.unregister("every_event")
        return words

    def candidates(self, condition: Expr, columns: Sequence[str]) -> pa.Table | None:
        """The events that may meet a condition, with these columns; ``None`` when there are none."""
        kinds = np.array([may_be(condition, k) for k in self._kinds], dtype=bool)
        wanted = {c.lower() for c in columns}
        table = self.table.select([n for n in self.table.column_names if n.lower() in wanted])
        texts = self._chosen.get(id(condition))
        if texts is None:
            rows = None if kinds.all() else np.flatnonzero(kinds[self._kind_of])
        else:
            met = [self._rows[t] for t in texts if len(self._rows[t])]
            rows = np.unique(np.concatenate(met)) if met else np.zeros(0, dtype=np.int64)
            rows = rows[kinds[self._kind_of[rows]]]
        if rows is None:
            return table if len(self.table) else None
        if len(rows) > len(self.table) * _MOST_PICKED:  # to pick so many costs more than to test the others too
            return table
        return table.take(pa.array(rows)) if len(rows) else None


def _counts(words: dict[str, pa.ChunkedArray], texts: list[str]) -> dict[str, int]:
    """How many events of a sample hold each text."""
    step = max(1, len(words[""]) // _SAMPLE)
    places = pa.array(range(0, len(words[""]), step), pa.int64())
    return {t: len(rows) for t, rows in _both({k: w.take(places) for k, w in words.items()}, texts).items()}


def _both(words: dict[str, pa.ChunkedArray], texts: list[str]) -> dict[str, Any]:
    """For each text the events that hold it, in their fields or in the raw event."""
    in_raw = [t for t in texts if t.startswith(IN_RAW)]
    in_fields = [t for t in texts if not t.startswith(IN_RAW)]
    found = dict(zip(in_fields, _search(words[""], in_fields), strict=True))
    if in_raw:
        found |= zip(in_raw, _search(words[IN_RAW], [t.removeprefix(IN_RAW) for t in in_raw]), strict=True)
    return found


def _search(words: pa.ChunkedArray, texts: list[str]) -> list[Any]:
    """For each text the events that hold it."""
    found: list[list[int]] = [[] for _ in texts]
    if texts:
        from ahocorasick_rs import AhoCorasick

        find = AhoCorasick(texts).find_matches_as_indexes
        at = 0
        for chunk in words.chunks:
            for text in chunk.to_pylist():
                for number in {m[0] for m in find(text, overlapping=True)}:
                    found[number].append(at)
                at += 1
    return [np.array(rows, dtype=np.int64) for rows in found]


def with_columns(table: pa.Table, names: Sequence[tuple[str, pa.DataType]]) -> pa.Table:
    """The table with columns that no event has, as nulls."""
    there = {n.lower() for n in table.column_names}
    for name, kind in names:
        if name.lower() not in there:
            table = table.append_column(name, pa.nulls(len(table), kind))
    return table
