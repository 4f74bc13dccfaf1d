"""What all ways to unfold a record need: the objects in texts and in values."""

from __future__ import annotations

import json
from typing import Any

import msgspec

Record = dict[str, Any]


def json_object(text: object) -> Record | None:
    """The JSON object that a text is."""
    if not isinstance(text, str) or not text.lstrip(" \t\r\n").startswith("{"):
        return None
    try:
        value = _decoded(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # it is stricter than logs are: NaN, half a surrogate pair
        return json.loads(text)


def json_text(record: Record) -> str:
    """A record as JSON."""
    try:
        return msgspec.json.encode(record).decode()
    except (ValueError, RecursionError):  # half a surrogate pair
        return json.dumps(record)


def objects(value: Any) -> list[Record]:
    """The objects in a list; none where the value is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def listed(record: Record, *keys: str) -> list[Any]:
    """The list under the first of these keys that has one."""
    return next((value for key in keys if isinstance(value := record.get(key), list)), [])
