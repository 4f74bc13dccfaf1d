"""What a value is: text, a number, a truth value, or nothing (``None``). Spec §2.2, §2.9, §12.47."""

from __future__ import annotations

import math

Row = dict[str, object]


def text(value: object) -> str | None:
    """A value shown as text: whole doubles without ``.0``."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).replace("inf", "Infinity").replace("nan", "NaN")


def number(value: object) -> float | int | None:
    """A value read as a number; text that is none gives nothing."""
    if value is None or isinstance(value, (int, float)):
        return value
    try:
        return float(str(value))
    except ValueError:
        return None


def whole(value: object) -> int | None:
    """A value read as a whole number: what stands behind the point is cut off."""
    n = number(value)
    return None if n is None or math.isnan(n) or abs(n) >= 2**63 else int(n)


def is_number(value: object) -> bool:
    """True for a value that is a number by itself, not text that looks like one."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def get(row: Row, name: str) -> object:
    """A field of a row, by its name in any case; nothing when the row lacks it."""
    return next((v for k, v in row.items() if k.lower() == name.lower()), None)
