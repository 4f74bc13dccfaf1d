"""Rows → every output format: one writer a file. ``WRITERS`` says which there are."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import IO, Any

Writer = Callable[[Sequence[str], Sequence[dict[str, Any]], IO[bytes]], None]

#: Format → module with ``write(names, rows, out)``; imported when it is used.
WRITERS: dict[str, str] = {
    "table": "dohyo.formats.table",
    "json": "dohyo.formats.json_text",
    "ndjson": "dohyo.formats.ndjson_text",
    "csv": "dohyo.formats.csv_text",
    "parquet": "dohyo.formats.parquet",
}


def writer(name: str) -> Writer:
    """The writer of a format: takes column names, rows and a binary file."""
    found: Writer = importlib.import_module(WRITERS[name]).write
    return found
