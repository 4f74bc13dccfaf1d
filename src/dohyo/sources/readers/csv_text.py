"""CSV with a header line. Each row becomes a JSON object; an empty cell is a field the record does not have."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, cast

import pyarrow as pa
from msgspec import Struct, field

from dohyo.sources.detect import delimiter_of, header_of, preamble
from dohyo.sources.limits import HEAD, LIMITS, MIB, Limits
from dohyo.sources.model import Chunk, Input, Problem
from dohyo.sources.readers.safely import Safely
from dohyo.sources.readers.tally import Tally
from dohyo.sources.readers.utf8 import Repaired
from dohyo.sources.streams import Pushed

if TYPE_CHECKING:
    from typing import BinaryIO

_BATCH_ROWS = 5000
_BATCH_CHARS = 4 * MIB
_ROW_LINES = 1000  # a rendered Windows message has some dozens; beyond this a quote was not closed
_MARK = re.compile(r"sep=([^\n\r])", re.IGNORECASE)


def read_csv(source: Input, report: Callable[[Problem], None], limits: Limits = LIMITS) -> Iterator[Chunk]:
    """The rows of ``source`` as JSON objects with the line number each starts on.

    A row with too few cells lacks the last fields, one with too many keeps those that have a name; both are reported.
    A quote that is not closed costs the row it is in, not the rows after it.
    """
    csv.field_size_limit(max(csv.field_size_limit(), limits.record_bytes))  # the module knows only one for all
    tally, repaired = Tally(source.name, report), Repaired(source.name, "line", report)
    with Safely(source, report) as stream:
        batch = _Batch()
        for row in _rows(stream, source.first, tally, limits):
            batch.add(row)
            if batch.full:
                yield batch.take(repaired, stream.position)
        if batch.texts:
            yield batch.take(repaired, stream.position)
    repaired.tell()
    tally.tell()


class _Row(Struct, frozen=True):
    text: str
    line: int


class _Batch(Struct):
    texts: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    chars: int = 0

    @property
    def full(self) -> bool:
        return len(self.texts) >= _BATCH_ROWS or self.chars >= _BATCH_CHARS

    def add(self, row: _Row) -> None:
        self.texts.append(row.text)
        self.lines.append(row.line)
        self.chars += len(row.text)

    def take(self, repaired: Repaired, position: int) -> Chunk:
        chunk = Chunk(repaired.texts(self.texts, self.lines), pa.array(self.lines, pa.int64()), position)
        self.texts, self.lines, self.chars = [], [], 0
        return chunk


def _rows(stream: Safely, first: int, tally: Tally, limits: Limits) -> Iterator[_Row]:
    head = stream.full(HEAD)
    start = head.decode("utf-8", "replace")
    mark = _MARK.match(start)
    delimiter = mark[1] if mark else delimiter_of(start) or ","
    whole = cast("BinaryIO", Pushed(cast("BinaryIO", stream), head))
    text = io.TextIOWrapper(io.BufferedReader(whole), "utf-8", "surrogateescape", newline="")  # type: ignore[type-var]  # the stubs want a raw stream
    lines = _Lines(text, first, tally, limits)
    lines.skip(start[: preamble(start)].count("\n"))
    header = _names(next(_records(lines, delimiter, 0, tally), None), tally)
    if header:
        keys = [f"{encode_basestring(name)}: " for name in header]
        for cells, line in _records(lines, delimiter, len(header), tally):
            yield _Row(_json(keys, cells), line)


class _Lines:
    """The lines of a text, with the ones since the last mark remembered, so that they can be read another way."""

    def __init__(self, text: io.TextIOWrapper, first: int, tally: Tally, limits: Limits) -> None:
        self._text, self._tally, self._most = text, tally, limits.record_bytes
        self.number = first - 1  # of the line given last
        self.since: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.since) >= _ROW_LINES:
            raise _Unclosed
        line = self._text.readline(self._most)
        while len(line) >= self._most and not line.endswith(("\n", "\r")):
            self._tally.add(f"line {self.number + 1}", "the line is longer than is read, left out")
            line = self._after_long()
        if not line:
            raise StopIteration
        self.number += 1
        self.since.append(line)
        return line

    def skip(self, count: int) -> None:
        """Leaves ``count`` lines out."""
        for _ in range(count):
            next(self, None)
        self.since.clear()

    def _after_long(self) -> str:
        while (rest := self._text.readline(MIB)) and not rest.endswith(("\n", "\r")):
            pass
        self.number += 1
        return self._text.readline(self._most)


class _Unclosed(Exception):
    """A row goes on for so many lines that a quote in it cannot have been meant."""


def _records(lines: _Lines, delimiter: str, width: int, tally: Tally) -> Iterator[tuple[list[str], int]]:
    """The cells of each row and the line it starts on; ``width`` 0: any number of cells is right."""
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.since.clear()
        try:
            cells = next(reader, None)
        except (csv.Error, _Unclosed):
            yield from _line_by_line(lines, delimiter, width, tally)
            reader = csv.reader(lines, delimiter=delimiter)
            continue
        if cells is None:
            return
        start = lines.number - len(lines.since) + 1
        if width and len(cells) != width and cells:
            if len(lines.since) > 1:
                yield from _line_by_line(lines, delimiter, width, tally)
                continue
            reason = "too few cells" if len(cells) < width else "too many cells, the last were left out"
            tally.add(f"line {start}", f"a row has {reason}")
        if cells:
            yield cells, start


def _line_by_line(lines: _Lines, delimiter: str, width: int, tally: Tally) -> Iterator[tuple[list[str], int]]:
    """What is left of a row that swallowed others: each line that is a whole row by itself."""
    first = lines.number - len(lines.since) + 1
    lost = 0
    for number, line in enumerate(lines.since, first):
        try:
            cells = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            cells = []
        if width and len(cells) == width:
            yield cells, number
        else:
            lost += bool(line.strip())
    lines.since.clear()
    if lost:
        tally.add(f"line {first}", "a quote is not closed, lines left out", lost)


def _names(found: tuple[list[str], int] | None, tally: Tally) -> list[str]:
    """The header's names, each once; those that were missing or there before get a number. Azure's portal writes the zone
    behind the name of a time."""
    names: list[str] = []
    changed: list[str] = []
    for number, written in enumerate(header_of(found[0]) if found else [], 1):
        cell = written.strip().removesuffix(" [UTC]")
        name = base = cell or f"column_{number}"
        while name in names:
            name = f"{base}_{number}"
            number += 1
        if name != cell:
            changed.append(name)
        names.append(name)
    if changed:
        shown = ", ".join(changed[:5])
        tally.add("header", f"columns without a name of their own are called {shown}", len(changed))
    return names


def _json(keys: list[str], cells: list[str]) -> str:
    pairs = [key + encode_basestring(cell) for key, cell in zip(keys, cells, strict=False) if cell]
    return "{" + ", ".join(pairs) + "}"
