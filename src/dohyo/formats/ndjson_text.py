"""JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any

from dohyo.formats.values import json_value


def write(names: Sequence[str], rows: Sequence[dict[str, Any]], out: IO[bytes]) -> None:
    """Writes one JSON object a line."""
    for row in rows:
        out.write(_written(json_value(row)).encode("utf-8", "replace") + b"\n")


_written = json.JSONEncoder(ensure_ascii=False).encode
