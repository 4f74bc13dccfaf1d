"""A table for people: cut to the terminal's width; in a pipe plain text, nothing cut."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO, Any

from dohyo.formats.values import iso_time, plain, safe

#: Columns that hold a time in epoch milliseconds, lower-cased.
TIMES = frozenset({"_messagetime", "_timeslice", "_receipttime"})


def write(names: Sequence[str], rows: Sequence[dict[str, Any]], out: IO[bytes]) -> None:
    """Writes a table; the columns are named above it."""
    cells, right = _cells(names, rows)
    if out is sys.stdout.buffer and sys.stdout.isatty():
        from dohyo.formats.terminal import show

        show([safe(n) for n in names], cells, right)
        return
    widths = [max([len(n), *(len(c[i]) for c in cells)]) for i, n in enumerate(names)]
    for line in (list(names), ["-" * w for w in widths], *cells):
        out.write((_line(line, widths, right) + "\n").encode("utf-8", "replace"))


def text(names: Sequence[str], rows: Sequence[dict[str, Any]], width: int) -> str:
    """The table as it is shown in a terminal of this width, without colours."""
    from dohyo.formats.terminal import lines

    return "".join(f"{line}\n" for line, _ in lines([safe(n) for n in names], *_cells(names, rows), width))


def _cells(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> tuple[list[list[str]], list[bool]]:
    """The values as text, and which columns hold numbers, which stand to the right."""
    cells = [[cell(n, r.get(n)) for n in names] for r in rows]
    right = [all(isinstance(r.get(n), (int, float, type(None))) for r in rows) and n.lower() not in TIMES for n in names]
    return cells, right


def cell(name: str, value: Any) -> str:
    """A value of this column as text for a terminal; a time of the language's own as ISO 8601."""
    if name.lower() in TIMES and isinstance(value, (int, float)):
        return iso_time(int(value)) or plain(value)
    return safe(plain(value))


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    shown = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True)]
    return "  ".join(shown).rstrip()

