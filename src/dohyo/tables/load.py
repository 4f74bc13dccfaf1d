"""Reads a table file as text columns; every row is a row, the last of several with one key counts (spec §9.1)."""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

#: Sumo Logic's own limit for a lookup table (spec appendix C).
MOST_BYTES = 100 << 20


class TableError(Exception):
    """A table cannot be read; says which and why."""


@dataclass(frozen=True)
class Table:
    """Column names and rows of text; a missing value is ``None``."""

    path: Path
    columns: tuple[str, ...]
    rows: list[tuple[str | None, ...]]

    def place(self, name: str) -> int | None:
        """Where a column is, by its name in any case."""
        lower = [c.lower() for c in self.columns]
        return lower.index(name.lower()) if name.lower() in lower else None

    def by_key(self, keys: Sequence[str], fold: bool) -> tuple[list[tuple[str | None, ...]], int]:
        """One row for each key, the last; and how many rows went because of that."""
        places = [p for k in keys if (p := self.place(k)) is not None]
        found: dict[tuple[str, ...], tuple[str | None, ...]] = {}
        for row in self.rows:
            found[tuple(_folded(row[p], fold) for p in places)] = row
        return list(found.values()), len(self.rows) - len(found)

    def arrow(self, names: Sequence[str], rows: Sequence[tuple[str | None, ...]] | None = None) -> pa.Table:
        """The rows as an Arrow table of text, its columns called ``names``."""
        import pyarrow as pa

        rows = self.rows if rows is None else rows
        columns = list(zip(*rows, strict=True)) or [()] * len(self.columns)
        return pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})


def _folded(value: str | None, fold: bool) -> str:
    return (value or "").lower() if fold else value or ""


def load(path: Path) -> Table:
    """The table of a file. Raises :class:`TableError`."""
    try:
        stat = path.stat()
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from None
    if stat.st_size > MOST_BYTES:
        raise TableError(f"{path}: {stat.st_size >> 20} MB; a lookup table has at most {MOST_BYTES >> 20} MB")
    return _load(path, stat.st_mtime_ns)


@functools.lru_cache(maxsize=32)
def _load(path: Path, changed: int) -> Table:
    try:
        return _READERS.get(path.suffix.lower(), _csv)(path)
    except (OSError, ValueError, csv.Error, UnicodeDecodeError) as error:
        raise TableError(f"{path}: {error}") from None


def _csv(path: Path) -> Table:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        head = next(reader, None)
        if not head:
            raise ValueError("an empty table: the first line names the columns")
        width = len(head)
        rows: list[tuple[str | None, ...]] = [(*row[:width], *[None] * (width - len(row))) for row in reader if row]
    return Table(path, tuple(h.strip() for h in head), rows)


def _parquet(path: Path) -> Table:
    import pyarrow.parquet as pq

    found = pq.read_table(path)
    return _records(path, found.to_pylist(), found.column_names)


def _json(path: Path) -> Table:
    text = path.read_text("utf-8-sig")
    try:
        whole = json.loads(text)
        records = whole if isinstance(whole, list) else [whole]
    except ValueError:
        records = [json.loads(line) for line in text.splitlines() if line.strip()]
    records = [r for r in records if isinstance(r, dict)]
    return _records(path, records, list(dict.fromkeys(k for r in records for k in r)))


def _records(path: Path, records: list[dict[str, Any]], columns: Sequence[str]) -> Table:
    return Table(path, tuple(columns), [tuple(_text(r.get(c)) for c in columns) for r in records])


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else json.dumps(value) if isinstance(value, (dict, list)) else str(value)


_READERS = {".parquet": _parquet, ".json": _json, ".ndjson": _json, ".jsonl": _json}
