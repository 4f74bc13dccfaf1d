"""Parquet files as part of a query's own statement: no event passes through Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
from msgspec import Struct, field

from dohyo.engines.duckdb.scan import Request, parquet_view
from dohyo.results import FileReport, Places, ReadReport
from dohyo.sources.model import Input, Problem

if TYPE_CHECKING:
    from sqlglot import exp

#: What the files' footers say: rows, and the columns that hold no value at all.
_ROWS = "SELECT coalesce(sum(num_rows), 0) FROM parquet_file_metadata(?)"
_EMPTY = """SELECT path_in_schema FROM parquet_metadata(?) GROUP BY path_in_schema
  HAVING bool_and(coalesce(stats_null_count = num_values, false))"""


class Columnar(Struct):
    """A Parquet file: its columns with their types, those of them that hold no value at all, and where its ids begin."""

    path: str
    base: int
    names: dict[str, str]
    empty: set[str]

    def request(self, request: Request) -> exp.Select:
        """The events of this file that a request asks for."""
        return parquet_view(request, self.names, self.empty, self.path, self.base)


class Columnars(Struct):
    """Parquet files that are opened; those that cannot be read are reported."""

    connection: duckdb.DuckDBPyConnection
    report: ReadReport
    places: Places
    files: list[Columnar] = field(default_factory=list)

    def open(self, inputs: list[Input], presence: tuple[str, ...]) -> None:
        """Reads the footers. ``presence``: the fields of which is reported whether any event has them."""
        for source in inputs:
            path = str(source.path)
            try:
                names, rows, empty = parquet_columns(self.connection, path), self._rows(path), self._empty(path)
            except duckdb.Error as error:
                reason = f"cannot be read as Parquet: {str(error).splitlines()[0][:200]}"
                self.report.problems.append(Problem(source.name, "", reason))
                continue
            self.report.files.append(FileReport(source.name, source.format.value, source.size, records=rows))
            there = {n.lower() for n in names if n not in empty}
            self.report.present |= {n for n in presence if n.lower() in there}
            self.files.append(Columnar(path, self.places.add(source.name), names, empty))

    def _rows(self, path: str) -> int:
        row = self.connection.execute(_ROWS, [path]).fetchone()
        return int(row[0]) if row else 0

    def _empty(self, path: str) -> set[str]:
        return {str(row[0]) for row in self.connection.execute(_EMPTY, [path]).fetchall()}


def parquet_columns(connection: duckdb.DuckDBPyConnection, path: str) -> dict[str, str]:
    """The columns of a Parquet file with their types."""
    relation = connection.read_parquet(path)
    return dict(zip(relation.columns, (str(t) for t in relation.types), strict=True))
