"""JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any

from dohyo.formats.values import json_value


def write(names: Sequence[str], rows: Sequence[dict[str, Any]], out: IO[bytes]) -> None:
    """Writes one JSON object a line."""
    for row in rows:
        out.write(json.dumps(json_value(row), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
