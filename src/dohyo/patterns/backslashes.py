r"""How the backslashes of a regex in a plain string of the lenient dialect are read.

Sumo Logic itself hands such a string to the regex engine as it stands, only ``\"`` being a quote. People write for
other engines as well and double what should be single: ``"\\.exe"`` (a dot is meant), ``"\\s+"`` (a blank),
``"\\\\temp"`` (one backslash). Others mean what they write: ``"\\Temp\\.*"``, ``"[^\\]+"``. No one convention fits,
so each run of backslashes is decided by what stands around it. This is the only place that does it.

For each run of backslashes, by its length:

* four make one escaped backslash, however often; what is left over is decided as below;
* two are an escape written double, or one escaped backslash, by :class:`_Pairs`;
* one is an escape, unless what follows cannot be one or is a known folder or program;
* three are an escaped backslash and an escape.

When the outcome is no valid regex but the string as it stands is, or everything undoubled is, that is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, field

from dohyo.patterns.escapes import read_escape
from dohyo.patterns.pathwords import EXTENSIONS, PATH_WORDS, SHARES
from dohyo.patterns.regex import scan

_BACKSLASH = r"\\"
_RUN = re.compile(r"\\+")
_WORD = re.compile(r"[A-Za-z0-9_-]*")
_EXTENSION = re.compile(rf"\.\(?(?:\?:)?(?:{EXTENSIONS})(?![A-Za-z0-9])", re.IGNORECASE)
_NEXT_IN_PATH = re.compile(rf"\\*\.(?:{EXTENSIONS})(?![A-Za-z0-9])|\\+[ac-rt-vx-zA-Z][A-Za-z]{{2}}", re.IGNORECASE)
_NEXT_BOUNDARY = re.compile(r"\\+b(?![A-Za-z0-9])")
_COUNT = re.compile(r"\{\d+(?:,\d*)?\}")
_HEX_LETTERS = {"x": re.compile(r"x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]+\})"), "u": re.compile(r"u[0-9A-Fa-f]{4}")}
#: Letters that are an escape only when this follows.
_FOLLOWED_BY = {"p": "{", "P": "{", "k": "<", "h": "+*{", "H": "+*{", "R": "+*?{"}
_CLASSES = "sdwSDW"
_ALONE = "nrtfvAzZGB"
_IN_CLASS = _CLASSES + "nrtfv" + ".-[(){}|$*+?^,:;'<>=@#&!~"
_UNDOUBLED_SIGNS = "]}^/-:,=;'<>@#&!~ "
_PATH_OR_SIGN = "|*+?"
_SHOWN_PHRASES = 4
_AS_IT_STANDS = "read as it stands"
_DRIVE = re.compile(r"(?<![A-Za-z])[A-Za-z]:\\\Z")


class Reading(Struct, frozen=True):
    """A regex string as it was read.

    ``how`` is a phrase for a diagnostic; ``changed``: the outcome is not what real Sumo Logic would have read.
    """

    pattern: str
    how: str
    changed: bool


def read_regex_string(raw: str) -> Reading:
    """Read a regex from the text between the quotes, nothing unescaped yet. Never raises."""
    reader = _Reader(raw)
    pattern, strict = reader.run(), read_strictly(raw)
    if scan(pattern).problems:
        for other, how in ((strict, _AS_IT_STANDS), (_undoubled(raw), "every `\\\\` read as `\\`")):
            if not scan(other).problems:
                return Reading(other, how, other != strict)
    changed = pattern != strict
    return Reading(pattern, reader.how() if changed else _AS_IT_STANDS, changed)


def read_strictly(raw: str) -> str:
    r"""A regex string as Sumo Logic reads it: ``\"`` is a quote, every other backslash stays."""
    return re.sub(r"\\(.)", lambda m: '"' if m[1] == '"' else m[0], raw, flags=re.DOTALL)


def _undoubled(raw: str) -> str:
    return re.sub(r'\\([\\"])', r"\1", raw)


class _Reader(Struct):
    """One pass over a string; ``out`` is the pattern so far."""

    raw: str
    at: int = 0
    out: list[str] = field(default_factory=list)
    phrases: dict[str, None] = field(default_factory=dict)
    #: Where the first member of the class begins that the reader is in; -1 outside.
    first_in_class: int = -1
    bracket_in_class: bool = False
    #: The last backslash of this alternative belonged to a path.
    in_path: bool = False
    #: … and was written single.
    single_path: bool = False
    partners: dict[int, bool] = field(default_factory=dict)

    def run(self) -> str:
        """Read everything; gives the pattern."""
        self.partners = dict(_literal_parentheses(self.raw))
        while self.at < len(self.raw):
            run = _RUN.match(self.raw, self.at)
            if run:
                self._backslashes(len(run[0]))
            else:
                self._plain(self.raw[self.at])
        return "".join(self.out)

    def how(self) -> str:
        """The decisions as one phrase."""
        shown = list(self.phrases)
        more = ["…"] if len(shown) > _SHOWN_PHRASES else []
        return "; ".join(shown[:_SHOWN_PHRASES] + more)

    def _plain(self, char: str) -> None:
        if self.first_in_class >= 0:
            if char == "]" and self.at > self.first_in_class:
                self.first_in_class = -1
        elif char == "[":
            self.first_in_class = self.at + 1 + self.raw.startswith("^", self.at + 1)
            self.bracket_in_class = False
        elif char in "(|":
            self.in_path = self.single_path = False
        self.out.append(char)
        self.at += 1

    def _backslashes(self, count: int) -> None:
        start, self.at = self.at, self.at + count
        fours, rest = divmod(count, 4)
        if count == 4 and self._overdoubled(start):
            self._escape("\\" * 4)
            return
        if fours:
            self.out.append(_BACKSLASH * fours)
            self._say("`\\\\\\\\` read as one backslash")
            self.in_path = True
        if rest == 3 and not self.raw.startswith('"', self.at):
            self.out.append(_BACKSLASH)
        if rest == 3 and self.raw.startswith('"', self.at):
            self._escape("\\" * 3)
        elif rest % 2:
            self._single()
        elif rest:
            self._pair(start)

    def _overdoubled(self, start: int) -> bool:
        r"""``cmd\\\\.exe``, ``\\\\d+``: four backslashes where a dot or a class is meant."""
        if _EXTENSION.match(self.raw, self.at):
            before = self.raw[start - 1 : start]
            return before.isalnum() or before in tuple(")]")
        follows = self.raw[self.at + 1 : self.at + 2]
        return self.raw[self.at : self.at + 1] in tuple(_CLASSES) and follows in tuple("+*{")

    # --- one backslash -----------------------------------------------------------------------------------------

    def _single(self) -> None:
        if self.at >= len(self.raw):
            self._path("\\")
        elif self.raw[self.at] == '"':
            self._plain('"')
        elif self._single_is_path():
            self._path("\\")
        else:
            self.out.append("\\" + self.raw[self.at])
            self.at += 1
            self.single_path = False

    def _single_is_path(self) -> bool:
        letter = self.raw[self.at]
        if not (letter.isascii() and letter.isalpha()) or self.first_in_class >= 0:
            return False
        word = self._word()
        if word.lower() in PATH_WORDS and not _NEXT_BOUNDARY.match(self.raw, self.at + len(word)):
            return True
        if letter in "bB" + _CLASSES + "nrtfv":
            return len(word) > 2 and self._follows_single_path()
        return (len(word) > 1 and letter in "AzZGRXQEacehHV") or not _is_escape(self.raw, self.at)

    def _follows_single_path(self) -> bool:
        r"""``C:\Users\bob``: the parts before were divided by single backslashes, so this one divides as well."""
        return self.single_path or bool(_DRIVE.search(self.raw[max(0, self.at - 4) : self.at]))

    # --- two ---------------------------------------------------------------------------------------------------

    def _pair(self, start: int) -> None:
        char = self.raw[self.at : self.at + 1]
        if self.first_in_class >= 0:
            escape = self._class_pair(char)
        elif char.isascii() and char.isalpha():
            escape = self._letter_pair(char)
        else:
            escape = self._sign_pair(char, start)
        if escape:
            self._escape(_BACKSLASH)
        else:
            self._path(_BACKSLASH)

    def _class_pair(self, char: str) -> bool:
        if char == "]":
            return self.bracket_in_class or self.raw.startswith("]", self.at + 1)
        self.bracket_in_class = self.bracket_in_class or char == "["
        if char in _HEX_LETTERS:
            return bool(_HEX_LETTERS[char].match(self.raw, self.at))
        return char in tuple(_IN_CLASS) or (char in ("p", "P") and self.raw.startswith("{", self.at + 1))

    def _letter_pair(self, letter: str) -> bool:
        word = self._word()
        follows = self.raw[self.at + 1 : self.at + 2]
        if letter in _FOLLOWED_BY:
            return follows in tuple(_FOLLOWED_BY[letter])
        if letter in _HEX_LETTERS:
            return word.lower() not in PATH_WORDS and bool(_HEX_LETTERS[letter].match(self.raw, self.at))
        if letter in _ALONE:
            return len(word) == 1
        if letter == "b":
            return self._is_boundary(word)
        return letter in _CLASSES and not self._class_is_path(word)

    def _is_boundary(self, word: str) -> bool:
        return bool(_NEXT_BOUNDARY.match(self.raw, self.at + len(word))) or word.lower() not in PATH_WORDS

    def _class_is_path(self, word: str) -> bool:
        if len(word) == 1:
            return False
        capitalised = word[0] in "SD" and word[1].islower()
        continues = bool(_NEXT_IN_PATH.match(self.raw, self.at + len(word)))
        return word.lower() in PATH_WORDS or (len(word) > 3 and (capitalised or continues))

    def _sign_pair(self, char: str, start: int) -> bool:
        follows = self.raw[self.at + 1 : self.at + 2]
        if char == ".":
            return follows not in ("*", "+")
        if char in ("(", ")"):
            return self.partners.get(self.at, True)
        if char == "[":
            return self._is_literal_bracket()
        if char == "{":
            return not _COUNT.match(self.raw, self.at)
        if char == "$":
            return not (self.in_path and follows in ("", ")", "|")) or self._ends_share(start)
        if char in tuple(_PATH_OR_SIGN):
            return not self.in_path and self.raw[start - 1 : start] != ":"
        if char.isdecimal():
            return self._is_back_reference(char, follows)
        return char in tuple(_UNDOUBLED_SIGNS)

    def _is_literal_bracket(self) -> bool:
        end = self.raw.find("]", self.at)
        return end < 0 or (self.raw[end - 1] == "\\" and not self.raw.startswith("^", self.at + 1))

    def _ends_share(self, start: int) -> bool:
        found = re.search(r"[A-Za-z]+$", self.raw[max(0, start - 8) : start])
        return found is not None and found[0].lower() in SHARES

    def _is_back_reference(self, digit: str, follows: str) -> bool:
        if follows.isdecimal() or not digit.isascii():
            return False
        return 0 < int(digit) <= self.raw.count("(", 0, self.at)

    # --- outcomes ----------------------------------------------------------------------------------------------

    def _word(self) -> str:
        found = _WORD.match(self.raw, self.at)
        return found[0] if found else ""

    def _escape(self, written: str) -> None:
        char = self.raw[self.at]
        self.out.append(char if char == '"' else "\\" + char)
        self.at += 1
        self._say(f"`{written}{char}` read as `{self.out[-1]}`")
        self.in_path = self.single_path = False

    def _path(self, written: str) -> None:
        self.out.append(_BACKSLASH)
        before = f" before `{self._word() or self.raw[self.at]}`" if self.at < len(self.raw) else " at the end"
        self._say(f"`{written}`{before} read as a backslash")
        self.in_path, self.single_path = True, written == "\\"

    def _say(self, phrase: str) -> None:
        if len(self.phrases) <= _SHOWN_PHRASES:
            self.phrases.setdefault(phrase)


def _is_escape(raw: str, at: int) -> bool:
    """Whether the letter at ``at`` makes, with one backslash before it, an escape of the regex language."""
    if raw[at] in "bBAzZGRXQE":
        return True
    if raw[at] == "k":
        return raw.startswith("<", at + 1)
    # the reader looks a few characters ahead only, so a window will do
    return read_escape("\\" + raw[at : at + 40], 0).problem is None


#: A class is skipped whole, up to a length: a string of nothing but open brackets must not take quadratic time.
_PARENTHESIS = re.compile(r"(\\*+)([()])|(?:\\\\)++|\\.|\[\^?\]?(?:[^\]\\]|\\.){0,200}\]", re.DOTALL)


def _literal_parentheses(raw: str) -> Iterator[tuple[int, bool]]:
    r"""For each parenthesis after two backslashes that has a partner: whether the two are literal.

    They are when both are written so; ``\\(cmd|sh)`` is a backslash before a group.
    """
    opened: list[tuple[int, bool]] = []
    for found in _PARENTHESIS.finditer(raw):
        rest = len(found[1] or "") % 4
        if not found[2] or rest % 2:
            continue
        if found[2] == "(":
            opened.append((found.start(2), rest == 2))
        elif opened:
            place, doubled = opened.pop()
            literal = doubled and rest == 2
            yield from ((place, literal), (found.start(2), literal))
