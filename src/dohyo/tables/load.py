"""Reads a table file as text columns; every row is a row, the last of several with one key counts (spec §9.1)."""

from __future__ import annotations

import csv
import functools
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    import pyarrow as pa

#: Sumo Logic's own limit for a lookup table (spec appendix C); a packed one may have so much when it is unpacked.
MOST_BYTES = 100 << 20
MOST_UNPACKED = 1 << 30
#: A row of a table is short in its file however many columns there are, but not in memory.
MOST_COLUMNS = 1_000

Row = tuple[str | None, ...]


class TableError(Exception):
    """A table cannot be read; says which and why."""


class Table(Struct, frozen=True):
    """Column names and rows of text; a missing value is ``None``."""

    path: Path
    columns: tuple[str, ...]
    rows: list[Row]

    def place(self, name: str) -> int | None:
        """Where a column is, by its name in any case."""
        lower = [c.lower() for c in self.columns]
        return lower.index(name.lower()) if name.lower() in lower else None

    def by_key(self, keys: Sequence[str], fold: bool) -> tuple[list[Row], int]:
        """One row for each key, the last; and how many rows went because of that. A row whose key is null fits none."""
        places = [p for k in keys if (p := self.place(k)) is not None]
        keyed = [row for row in self.rows if all(row[p] is not None for p in places)]
        found = {tuple(_folded(row[p], fold) for p in places): row for row in keyed}
        return list(found.values()), len(keyed) - len(found)

    def arrow(self, names: Sequence[str], rows: Sequence[Row] | None = None) -> pa.Table:
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
    except RecursionError:
        raise TableError(f"{path}: nested too deep") from None
    except (OSError, ValueError, csv.Error) as error:
        raise TableError(f"{path}: {error}") from None


def _csv(path: Path) -> Table:
    csv.field_size_limit(max(csv.field_size_limit(), MOST_BYTES))  # the module knows only one limit, for all who read
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        head = next(reader, None)
        if not head:
            raise ValueError("an empty table: the first line names the columns")
        names = _distinct(head)
        width = len(head)
        rows: list[Row] = [(*row[:width], *[None] * (width - len(row))) for row in reader if row]
    return Table(path, names, rows)


def _distinct(head: Sequence[str]) -> tuple[str, ...]:
    """The columns' names; one without a name, or with a name that is there already, gets its number too. Two
    underscores at the beginning are the plan's own."""
    if len(head) > MOST_COLUMNS:
        raise ValueError(f"{len(head):,} columns; at most {MOST_COLUMNS:,}")
    names: list[str] = []
    taken: set[str] = set()
    for number, written in enumerate(head, 1):
        name = re.sub(r"^__+", "_", as_text(written.strip()) or f"column{number}")
        name = f"{name}_{number}" if name.lower() in taken else name
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def _parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
            if size > MOST_UNPACKED:
                raise ValueError(f"{size >> 20} MB when it is unpacked; at most {MOST_UNPACKED >> 20} MB")
            _distinct(file.schema_arrow.names)
            found = file.read()
    except pa.ArrowException as error:
        raise ValueError(str(error)) from None
    return _records(path, found.to_pylist(), found.column_names)


def _json(path: Path) -> Table:
    text = path.read_text("utf-8-sig")
    try:
        whole = json.loads(text)
        records = whole if isinstance(whole, list) else [whole]
    except ValueError:
        records = [json.loads(line) for line in text.split("\n") if line.strip()]
    records = [r for r in records if isinstance(r, dict)]
    columns = list(dict.fromkeys(k for r in records for k in r))
    _distinct(columns)
    return _records(path, records, columns)


def _records(path: Path, records: list[dict[str, Any]], columns: Sequence[str]) -> Table:
    return Table(path, _distinct(columns), [tuple(as_text(r.get(c)) for c in columns) for r in records])


def as_text(value: Any) -> str | None:
    """A value of a table as text: whole numbers without a point (spec §12.47), lists and objects as JSON."""
    if value is None:
        return None
    if isinstance(value, str):  # JSON may hold half a character (a lone surrogate), which no column can
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)


_READERS = {".parquet": _parquet, ".json": _json, ".ndjson": _json, ".jsonl": _json}
