"""A JSON array."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any

from dohyo.formats.values import json_value


def write(names: Sequence[str], rows: Sequence[dict[str, Any]], out: IO[bytes]) -> None:
    """Writes the rows as one array, one row a line."""
    out.write(b"[")
    for i, row in enumerate(rows):
        out.write((",\n" if i else "\n").encode() + json.dumps(json_value(row), ensure_ascii=False).encode("utf-8", "replace"))
    out.write(b"\n]\n" if rows else b"]\n")
