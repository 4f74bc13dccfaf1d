"""Long stages of the canonical layout, divided into lines where nothing changes but white space."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: The longest line, as far as a stage can be divided.
WIDTH = 120
_INDENT = "    "

#: A string, a regex literal, a word, or a sign: a line ends between these, never inside.
PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|(?:(?<=matches)|(?<=,))\s*/(?:[^/\\\n]|\\.)+/|\w+|\S')
_OPENS, _CLOSES = frozenset("([{"), frozenset(")]}")
#: A line may begin with these words, and after a comma.
_BEGIN = frozenset({"and", "or", "by", "on", "with", "|"})


def wrapped(text: str, width: int = WIDTH) -> str:
    """The text of a stage in lines of at most ``width``: broken at the outermost commas and words first."""
    return text if len(text) <= width else "\n".join(_filled([], "", text, 0, _breaks(text), width))


def _breaks(text: str) -> list[tuple[int, int]]:
    """Where a line may end: the place of the blank, and how many parentheses it is in."""
    found, depth, before = [], 0, None
    for m in PIECE.finditer(text):
        word = m[0].strip()
        start = m.end() - len(word)
        if before is not None and text[start - 1] == " " and (word.lower() in _BEGIN or before == ","):
            found.append((start - 1, depth))
        depth += (word in _OPENS) - (word in _CLOSES)
        before = word
    return found


def _filled(lines: list[str], line: str, text: str, at: int, breaks: Sequence[tuple[int, int]], width: int) -> list[str]:
    """``lines`` and the one that is being written, with ``text``, which stands at ``at`` of the stage, after them."""
    here = [(i, d) for i, d in breaks if at < i < at + len(text)]
    if not here:
        return [*lines, line + text]
    least = min(d for _, d in here)
    ends = [i for i, d in here if d == least]
    for start, end in zip([at, *(i + 1 for i in ends)], [*ends, at + len(text)], strict=True):
        part = text[start - at : end - at]
        blank = " " if start > at else ""
        if line.strip() and blank and len(line) + 1 + len(part) > width:
            lines, line, blank = [*lines, line], _INDENT, ""
        if len(line) + len(blank) + len(part) <= width:
            line += blank + part
        else:
            *lines, line = _filled(lines, line + blank, part, start, breaks, width)
    return [*lines, line]
