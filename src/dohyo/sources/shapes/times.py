"""How times are written for people, not for programs: by Windows tools in an American setting, Splunk, Kibana, Azure's portal."""

from __future__ import annotations

_CLOCKS = ("%I:%M:%S %p", "%I:%M:%S.%f %p", "%H:%M:%S", "%H:%M:%S.%f")

#: The forms, as ``strptime`` takes them. Where only the order would tell day from month, the month comes first: a guess by
#: the numbers would swap them in some records of a file and not in others.
FORMS: tuple[str, ...] = (
    *(f"%m/%d/%Y{comma} {clock}{zone}" for clock in _CLOCKS for comma in ("", ",") for zone in ("", " %z")),
    *(f"%Y/%m/%d {clock}" for clock in _CLOCKS[2:]),
    *(f"%b %d, %Y @ {clock}" for clock in _CLOCKS[2:]),
    *(f"%b %d, %Y {clock}" for clock in _CLOCKS[:2]),
    "%a %b %d %H:%M:%S %Y",
)

#: Milliseconds from 1601, where Windows' FILETIME starts, to 1970.
FILETIME_EPOCH = 11_644_473_600_000
