"""What a conversion raises."""

from __future__ import annotations


class NotSaid(Exception):
    """Something of a rule or query that the other language cannot say; the text says what."""
