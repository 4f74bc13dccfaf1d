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
    """Looks for a line in threads of its own: begun early, it is found while the program is still being loaded."""

    def __init__(self, path: Path, number: int) -> None:
        self._text: str | None = None
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._look, args=(path, number), daemon=True)
        self._thread.start()

    def _look(self, path: Path, number: int) -> None:
        try:
            with quick_switches():
                self._text = nth_line(path, number)
        except OSError as error:
            self._error = error

    def text(self) -> str | None:
        """What :func:`nth_line` gives."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._text


def nth_line(path: Path, number: int) -> str | None:
    """The text of the record with this number (from 1), as readings of the file number them: among all lines where it is known
    to have blank ones (:func:`has_blank_lines`), else among those that are not blank. ``None`` when there are not so many.

    Raises :class:`OSError`."""
    size = path.stat().st_size if number > 0 else 0
    blank_too = size > 0 and has_blank_lines(path)
    turns = range(0, size, _PIECE * _TURN)
    seen = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for at, counts in zip(turns, pool.map(lambda at: _counts(path, at, size, blank_too), turns), strict=True):
            if seen + sum(counts) < number:
                seen += sum(counts)
                continue
            pool.shutdown(cancel_futures=True)
            return _found(path, at, counts, number - seen, blank_too)
    return None


def has_blank_lines(path: Path) -> bool:
    """True when a line holds nothing but white space, of those in the pieces that are looked at. Such a file is read by our reader,
    which numbers records by their lines; DuckDB's counts records.

    Raises :class:`OSError`."""
    places = range(0, path.stat().st_size, _PIECE)
    return any(blank for _, blank in _pieces(path, places[:: max(1, len(places) // _SAMPLED)]))


def _counts(path: Path, start: int, size: int, blank_too: bool) -> list[int]:
    """How many lines start in each piece from ``start`` on, one thread's turn of them. ``blank_too``: blank ones count."""
    pieces = _pieces(path, range(start, min(size, start + _PIECE * _TURN), _PIECE))
    return [len(starts) - (0 if blank_too else len(blank)) for starts, blank in pieces]


def _pieces(path: Path, places: Iterable[int]) -> Iterator[tuple[Ints, set[int]]]:
    """What :func:`_starts` gives for the pieces at these places."""
    buffer, equal = np.empty(_PIECE + 1, dtype=np.uint8), np.empty(_PIECE + 1, dtype=np.bool_)
    with path.open("rb", buffering=0) as file:
        for at in places:
            yield _starts(file, at, buffer, equal)


def _starts(file: FileIO, at: int, buffer: Bytes, equal: Truths) -> tuple[Ints, set[int]]:
    """Where lines start in the piece at ``at`` (from its beginning), and which of them are blank. A line belongs to the
    piece that its first byte is in."""
    before = 1 if at else 0  # the byte before tells whether a line starts with the piece
    file.seek(at - before)
    data = buffer[: file.readinto(buffer[: _PIECE + before].data)]
    if not data.size:  # the file has become shorter meanwhile
        return np.zeros(0, dtype=np.int64), set()
    ends = np.flatnonzero(np.equal(data[: data.size - 1], _NEWLINE, out=equal[: data.size - 1]))
    starts = ends + 1 if at else np.concatenate(([0], ends + 1))
    suspects = starts[data[starts] <= _BLANKS]
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
    ((starts, blank),) = _pieces(path, [at])
    kept = [s for s in starts.tolist() if blank_too or s not in blank]
    with path.open("rb", buffering=0) as file:
        return _line(file, at + kept[number - sum(counts[:piece]) - 1]).decode("utf-8", "replace")
