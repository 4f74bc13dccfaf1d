"""A regex for Java (Apache Spark) and for Rust (Sail), meaning what RE2 means by it, or nothing where they would not.

Both get every set of characters written out: in Rust ``\\d \\w \\s`` are Unicode, in Java ``$`` and ``.`` know more line ends.
Java goes back and forth where RE2 goes straight: what may take endless time or a deep stack there is not given to it."""

from __future__ import annotations

from itertools import pairwise

from msgspec import Struct

from dohyo.patterns import tokens as t
from dohyo.patterns.charsets import ALL_SETS
from dohyo.patterns.regex import runaway, scan

_WORD = "[0-9A-Za-z_]"


class Engine(Struct, frozen=True):
    """How a regex engine writes what the two write differently. ``backtracks``: it may take endless time."""

    folds: str  # the flag for "without case", letters beyond ASCII included
    boundary: str
    script: str  # before the name of a script
    backtracks: bool


JAVA = Engine("iu", rf"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))", "Is", True)
RUST = Engine("i", r"(?-u:\b)", "", False)
_PLACES = {"^": r"\A", "$": r"\z", "A": r"\A", "z": r"\z"}


class _NotThere(Exception):
    """The engine cannot say it, or would mean something else."""


def spelled(pattern: str, engine: Engine) -> str | None:
    """The pattern (in RE2's syntax) for an engine; ``None`` when it cannot be said there, or not safely."""
    info = scan(pattern)
    if not info.runs_on_re2 or (engine.backtracks and (runaway(pattern) or _deep(info.tokens))):
        return None
    try:
        return "".join(_one(token, engine) for token in info.tokens)
    except _NotThere:
        return None


def _deep(tokens: tuple[t.Token, ...]) -> bool:
    """True for a group that is repeated without end: Java needs stack for each round."""
    return any(isinstance(a, t.Close) and isinstance(b, t.Repeat) and (b.high is None or b.high > 20)
               for a, b in pairwise(tokens))  # fmt: skip


def _one(token: t.Token, engine: Engine) -> str:
    match token:
        case t.Literal(code=code):
            return _char(code)
        case t.CharClass(items=items, negated=False, meets=()) if _all(items):
            return "(?s:.)"
        case t.CharClass(items=items, negated=negated, meets=()):
            return f"[{'^' * negated}{''.join(_item(i, engine) for i in items)}]"
        case t.Dot(newline=newline):
            return "(?s:.)" if newline else r"[^\n]"
        case t.Special(kind="b"):
            return engine.boundary
        case t.Special(kind=kind, multiline=False) if kind in _PLACES:
            return _PLACES[kind]
        case t.Open():
            return _open(token, engine)
        case t.Close():
            return ")"
        case t.Bar():
            return "|"
        case t.Repeat(low=low, high=high, mode=mode) if mode is not t.Mode.POSSESSIVE:
            return f"{{{low},{'' if high is None else high}}}{mode}"
        case t.Flags():
            return _flags(token, engine, ")")
    raise _NotThere


def _all(items: tuple[t.Item, ...]) -> bool:
    """True for ``[\\s\\S]`` and the like."""
    return any(isinstance(i, t.Named) and t.Named(i.name, not i.negated) in items for i in items)


def _open(token: t.Open, engine: Engine) -> str:
    if token.flags:
        return _flags(token.flags, engine, ":") or "(?:"
    if token.kind in (t.GroupKind.CAPTURE, t.GroupKind.NAMED):
        return "("
    if token.kind is t.GroupKind.PLAIN:
        return "(?:"
    raise _NotThere


def _flags(flags: t.Flags, engine: Engine, end: str) -> str:
    """Of the flags only ``i`` is left to the engine; the scanner has put the others into the tokens."""
    on, off = (engine.folds if "i" in part else "" for part in (flags.on, flags.off))
    return f"(?{on}{'-' * bool(off)}{off}{end}" if on or off else ""


def _char(code: int) -> str:
    char = chr(code)
    return char if char.isascii() and char.isalnum() else f"\\x{{{code:X}}}"


def _range(low: int, high: int) -> str:
    return _char(low) if low == high else f"{_char(low)}-{_char(high)}"


def _item(item: t.Item, engine: Engine) -> str:
    match item:
        case t.Range(low, high):
            return _range(low, high)
        case t.Property(name, negated):
            if name == "Any":
                raise _NotThere
            shown = name if len(name) <= 2 else engine.script + name
            return f"\\{'P' if negated else 'p'}{{{shown}}}"
    # a class inside the class, not its complement: see spelling.py
    inside = "".join(_range(a, b) for a, b in ALL_SETS[item.name])
    return f"[^{inside}]" if item.negated else inside
