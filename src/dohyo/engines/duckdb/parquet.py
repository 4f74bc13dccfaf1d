"""Parquet files as part of the query's own statement: no event passes through Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from dohyo.engines.duckdb.reading import parquet_columns
from dohyo.engines.duckdb.scan import Request, parquet_view
from dohyo.results import FileReport, Places, ReadReport
from dohyo.sources.model import Input, Problem

if TYPE_CHECKING:
    from dohyo.engines.duckdb.engine import DuckDB


def open_view(engine: DuckDB, request: Request, inputs: list[Input], report: ReadReport, places: Places) -> bool:
    """Makes the events of Parquet files known to the engine; files that cannot be read are reported."""
    selects = []
    for source in inputs:
        try:
            names = parquet_columns(engine.connection, str(source.path))
            count = parquet_records(engine.connection, str(source.path))
        except duckdb.Error as error:
            reason = f"cannot be read as Parquet: {str(error).splitlines()[0][:200]}"
            report.problems.append(Problem(source.name, "", reason))
            continue
        report.files.append(FileReport(source.name, source.format.value, source.size, records=count))
        report.present |= {n for n in request.presence if n.lower() in {c.lower() for c in names}}
        selects.append(parquet_view(request, names, str(source.path), places.add(source.name)))
    if not selects:
        return False
    engine.view_events(selects)
    return True


def parquet_records(connection: duckdb.DuckDBPyConnection, path: str) -> int:
    """How many rows a Parquet file has, from its footer."""
    row = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [path]).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
