"""Dates (spec §3.6): the letters of ``SimpleDateFormat``, in English."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from reference.values import text, whole

_PIECE = re.compile(r"'((?:[^']|'')*)'|([a-zA-Z])\2*|(.)", re.DOTALL)
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"]


def format_date(ms: object, pattern: str = "MM/dd/yyyy HH:mm:ss", zone: str = "UTC") -> str | None:
    n = whole(ms)
    if n is None:
        return None
    try:
        moment = datetime.fromtimestamp(n // 1000, UTC).astimezone(ZoneInfo(zone))
    except (ValueError, OverflowError, OSError):
        return None
    return "".join(_shown(m, moment, n % 1000) for m in _PIECE.finditer(pattern))


def _shown(m: re.Match[str], at: datetime, millis: int) -> str:
    if m[1] is not None:
        return m[1].replace("''", "'") or "'"
    if m[3] is not None:
        return m[3]
    letter, size = m[2], len(m[0])
    offset = at.strftime("%z")
    named = {
        "y": f"{at.year % 100:02}" if size == 2 else f"{at.year:0{size}}",
        "M": _MONTHS[at.month - 1][: 3 if size == 3 else None],
        "E": _DAYS[at.weekday()][: 3 if size < 4 else None],
        "a": "PM" if at.hour >= 12 else "AM",
        "Z": offset,
        "z": at.strftime("%Z"),
        "X": "Z" if offset == "+0000" else offset[:3] if size == 1 else offset if size == 2 else f"{offset[:3]}:{offset[3:]}",
    }
    if letter in named and not (letter == "M" and size < 3):
        return named[letter]
    numbers = {
        "M": at.month, "d": at.day, "H": at.hour, "h": at.hour % 12 or 12, "k": at.hour or 24, "K": at.hour % 12,
        "m": at.minute, "s": at.second, "S": millis, "D": at.timetuple().tm_yday, "u": at.isoweekday(),
    }
    return f"{numbers[letter]:0{size}}"


#: What ``parseDate`` reads for a run of letters: the part of a date, and a regex.
_READ = {
    "yyyy": ("year", r"\d{4}"), "MM": ("month", r"\d{1,2}"), "MMM": ("month", "|".join(m[:3] for m in _MONTHS)),
    "dd": ("day", r"\d{1,2}"), "HH": ("hour", r"\d{1,2}"), "mm": ("minute", r"\d{1,2}"), "ss": ("second", r"\d{1,2}"),
    "SSS": ("millis", r"\d{1,3}"),
}


def parse_date(s: object, pattern: str, zone: str = "UTC") -> int | None:
    """The time that the text begins with; nothing when it begins with none."""
    pieces = [m[0] for m in _PIECE.finditer(pattern)]
    regex = "".join(f"({_READ[p][1]})" if p in _READ else re.escape(p.strip("'")) for p in pieces)
    found = re.match(regex, text(s) or "", re.I)
    if found is None:
        return None
    parts = dict(zip([_READ[p][0] for p in pieces if p in _READ], found.groups(), strict=True))
    month = parts.get("month", "1")
    numbers = {k: int(v) for k, v in parts.items() if k != "month"}
    number = int(month) if month.isdecimal() else [m[:3].lower() for m in _MONTHS].index(month.lower()) + 1
    millis = numbers.pop("millis", 0)
    try:
        at = datetime(**{"year": 1970, "day": 1, **numbers, "month": number}, tzinfo=ZoneInfo(zone))
    except ValueError:
        return None
    return int(at.timestamp()) * 1000 + millis
