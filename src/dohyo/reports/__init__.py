"""Rows → every output format: one writer a file. ``WRITERS`` says which there are."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import IO, Any

Writer = Callable[[Sequence[str], Sequence[dict[str, Any]], IO[bytes]], None]

#: Format → module with ``write(names, rows, out)``; imported when it is used.
WRITERS: dict[str, str] = {
    "table": "dohyo.reports.table",
    "json": "dohyo.reports.json_text",
    "ndjson": "dohyo.reports.ndjson_text",
    "csv": "dohyo.reports.csv_text",
    "parquet": "dohyo.reports.parquet",
}


def writer(name: str) -> Writer:
    """The writer of a format: takes column names, rows and a binary file."""
    found: Writer = importlib.import_module(WRITERS[name]).write
    return found
