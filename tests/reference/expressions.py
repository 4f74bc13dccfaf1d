"""The signs of the language (spec §2.3–§2.9): arithmetic, comparisons, ``matches``, ``contains``, ``in``. Null is no third
truth value: a condition over nothing is false, and ``!`` of it is true."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from reference.values import is_number, number, text


def arithmetic(sign: str, a: object, b: object) -> float | int | None:
    """Whole numbers stay whole but in a quotient; text is read as a number."""
    x, y = number(a), number(b)
    if x is None or y is None:
        return None
    if sign in "+-*":
        return x + y if sign == "+" else x - y if sign == "-" else x * y
    if sign == "/":
        return x / y if y else math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x)
    if y == 0 or math.isinf(x):
        return None if y == 0 else math.nan
    rest = math.fmod(x, y)
    return int(rest) if isinstance(x, int) and isinstance(y, int) else rest


def negative(a: object) -> float | int | None:
    n = number(a)
    return None if n is None else -n


def compare(sign: str, a: object, b: object) -> bool:
    """Numbers when one side is a number (text that is none is unequal to it); text by code points otherwise."""
    if sign in ("!=", "<>"):
        return not compare("=", a, b)
    if is_number(a) or is_number(b):
        a, b = number(a), number(b)
    if a is None or b is None:
        return False
    return {"=": a == b, "==": a == b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]  # type: ignore[operator,no-any-return]


def matches_glob(value: object, glob: object) -> bool:
    """The whole value, with case; only ``*`` means something."""
    if value is None or glob is None:
        return False
    regex = ".*".join(re.escape(part) for part in str(text(glob)).split("*"))
    return re.fullmatch(regex, str(text(value)), re.DOTALL) is not None


def matches_regex(value: object, regex: str) -> bool:
    """Anywhere in the value."""
    return value is not None and re.search(regex, str(text(value))) is not None


def member(value: object, items: Sequence[object]) -> bool:
    """By type: text is in no list of numbers."""
    return any(is_number(value) == is_number(i) and value == i for i in items if value is not None)
