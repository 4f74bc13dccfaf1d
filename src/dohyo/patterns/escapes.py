"""Reading one escape of a regular expression, inside or outside a class."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from dohyo.diagnostics import Span
from dohyo.patterns import charsets
from dohyo.patterns.problem import Problem
from dohyo.patterns.tokens import Item, Named, Property

_LAST_CODE = 0x10FFFF
_HEX = re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})")
_UNICODE = re.compile(r"u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})")
_OCTAL = re.compile(r"0[0-7]{0,2}")
_PROPERTY = re.compile(r"[pP](?:\{(\^?)([^}]*)\}|(\w))")


class Escape(Struct, frozen=True):
    """A read escape: one character (``code``) or a set (``item``), or neither and a ``problem``.

    ``end`` is where it ends; ``plain``: RE2 reads it as it is written; ``python_only``: RE2 has nothing like it.
    """

    end: int
    code: int | None = None
    item: Item | None = None
    plain: bool = True
    problem: Problem | None = None
    python_only: bool = False


def read_escape(pattern: str, at: int) -> Escape:
    """Read the escape whose backslash is at ``at`` and that stands for one character or a set of them."""
    if at + 1 >= len(pattern):
        hint = "write `\\\\` for a backslash"
        problem = Problem("trailing-backslash", "a lone backslash at the end", Span(at, at + 1), hint)
        return Escape(at + 1, problem=problem)
    letter = pattern[at + 1]
    if letter in _READERS:
        return _READERS[letter](pattern, at)
    if letter.isascii() and letter.isalnum():
        return _unknown(pattern, at, at + 2)
    return Escape(at + 2, code=ord(letter), plain=letter.isascii())


def _unknown(pattern: str, at: int, end: int) -> Escape:
    end = min(end, len(pattern))
    hint = f"for a backslash and the letter write `\\{pattern[at:end]}`"
    return Escape(end, problem=Problem("unknown-escape", f"unknown escape `{pattern[at:end]}`", Span(at, end), hint))


def _one(pattern: str, at: int) -> Escape:
    letter = pattern[at + 1]
    return Escape(at + 2, code=charsets.ONE_CHARACTER[letter], plain=letter in charsets.RE2_ONE_CHARACTER)


def _set(pattern: str, at: int) -> Escape:
    letter = pattern[at + 1]
    return Escape(at + 2, item=Named(letter.lower(), letter.isupper()), plain=letter.lower() in charsets.PERL_SETS)


def _hex(pattern: str, at: int) -> Escape:
    found = _HEX.match(pattern, at + 1)
    code = int(found[1] or found[2], 16) if found else _LAST_CODE + 1
    if not found or code > _LAST_CODE or 0xD800 <= code <= 0xDFFF:
        return _unknown(pattern, at, found.end() if found else at + 2)
    return Escape(found.end(), code=code)


def _unicode(pattern: str, at: int) -> Escape:
    found = _UNICODE.match(pattern, at + 1)
    if not found:
        return _unknown(pattern, at, at + 2)
    if found[3] is None:
        code = 0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00
    else:
        code = int(found[3], 16)
    if 0xD800 <= code <= 0xDFFF:
        return _unknown(pattern, at, found.end())
    return Escape(found.end(), code=code, plain=False)


def _octal(pattern: str, at: int) -> Escape:
    found = _OCTAL.match(pattern, at + 1)
    assert found is not None  # the caller saw the 0
    return Escape(found.end(), code=int(found[0], 8))


def _control(pattern: str, at: int) -> Escape:
    letter = pattern[at + 2 : at + 3]
    if not ("@" <= letter <= "_" or "a" <= letter <= "z"):
        return _unknown(pattern, at, at + 2)
    return Escape(at + 3, code=ord(letter.upper()) ^ 0x40, plain=False)


def _property(pattern: str, at: int) -> Escape:
    found = _PROPERTY.match(pattern, at + 1)
    if not found:
        return _unknown(pattern, at, at + 2)
    name = found[3] or found[2]
    negated = (pattern[at + 1] == "P") != bool(found[1])
    bare = name.removeprefix("Is")
    if bare in charsets.RE2_PROPERTIES:
        return Escape(found.end(), item=Property(bare, negated), plain=bare == name)
    if name in charsets.JAVA_POSIX:
        return Escape(found.end(), item=Named(charsets.JAVA_POSIX[name], negated), plain=False)
    if name in charsets.PYTHON_PROPERTIES:
        item = Property(charsets.PYTHON_PROPERTIES[name], negated)
        return Escape(found.end(), item=item, plain=False, python_only=True)
    span = Span(at, found.end())
    return Escape(span.end, problem=Problem("unknown-property", f"unknown character property `{name}`", span))


_READERS: dict[str, Callable[[str, int], Escape]] = {
    **dict.fromkeys(charsets.ONE_CHARACTER, _one),
    **dict.fromkeys("dDwWsShHV", _set),
    **dict.fromkeys("pP", _property),
    "x": _hex,
    "u": _unicode,
    "0": _octal,
    "c": _control,
}
