"""How times are written for people, not for programs: by Windows tools in an American setting, Splunk, Kibana, Azure's portal."""

from __future__ import annotations

#: The forms, as ``strptime`` takes them, of a text without its commas; few, for they are part of every statement. Where only the
#: order would tell day from month, the month comes first: a guess by the numbers would swap them in some records of a file.
FORMS: tuple[str, ...] = (
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S.%f %p", "%m/%d/%Y %I:%M:%S.%f %p %z", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M:%S.%f", "%b %d %Y @ %H:%M:%S.%f", "%b %d %Y %I:%M:%S %p", "%a %b %d %H:%M:%S %Y",
)  # fmt: skip

#: Milliseconds from 1601, where Windows' FILETIME starts, to 1970.
FILETIME_EPOCH = 11_644_473_600_000
