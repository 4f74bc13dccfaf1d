"""``format`` (spec §3.1): Java's ``Formatter``. Halves are rounded up, as Java does it, by the shortest digits of a double."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from reference.values import number, text, whole

_PIECE = re.compile(r"%([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([dxXfeEsSbco%n])")


def format_text(pattern: str, *values: object) -> str | None:
    """Nothing when a value is missing or does not fit."""
    left, out, at = iter(values), "", 0
    for m in _PIECE.finditer(pattern):
        out += pattern[at : m.start()]
        at = m.end()
        shown = {"%": "%", "n": "\n"}.get(m[4]) or _one(m, next(left))
        if shown is None:
            return None
        out += shown
    return out + pattern[at:]


def _one(m: re.Match[str], value: object) -> str | None:
    flags, width, places, kind = m[1], int(m[2] or 0), m[3], m[4]
    body = _body(kind, flags, places, value)
    if body is None:
        return None
    if "0" in flags and kind not in "sS":
        sign = body[:1] if body[:1] in ("-", "+") else ""
        return sign + body[len(sign) :].rjust(width - len(sign), "0")
    return body.ljust(width) if "-" in flags else body.rjust(width)


def _body(kind: str, flags: str, places: str | None, value: object) -> str | None:
    if kind in "sS":
        shown = text(value)
        return None if shown is None else (shown.upper() if kind == "S" else shown)[: int(places) if places else None]
    n = number(value)
    if n is None:
        return None
    sign = "+" if "+" in flags else ""
    comma = "," if "," in flags else ""
    if kind == "d":
        return format(whole(n), f"{sign}{comma}d")
    if kind in "xXo":
        return format(int(n) % 2**64, kind)
    if kind == "e":
        return format(float(n), f"{sign}.{places or 6}e")
    exact = Decimal(repr(float(n)))
    if kind == "f":
        rounded = exact.quantize(Decimal(1).scaleb(-int(places or 6)), ROUND_HALF_UP)
        return format(rounded, f"{sign}{comma}f")
    return format(float(n), f"{sign}.{places or 6}{kind}")
