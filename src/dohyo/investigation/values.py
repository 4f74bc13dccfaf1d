"""The values of one event whose record is at hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dohyo.sources.shapes.recognise import read_field, read_time, recognise


def values_of(raw: str | None, names: Iterable[str]) -> dict[str, Any] | None:
    """``_messageTime`` (epoch ms) and the fields ``names`` of a record that is JSON text; ``None`` for any other text."""
    try:
        record = json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    shape = recognise(record)
    return {"_messageTime": read_time(shape, record)} | {n: read_field(shape, record, n) for n in names}
