"""Times as a subquery writes them (spec §1.6): ``-15m``, epoch milliseconds, or ``2024/01/02 10:00:00``."""

from __future__ import annotations

import datetime as dt
import re

_RELATIVE = re.compile(r"([+-]?)(\d+)([smhdw])")
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_ABSOLUTE = re.compile(r"(?:(\d{4})[-/])?(\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?")


def query_time(text: str, now: int) -> int | None:
    """Epoch ms (UTC) of a time, relative to ``now``; ``None`` when it is no time."""
    text = text.strip()
    if text == "now":
        return now
    if m := _RELATIVE.fullmatch(text):
        distance = int(m[2]) * _UNITS[m[3]]
        return now + distance if m[1] == "+" else now - distance
    if text.lstrip("-").isdecimal():
        return int(text)
    m = _ABSOLUTE.fullmatch(text)
    if m is None:
        return None
    year = int(m[1] or dt.datetime.fromtimestamp(now / 1000, dt.UTC).year)
    try:
        moment = dt.datetime(year, int(m[2]), int(m[3]), int(m[4] or 0), int(m[5] or 0), int(m[6] or 0),
                             int((m[7] or "0").ljust(3, "0")) * 1000, tzinfo=dt.UTC)  # fmt: skip
    except ValueError:
        return None
    return int(moment.timestamp() * 1000)
