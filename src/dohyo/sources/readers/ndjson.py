"""NDJSON: one JSON document a line. Lines are found, not parsed: the engine parses, and finds what is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct

from dohyo.sources.arrays import int64s
from dohyo.sources.limits import BLOCK, LIMITS, Limits
from dohyo.sources.model import Chunk, Input, Problem
from dohyo.sources.readers.safely import Safely
from dohyo.sources.readers.utf8 import Repaired

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bytes = NDArray[np.uint8]

_SCAN = 256 * 1024  # fits the processor's cache; several times faster than one scan over the whole block
_NEWLINE = 10
_NONE: Ints = np.zeros(0, dtype=np.int64)
_NO_BYTES: Bytes = np.zeros(0, dtype=np.uint8)
_BLANKS = 32  # no JSON document starts with a byte up to this one, except after white space


def read_ndjson(source: Input, report: Callable[[Problem], None], limits: Limits = LIMITS) -> Iterator[Chunk]:
    """The non-blank lines of ``source`` with their line numbers. The text of a record may end in white space.

    Lines longer than ``limits.record_bytes`` are reported and left out; invalid UTF-8 is replaced and reported.
    """
    repaired = Repaired(source.name, "line", report)
    for block in _line_blocks(source, report, limits):
        if block.lines.size:
            yield Chunk(_strings(block, repaired), int64s(block.lines), block.position)
    repaired.tell()


def lines_at(
    source: Input, ordinals: NDArray[np.int64], report: Callable[[Problem], None] | None = None, limits: Limits = LIMITS
) -> Iterator[Chunk]:
    """The records at the 0-based ``ordinals`` (ascending) among the non-blank lines, with their line numbers.

    Lines longer than ``limits.record_bytes`` have an ordinal but are never given.
    """
    seen = 0
    repaired = Repaired(source.name, "line", report or _ignore)
    wanted = np.unique(np.asarray(ordinals, dtype=np.int64))
    for block in _line_blocks(source, report or _ignore, limits):
        first, last = np.searchsorted(wanted, (seen, seen + block.lines.size))
        picked = wanted[first:last] - seen
        seen += block.lines.size + block.lost
        if picked.size:
            yield _picked(block, picked, repaired)
        if last == wanted.size:
            break
    repaired.tell()


def _ignore(problem: Problem) -> None:
    """For one reading of two, whose problems the other one tells."""


class _Block(Struct, frozen=True):
    """Whole lines: the bytes, where non-blank lines start and the last one ends, their numbers, and how many lines that
    were too long had to be left out."""

    data: Bytes
    starts: Ints
    stop: int
    lines: Ints
    position: int
    lost: int = 0


def _line_blocks(source: Input, report: Callable[[Problem], None], limits: Limits) -> Iterator[_Block]:
    """Cuts the input at newlines into blocks of about ``BLOCK`` bytes; holds one line of the longest allowed at most."""
    line, carry, dropping = source.first, _NO_BYTES, False
    size = min(BLOCK, limits.record_bytes)
    with Safely(source, report) as stream:
        while (data := _read_after(carry, size, stream)).size > carry.size:
            ends = _newlines(data, carry.size)
            start = 0
            if dropping or (ends[0] if ends.size else data.size) > limits.record_bytes:
                if not dropping:
                    report(_too_long(source.name, line, limits))
                    yield _Block(_NO_BYTES, _NONE, 0, _NONE, stream.position, lost=1)
                carry, dropping = _NO_BYTES, not ends.size
                if dropping:
                    continue
                start, ends, line = int(ends[0]) + 1, ends[1:], line + 1
            if ends.size:
                yield _block(data, start, ends, line, stream.position)
                line, start = line + ends.size, int(ends[-1]) + 1
            carry = data[start:]
        if carry.size:
            yield _block(carry, 0, np.array([carry.size - 1]), line, stream.position)


def _read_after(carry: Bytes, size: int, stream: Safely) -> Bytes:
    """``carry`` and up to ``size`` bytes of ``stream``, in memory that is written once; Arrow's, which is used again."""
    buffer = np.frombuffer(pa.allocate_buffer(carry.size + size), dtype=np.uint8)
    buffer[: carry.size] = carry
    return buffer[: carry.size + stream.fill(buffer[carry.size :].data)]


def _too_long(name: str, line: int, limits: Limits) -> Problem:
    reason = f"is longer than {limits.record_bytes:,} bytes and was left out"
    return Problem(name, f"line {line}", reason, hint="is this NDJSON with a newline after each record?")


def _block(data: Bytes, start: int, ends: Ints, first: int, position: int) -> _Block:
    """The lines of ``data`` from ``start`` on that end at ``ends``; the first one has the number ``first``."""
    starts = np.concatenate((np.array([start]), ends[:-1] + 1))
    lines = np.arange(first, first + starts.size)
    keep = _non_blank(data, starts, ends)
    if keep is not None:
        starts, lines = starts[keep], lines[keep]
    return _Block(data, starts, int(ends[-1]) + 1, lines, position)


def _newlines(data: Bytes, since: int) -> Ints:
    """Where newlines are from ``since`` on."""
    parts = range(since, data.size, _SCAN)
    return np.concatenate([_NONE, *(np.flatnonzero(data[at : at + _SCAN] == _NEWLINE) + at for at in parts)])


def _non_blank(data: Bytes, starts: Ints, ends: Ints) -> NDArray[np.bool_] | None:
    """Which lines hold more than white space; None: all of them. Only lines that start with a blank are looked at."""
    suspects = np.flatnonzero(data[starts] <= _BLANKS)
    if not suspects.size:
        return None
    keep = np.ones(starts.size, dtype=np.bool_)
    for i in suspects.tolist():
        keep[i] = not data[starts[i] : ends[i] + 1].tobytes().isspace()
    return keep


def _strings(block: _Block, repaired: Repaired) -> pa.StringArray:
    """The lines as an Arrow array over the block's own bytes; a line runs to the start of the next non-blank one."""
    offsets = np.append(block.starts, block.stop).astype(np.int32)
    array = pa.StringArray.from_buffers(block.lines.size, pa.py_buffer(offsets), pa.py_buffer(block.data))
    return repaired.strings(array, block.lines)


def _picked(block: _Block, picked: Ints, repaired: Repaired) -> Chunk:
    starts = block.starts[picked]
    ends = np.append(block.starts, block.stop)[picked + 1]
    texts = [block.data[a:b].tobytes() for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    lines = block.lines[picked]
    array = pa.array(texts, pa.binary()).view(pa.string())
    return Chunk(repaired.strings(array, lines), int64s(lines), block.position)
