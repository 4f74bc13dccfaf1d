"""JSON with half a surrogate pair in a string, which Python writes and reads but other readers refuse."""

from __future__ import annotations

import re

#: What is said of such records.
MENDED = "half a surrogate pair, read with a replacement character"
_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(rf"\\(?:u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}|(u[dD][89a-fA-F]{_HEX}{{2}})|.)", re.S)


def whole(text: str) -> str:
    """The text with each half pair, written as an escape, replaced by U+FFFD."""
    return _ESCAPE.sub(lambda m: r"\ufffd" if m[1] else m[0], text)
