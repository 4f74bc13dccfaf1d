"""The tokenizer of Java's and RE2's regular expressions: one pass, no recursion, never raises."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct, field
from msgspec.structs import replace

from dohyo.diagnostics import Span, did_you_mean
from dohyo.patterns import tokens as t
from dohyo.patterns.charclass import ClassReader
from dohyo.patterns.escapes import read_escape
from dohyo.patterns.problem import Problem

#: RE2 counts no higher, nested counts multiplied.
MAX_REPEAT = 1000
#: Python's regex engine compiles by recursion; deeper groups would exhaust its stack.
MAX_DEPTH = 100
_COUNT = re.compile(r"\{(\d+)(,?)(\d*)\}")
_NAME = re.compile(r"\(\?P?<([^>()]*)>")
_FLAGS = re.compile(r"\(\?([A-Za-z]*)(?:-([A-Za-z]*))?([:)])")
_CONDITION = re.compile(r"\(\?\((\w+)\)")
_CALL = re.compile(r"\(\?P=(\w+)\)")
_KNOWN_FLAGS = frozenset("imsUxdu")
_HINTED = 10
_REFERENCE = re.compile(r"\\k<(\w+)>|\\(\d{1,2})")
_SPECIAL_ESCAPES = "bBAzZGRX"
_REPEATABLE = (t.Literal, t.CharClass, t.Dot, t.Special, t.Close, t.BackReference)
_OPENERS = {
    "(?:": t.GroupKind.PLAIN,
    "(?=": t.GroupKind.AHEAD,
    "(?!": t.GroupKind.NOT_AHEAD,
    "(?<=": t.GroupKind.BEHIND,
    "(?<!": t.GroupKind.NOT_BEHIND,
    "(?>": t.GroupKind.ATOMIC,
}
_LACKING = {
    t.GroupKind.AHEAD: ("lookahead", "look-ahead"),
    t.GroupKind.NOT_AHEAD: ("lookahead", "look-ahead"),
    t.GroupKind.BEHIND: ("lookbehind", "look-behind"),
    t.GroupKind.NOT_BEHIND: ("lookbehind", "look-behind"),
    t.GroupKind.ATOMIC: ("atomic", "an atomic group"),
    t.GroupKind.CONDITION: ("conditional", "a conditional"),
    "Z": ("end-escape", "`\\Z` (the end, before a last line break)"),
    "G": ("last-match", "`\\G` (where the last match ended)"),
    "X": ("grapheme", "`\\X` (one visible character)"),
}


class _Frame(Struct):
    """An open parenthesis, or the whole pattern: what to restore at its end and what it holds so far."""

    start: int
    flags: frozenset[str]
    group: int | None = None
    in_named: bool = False
    product: int = 1


class Scanner(Struct):
    """Reads one pattern; the results are in its lists afterwards."""

    pattern: str
    at: int = 0
    flags: frozenset[str] = frozenset()
    tokens: list[t.Token] = field(default_factory=list)
    groups: list[t.Group] = field(default_factory=list)
    features: list[t.Feature] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=lambda: [_Frame(0, frozenset())])
    #: How often the last atom already counts, for RE2's limit on nested counts.
    product: int = 1

    def run(self) -> Scanner:
        """Read the whole pattern; gives itself."""
        while self.at < len(self.pattern):
            self._step()
        for frame in self.frames[1:]:
            self._complain("unclosed-group", "this `(` is never closed", frame.start, frame.start + 1, "write `\\(`")
        self._check_references()
        return self

    def _step(self) -> None:
        char = self.pattern[self.at]
        if "x" in self.flags and (char.isspace() or char == "#"):
            self._skip_comment(char)
        elif char in "*+?" or (char == "{" and _COUNT.match(self.pattern, self.at)):
            self._repeat()
        else:
            _STEPS.get(char, Scanner._literal)(self)

    # --- small parts -------------------------------------------------------------------------------------------

    def _add(self, token: t.Token) -> None:
        if not isinstance(token, t.Repeat):
            self.frames[-1].product = max(self.frames[-1].product, self.product)
            self.product = 1
        self.tokens.append(token)
        self.at = token.span.end

    def _complain(self, kind: str, message: str, start: int, end: int, hint: str = "") -> None:
        self.problems.append(Problem(kind, message, Span(start, end), hint))

    def _lack(self, key: t.GroupKind | str, span: Span) -> None:
        if key in _LACKING:
            self.features.append(t.Feature(*_LACKING[key], span))

    def _here(self, width: int = 1) -> Span:
        return Span(self.at, self.at + width)

    def _skip_comment(self, char: str) -> None:
        end = self.pattern.find("\n", self.at) if char == "#" else self.at
        self.at = len(self.pattern) if end < 0 else end + 1

    def _literal(self) -> None:
        self._add(t.Literal(self._here(), ord(self.pattern[self.at])))

    def _dot(self) -> None:
        self._add(t.Dot(self._here(), "s" in self.flags))

    def _edge(self) -> None:
        self._add(t.Special(self._here(), self.pattern[self.at], "m" in self.flags))

    def _bar(self) -> None:
        self._add(t.Bar(self._here()))

    def _char_class(self) -> None:
        reader = ClassReader(self.pattern, self.problems, self.features)
        self._add(reader.read(self.at)[0])

    # --- escapes -----------------------------------------------------------------------------------------------

    def _escape(self) -> None:
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter and letter in _SPECIAL_ESCAPES:
            self._lack(letter, self._here(2))
            self._add(t.Special(self._here(2), letter))
        elif letter and letter in "123456789k":
            self._back_reference()
        elif letter == "Q":
            self._quoted()
        else:
            self._character_escape()

    def _character_escape(self) -> None:
        escape = read_escape(self.pattern, self.at)
        span = Span(self.at, escape.end)
        if escape.problem:
            self.problems.append(escape.problem)
        if escape.python_only:
            self.features.append(t.Feature("unicode-property", "a Java character property", span))
        if escape.item is not None:
            self._add(t.CharClass(span, (escape.item,), plain=escape.plain))
        else:
            self._add(t.Literal(span, escape.code or 0, escape.plain))

    def _quoted(self) -> None:
        end = self.pattern.find("\\E", self.at)
        stop = len(self.pattern) if end < 0 else end
        for place in range(self.at + 2, stop):
            self._add(t.Literal(Span(place, place + 1), ord(self.pattern[place]), plain=False))
        self.at = min(stop + 2, len(self.pattern))

    def _back_reference(self) -> None:
        found = _REFERENCE.match(self.pattern, self.at)
        if not found:
            self._complain("unknown-escape", "`\\k` needs a group's name, as in `\\k<name>`", self.at, self.at + 2)
            self._add(t.Literal(self._here(2), 0))
            return
        digits = found[2] or ""
        # as Java does: a second digit belongs to the number only when there are that many groups
        if len(digits) == 2 and int(digits) > len(self.groups):
            digits = digits[0]
        end = self.at + 1 + len(digits) if digits else found.end()
        self._refer(int(digits) if digits else found[1], Span(self.at, end))

    def _refer(self, group: int | str, span: Span) -> None:
        self.features.append(t.Feature("back-reference", "a back-reference", span))
        self._add(t.BackReference(span, group))

    def _check_references(self) -> None:
        names = {g.name for g in self.groups if g.name}
        numbers = {str(n + 1) for n in range(len(self.groups))}
        for token in self.tokens:
            wanted = t.reference(token)
            if wanted is None or wanted in names or wanted in numbers:
                continue
            kind = "number" if wanted.isdecimal() else "named"
            # the search for a near name is slow, so a pattern of nothing but mistakes gets it for the first few
            hint = did_you_mean(wanted, names) if len(self.problems) < _HINTED else ""
            self._complain("unknown-group", f"there is no group {kind} `{wanted}`", *_ends(token.span), hint)

    # --- groups ------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        head = self.pattern[self.at : self.at + 4]
        if not head.startswith("(?"):
            self._enter(t.Open(self._here(), t.GroupKind.CAPTURE))
        elif head[:3] in _OPENERS or head in _OPENERS:
            text = head if head in _OPENERS else head[:3]
            self._enter(t.Open(self._here(len(text)), _OPENERS[text]))
        elif head.startswith("(?#"):
            self._comment()
        else:
            self._open_by_syntax()

    def _comment(self) -> None:
        end = self.pattern.find(")", self.at)
        if end < 0:
            self._complain("unclosed-group", "this comment is never closed", self.at, self.at + 3)
        self.at = len(self.pattern) if end < 0 else end + 1

    def _open_by_syntax(self) -> None:
        for shape, action in _SYNTAX:
            found = shape.match(self.pattern, self.at)
            if found:
                action(self, found)
                return
        message = "unknown kind of group" if len(self.pattern) > self.at + 2 else "the group is cut off"
        self._complain("unknown-group-syntax", message, self.at, min(self.at + 4, len(self.pattern)))
        self._enter(t.Open(self._here(2), t.GroupKind.PLAIN))

    def _named(self, found: re.Match[str]) -> None:
        name = found[1]
        if not name.isidentifier():
            hint = "use letters, digits and `_`, and rename the field afterwards"
            self._complain("bad-group-name", f"`{name}` cannot be a group's name", *found.span(1), hint)
        if any(g.name == name for g in self.groups):
            self._complain("repeated-group", f"two groups are named `{name}`", *found.span(1), "name them differently")
        self._enter(t.Open(Span(*found.span()), t.GroupKind.NAMED, name))

    def _conditional(self, found: re.Match[str]) -> None:
        self._enter(t.Open(Span(*found.span()), t.GroupKind.CONDITION, found[1]))

    def _call(self, found: re.Match[str]) -> None:
        self._refer(found[1], Span(*found.span()))

    def _flag_group(self, found: re.Match[str]) -> None:
        on, off = frozenset(found[1]), frozenset(found[2] or "")
        if not on | off <= _KNOWN_FLAGS or (found[2] is not None and not off):
            hint = "known are `i`, `m`, `s`, `x`"
            self._complain("bad-flags", f"`{found[0]}` names no known flag", *found.span(), hint)
        flags = t.Flags(Span(*found.span()), on, off)
        if found[3] == ":":
            self._enter(t.Open(flags.span, t.GroupKind.PLAIN, flags=flags))
        else:
            self._add(flags)
        self.flags = (self.flags | on) - off

    def _enter(self, token: t.Open) -> None:
        self._lack(token.kind, token.span)
        number = None
        inside = self.frames[-1].in_named
        if token.kind in (t.GroupKind.CAPTURE, t.GroupKind.NAMED):
            number = len(self.groups)
            self.groups.append(t.Group(token.name or None, token.span, inside))
        if len(self.frames) == MAX_DEPTH + 1:
            self._complain("too-deep", f"groups nest more than {MAX_DEPTH} deep", *_ends(token.span))
        self._add(token)
        self.frames.append(_Frame(token.span.start, self.flags, number, inside or token.kind is t.GroupKind.NAMED))

    def _close(self) -> None:
        if len(self.frames) == 1:
            self._complain("unopened-group", "this `)` closes nothing", self.at, self.at + 1, "write `\\)`")
            self._literal()
            return
        self._add(t.Close(self._here()))
        frame = self.frames.pop()
        self.flags, self.product = frame.flags, frame.product
        if frame.group is not None:
            group = self.groups[frame.group]
            self.groups[frame.group] = replace(group, span=Span(frame.start, self.at))

    # --- repetition --------------------------------------------------------------------------------------------

    def _repeat(self) -> None:
        counted = _COUNT.match(self.pattern, self.at)
        end = counted.end() if counted else self.at + 1
        low, high = _bounds(counted) if counted else _SIGNS[self.pattern[self.at]]
        suffix = self.pattern[end : end + 1]
        mode = t.Mode(suffix) if suffix in ("?", "+") else t.Mode.GREEDY
        span = Span(self.at, end + len(mode))
        self._check_repeat(span, low, high, mode)
        if "U" in self.flags and mode is not t.Mode.POSSESSIVE:
            mode = t.Mode.LAZY if mode is t.Mode.GREEDY else t.Mode.GREEDY
        self._add(t.Repeat(span, low, high, mode))

    def _check_repeat(self, span: Span, low: int, high: int | None, mode: t.Mode) -> None:
        last = self.tokens[-1] if self.tokens else None
        text = self.pattern[span.start : span.end]
        if isinstance(last, t.Repeat):
            self._complain("double-repeat", f"`{text}` repeats a repetition", *_ends(span), f"write `\\{text}`")
        elif not isinstance(last, _REPEATABLE):
            self._complain("nothing-to-repeat", f"`{text}` has nothing to repeat", *_ends(span), f"write `\\{text}`")
        if high is not None and high < low:
            self._complain("bad-repeat", f"`{text}` counts backwards", *_ends(span))
        if mode is t.Mode.POSSESSIVE:
            self.features.append(t.Feature("possessive", "a possessive quantifier", span))
        self.product *= max(1, low if high is None else high)
        if self.product > MAX_REPEAT:
            self.features.append(t.Feature("large-count", f"a count above {MAX_REPEAT}", span))
            self.product = MAX_REPEAT


def _ends(span: Span) -> tuple[int, int]:
    return span.start, span.end


#: No field is longer, and Python refuses to read numbers of thousands of digits.
_MANY = 1_000_000


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    low, high = (_MANY if len(text) > 6 else int(text or 0) for text in (found[1], found[3]))
    if not found[2]:
        return low, low
    return low, high if found[3] else None


_SIGNS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}

_SYNTAX: tuple[tuple[re.Pattern[str], Callable[[Scanner, re.Match[str]], None]], ...] = (
    (_NAME, Scanner._named),
    (_FLAGS, Scanner._flag_group),
    (_CONDITION, Scanner._conditional),
    (_CALL, Scanner._call),
)

_STEPS: dict[str, Callable[[Scanner], None]] = {
    "(": Scanner._open,
    ")": Scanner._close,
    "[": Scanner._char_class,
    "\\": Scanner._escape,
    ".": Scanner._dot,
    "^": Scanner._edge,
    "$": Scanner._edge,
    "|": Scanner._bar,
}
