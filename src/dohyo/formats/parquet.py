"""Parquet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import IO, Any


def write(names: Sequence[str], rows: Sequence[dict[str, Any]], out: IO[bytes]) -> None:
    """Writes the rows; a column without any value is text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {n: _column([r.get(n) for r in rows]) for n in names}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    out.write(buffer.getvalue())


def _column(values: list[Any]) -> Any:
    import pyarrow as pa

    column = pa.array(values)
    return column.cast(pa.string()) if pa.types.is_null(column.type) else column
