"""Reads a Parquet file as records: each row as JSON text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import numpy as np
import pyarrow as pa

from dohyo.engines.duckdb.connect import connect
from dohyo.engines.duckdb.parquet import parquet_columns
from dohyo.engines.duckdb.storing import rows_statement
from dohyo.sources.model import Chunk, Input, Problem
from dohyo.sources.spool import spooled

_ROWS = 8_192
_MEMORY = "150MB"


def read_rows(source: Input, report: Callable[[Problem], None]) -> Iterator[Chunk]:
    """The rows with their numbers, from 1."""
    try:
        held = spooled(source)
        path = str(held.path)
        with connect(1, _MEMORY) as connection:
            names = parquet_columns(connection, path)
            done = 0
            for batch in connection.sql(rows_statement(names, path)).to_arrow_reader(_ROWS):
                numbers = pa.array(np.arange(done + 1, done + 1 + len(batch), dtype=np.int64))
                done += len(batch)
                yield Chunk(batch.column(0).cast(pa.string()), numbers)
    except (duckdb.Error, OSError) as error:
        report(Problem(source.name, "", f"cannot be read as Parquet: {str(error).splitlines()[0][:200]}"))
