"""What is wrong with a pattern, and where in it."""

from __future__ import annotations

from msgspec import Struct

from dohyo.diagnostics import Span


class Problem(Struct, frozen=True):
    """One complaint about a pattern. ``span`` is a place in the pattern's own text; ``kind`` is a stable key."""

    kind: str
    message: str
    span: Span
    hint: str = ""
