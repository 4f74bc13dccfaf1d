"""Writing a scanned pattern down again, for RE2 and for Python's ``regex`` package."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from dohyo.patterns import tokens as t
from dohyo.patterns.charsets import ALL_SETS, JAVA_SETS, PERL_SETS, POSIX_SETS, Ranges, complement

_LINE_BREAK = r"(?:\r\n|[\n-\r\x85{wide}])"
_WORD = "[0-9A-Za-z_]"
#: Java's `\Z`: the end, or before a line break that ends the text.
_LAST_LINE = r"(?=(?:\r\n|[\n\r\x85\u2028\u2029])?\Z)"
_BOUNDARY = rf"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_NO_BOUNDARY = rf"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"


class Re2(Struct):
    """RE2's spelling: the original text wherever RE2 reads it the same."""

    pattern: str
    capture_unnamed: bool = True

    def spell(self, tokens: Iterable[t.Token]) -> str:
        """The tokens as RE2 takes them."""
        return "".join(map(self._one, tokens))

    def _one(self, token: t.Token) -> str:
        match token:
            case t.Literal(code=code, plain=plain):
                # a brace that was no quantifier may have become one: what stood between may be gone
                return self._as_written(token) if plain and code != ord("{") else _re2_char(code)
            case t.CharClass(plain=False):
                return self._char_class(token)
            case t.Special(kind="R"):
                return _LINE_BREAK.format(wide=r"\x{2028}\x{2029}")
            case t.Open():
                return self._open(token)
            case t.Flags():
                return _flags(token, ")", "imsU")
        return self._as_written(token)

    def _as_written(self, token: t.Token) -> str:
        return self.pattern[token.span.start : token.span.end]

    def _open(self, token: t.Open) -> str:
        if token.flags:
            return _flags(token.flags, ":", "imsU") or "(?:"
        if token.kind is t.GroupKind.NAMED:
            return f"(?P<{token.name}>"
        return _open_unnamed(token, self.capture_unnamed)

    def _char_class(self, token: t.CharClass) -> str:
        return f"[{'^' * token.negated}{''.join(map(_re2_item, token.items))}]"


def _flags(flags: t.Flags, end: str, known: str) -> str:
    """The flags that an engine knows; nothing when none is left."""
    on, off = ("".join(f for f in known if f in part) for part in (flags.on, flags.off))
    return f"(?{on}{'-' * bool(off)}{off}{end}" if on or off else ""


def _open_unnamed(token: t.Open, capture_unnamed: bool) -> str:
    plain = token.kind is t.GroupKind.CAPTURE and not capture_unnamed
    return str(t.GroupKind.PLAIN if plain else token.kind)


def _re2_char(code: int) -> str:
    char = chr(code)
    if code > 0x7F and char.isprintable():
        return char
    if char.isalnum() or char in " _":
        return char
    return f"\\{char}" if char.isprintable() else f"\\x{{{code:X}}}"


def _re2_ranges(ranges: Ranges) -> str:
    return "".join(_re2_char(a) if a == b else f"{_re2_char(a)}-{_re2_char(b)}" for a, b in ranges)


def _re2_item(item: t.Item) -> str:
    match item:
        case t.Range(low, high):
            return _re2_ranges(((low, high),))
        case t.Property(name, negated):
            return f"\\{'P' if negated else 'p'}{{{name}}}"
        case t.Named(name, negated) if name in PERL_SETS:
            return f"\\{name.upper() if negated else name}"
        case t.Named(name, negated) if name in POSIX_SETS:
            return f"[:{'^' * negated}{name}:]"
    # RE2 has no class inside a class, so the complement is written out
    return _re2_ranges(complement(JAVA_SETS[item.name]) if item.negated else JAVA_SETS[item.name])


class Python(Struct):
    """The spelling for the ``regex`` package.

    Its version 1 reads ``(?i)`` in the middle as the others do and has classes inside classes; full case folding
    (``ß`` as ``ss``), which that version brings, is switched off since neither RE2 nor Java does it.
    """

    pattern: str
    capture_unnamed: bool = True

    def spell(self, tokens: Iterable[t.Token]) -> str:
        """The tokens as ``regex.compile`` takes them."""
        return "(?V1)(?-f)" + "".join(map(self._one, tokens))

    def _one(self, token: t.Token) -> str:
        match token:
            case t.Literal(code=code):
                return _python_char(code)
            case t.CharClass():
                return _python_class(token)
            case t.Dot(newline=newline):
                return r"[\x00-\U0010FFFF]" if newline else r"[^\n]"
            case t.Special():
                return _special(token)
            case t.Open():
                return _python_open(token, self.capture_unnamed)
            case t.Repeat():
                return _repeat(token)
            case t.BackReference(group=group):
                return f"(?:\\{group})" if isinstance(group, int) else f"(?P={group})"
            case t.Flags():
                return _flags(token, ")", "i")
        return self.pattern[token.span.start : token.span.end]


_SPECIAL = {
    "^": r"\A", "$": r"\Z", "A": r"\A", "z": r"\Z", "Z": _LAST_LINE, "G": r"\G", "X": r"\X",
    "b": _BOUNDARY, "B": _NO_BOUNDARY, "R": _LINE_BREAK.format(wide=r"\u2028\u2029"),
}  # fmt: skip
_MULTILINE = {"^": r"(?m:^)", "$": r"(?m:$)"}


def _special(token: t.Special) -> str:
    return _MULTILINE[token.kind] if token.multiline and token.kind in _MULTILINE else _SPECIAL[token.kind]


def _python_open(token: t.Open, capture_unnamed: bool) -> str:
    if token.flags:
        return _flags(token.flags, ":", "i") or "(?:"
    if token.kind is t.GroupKind.NAMED:
        return f"(?P<{token.name}>"
    if token.kind is t.GroupKind.CONDITION:
        return f"(?({token.name})"
    return _open_unnamed(token, capture_unnamed)


def _repeat(token: t.Repeat) -> str:
    high = "" if token.high is None else token.high
    return f"{{{token.low},{high}}}{token.mode}"


def _python_char(code: int) -> str:
    char = chr(code)
    if char.isalnum() or char == "_":
        return char
    return f"\\{char}" if char.isascii() and char.isprintable() else f"\\U{code:08X}"


def _python_ranges(ranges: Ranges) -> str:
    return "".join(_python_char(a) if a == b else f"{_python_char(a)}-{_python_char(b)}" for a, b in ranges)


def _python_item(item: t.Item) -> str:
    match item:
        case t.Range(low, high):
            return _python_ranges(((low, high),))
        case t.Property(name, negated):
            # `Any` holds everything and is no property there
            text = r"\x00-\U0010FFFF" if name == "Any" else f"\\p{{{name}}}"
            return f"[{'^' * negated}{text}]"
    # a class inside the class, not its complement: under `(?i)` that would match letters that fold into the set
    return f"[{'^' * item.negated}{_python_ranges(ALL_SETS[item.name])}]"


def _python_class(token: t.CharClass) -> str:
    inside = "".join(map(_python_item, token.items))
    # Java reads `[&&[a]]` as `[a]`
    parts = [f"[{inside}]"] * bool(inside) + [_python_class(part) for part in token.meets]
    return f"[{'^' * token.negated}{'&&'.join(parts) if token.meets else inside}]"
