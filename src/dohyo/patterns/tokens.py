"""What a regular expression is made of. Every token knows its place in the pattern."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dohyo.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Literal:
    """One character. ``plain``: RE2 reads it as it is written."""

    span: Span
    code: int
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Range:
    """Characters ``low`` to ``high`` of a class."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Named:
    """A set of :data:`dohyo.patterns.charsets.ALL_SETS`, or all other characters."""

    name: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Property:
    """A Unicode property, or all characters without it."""

    name: str
    negated: bool


Item = Range | Named | Property


@dataclass(frozen=True, slots=True)
class CharClass:
    """``[…]`` or an escape that stands for several characters. ``plain`` as with :class:`Literal`."""

    span: Span
    items: tuple[Item, ...]
    negated: bool = False
    plain: bool = True
    meets: tuple[CharClass, ...] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """Any character; a line feed only when ``newline``."""

    span: Span
    newline: bool


@dataclass(frozen=True, slots=True)
class Special:
    r"""A place or a compound without parts: ``^ $ b B A z Z G R X`` (the escapes without their backslash)."""

    span: Span
    kind: str
    multiline: bool = False


class GroupKind(StrEnum):
    """The kinds of parentheses, by how they open in Python's syntax."""

    CAPTURE = "("
    NAMED = "(?P<"
    PLAIN = "(?:"
    AHEAD = "(?="
    NOT_AHEAD = "(?!"
    BEHIND = "(?<="
    NOT_BEHIND = "(?<!"
    ATOMIC = "(?>"
    CONDITION = "(?("


@dataclass(frozen=True, slots=True)
class Open:
    """An opening parenthesis. ``name`` is a named group's, or what a condition asks for."""

    span: Span
    kind: GroupKind
    name: str = ""
    flags: Flags | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """A closing parenthesis."""

    span: Span


@dataclass(frozen=True, slots=True)
class Bar:
    """``|``."""

    span: Span


class Mode(StrEnum):
    """How a repetition takes its characters, by its suffix."""

    GREEDY = ""
    LAZY = "?"
    POSSESSIVE = "+"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A quantifier; ``high`` is ``None`` for no limit. ``mode`` has the ``(?U)`` flag already in it."""

    span: Span
    low: int
    high: int | None
    mode: Mode


@dataclass(frozen=True, slots=True)
class BackReference:
    """What a group took, by its number or name."""

    span: Span
    group: int | str


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags switched on and off: ``i m s U x d u``."""

    span: Span
    on: frozenset[str] = field(default_factory=frozenset)
    off: frozenset[str] = field(default_factory=frozenset)


Token = Literal | CharClass | Dot | Special | Open | Close | Bar | Repeat | BackReference | Flags


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group in the order of the opening parentheses; ``span`` runs to behind its closing one."""

    name: str | None
    span: Span
    inside_named: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """Something RE2 cannot do and the Python engine can. ``kind`` is a stable key, ``what`` is for people."""

    kind: str
    what: str
    span: Span


def reference(token: Token) -> str | None:
    """The group that a token speaks of, by its name or number; ``None`` for a token that speaks of none."""
    if isinstance(token, BackReference):
        return str(token.group)
    return token.name if isinstance(token, Open) and token.kind is GroupKind.CONDITION else None
