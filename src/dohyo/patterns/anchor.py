"""Anchors: the pattern of ``parse "user=* role=*"``, literal text with a star for each field.

Every star takes the shortest run that lets the text after it match; a star that ends the pattern takes all that is
left, line breaks included, and one that starts it begins at the beginning of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from dohyo.diagnostics import Span
from dohyo.patterns.problem import Problem

_ESCAPES = {'"': '"', "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "*": "*"}
_LAZY, _REST = r"[\s\S]*?", r"[\s\S]*"

#: Text between two parts of a path or of a name. People write ``*\\*`` and mean the last one.
_SEPARATORS = {"\\": "C:\\Windows\\cmd.exe", "/": "usr/bin/bash", ".": "www.example.org"}


class Anchor(Struct, frozen=True):
    """A read anchor. ``literals[i]`` is the text before star ``i``; the last one follows the last star.

    ``stars`` are the places of the stars in the raw text; an anchor with ``problems`` must not be run.
    """

    raw: str
    literals: tuple[str, ...]
    stars: tuple[Span, ...]
    problems: tuple[Problem, ...] = ()


def parse_anchor(raw: str) -> Anchor:
    r"""Read an anchor from the text between the quotes, escapes still in it.

    Known escapes are ``\"``, ``\n``, ``\r``, ``\t``, ``\\`` and ``\*`` (a literal star); an unknown one keeps both
    characters. Never raises: what is wrong is in ``problems``, with places in ``raw``.
    """
    literals, stars = [""], []
    for span, text in _pieces(raw):
        if text is None:
            stars.append(span)
            literals.append("")
        else:
            literals[-1] += text
    return Anchor(raw, tuple(literals), tuple(stars), tuple(_problems(raw, literals, stars)))


def _pieces(raw: str) -> Iterator[tuple[Span, str | None]]:
    """The places of an anchor with the literal text each gives; ``None`` for a star."""
    for found in re.finditer(r"\\.|\*|[^\\*]+|\\", raw, re.DOTALL):
        piece = found.group()
        text = _ESCAPES.get(piece[1:], piece) if piece.startswith("\\") else piece
        yield Span(*found.span()), None if piece == "*" else text


def _problems(raw: str, literals: list[str], stars: list[Span]) -> Iterator[Problem]:
    if not raw:
        hint = "write the text around the value, as in `user=*`"
        yield Problem("empty-anchor", "the pattern is empty", Span(0, 0), hint)
    for left, right, between in zip(stars, stars[1:], literals[1:], strict=False):
        if not between:
            yield Problem(
                "double-star",
                "two `*` with nothing between them",
                left.to(right),
                "put the text that divides the two values between the stars, or use one `*`",
            )


def anchor_to_regex(anchor: Anchor, *, ignore_case: bool = False) -> str:
    """An anchor as a regex to be searched for, with one group ``p1``, ``p2`` … per star; valid for RE2.

    ``ignore_case`` is the switch for the one thing the language leaves open, whether case counts (it does by
    default). A group that takes nothing gives an empty text.
    """
    last = len(anchor.stars)
    start = anchor.literals[0]
    out = ["(?i)" if ignore_case else "", re.escape(start) or r"\A" * bool(last)]
    for number, literal in enumerate(anchor.literals[1:], 1):
        final = number == last and not literal
        out.append(rf"(?P<p{number}>{_REST})\z" if final else rf"(?P<p{number}>{_up_to(literal)}){re.escape(literal)}")
    return "".join(out)


def _up_to(literal: str) -> str:
    """The shortest run before a literal. Before a single character it has none of these in it, for what does not match after
    the first one matches after no later one; engines need not go back then."""
    return f"[^{re.escape(literal)}]*" if len(literal) == 1 else _LAZY


def first_separator_note(anchor: Anchor) -> str | None:
    r"""What an anchor such as ``*\\*`` really gives, as a sentence, when it divides at the FIRST separator.

    Gives ``None`` for an anchor that does not begin and end with a star around bare separators.
    """
    inner = anchor.literals[1:-1]
    if anchor.problems or len(anchor.stars) < 2 or anchor.literals[0] or anchor.literals[-1]:
        return None
    separator = inner[0]
    if separator not in _SEPARATORS or any(text != separator for text in inner):
        return None
    return _describe(separator, len(inner))


def _describe(separator: str, cuts: int) -> str:
    example = _SEPARATORS[separator]
    parts = example.split(separator, cuts)
    place = f"the first `{separator}`" if cuts == 1 else f"the first {cuts} `{separator}`"
    gives = ", ".join(f"`{part}`" for part in parts)
    if len(parts) <= cuts:
        return f"this divides at {place}; text with fewer of them does not match"
    return (
        f"this divides at {place}, not at the last: the final `*` takes everything after it, "
        f"further `{separator}` included; `{example}` gives {gives}"
    )
