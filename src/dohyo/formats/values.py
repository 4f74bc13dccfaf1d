"""How single values are shown."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

#: Characters that could steer a terminal or hide text: control characters, and marks that turn the reading direction.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


#: Classes whose values are JSON's own.
_JSON_VALUES = frozenset({str, int, bool, type(None)})


def json_value(value: Any) -> Any:
    """A value for JSON: whole doubles without a trailing ``.0`` (spec §12.47), no NaN or infinity."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return str(value)
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict):
        return {k: v if v.__class__ in _JSON_VALUES else json_value(v) for k, v in value.items()}
    return [json_value(v) for v in value] if isinstance(value, list) else value


def plain(value: Any) -> str:
    """A value as text."""
    value = json_value(value)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def safe(text: str) -> str:
    """Text for a terminal: what could steer it is shown as an escape."""
    shown = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", " ")
    return _UNSAFE.sub(lambda m: f"\\x{ord(m[0]):02x}" if ord(m[0]) < 256 else f"\\u{ord(m[0]):04x}", shown)


def iso_time(ms: int | None) -> str | None:
    """Epoch milliseconds as ``2019-07-19T15:11:03.652Z``."""
    if ms is None:
        return None
    try:
        moment = dt.datetime.fromtimestamp(ms / 1000, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def counted(count: int, what: str, ending: str = "s") -> str:
    """``1 file``, ``2,000 files``; ``counted(2, "address", "es")``."""
    return f"{count:,} {what}{ending * (count != 1)}"
