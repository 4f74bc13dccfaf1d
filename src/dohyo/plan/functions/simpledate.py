"""Java's ``SimpleDateFormat`` patterns: read, shown and turned into the engine's own."""

from __future__ import annotations

import functools
import re
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from msgspec import Struct

from dohyo.plan.functions.zones import abbreviated

_LETTERS = "GyYMLwWDdFEuaHkKhmsSzZX"


class Part(Struct, frozen=True):
    """A run of one pattern letter, or literal text (``letter`` is then empty)."""

    letter: str
    count: int
    text: str = ""


@functools.lru_cache(maxsize=256)
def parts(pattern: str) -> tuple[Part, ...]:
    """The parts of a pattern. Raises ``ValueError`` for a letter that means nothing or an open quote."""
    found: list[Part] = []
    for m in re.finditer(r"''|'((?:[^']|'')*)'|(')|([A-Za-z])\3*|[^A-Za-z']+", pattern):
        if m[2]:
            raise ValueError("a quote is not closed")
        if m[3]:
            if m[3] not in _LETTERS:
                raise ValueError(f"`{m[3]}` means nothing in a date pattern")
            found.append(Part(m[3], len(m[0])))
        elif m[0] == "''":
            found.append(Part("", 0, "'"))
        else:
            found.append(Part("", 0, m[0] if m[1] is None else m[1].replace("''", "'")))
    return tuple(found)


def problem(pattern: str) -> str | None:
    """What is wrong with a pattern, ``None`` if nothing."""
    try:
        parts(pattern)
    except ValueError as error:
        return f"the date pattern `{pattern}` cannot be read: {error}"
    return None


# --- the engine's own patterns ----------------------------------------------------------------------------------------


#: (letter, least count) -> strftime; the row with the largest count that fits.
_STRFTIME = {
    "y": ((3, "%Y"), (2, "%y"), (1, "%Y")), "M": ((4, "%B"), (3, "%b"), (2, "%m"), (1, "%-m")),
    "L": ((4, "%B"), (3, "%b"), (2, "%m"), (1, "%-m")), "d": ((2, "%d"), (1, "%-d")), "H": ((2, "%H"), (1, "%-H")),
    "h": ((2, "%I"), (1, "%-I")), "m": ((2, "%M"), (1, "%-M")), "s": ((2, "%S"), (1, "%-S")), "S": ((3, "%g"),),
    "a": ((1, "%p"),), "E": ((4, "%A"), (1, "%a")), "D": ((3, "%j"),),
}  # fmt: skip
#: What a field may look like in text that is read.
_SHAPES = {
    "%Y": r"\d{1,4}", "%y": r"\d{2}", "%B": "[A-Za-z]+", "%b": "[A-Za-z]{3}", "%m": r"\d{1,2}", "%-m": r"\d{1,2}",
    "%d": r"\d{1,2}", "%-d": r"\d{1,2}", "%H": r"\d{1,2}", "%-H": r"\d{1,2}", "%I": r"\d{1,2}", "%-I": r"\d{1,2}",
    "%M": r"\d{1,2}", "%-M": r"\d{1,2}", "%S": r"\d{1,2}", "%-S": r"\d{1,2}", "%g": r"\d{1,3}", "%p": "[AaPp][Mm]",
    "%A": "[A-Za-z]+", "%a": "[A-Za-z]{3}", "%j": r"\d{3}",
}  # fmt: skip


def _code(part: Part) -> str | None:
    if part.letter == "S" and part.count > 3:
        return None
    return next((code for least, code in _STRFTIME.get(part.letter, ()) if part.count >= least), None)


def strftime(pattern: str) -> str | None:
    """The pattern for ``strftime``; ``None`` when it has a field that ``strftime`` lacks."""
    out = []
    for part in parts(pattern):
        code = part.text.replace("%", "%%") if not part.letter else _code(part)
        if code is None:
            return None
        out.append(code)
    return "".join(out)


def strptime(pattern: str) -> tuple[str, str] | None:
    """A regex for text that begins with such a date, and the pattern for ``strptime``; ``None`` as in :func:`strftime`."""
    shape, out = ["^"], []
    found = parts(pattern)
    for i, part in enumerate(found):
        if not part.letter:
            shape.append(re.escape(part.text))
            out.append(part.text.replace("%", "%%"))
            continue
        code = _code(part)
        if code is None:
            return None
        adjacent = i + 1 < len(found) and found[i + 1].letter
        shape.append(rf"\d{{{part.count}}}" if adjacent and _SHAPES[code].startswith(r"\d") else _SHAPES[code])
        out.append(code.replace("-", ""))
    return "".join(shape), "".join(out)


# --- in Python --------------------------------------------------------------------------------------------------------


def show(moment: datetime, pattern: str) -> str:
    """A moment, in its own time zone, by a pattern."""
    return "".join(part.text if not part.letter else _SHOW[part.letter](moment, part.count) for part in parts(pattern))


def _number(value: int, count: int) -> str:
    return str(value).zfill(count)


def _name(code: str) -> Callable[[datetime, int], str]:
    return lambda t, n: t.strftime(code[1] if n >= 4 else code[0])


def _offset(t: datetime, colon: bool) -> str:
    minutes = round((t.utcoffset() or UTC.utcoffset(t)).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{':' if colon else ''}{rest:02}"


def _iso_offset(t: datetime, n: int) -> str:
    if not t.utcoffset():
        return "Z"
    return _offset(t, colon=n >= 3)[: 3 if n == 1 else None]


def _month(t: datetime, n: int) -> str:
    return _number(t.month, n) if n < 3 else t.strftime("%B" if n >= 4 else "%b")


def _year(t: datetime, n: int) -> str:
    return f"{t.year % 100:02}" if n == 2 else _number(t.year, n)


_SHOW: dict[str, Callable[[datetime, int], str]] = {
    "G": lambda t, n: "AD",
    "y": _year,
    "Y": lambda t, n: _number(t.isocalendar().year, n),
    "M": _month,
    "L": _month,
    "w": lambda t, n: _number(int(t.strftime("%U")) + 1, n),
    "W": lambda t, n: _number((t.day + (t.replace(day=1).weekday() + 1) % 7 - 1) // 7 + 1, n),
    "D": lambda t, n: _number(t.timetuple().tm_yday, n),
    "d": lambda t, n: _number(t.day, n),
    "F": lambda t, n: _number((t.day - 1) // 7 + 1, n),
    "E": lambda t, n: t.strftime("%A" if n >= 4 else "%a"),
    "u": lambda t, n: _number(t.isoweekday(), n),
    "a": lambda t, n: "AM" if t.hour < 12 else "PM",
    "H": lambda t, n: _number(t.hour, n),
    "k": lambda t, n: _number(t.hour or 24, n),
    "K": lambda t, n: _number(t.hour % 12, n),
    "h": lambda t, n: _number(t.hour % 12 or 12, n),
    "m": lambda t, n: _number(t.minute, n),
    "s": lambda t, n: _number(t.second, n),
    "S": lambda t, n: _number(t.microsecond // 1000, n),
    "z": lambda t, n: t.tzname() or "",
    "Z": lambda t, n: _offset(t, colon=False),
    "X": _iso_offset,
}

_MONTHS = {m: i for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_READ = {
    "y": r"\d{4}|\d{2}", "M": r"\d{1,2}|[A-Za-z]+", "L": r"\d{1,2}|[A-Za-z]+", "d": r"\d{1,2}", "H": r"\d{1,2}",
    "k": r"\d{1,2}", "K": r"\d{1,2}", "h": r"\d{1,2}", "m": r"\d{1,2}", "s": r"\d{1,2}", "S": r"\d{1,9}",
    "a": "[AaPp][Mm]", "E": "[A-Za-z]+", "D": r"\d{1,3}", "z": r"[A-Za-z]+(?:[+-]\d{1,2}(?::?\d\d)?)?|[+-]\d\d:?\d\d",
    "Z": r"[+-]\d\d:?\d\d", "X": r"Z|[+-]\d\d(?::?\d\d)?", "G": "[A-Za-z]+", "u": r"\d", "w": r"\d{1,2}", "W": r"\d",
    "F": r"\d", "Y": r"\d{4}",
}  # fmt: skip


def read(value: str, pattern: str, zone: str) -> int:
    """Epoch milliseconds of the date that a text begins with. Raises ``ValueError`` when it begins with none."""
    found = parts(pattern)
    shape = "".join(f"({_READ[p.letter]})" if p.letter else re.escape(p.text) for p in found)
    m = re.match(shape, value)
    if m is None:
        raise ValueError(value)
    values = dict(zip((p.letter for p in found if p.letter), m.groups(), strict=True))
    moment = datetime(_read_year(values.get("y", "1970")), _read_month(values.get("M", values.get("L", "1"))),
                      int(values.get("d", "1")), _read_hour(values), int(values.get("m", "0")), int(values.get("s", "0")),
                      int(values.get("S", "0")[:3].ljust(3, "0") if len(values.get("S", "")) > 3 else values.get("S", "0")) * 1000,
                      tzinfo=_read_zone(values, zone))  # fmt: skip
    return round(moment.timestamp() * 1000)


def _read_year(text: str) -> int:
    """Two digits are a year of the last 80 or the next 20."""
    if len(text) != 2:
        return int(text)
    year = datetime.now(UTC).year // 100 * 100 + int(text)
    return year - 100 if year > datetime.now(UTC).year + 20 else year


def _read_month(text: str) -> int:
    number = int(text) if text.isdecimal() else _MONTHS.get(text[:3].lower())
    if number is None:
        raise ValueError(f"no month: {text}")
    return number


def _read_hour(values: dict[str, str]) -> int:
    if "H" in values:
        return int(values["H"])
    if "k" in values:
        return int(values["k"]) % 24
    hour = int(values.get("h", values.get("K", "0"))) % 12
    return hour + 12 * (values.get("a", "am").lower() == "pm")


def _read_zone(values: dict[str, str], zone: str) -> tzinfo | None:
    text = values.get("X", values.get("Z", values.get("z", "")))
    if not text:
        return zoneinfo.ZoneInfo(zone)
    if text == "Z":
        return UTC
    if text[0] in "+-":
        return datetime.strptime(text.replace(":", "").ljust(5, "0"), "%z").tzinfo
    return abbreviated(text) or zoneinfo.ZoneInfo(text)
