"""CSV. Values are given as they are: a cell that begins with ``=`` stays so, since changing evidence is worse than the
risk of a spreadsheet that computes it; open such a file by importing its columns as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import IO, Any

from dohyo.formats.values import plain


def write(names: Sequence[str], rows: Sequence[dict[str, Any]], out: IO[bytes]) -> None:
    """Writes a header and the rows."""
    text = io.TextIOWrapper(out, "utf-8", errors="replace", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([plain(row.get(n)) for n in names])
    text.flush()
    text.detach()
