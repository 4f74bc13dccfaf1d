"""What a regular expression is made of. Every token knows its place in the pattern."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from dohyo.diagnostics import Span


class Literal(Struct, frozen=True):
    """One character. ``plain``: RE2 reads it as it is written."""

    span: Span
    code: int
    plain: bool = True


class Range(Struct, frozen=True):
    """Characters ``low`` to ``high`` of a class."""

    low: int
    high: int


class Named(Struct, frozen=True):
    """A set of :data:`dohyo.patterns.charsets.ALL_SETS`, or all other characters."""

    name: str
    negated: bool


class Property(Struct, frozen=True):
    """A Unicode property, or all characters without it."""

    name: str
    negated: bool


Item = Range | Named | Property


class CharClass(Struct, frozen=True):
    """``[…]`` or an escape that stands for several characters. ``plain`` as with :class:`Literal`."""

    span: Span
    items: tuple[Item, ...]
    negated: bool = False
    plain: bool = True
    meets: tuple[CharClass, ...] = ()


class Dot(Struct, frozen=True):
    """Any character; a line feed only when ``newline``."""

    span: Span
    newline: bool


class Special(Struct, frozen=True):
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


class Open(Struct, frozen=True):
    """An opening parenthesis. ``name`` is a named group's, or what a condition asks for."""

    span: Span
    kind: GroupKind
    name: str = ""
    flags: Flags | None = None


class Close(Struct, frozen=True):
    """A closing parenthesis."""

    span: Span


class Bar(Struct, frozen=True):
    """``|``."""

    span: Span


class Mode(StrEnum):
    """How a repetition takes its characters, by its suffix."""

    GREEDY = ""
    LAZY = "?"
    POSSESSIVE = "+"


class Repeat(Struct, frozen=True):
    """A quantifier; ``high`` is ``None`` for no limit. ``mode`` has the ``(?U)`` flag already in it."""

    span: Span
    low: int
    high: int | None
    mode: Mode


class BackReference(Struct, frozen=True):
    """What a group took, by its number or name."""

    span: Span
    group: int | str


class Flags(Struct, frozen=True):
    """Flags switched on and off: ``i m s U x d u``."""

    span: Span
    on: frozenset[str] = field(default_factory=frozenset)
    off: frozenset[str] = field(default_factory=frozenset)


Token = Literal | CharClass | Dot | Special | Open | Close | Bar | Repeat | BackReference | Flags


class Group(Struct, frozen=True):
    """A capturing group in the order of the opening parentheses; ``span`` runs to behind its closing one."""

    name: str | None
    span: Span
    inside_named: bool = False


class Feature(Struct, frozen=True):
    """Something RE2 cannot do and the Python engine can. ``kind`` is a stable key, ``what`` is for people."""

    kind: str
    what: str
    span: Span


def reference(token: Token) -> str | None:
    """The group that a token speaks of, by its name or number; ``None`` for a token that speaks of none."""
    if isinstance(token, BackReference):
        return str(token.group)
    return token.name if isinstance(token, Open) and token.kind is GroupKind.CONDITION else None
