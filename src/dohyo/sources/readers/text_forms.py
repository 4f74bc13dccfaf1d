"""Logs that are text for people, or have a header before each record (``forms``): each record becomes JSON."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator

import pyarrow as pa

from dohyo.sources.forms import TextForm, form_of, pieces_of
from dohyo.sources.limits import HEAD, LIMITS, MIB, Limits
from dohyo.sources.model import Chunk, Input, Problem
from dohyo.sources.readers.safely import Safely
from dohyo.sources.readers.tally import Tally
from dohyo.sources.readers.utf8 import Repaired

_READ = 1 * MIB
_BATCH = 2000


def read_text(source: Input, report: Callable[[Problem], None], limits: Limits = LIMITS) -> Iterator[Chunk]:
    """The records of ``source`` as JSON objects; a record's number is the line that it starts on.

    What is in no record, or is longer than ``limits.record_bytes``, is reported and left out.
    """
    tally, repaired = Tally(source.name, report), Repaired(source.name, "line", report)
    texts: list[str] = []
    lines: list[int] = []
    with Safely(source, report) as stream:
        for text, line in _records(stream, tally, limits):
            texts.append(text)
            lines.append(line)
            if len(texts) == _BATCH:
                yield Chunk(repaired.texts(texts, lines), pa.array(lines, pa.int64()), stream.position)
                texts, lines = [], []
        if texts:
            yield Chunk(repaired.texts(texts, lines), pa.array(lines, pa.int64()), stream.position)
    repaired.tell()
    tally.tell()


def _records(stream: Safely, tally: Tally, limits: Limits) -> Iterator[tuple[str, int]]:
    decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
    held, more, line = decode(stream.full(max(_READ, HEAD))).lstrip("\ufeff"), True, 1
    start = len(held) - len(held.lstrip())
    form = form_of(held[start:][:HEAD])
    if form is None:
        return
    while more:
        data = stream.full(max(_READ, len(held)))
        more = bool(data)
        held += decode(data, not more)
        end = _last_start(form, held) if more else len(held)
        for piece in pieces_of(form, held[:end]):
            yield from _record(form, piece, line, tally)
            line += piece.count("\n")
        held = held[end:]
        if len(held) > limits.record_bytes:
            tally.add(f"line {line}", "a record is longer than is read, left out")
            line, held = line + held.count("\n"), ""


def _last_start(form: TextForm, text: str) -> int:
    """Where the last record begins: it may go on in what is read next."""
    last = 0
    for found in form.begins.finditer(text):
        last = found.start()
    return last


def _record(form: TextForm, piece: str, line: int, tally: Tally) -> Iterator[tuple[str, int]]:
    if not piece.strip():
        return
    parsed = form.parse(piece) if form.begins.match(piece) else None
    if parsed is None:
        tally.add(f"line {line}", f"text that is no record ({form.name}), left out")
    else:
        yield parsed, line
