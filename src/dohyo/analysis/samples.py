"""Texts that just meet a test, and texts that just miss it: what a conversion, or a test suite, is likely to get wrong."""

from __future__ import annotations

import ipaddress
import re
import warnings
from collections.abc import Iterator
from typing import Any

import regex

from dohyo.patterns.regex import PatternError, to_python

#: Samples of one regex, and repeats that are tried.
_MOST = 12
_REPEATS = 3
_SECONDS = 0.1
_ANY = "q"
_EDGE = re.compile(r"(?<!\\)((?:\\\\)*)\\[AzZ]")


#: What stands for something else in one language or the other.
_SWAPS = (("\\\\", "\\"), ("\\", "\\\\"), ("\\", "/"), ("/", "\\"),
          (".", "x"), ("*", "yy"), ("?", "y"), ('"', "'"), (" ", "  "), ("-", "/"))  # fmt: skip


def variants(text: str) -> Iterator[str]:
    """The text in other forms, most of which should miss: another case, doubled or turned backslashes, one letter more or
    less at an end, a digit more, hexadecimal for decimal, a dot or a wildcard that stands for anything."""
    yield from (text.swapcase(), text.lower(), text.upper())
    yield from (text[1:], text[:-1], "x" + text, text + "x", text + "\n", "\n" + text, " " + text, text + " ", text + "\\")
    for old, new in _SWAPS:
        if old in text:
            yield text.replace(old, new)
    if text.isdecimal():
        yield from (f"2{text}", f"{text}0", f"0{text}", f"{text}.0", hex(int(text)), hex(int(text)).upper(), str(int(text) + 1))
    if re.fullmatch("0[xX][0-9a-fA-F]{1,16}", text):
        yield from (str(int(text, 16)), f"0x0{text[2:]}", text[2:])
    yield from addresses(text)


def addresses(text: str) -> Iterator[str]:
    """An IP address with each of its bits turned, written in other ways, and texts that only begin or end like it."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return
    bits = address.max_prefixlen
    make = type(address)
    yield from (str(make(int(address) ^ (1 << bit))) for bit in range(bits))
    if isinstance(address, ipaddress.IPv6Address):
        yield from (address.exploded, ":".join(f"{int(g, 16):x}" for g in address.exploded.split(":")), address.compressed.upper())
    else:
        first, _, rest = text.partition(".")
        yield from (f"1{text}", f"{text}1", f"{first}1.{rest}", f"1{first}.{rest}", f"::ffff:{text}", f"{first}x{rest}")


def completed(text: str) -> Iterator[str]:
    """Addresses that begin as a text does."""
    for more in ("", "1", ":1", "::1", "0:0:0:0:0:0:0:1", "0:0:0:0:0:0:1", ".1.1.1", "1.1.1", "1.1", "1"):
        try:
            ipaddress.ip_address(text + more)
        except ValueError:
            continue
        yield text + more


def of_regex(pattern: str) -> list[str]:
    """Texts that a regex fits, one for each of its alternatives as far as :data:`_MOST` go; none for a regex that is too odd."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's own on brackets inside brackets
            tree = re._parser.parse(_EDGE.sub(r"\1", pattern))  # type: ignore[attr-defined]  # not in the stubs; the one reader of regexes that Python has
        meant = regex.compile(to_python(pattern))
        return [t for t in dict.fromkeys(_sequence(list(tree))) if meant.search(t, timeout=_SECONDS)][:_MOST]
    except (PatternError, re.error, regex.error, RecursionError, OverflowError, ValueError, TimeoutError):
        return []


def _sequence(items: list[Any]) -> list[str]:
    """Texts for parts one after the other: the first of each, and each part's others beside the first of the rest."""
    choices = [_choices(*item) or [""] for item in items]
    first = [c[0] for c in choices]
    out = ["".join(first)]
    for i, options in enumerate(choices):
        out += ["".join([*first[:i], other, *first[i + 1 :]]) for other in options[1:]]
        if len(out) > _MOST:
            break
    return out[:_MOST]


def _choices(kind: Any, arg: Any) -> list[str]:
    name = str(kind)
    if name == "LITERAL":
        return [chr(arg)]
    if name == "NOT_LITERAL":
        return [_ANY if chr(arg) != _ANY else "w"]
    if name == "ANY":
        return [_ANY, "\\"]
    if name == "IN":
        return _members(arg)
    if name == "BRANCH":
        return [t for branch in arg[1] for t in _sequence(list(branch))][:_MOST]
    if name == "SUBPATTERN":
        return _sequence(list(arg[3]))
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        low, high, body = arg
        texts = _sequence(list(body))
        few, more = texts[0] * low, texts[0] * min(int(high), max(low, 1) + _REPEATS)
        return list(dict.fromkeys([few, *(t * max(low, 1) for t in texts), more]))
    if name in ("ATOMIC_GROUP",):
        return _sequence(list(arg))
    return [""]


_CATEGORIES = {"CATEGORY_DIGIT": "7", "CATEGORY_WORD": "w", "CATEGORY_SPACE": " ", "CATEGORY_NOT_DIGIT": "d",
               "CATEGORY_NOT_WORD": "-", "CATEGORY_NOT_SPACE": "s"}  # fmt: skip


def _members(items: list[Any]) -> list[str]:
    if items and str(items[0][0]) == "NEGATE":
        banned = re.compile("[" + "".join(_class(k, a) for k, a in items[1:]) + "]")
        return [c for c in "qQ7 -_.\\/:" if not banned.fullmatch(c)][:1]
    out: list[str] = []
    for kind, arg in items:
        name = str(kind)
        if name == "LITERAL":
            out.append(chr(arg))
        elif name == "RANGE":
            out += [chr(arg[0]), chr(arg[1])]
        elif name == "CATEGORY":
            out.append(_CATEGORIES.get(str(arg), _ANY))
    return out[:4]


def _class(kind: Any, arg: Any) -> str:
    name = str(kind)
    if name == "LITERAL":
        return re.escape(chr(arg))
    if name == "RANGE":
        return f"{re.escape(chr(arg[0]))}-{re.escape(chr(arg[1]))}"
    return {"CATEGORY_DIGIT": r"\d", "CATEGORY_WORD": r"\w", "CATEGORY_SPACE": r"\s", "CATEGORY_NOT_DIGIT": r"\D",
            "CATEGORY_NOT_WORD": r"\W", "CATEGORY_NOT_SPACE": r"\S"}.get(str(arg), "")  # fmt: skip
