"""What is wrong with a pattern, and where in it."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint about a pattern. ``span`` is a place in the pattern's own text; ``kind`` is a stable key."""

    kind: str
    message: str
    span: Span
    hint: str = ""
