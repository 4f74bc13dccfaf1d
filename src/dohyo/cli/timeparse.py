"""Times on the command line."""

from __future__ import annotations

import datetime as dt
import re

from dohyo.cli.errors import UsageError

_RELATIVE = re.compile(r"-?(\d+)([smhdw])")
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def epoch_ms(option: str, text: str | None, now: int) -> int | None:
    """Epoch ms (UTC) of an ISO 8601 time or date, ``-24h``, ``now``, or epoch ms as digits.

    Raises :class:`UsageError` with the allowed forms.
    """
    if text is None:
        return None
    if text == "now":
        return now
    if m := _RELATIVE.fullmatch(text):
        return now - int(m[1]) * _UNITS[m[2]]
    if text.isdigit() and len(text) == 13:
        return int(text)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text}: write a time as 2026-01-31T12:00:00Z, 2026-01-31, or -24h") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return int(aware.timestamp() * 1000)


def seconds(option: str, text: str | None) -> float | None:
    """The seconds of a duration: ``30s``, ``15m``, ``1h``. Raises :class:`UsageError`."""
    if text is None:
        return None
    m = _RELATIVE.fullmatch(text)
    if not m or text.startswith("-"):
        raise UsageError(f"{option} {text}: write a duration as 30s, 15m, 1h or 7d")
    return int(m[1]) * _UNITS[m[2]] / 1000
