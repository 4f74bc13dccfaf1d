"""Globs: the pattern of ``x matches "…"`` and the wildcard terms of the scope.

In an operator's glob only ``*`` is special, the glob covers the whole value, case counts, and ``*`` crosses line
breaks. In the scope ``?`` stands for exactly one character as well, and case never counts.
"""

from __future__ import annotations

import re

from msgspec import Struct

#: Any run of characters, line breaks included; both RE2 and Python read it the same without a flag.
ANY_RUN = r"[\s\S]*"
_ANY_ONE = r"[\s\S]"


class Equals(Struct, frozen=True):
    """A glob without a star: the value is this text."""

    text: str


class StartsWith(Struct, frozen=True):
    """``text*``: the value begins with this text."""

    text: str


class EndsWith(Struct, frozen=True):
    """``*text``: the value ends with this text."""

    text: str


class Contains(Struct, frozen=True):
    """``*text*``: this text occurs in the value."""

    text: str


class Anything(Struct, frozen=True):
    """Stars only: every value that is not null."""


class Wild(Struct, frozen=True):
    """Any other glob: ``parts`` are the texts between the stars, the first and the last possibly empty."""

    parts: tuple[str, ...]


GlobClass = Equals | StartsWith | EndsWith | Contains | Anything | Wild


def classify_glob(glob: str) -> GlobClass:
    """Say which plain text test does what a glob asks, so that an engine needs no regex for it.

    Takes a glob whose string escapes are already undone; gives one of the six classes of this module.
    """
    parts = glob_parts(glob)
    match parts:
        case (only,):
            return Equals(only)
        case ("", ""):
            return Anything()
        case (start, ""):
            return StartsWith(start)
        case ("", end):
            return EndsWith(end)
        case ("", middle, ""):
            return Contains(middle)
    return Wild(parts)


def glob_parts(glob: str) -> tuple[str, ...]:
    """The literal texts around a glob's stars; several stars in a row count as one. One part: no star at all."""
    return tuple(re.split(r"\*+", glob))


def glob_to_regex(glob: str) -> str:
    """An operator's glob as a regex that must cover the whole value; valid for RE2.

    Takes a glob whose string escapes are already undone. Never raises.
    """
    return rf"\A{ANY_RUN.join(map(re.escape, glob_parts(glob)))}\z"


def scope_glob_to_regex(glob: str) -> str:
    """A scope term (``*`` any run, ``?`` one character, any case) as a regex over a whole token or value, for RE2."""
    parts = (_ANY_ONE.join(map(re.escape, part.split("?"))) for part in glob_parts(glob))
    return rf"(?i)\A{ANY_RUN.join(parts)}\z"
