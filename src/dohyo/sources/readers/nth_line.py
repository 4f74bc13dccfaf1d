"""The n-th record of a large NDJSON file, without parsing the others: newlines are counted, on all cores."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dohyo.sources.limits import LIMITS
from dohyo.switching import quick_switches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bytes = NDArray[np.uint8]
    Truths = NDArray[np.bool_]

_NEWLINE, _BLANKS = 10, 32  # no JSON document starts with a byte up to the latter, except after white space
_PIECE = 1 << 19  # fits the processor's cache, together with what is made of it
_TURN = 64  # so many pieces are one thread's turn
_USUAL = 4096  # most lines are shorter
_SAMPLED = 100  # in so many pieces, all over a file, blank lines are looked for: all of it takes a fourth of the time that a hunt does


class Looking:
    """Looks for a line in threads of its own: begun early, it is found while the program is still being loaded. All lines are
    counted, which takes two thirds of the time that it takes to see which are blank; whether there was none, a reading tells later
    (:meth:`mistaken`)."""

    def __init__(self, path: Path, number: int) -> None:
        self._path, self._number = path, number
        self._text: str | None = None
        self._lines: int | None = None  # None: records are numbered as lines are
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        try:
            with quick_switches():
                size = self._path.stat().st_size
                self._text, lines = _looked(self._path, self._number, size, blank_too=True, all_of_it=True)
                self._lines = None if size and has_blank_lines(self._path) else lines
        except OSError as error:
            self._error = error

    def text(self) -> str | None:
        """What :func:`nth_line` gives of a file without blank lines, or with many."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._text

    def mistaken(self, records: int | None) -> bool:
        """True when :func:`nth_line` gives another text. ``records``: how many the file has, blank lines left out, if that is known."""
        text = self.text()
        return self._lines is not None and records != self._lines and nth_line(self._path, self._number) != text


def nth_line(path: Path, number: int) -> str | None:
    """The text of the record with this number (from 1), as readings of the file number them: among all lines where it is known
    to have blank ones (:func:`has_blank_lines`), else among those that are not blank. ``None`` when there are not so many.

    Raises :class:`OSError`."""
    size = path.stat().st_size if number > 0 else 0
    return _looked(path, number, size, blank_too=size > 0 and has_blank_lines(path))[0]


def _looked(path: Path, number: int, size: int, *, blank_too: bool, all_of_it: bool = False) -> tuple[str | None, int]:
    """The text of a line, and how many lines were counted: with ``all_of_it`` all. ``blank_too``: blank ones count."""
    turns = range(0, size, _PIECE * _TURN)
    seen, text = 0, None
    count = _lines if blank_too else _filled
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for at, counts in zip(turns, pool.map(lambda at: count(path, _places(at, size)), turns), strict=True):
            if seen < number <= seen + sum(counts):
                text = _found(path, at, counts, number - seen, blank_too)
                if not all_of_it:
                    pool.shutdown(cancel_futures=True)
                    break
            seen += sum(counts)
    return text, seen


def has_blank_lines(path: Path) -> bool:
    """True when a line holds nothing but white space, of those in the pieces that are looked at. Such a file is read by our reader,
    which numbers records by their lines; DuckDB's counts records.

    Raises :class:`OSError`."""
    places = range(0, path.stat().st_size, _PIECE)
    return any(blank for _, blank in map(_starts, _pieces(path, places[:: max(1, len(places) // _SAMPLED)])))


def _places(start: int, size: int) -> range:
    """Where the pieces from ``start`` on are, one thread's turn of them."""
    return range(start, min(size, start + _PIECE * _TURN), _PIECE)


def _lines(path: Path, places: Iterable[int]) -> list[int]:
    """How many lines start in each piece."""
    return [int(np.count_nonzero(ends)) + (not at) if data.size else 0 for _, at, data, ends in _pieces(path, places)]


def _filled(path: Path, places: Iterable[int]) -> list[int]:
    """How many lines that are not blank start in each piece."""
    return [len(starts) - len(blank) for starts, blank in map(_starts, _pieces(path, places))]


#: A piece of a file: the file, where the piece is, what is in it, and which of these bytes, but for the last, end a line. The byte
#: before the piece comes first, where there is one: it tells whether a line starts with the piece.
Piece = tuple[FileIO, int, "Bytes", "Truths"]


def _pieces(path: Path, places: Iterable[int]) -> Iterator[Piece]:
    """The pieces at these places, each in the place of the one before."""
    buffer, equal = np.empty(_PIECE + 1, dtype=np.uint8), np.empty(_PIECE + 1, dtype=np.bool_)
    with path.open("rb", buffering=0) as file:
        for at in places:
            before = 1 if at else 0
            file.seek(at - before)
            data = buffer[: file.readinto(buffer[: _PIECE + before].data)]  # nothing: the file has become shorter meanwhile
            last = max(0, data.size - 1)
            yield file, at, data, np.equal(data[:last], _NEWLINE, out=equal[:last])


def _starts(piece: Piece) -> tuple[Ints, set[int]]:
    """Where lines start in a piece (from its beginning), and which of them are blank. A line belongs to the piece that its first
    byte is in."""
    file, at, data, ends = piece
    if not data.size:
        return np.zeros(0, dtype=np.int64), set()
    after = np.flatnonzero(ends) + 1
    starts = after if at else np.concatenate(([0], after))
    suspects = starts[data[starts] <= _BLANKS]
    before = 1 if at else 0
    return starts - before, {s - before for s in suspects.tolist() if not _line(file, at - before + s).strip()}


def _line(file: FileIO, at: int) -> bytes:
    """The line that starts there; at most as much of it as a record may have."""
    line = b""
    file.seek(at)
    while len(line) <= LIMITS.record_bytes and (more := file.read(_PIECE if line else _USUAL)):
        head, newline, _ = more.partition(b"\n")
        line += head
        if newline:
            break
    return line


def _found(path: Path, start: int, counts: list[int], number: int, blank_too: bool) -> str:
    """The ``number``-th line of the pieces from ``start`` on. ``blank_too``: blank ones count."""
    piece = int(np.searchsorted(np.cumsum(counts), number))
    at = start + piece * _PIECE
    ((starts, blank),) = map(_starts, _pieces(path, [at]))
    kept = [s for s in starts.tolist() if blank_too or s not in blank]
    with path.open("rb", buffering=0) as file:
        return _line(file, at + kept[number - sum(counts[:piece]) - 1]).decode("utf-8", "replace")
