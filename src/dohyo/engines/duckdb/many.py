"""Many queries over one reading: the events are read once, a matcher for all texts says which events a query need look at,
and each query runs over those alone. The result of a query does not depend on which others are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dohyo.plan.literals import KIND_FIELDS, needed_texts
from dohyo.plan.passes import scan_predicate

if TYPE_CHECKING:
    import duckdb

    from dohyo.plan.nodes import Node

_SEPARATOR = "\x1f"


@dataclass
class Kept:
    """All events that some query can use."""

    table: pa.Table
    connection: duckdb.DuckDBPyConnection
    _rows: dict[str, Any] = field(default_factory=dict)  # text -> rows that hold it
    _asked: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, schema: pa.Schema, batches: Iterable[pa.RecordBatch], connection: duckdb.DuckDBPyConnection) -> Kept:
        """Reads the events. Columns that no event has are left out: they would take most of the memory."""
        whole = pa.Table.from_batches(list(batches), schema)
        there = [n for n, column in zip(whole.column_names, whole.columns, strict=True) if column.null_count < len(whole)]
        return cls(whole.select(there), connection)

    def match(self, plans: Sequence[Node]) -> None:
        """Finds the texts that the queries need, all in one pass over the events."""
        texts = sorted(set().union(*(needed_texts(scan_predicate(p)) or frozenset() for p in plans)))
        found: list[list[int]] = [[] for _ in texts]
        if texts and len(self.table):
            _search(self._words(), texts, found)
        self._rows = {t: np.array(rows, dtype=np.int64) for t, rows in zip(texts, found, strict=True)}

    def _words(self) -> pa.ChunkedArray:
        """The text of each event: all fields that a text may be looked for in, in lower case."""
        names = [
            f.name for f in self.table.schema
            if pa.types.is_string(f.type) and f.name.lower() not in KIND_FIELDS and (not f.name.startswith("_") or f.name == "_raw")
        ]  # fmt: skip
        if not names:
            return pa.chunked_array([pa.array([""] * len(self.table))])
        self.connection.register("every_event", self.table.select(names))
        from sqlglot import exp

        from dohyo.engines.sql import column

        parts = [exp.Literal.string(_SEPARATOR), *(column(n) for n in names)]
        text = exp.Lower(this=exp.Anonymous(this="concat_ws", expressions=parts))
        sql = exp.select(exp.alias_(text, "words"), copy=False).from_("every_event", copy=False).sql("duckdb")
        words = self.connection.sql(sql).to_arrow_table()["words"]
        self.connection.unregister("every_event")
        return words

    def candidates(self, plan: Node) -> pa.Table | None:
        """The events that a query need look at; ``None`` when it need not run at all."""
        texts = needed_texts(scan_predicate(plan))
        if texts is None:
            return self.table if len(self.table) else None
        rows = [self._rows[t] for t in texts if len(self._rows[t])]
        if not rows:
            return None
        chosen = rows[0] if len(rows) == 1 else np.unique(np.concatenate(rows))
        return self.table.take(pa.array(chosen))


def _search(words: pa.ChunkedArray, texts: list[str], found: list[list[int]]) -> None:
    from ahocorasick_rs import AhoCorasick

    matcher = AhoCorasick(texts)
    at = 0
    for chunk in words.chunks:
        for text in chunk.to_pylist():
            if text:
                for number in {m[0] for m in matcher.find_matches_as_indexes(text, overlapping=True)}:
                    found[number].append(at)
            at += 1


def with_columns(table: pa.Table, names: Sequence[tuple[str, pa.DataType]]) -> pa.Table:
    """The table with columns that no event has, as nulls."""
    there = {n.lower() for n in table.column_names}
    for name, kind in names:
        if name.lower() not in there:
            table = table.append_column(name, pa.nulls(len(table), kind))
    return table
