"""Telling a glob from a regex, or from something between the two, in ``x matches "…"``.

Real Sumo Logic reads the string as a glob, so a regex there matches nothing and nobody is told. A wrong guess would
change what a valid query means; so every sign below is one that a glob over log values does not carry.
"""

from __future__ import annotations

import itertools
import re
from typing import Literal

from msgspec import Struct

from dohyo.patterns.backslashes import read_regex_string
from dohyo.patterns.glob import ANY_RUN
from dohyo.patterns.pathwords import EXTENSIONS
from dohyo.patterns.regex import scan


class RegexHint(Struct, frozen=True):
    """What a string that looks like a glob's place but is none is taken for.

    ``kind``: ``regex``, or ``hybrid`` (a glob with alternatives or flags in it). ``pattern`` is the equivalent regex,
    to be searched for anywhere in the value. ``why`` is the sign it was told by, a phrase for a diagnostic.
    """

    kind: Literal["regex", "hybrid"]
    pattern: str
    why: str


_ENDINGS = f"{EXTENSIONS}|com|net|org"
#: Signs of a regex in a string that does not begin with a star. ``\\{1,2}`` since some write escapes doubled.
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("it begins with `(?`", re.compile(r"\A\(\?[imsx:=!<P-]")),
    ("it holds a group `(?…)`", re.compile(r"\(\?(?::|=|!|<[=!\w]|P<|[imsx]{1,4}[:)])")),
    ("it begins with `.*`", re.compile(r"\A\^?\.[*+]")),
    ("it begins with `^`", re.compile(r"\A\^[^*]")),
    ("`.+` is a repetition", re.compile(r"\.\+")),
    ("a class escape is repeated", re.compile(r"\\{1,2}[sdwSDW][+{]")),
    ("it holds a word boundary", re.compile(r"\A\\{1,2}b\w+\\{1,2}b(?!\w)|\s\\{1,2}b\w+\\{1,2}b(?!\w)")),
    (
        "it holds an escaped dot",
        re.compile(rf"(?:\A|[\w)\]*?])\\\.(?:{EXTENSIONS}|com|net|org|\(|\d)(?![\w\\*])", re.I),
    ),
    ("it holds an escaped dot", re.compile(rf"(?i)(?:\A|[\w)\]*?])\\\.(?:{_ENDINGS}|\(|\d)(?![\w\\*])")),
    ("it holds an escaped dot", re.compile(r"(?i)[\w)\]]\\\\\.(?:exe|dll|ps1|bat|cmd|vbs|js|hta|scr)(?![\w\\])")),
    ("it is a choice `(a|b)`", re.compile(r"\A\((?!\?)[^()*|]+(?:\|[^()*|]+)+\)[^*()]*\Z")),
    ("it ends with `$` after an escaped dot", re.compile(r"\\{1,2}\.[\w()|?:]+\$\Z")),
    ("a character class is repeated", re.compile(r"\[[^\]\s]{1,200}\](?:\+|\{\d)")),
    ("it holds a negated class", re.compile(r"\[\^[^\]]{1,200}\]")),
)
_STARRED_END = re.compile(r"\A[^()\[\]+{|]*(?<![\\.\])}])(?<!\\\w)\*\Z")
_REGEX_ESCAPE = re.compile(r"\\{1,2}[sdwb](?:[+*{]|(?!\w))")
_FLAGS = re.compile(r"\A\(\?([ims]{1,3})\)")


def looks_like_regex(raw: str) -> RegexHint | None:
    """Whether the string of an infix ``matches`` is a regex or a hybrid, and which regex it stands for.

    Takes the text between the quotes, nothing unescaped; gives ``None`` for a glob. Never raises; linear.
    """
    flags = _FLAGS.match(raw)
    body = raw[flags.end() :] if flags else raw
    # a star at the beginning has nothing to repeat, so it is a glob's
    if body.startswith("*") or (flags and _STARRED_END.match(body)):
        return _hybrid(body, flags[1] if flags else "")
    for why, sign in _SIGNS:
        if sign.search(raw):
            pattern = read_regex_string(raw).pattern
            return RegexHint("regex", pattern, why) if scan(pattern).valid else None
    return _hybrid(body, "") if body.endswith(")*") else None


def _hybrid(body: str, flags: str) -> RegexHint | None:
    meta = _choice_places(body)
    if not meta and not flags:
        return None
    pattern = _hybrid_regex(body, meta)
    why = "a glob has no alternatives `(a|b)`" if meta else f"a glob has no flags `(?{flags})`"
    return RegexHint("hybrid", (f"(?{flags})" if flags else "") + pattern, why)


def _choice_places(body: str) -> frozenset[int]:
    """The places of the parentheses and bars of balanced groups that hold alternatives, none of them empty."""
    found: set[int] = set()
    opened: list[list[int]] = []
    for at, char in enumerate(body):
        if char == "(":
            opened.append([at])
        elif char == "|" and opened:
            opened[-1].append(at)
        elif char == ")" and opened:
            places = [*opened.pop(), at]
            if len(places) > 2 and all(b - a > 1 for a, b in itertools.pairwise(places)):
                found.update(places)
    return frozenset(found)


_PIECE = re.compile(r"\\+|\*+|.", re.DOTALL)


def _hybrid_regex(body: str, meta: frozenset[int]) -> str:
    """Stars cross anything, groups choose, all else is literal; ``(a.exe|b.exe)`` asks for dots."""
    core = body.strip("*")
    shift = len(body) - len(body.lstrip("*"))
    out = _read_escapes(core) or "".join(_piece(m, m.start() + shift in meta) for m in _PIECE.finditer(core))
    return f"{'' if body.startswith('*') else '^'}{out}{'' if body.endswith('*') else '$'}"


def _read_escapes(core: str) -> str:
    r"""The text between the outer stars as a regex, when its escapes say that it is one: ``*(net\s+user|whoami)*``."""
    if not _REGEX_ESCAPE.search(core):
        return ""
    pattern = f"(?:{read_regex_string(core).pattern})"
    return pattern if scan(pattern).valid else ""


def _piece(found: re.Match[str], is_meta: bool) -> str:
    text = found[0]
    if is_meta:
        return "(?:" if text == "(" else text
    if text[0] == "*":
        return ANY_RUN
    if text[0] != "\\":
        return re.escape(text)
    # a lone backslash before a sign is a regex habit: `*(a\.exe|b\.exe)*` asks for a dot, `*\\(a|b)*` for a backslash
    follows = found.string[found.end() : found.end() + 1]
    return "" if len(text) == 1 and follows in tuple(".-$/") else r"\\" * ((len(text) + 1) // 2)
