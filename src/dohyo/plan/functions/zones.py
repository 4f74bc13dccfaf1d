"""The names of time zones that Java knows, as names of the zone database."""

from __future__ import annotations

import functools
import re
import zoneinfo
from datetime import timedelta, timezone

#: Java's short names; those of the zone database (``EST``, ``MST``, ``HST`` …) stand for themselves.
_SHORT = {
    "act": "Australia/Darwin", "aet": "Australia/Sydney", "agt": "America/Argentina/Buenos_Aires", "art": "Africa/Cairo",
    "ast": "America/Anchorage", "bet": "America/Sao_Paulo", "bst": "Asia/Dhaka", "cat": "Africa/Harare",
    "cnt": "America/St_Johns", "cst": "America/Chicago", "ctt": "Asia/Shanghai", "eat": "Africa/Addis_Ababa",
    "ect": "Europe/Paris", "iet": "America/Indiana/Indianapolis", "ist": "Asia/Kolkata", "jst": "Asia/Tokyo",
    "mit": "Pacific/Apia", "net": "Asia/Yerevan", "nst": "Pacific/Auckland", "plt": "Asia/Karachi", "pnt": "America/Phoenix",
    "prt": "America/Puerto_Rico", "pst": "America/Los_Angeles", "sst": "Pacific/Guadalcanal", "vst": "Asia/Ho_Chi_Minh",
    "z": "UTC",
}  # fmt: skip
#: What logs call the time of a place in summer and in winter, and how many minutes it is ahead of UTC.
_ABBREVIATED = {
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "akst": -540,
    "akdt": -480, "bst": 60, "wet": 0, "west": 60, "cet": 60, "cest": 120, "eet": 120, "eest": 180, "msk": 180, "ist": 330,
    "jst": 540, "aest": 600, "aedt": 660, "acst": 570, "acdt": 630, "awst": 480, "nzst": 720, "nzdt": 780,
}  # fmt: skip
_OFFSET = re.compile(r"(?:gmt|utc)?([+-])(\d{1,2})(?::?00)?", re.I)


@functools.lru_cache(maxsize=256)
def zone_name(text: str) -> str | None:
    """The name in the zone database, for a name in any case, one of Java's short ones, or ``GMT+2``; else ``None``."""
    if _exists(text):
        return text
    if short := _SHORT.get(text.lower()):
        return short
    if m := _OFFSET.fullmatch(text):
        name = f"Etc/GMT{'-' if m[1] == '+' else '+'}{int(m[2])}"  # there the sign says what has to be added for UTC
        return name if _exists(name) else None
    return next((z for z in sorted(zoneinfo.available_timezones()) if z.lower() == text.lower()), None)


def abbreviated(text: str) -> timezone | None:
    """The zone of an abbreviation in a log such as ``PDT``, which says winter or summer; ``None`` for none."""
    minutes = _ABBREVIATED.get(text.lower())
    return None if minutes is None else timezone(timedelta(minutes=minutes))


def _exists(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
