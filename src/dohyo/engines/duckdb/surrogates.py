"""JSON with half a surrogate pair in a string, which Python writes and reads but other readers refuse."""

from __future__ import annotations

import re

import pyarrow as pa

#: What is said of such records.
MENDED = "half a surrogate pair, read with a replacement character"
_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(rf"\\(?:u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}|(u[dD][89a-fA-F]{_HEX}{{2}})|.)", re.S)


def repaired(texts: pa.StringArray) -> tuple[pa.StringArray, pa.BooleanArray]:
    """The texts, each :func:`whole`, and which of them were not."""
    import pyarrow.compute as pc  # few logs have such a text

    found = pa.array([whole(text) for text in texts.to_pylist()], pa.string())
    return found, pc.not_equal(found, texts)


def whole(text: str) -> str:
    """The text with each half pair, written as an escape, replaced by U+FFFD."""
    return _ESCAPE.sub(lambda m: r"\ufffd" if m[1] else m[0], text)
