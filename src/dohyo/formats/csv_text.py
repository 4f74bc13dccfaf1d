"""CSV, safe to open in a spreadsheet: a cell from a log that a spreadsheet would compute is marked as text with ``'``.
JSON and Parquet give every value as it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import IO, Any

from dohyo.formats.values import plain

#: What begins a formula; after a sign only what could call something, so that ``-``, ``-5`` and ``-enc …`` stay as they are.
_FORMULA = re.compile(r"[=@\t\r]|[+-].*[(|!]", re.S)


def write(names: Sequence[str], rows: Sequence[dict[str, Any]], out: IO[bytes]) -> None:
    """Writes a header and the rows."""
    text = io.TextIOWrapper(out, "utf-8", errors="replace", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(n)) for n in names])
    text.flush()
    text.detach()


def _cell(value: Any) -> str:
    text = plain(value)
    return f"'{text}" if isinstance(value, str) and _FORMULA.match(text) else text
