"""Text → tokens, on demand. Which characters make a token depends on where the parser stands (scope or stage, operand
or operator), so the parser pulls tokens from a :class:`Cursor` instead of walking a finished list (spec §1.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from typing import NoReturn

from msgspec import Struct

from dohyo.diagnostics import Diagnostic, Span, error, warning
from dohyo.lang.tree import Comment


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    NUMBER = auto()
    STRING = auto()
    SYMBOL = auto()
    PARAM = auto()
    END = auto()


class Token(Struct, frozen=True):
    """A token. ``text`` is the word, the symbol or the raw content of the string; ``value`` is a number's value or
    a string's unescaped content."""

    kind: Kind
    text: str
    span: Span
    value: int | float | str | None = None
    escaped: bool = False  # a word written %"…" or %…

    @property
    def word(self) -> str:
        """The word in lower case, or ``""`` when this is no plain word."""
        return self.text.lower() if self.kind is Kind.WORD and not self.escaped else ""

    @property
    def sign(self) -> str:
        """The symbol, or ``""`` when this is none: a string may hold the same characters."""
        return self.text if self.kind is Kind.SYMBOL else ""


class ParseFailure(Exception):
    """Reading cannot go on here; the parser recovers at the next stage."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.title)


#: Suffixes of number literals and their factors; times are in milliseconds (spec §1.2).
SUFFIXES: dict[str, int | float] = {
    "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12, "P": 10**15,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
    "ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
}  # fmt: skip

#: Words that may follow a number with no blank between.
_GLUED = frozenset({"as", "and", "or"})
_ESCAPES = {'"': '"', "n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
_ESCAPE = re.compile(r'\\(["nrt\\])')

_SPACE = re.compile("[\\s\ufeff\u200b]+")  # also what is pasted without being seen
_WORD = re.compile(r"@?[^\W\d][\w.]*(?:\[\d+\](?:\.\w+)*)*|\$\$\w+|\$\{[\w.]*\}")
_NUMBER = re.compile(r"(?:\d+(?:\.\d+|\.(?![\w.]))?|\.\d+)(?:[eE][+-]?\d+)?")
_DIGIT_WORD = re.compile(r"\d[\w.]*")
_SHORT_ESCAPED = re.compile(r"%[^\W\d]\w*(?:\[\d+\]|\.\w+)*|%\w+(?:\[\d+\]|\.\w+)+|%\w+")
_SYMBOL = re.compile(r"==|!=|<>|<=|>=|=~|&&|\|\||[-+*/%=<>!?:(),|\[\]{};&~^@#$'\\`.]")
_PARAM = re.compile(r"\{\{\{?\s*([\w .$-]+?)\s*\}?\}\}")
_STRING = {'"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.S), "'": re.compile(r"'([^']*)'", re.S)}
_SMART = re.compile(r"[“”„‟]((?:[^“”„‟\"\\]|\\.)*)[“”„‟\"]", re.S)
_SMART_SINGLE = re.compile(r"[‘’]([^‘’\n]*)[‘’]")
_LINE_COMMENT = re.compile(r"//[^\n]*")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_REGEX = re.compile(r"/((?:[^/\\\n]|\\.)+)/([imsu]*(?!\w))?")


def unescape(raw: str) -> str:
    """A string's content: ``\\"`` ``\\n`` ``\\r`` ``\\t`` ``\\\\`` are resolved, other pairs stay (spec §1.2, §12.20)."""
    return _ESCAPE.sub(lambda m: _ESCAPES[m[1]], raw) if "\\" in raw else raw


class Cursor:
    """A place in the text that gives one token after another. ``mark``/``back`` allow a second look."""

    def __init__(self, text: str, report: Callable[[Diagnostic], None]) -> None:
        self.text = text
        self.report = report
        self.pos = 0
        self.last_end = 0
        self.comments: dict[int, Comment] = {}
        self._ahead: Token | None = None

    # -- places

    def mark(self) -> int:
        """The current place, for :meth:`back`."""
        return self._ahead.span.start if self._ahead else self.pos

    def back(self, mark: int) -> None:
        """Returns to a place given by :meth:`mark`."""
        self.pos, self._ahead = mark, None

    # -- tokens

    def peek(self) -> Token:
        """The next token, not taken."""
        if self._ahead is None:
            self.skip_blanks()
            self._ahead = self._lex()
        return self._ahead

    def next(self) -> Token:
        """The next token, taken."""
        token = self.peek()
        self.pos, self._ahead, self.last_end = token.span.end, None, token.span.end
        return token

    def skip_blanks(self) -> None:
        """Passes blanks and comments; a ``//`` right after ``:`` belongs to an address (spec §1.2)."""
        while True:
            if m := _SPACE.match(self.text, self.pos):
                self.pos = m.end()
            elif self.text.startswith("//", self.pos) and self.text[self.pos - 1 : self.pos] != ":":
                self._comment(_LINE_COMMENT)
            elif not (self.text.startswith("/*", self.pos) and self._comment(_BLOCK_COMMENT)):
                return

    def _comment(self, pattern: re.Pattern[str]) -> bool:
        m = pattern.match(self.text, self.pos)
        if m is None:
            return False
        self.comments[m.start()] = Comment(m[0].rstrip(), span=Span(*m.span()))
        self.pos = m.end()
        return True

    def _lex(self) -> Token:
        at = self.pos
        if at >= len(self.text):
            return Token(Kind.END, "", Span(at, at))
        ch = self.text[at]
        if ch == '"':
            return self._string(_STRING['"'])
        if ch in "“”„‟":
            return self._smart_string(_SMART)
        if ch in "‘’":
            return self._smart_string(_SMART_SINGLE)
        if m := _PARAM.match(self.text, at):
            return Token(Kind.PARAM, m[1], Span(*m.span()))
        if m := _WORD.match(self.text, at):
            return Token(Kind.WORD, m[0].rstrip("."), Span(at, at + len(m[0].rstrip("."))))
        if m := _NUMBER.match(self.text, at):
            return self._number(m)
        if m := _SYMBOL.match(self.text, at):
            return Token(Kind.SYMBOL, m[0], Span(*m.span()))
        return self.fail("DH1001", f"a character that means nothing here: {ch!r}", Span(at, at + 1))

    def _string(self, pattern: re.Pattern[str]) -> Token:
        m = pattern.match(self.text, self.pos)
        if m is None:
            self.fail("DH1002", "a string that is never closed", Span(self.pos, self.pos + 1),
                      hint='close it with `"`; a quote inside a string is written `\\"`')  # fmt: skip
        return Token(Kind.STRING, m[1], Span(*m.span()), unescape(m[1]))

    def _smart_string(self, pattern: re.Pattern[str]) -> Token:
        m = pattern.match(self.text, self.pos)
        if m is None:
            self.fail("DH1002", "a string that is never closed", Span(self.pos, self.pos + 1))
        self.report(warning("DH1003", "typographic quotes are read as plain ones", Span(*m.span()),
                            hint='write `"…"`: Sumo Logic knows only straight double quotes'))  # fmt: skip
        return Token(Kind.STRING, m[1], Span(*m.span()), unescape(m[1]))

    def _number(self, m: re.Match[str]) -> Token:
        """A number with its suffix; letters that are no suffix make it a word that starts with a digit (``2hrs``)."""
        tail = re.compile(r"\w*").match(self.text, m.end())
        suffix = tail[0] if tail else ""
        if suffix.lower() in _GLUED:
            suffix = ""
        if suffix and suffix not in SUFFIXES:
            w = _DIGIT_WORD.match(self.text, m.start()) or m
            return Token(Kind.WORD, w[0], Span(*w.span()))
        number = float(m[0]) if re.search(r"[.eE]", m[0]) else int(m[0])
        scaled = number * SUFFIXES[suffix] if suffix else number
        value = int(scaled) if isinstance(scaled, float) and scaled.is_integer() and suffix else scaled
        return Token(Kind.NUMBER, m[0] + suffix, Span(m.start(), m.end() + len(suffix)), value)

    # -- tokens that only the parser knows to expect

    def escaped_name(self) -> Token | None:
        """``%"any text"`` or ``%name[2].part`` if one stands here (spec §1.2), taken; else ``None``."""
        at = self.peek().span.start
        if self.text.startswith('%"', at):
            m = _STRING['"'].match(self.text, at + 1)
            if m is None:
                self.fail("DH1002", "a field name that is never closed", Span(at, at + 2), hint='close it with `"`')
            return self._take(Token(Kind.WORD, unescape(m[1]), Span(at, m.end()), escaped=True))
        if short := _SHORT_ESCAPED.match(self.text, at):
            return self._take(Token(Kind.WORD, short[0][1:], Span(*short.span()), escaped=True))
        return None

    def regex_literal(self) -> Token | None:
        """``/…/`` if one stands here, taken; else ``None``. The value has ``\\/`` turned to ``/``."""
        at = self.peek().span.start
        m = _REGEX.match(self.text, at)
        if m is None:
            return None
        if m[2]:
            self.report(warning("DH1205", f"flags after a regex are no part of Sumo Logic; read as `(?{m[2]})`", Span(*m.span(2)),
                                hint=f"write `/(?{m[2]})…/`"))  # fmt: skip
        flags = f"(?{m[2].replace('u', '')})" if (m[2] or "").replace("u", "") else ""
        return self._take(Token(Kind.STRING, m[1], Span(*m.span()), flags + m[1].replace("\\/", "/")))

    def quoted_char(self) -> Token | None:
        """``'c'``: one raw character between single quotes, no escaping (spec §4.6), taken; else ``None``."""
        at = self.peek().span.start
        if self.text[at : at + 1] == "'" and self.text[at + 2 : at + 3] == "'":
            return self._take(Token(Kind.STRING, self.text[at + 1], Span(at, at + 3), self.text[at + 1]))
        return None

    def single_quoted(self) -> Token | None:
        """``'text'``, which Sumo Logic does not know as a string, taken with a warning; else ``None``."""
        at = self.peek().span.start
        m = _STRING["'"].match(self.text, at)
        if m is None:
            return None
        self.report(warning("DH1004", "single quotes do not make a string in Sumo Logic", Span(*m.span()),
                            hint="write it with double quotes"))  # fmt: skip
        return self._take(Token(Kind.STRING, m[1], Span(*m.span()), m[1]))

    def matching(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What ``pattern`` finds right here (after blanks), taken; else ``None``."""
        m = pattern.match(self.text, self.peek().span.start)
        if m and m.end() > m.start():
            self.pos, self._ahead, self.last_end = m.end(), None, m.end()
            return m
        return None

    def _take(self, token: Token) -> Token:
        self.pos, self._ahead, self.last_end = token.span.end, None, token.span.end
        return token

    def fail(self, code: str, title: str, span: Span, text: str = "", hint: str = "", **more: object) -> NoReturn:
        """Raises :class:`ParseFailure` with an error at ``span``."""
        raise ParseFailure(error(code, title, span, text, hint=hint, **more))
