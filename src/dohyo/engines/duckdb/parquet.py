"""Parquet files as part of a query's own statement: no event passes through Python."""

from __future__ import annotations

from collections import Counter
from functools import cached_property, partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from msgspec import Struct, field

from dohyo.engines.duckdb.accounts import named_kind
from dohyo.engines.duckdb.connect import connect, give_back
from dohyo.engines.duckdb.raw import ColumnRaw
from dohyo.engines.duckdb.scan import Request, parquet_kinds, parquet_shapes, parquet_view, probable
from dohyo.results import FileReport, Places, ReadReport
from dohyo.sources.model import Input, Problem, Shape

if TYPE_CHECKING:
    from sqlglot import exp


class Footer(Struct, frozen=True):
    """What a Parquet file says of itself: how many rows it has, the columns that hold no value at all, those that hold one in
    each row, and what all values of a column begin with."""

    rows: int
    empty: frozenset[str]
    full: frozenset[str]
    beginnings: dict[str, bytes]


class Columnar(Struct, dict=True):
    """A Parquet file: its columns with their types, what its footer says, and where its ids begin."""

    path: str
    names: dict[str, str]
    footer: Footer
    base: int = 0
    _shapes: list[Shape] | None = None

    @cached_property
    def raw(self) -> ColumnRaw:
        """The columns that hold any value."""
        there = {n: t for n, t in self.names.items() if n not in self.footer.empty}
        return ColumnRaw(there, self.footer.full, self.footer.beginnings)

    @cached_property
    def allowed(self) -> list[Shape]:
        """The shapes that rows may have, as far as the columns and the footer tell."""
        return probable(self.raw)

    def request(self, request: Request, connection: duckdb.DuckDBPyConnection, report: ReadReport) -> exp.Select:
        """The events of this file that a request asks for. The fields that some may have are noted in the report."""
        view, absent = parquet_view(request, self.names, self.raw, self.shapes(connection), self.path, self.base)
        report.present |= {n for n in report.asked if n.lower() in request.spelled and n.lower() not in absent}
        return view

    def shapes(self, connection: duckdb.DuckDBPyConnection) -> list[Shape]:
        """The shapes that rows of this file have. To look takes much less time than to ask every field of every row in the ways of
        all shapes that its columns allow."""
        if self._shapes is None:
            several = len(self.allowed) > 1
            found = connection.execute(parquet_shapes(self.raw, self.allowed, self.path)).fetchall() if several else []
            self._shapes = [shape for number, shape in enumerate(self.allowed, 1) if (number,) in found] or self.allowed[-1:]
        return self._shapes

    def kinds(self, category: str | None) -> Counter[tuple[str, str]]:
        """How many events of each source category and kind there are; none where the file is gone meanwhile."""
        connection = connect()
        try:
            rows = connection.execute(parquet_kinds(self.raw, self.shapes(connection), self.path, category)).fetchall()
        except duckdb.Error:
            return Counter()
        finally:
            give_back(connection)
        return Counter({named_kind(category, *told): count for *told, count in rows})


class Columnars(Struct):
    """Parquet files that are opened; those that cannot be read are reported."""

    connection: duckdb.DuckDBPyConnection
    report: ReadReport
    places: Places
    files: list[Columnar] = field(default_factory=list)

    def open(self, inputs: list[Input], category: str | None) -> None:
        """Reads the footers. ``category``: of all events."""
        for source in inputs:
            path = str(source.path)
            try:
                found = opened(self.connection, path)
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                reason = f"cannot be read as Parquet: {str(error).splitlines()[0][:200]}"
                self.report.problems.append(Problem(source.name, "", reason))
                continue
            found.base = self.places.add(source.name)
            file = FileReport(source.name, source.format.value, source.size, records=found.footer.rows)
            if [s.name for s in found.allowed] == ["generic"]:
                file.shapes["generic"] = found.footer.rows
                self.report.unknown[source.name] = tuple(found.names)
            self.report.files.append(file)
            self.report.uncounted.append(partial(found.kinds, category))
            self.files.append(found)


def opened(connection: duckdb.DuckDBPyConnection, path: str) -> Columnar:
    """A Parquet file's columns and footer. Raises what DuckDB and Arrow raise for one that is none."""
    return Columnar(path, parquet_columns(connection, path), read_footer(path))


def read_footer(path: str) -> Footer:
    """The footer of a Parquet file; DuckDB's table of it takes four times as long."""
    from pyarrow._parquet import ParquetReader  # all of pyarrow.parquet takes thirty milliseconds to load

    reader = ParquetReader()
    reader.open(path)
    groups = [reader.metadata.row_group(i) for i in range(reader.metadata.num_row_groups)]
    empty: set[str] = set()
    full: set[str] = set()
    beginnings: dict[str, bytes] = {}
    for i in range(reader.metadata.num_columns if groups else 0):
        column, chunks = reader.metadata.schema.column(i), [group.column(i) for group in groups]
        nulls = [_nulls(chunk) for chunk in chunks]
        if column.path != column.name or column.max_repetition_level:  # within another column
            continue
        if nulls == [chunk.num_values for chunk in chunks]:
            empty.add(column.name)
        elif nulls == [0] * len(chunks):
            full.add(column.name)
        if column.physical_type == "BYTE_ARRAY":
            beginnings[column.name] = _beginning(chunks)
    return Footer(reader.metadata.num_rows, frozenset(empty), frozenset(full), beginnings)


def _beginning(chunks: list[Any]) -> bytes:
    """What the least and the greatest value of each chunk begin with, and so all that are between them."""
    known = [chunk.statistics for chunk in chunks]
    if not all(k is not None and k.has_min_max for k in known):
        return b""
    least, greatest = min(k.min_raw for k in known), max(k.max_raw for k in known)
    return bytes(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(least, greatest, strict=False)))


def _nulls(chunk: Any) -> int | None:
    """How many rows of a chunk have no value, if that is known."""
    known = chunk.statistics
    return known.null_count if known is not None and known.has_null_count else None


def parquet_columns(connection: duckdb.DuckDBPyConnection, path: str) -> dict[str, str]:
    """The columns of a Parquet file with their types."""
    relation = connection.read_parquet(path)
    return dict(zip(relation.columns, (str(t) for t in relation.types), strict=True))
