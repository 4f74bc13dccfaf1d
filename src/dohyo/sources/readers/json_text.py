"""JSON that is not one document a line: an array of objects, one pretty-printed object, or objects one after another.

Elements are cut out of the text where the standard library's decoder says they end; arrays around them are looked
through, and objects around a list of records (see ``envelopes``). The text of an element is given as it stands, so an
engine parses what was written.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator

import pyarrow as pa
from msgspec import Struct

from dohyo.sources.envelopes import list_start, unwrapped
from dohyo.sources.limits import LIMITS, MIB, Limits
from dohyo.sources.model import Chunk, Input, Problem
from dohyo.sources.readers.safely import Safely
from dohyo.sources.readers.tally import Tally
from dohyo.sources.readers.utf8 import Repaired

_READ = 1 * MIB
_BATCH_RECORDS = 2000
_BATCH_CHARS = 4 * MIB
_LONGEST_WORD = 16  # text that ends in the middle of "-Infinity" or of an escape may be whole after the next read
_INDENT = 200
_DEEP = 900
_BETWEEN = re.compile(r"(?:[\s,\[\]\ufeff]|Record \d+\s)*")  # evtx_dump writes the record's number above each one
_XML = re.compile(r'"\s*(?:<\?xml|<Event[\s>])')
_NEXT_ANSWER = re.compile(r"\}\s*+(?=\{)")
# Numbers are not needed; as text they cost less, and a number of a million digits is no error.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


def read_json(source: Input, report: Callable[[Problem], None], limits: Limits = LIMITS) -> Iterator[Chunk]:
    """The objects of ``source``; a record's number is the line its object starts on, or its place where all are in one line.

    An element that is broken, cut off, no object or longer than ``limits.record_bytes`` is reported and left out.
    """
    repaired = Repaired(source.name, "line", report)
    texts: list[str] = []
    lines: list[int] = []
    size, in_one_line = 0, False
    with Safely(source, report) as stream:
        for place, element in enumerate(_Elements(stream, source.name, report, limits), 1):
            if place == 2 and lines and element.line == lines[0]:
                in_one_line, lines[0] = True, 1
            texts.append(element.text)
            lines.append(place if in_one_line else element.line)
            size += len(element.text)
            if len(texts) >= _BATCH_RECORDS or size >= _BATCH_CHARS:
                yield Chunk(repaired.texts(texts, lines), pa.array(lines, pa.int64()), stream.position)
                texts, lines, size = [], [], 0
        if texts:
            yield Chunk(repaired.texts(texts, lines), pa.array(lines, pa.int64()), stream.position)
    repaired.tell()


class _Element(Struct, frozen=True):
    text: str
    line: int


class _Elements:
    """Iterates over the objects in a stream of text; keeps no more of it than the element at hand needs."""

    def __init__(self, stream: Safely, name: str, report: Callable[[Problem], None], limits: Limits) -> None:
        self._stream = stream
        self._tally = Tally(name, report)
        self._most = limits.record_bytes
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text = ""
        self._at = 0
        self._line = 1  # of self._at
        self._open = 0  # arrays around the element at hand
        self._in_answer = False  # of a search interface: what stands behind its list is no record
        self._end = False

    def __iter__(self) -> Iterator[_Element]:
        self._more()
        self._enter()
        while self._to_next():
            end, broken_at = self._element_end()
            if end is None:
                self._skip_broken(broken_at)
                continue
            text, line = self._text[self._at : end], self._line
            self._move(end)
            if text.startswith("{"):
                yield _Element(unwrapped(text) if self._in_answer else text, line)
            elif _XML.match(text):  # ToXml() of PowerShell's events, made JSON
                yield _Element(f'{{"message": {text}}}', line)
            else:
                self._tally.add(f"line {line}", "an element is no JSON object")
        if self._open > 0 and not self._stream.ended_early:
            self._tally.add(f"line {self._line}", "the array is not closed: the file is cut off")
        self._tally.tell()

    def _more(self) -> bool:
        """Reads on, at least as much again as is held, so that a long element is not gone over too often."""
        if self._end:
            return False
        held = self._text[self._at :]
        data = self._stream.full(max(_READ, len(held)))
        self._end = not data
        self._text, self._at = held + self._decode(data, self._end), 0
        return True

    def _enter(self) -> bool:
        """Goes into the list of an answer, if one begins here."""
        start = list_start(self._text, self._at)
        if start is not None:
            self._move(start)
            self._open, self._in_answer = 1, True
        return start is not None

    def _next_answer(self) -> bool:
        """Goes past what is left of an answer, and into the next one."""
        while self._find(_NEXT_ANSWER):
            if self._enter():
                return True
        return False

    def _move(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _to_next(self) -> bool:
        """Goes to the start of the next element; False at the end."""
        while True:
            found = _BETWEEN.match(self._text, self._at)
            end = found.end() if found else self._at
            self._open += self._text.count("[", self._at, end) - self._text.count("]", self._at, end)
            self._move(end)
            if self._in_answer and self._open <= 0:
                return self._next_answer()
            if end < len(self._text):
                return True
            if not self._more():
                return False

    def _element_end(self) -> tuple[int | None, int]:
        """Where the element at hand ends; None and the place where it breaks when it is broken, cut off or too long."""
        while True:
            end, broken_at = _scan(self._text, self._at)
            if end is not None and (end < len(self._text) or self._end):
                return end, end
            final = broken_at < len(self._text) - _LONGEST_WORD or len(self._text) - self._at > self._most
            if final or not self._more():
                return None, broken_at

    def _skip_broken(self, broken_at: int) -> None:
        """Goes past the broken element: to the next line that starts like it did, or the next brace after a brace."""
        before = self._text.rfind("\n", 0, self._at) + 1
        indent = self._text[before : self._at]
        sibling = rf"\n{re.escape(indent)}(?=\{{)|" if not indent.strip() and len(indent) < _INDENT else ""
        pattern = re.compile(sibling + r"\}\s*+(?:,\s*+)?+(?=\{)")
        cut = self._end and "}" not in self._text[broken_at:]
        too_long = len(self._text) - self._at > self._most
        reason = "longer than is read" if too_long else "cut off" if cut else "broken JSON, left out"
        self._tally.add(f"line {self._line}", reason)
        self._move(max(self._at + 1, min(broken_at, len(self._text)) - 1 - len(indent)))
        self._find(pattern)

    def _find(self, pattern: re.Pattern[str]) -> bool:
        """Goes behind the next place that fits; False at the end."""
        while (found := pattern.search(self._text, self._at)) is None:
            self._move(max(self._at, len(self._text) - 2 * _INDENT))
            if not self._more():
                self._move(len(self._text))
                self._open = 0
                return False
        self._move(found.end())
        return True


def _scan(text: str, at: int) -> tuple[int | None, int]:
    """Where the JSON value at ``at`` ends; or None and where it breaks (the end, when more text could mend it)."""
    try:
        end = _DECODER.raw_decode(text, at)[1]
        return end, end
    except json.JSONDecodeError as error:
        return None, len(text) if error.msg.startswith("Unterminated string") else error.pos
    except RecursionError:
        return None, at + _DEEP  # nesting that deep takes at least as many characters
