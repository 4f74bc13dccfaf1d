"""How times are written for people, not for programs: by Windows tools in an American setting, Splunk, Kibana, Azure's portal."""

from __future__ import annotations

import re

#: The forms, as ``strptime`` takes them, of a text without its commas; few, for they are part of every statement. Where only the
#: order would tell day from month, the month comes first: a guess by the numbers would swap them in some records of a file.
FORMS: tuple[str, ...] = (
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S.%f %p", "%m/%d/%Y %I:%M:%S.%f %p %z", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S.%f",
    "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M:%S.%f", "%b %d %Y @ %H:%M:%S.%f", "%b %d %Y %I:%M:%S %p",
    "%a %b %d %H:%M:%S %Y",
)  # fmt: skip

_EITHER = re.compile(r"(\d{1,2})/(\d{1,2})/\d{4} +\d{1,2}:\d\d:\d\d(?:\.\d+)?", re.ASCII)


def is_month_first(text: str) -> bool:
    """Whether a time is in one of these forms and could as well have its day first, as it has in most of the world. With AM or PM
    it is an American setting's, or a program's."""
    found = _EITHER.fullmatch(text.strip())
    return found is not None and found[1] != found[2]


#: Milliseconds from 1601, where Windows' FILETIME starts, to 1970.
FILETIME_EPOCH = 11_644_473_600_000
