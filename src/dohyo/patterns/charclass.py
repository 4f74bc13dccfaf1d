"""Reading a character class ``[…]``."""

from __future__ import annotations

import re

from msgspec import Struct, field

from dohyo.diagnostics import Span
from dohyo.patterns.charsets import POSIX_SETS
from dohyo.patterns.escapes import Escape, read_escape
from dohyo.patterns.problem import Problem
from dohyo.patterns.tokens import CharClass, Feature, Item, Named, Range

_POSIX = re.compile(r"\[:(\^?)(\w+):\]")
#: Java's intersections nest; more than this is nobody's intention and would exhaust Python's stack.
_MAX_NESTING = 20


class ClassReader(Struct):
    """Reads classes of one pattern and collects what is wrong with them and what RE2 lacks."""

    pattern: str
    problems: list[Problem] = field(default_factory=list)
    features: list[Feature] = field(default_factory=list)

    def read(self, start: int, depth: int = 0) -> tuple[CharClass, int]:
        """Read the class whose bracket is at ``start``; gives it and the place behind it."""
        at = start + 1
        negated = self.pattern.startswith("^", at)
        at += negated
        items: list[Item] = []
        meets: list[CharClass] = []
        plain, first = True, at
        while at < len(self.pattern) and (self.pattern[at] != "]" or at == first):
            if self.pattern.startswith("&&[", at) and depth < _MAX_NESTING:
                part, at = self._intersection(at, depth)
                meets.append(part)
                continue
            end, piece, as_written = self._member(at)
            items += piece
            plain, at = plain and as_written, end
        if at >= len(self.pattern):
            self._complain("unclosed-class", "this `[` is never closed", start, start + 1, "write `\\[` for a bracket")
        end = min(at + 1, len(self.pattern))
        return CharClass(Span(start, end), tuple(items), negated, plain, tuple(meets)), end

    def _complain(self, kind: str, message: str, start: int, end: int, hint: str = "") -> None:
        self.problems.append(Problem(kind, message, Span(start, end), hint))

    def _intersection(self, at: int, depth: int) -> tuple[CharClass, int]:
        part, end = self.read(at + 2, depth + 1)
        self.features.append(Feature("class-intersection", "an intersection of classes", Span(at, end)))
        return part, end

    def _member(self, at: int) -> tuple[int, tuple[Item, ...], bool]:
        """A named class, a quoted run, one character or a range: its end, its items, whether RE2 reads it as is."""
        posix = _POSIX.match(self.pattern, at)
        if posix:
            if posix[2] not in POSIX_SETS:
                self._complain("unknown-class", f"unknown class `{posix[0]}`", *posix.span())
            return posix.end(), (Named(posix[2], bool(posix[1])),), True
        if self.pattern.startswith("\\Q", at):
            return self._quoted(at)
        return self._range(at)

    def _quoted(self, at: int) -> tuple[int, tuple[Item, ...], bool]:
        end = self.pattern.find("\\E", at)
        stop = len(self.pattern) if end < 0 else end
        codes = map(ord, self.pattern[at + 2 : stop])
        return min(stop + 2, len(self.pattern)), tuple(Range(c, c) for c in codes), False

    def _range(self, at: int) -> tuple[int, tuple[Item, ...], bool]:
        low = self._atom(at)
        if low.item is not None or low.code is None:
            return low.end, () if low.item is None else (low.item,), low.plain
        follows = self.pattern[low.end + 1 : low.end + 2]
        if not self.pattern.startswith("-", low.end) or follows in ("", "]"):
            return low.end, (Range(low.code, low.code),), low.plain
        high = self._atom(low.end + 1)
        if high.code is None or high.code < low.code:
            text = self.pattern[at : high.end]
            self._complain("bad-range", f"`{text}` is not a range", at, high.end, "put a literal `-` first or last")
            return high.end, (), low.plain
        return high.end, (Range(low.code, high.code),), low.plain and high.plain

    def _atom(self, at: int) -> Escape:
        if self.pattern[at] != "\\":
            return Escape(at + 1, code=ord(self.pattern[at]))
        escape = read_escape(self.pattern, at)
        if escape.problem:
            self.problems.append(escape.problem)
        if escape.python_only:
            self.features.append(Feature("unicode-property", "a Java character property", Span(at, escape.end)))
        return escape
