"""A process that parses event logs for another one (see ``evtx_apart``): it is given logs on standard input and sends
their records, block by block, to standard output.

``evtx`` holds the interpreter's lock while it parses, so that threads do not help."""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Iterator
from typing import BinaryIO

from dohyo.memory import keep_memory
from dohyo.sources.readers.evtx_chunks import CHUNK, FILE_HEADER, TOGETHER, records_in
from dohyo.sources.readers.tally import Tally

BLOCK = TOGETHER * CHUNK
#: A block's records: how many there are, the bytes of their texts, the bytes of what is said of damage. Then come their
#: ids, the lengths of their texts, the texts and what is said. ``FAILED`` records: the log cannot be read.
HEAD = struct.Struct("<qqq")
FAILED = -1


def blocks_of(size: int) -> int:
    """How many blocks a log of so many bytes has."""
    return max(0, -(-(size - FILE_HEADER) // BLOCK))


class _Noted(Tally):
    """Keeps complaints instead of telling them."""

    def __init__(self) -> None:
        super().__init__("", lambda problem: None)
        self.notes: list[tuple[str, str, int, str]] = []

    def add(self, where: str, reason: str, count: int = 1, hint: str = "") -> None:
        self.notes.append((where, reason, count, hint))


def main() -> None:
    """Parses every ``parts``-th block of the logs, in order."""
    keep_memory()
    logs, part, parts = json.load(sys.stdin)
    number = 0
    for path, size in logs:
        mine = [i for i in range(blocks_of(size)) if (number + i) % parts == part]
        number += blocks_of(size)
        for message in _messages(path, size, mine):
            for piece in message:
                sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _messages(path: str, size: int, blocks: list[int]) -> Iterator[tuple[bytes, ...]]:
    """A message for each of the log's blocks."""
    sent = 0
    try:
        with open(path, "rb") as file:
            for block in blocks:
                yield _message(file, FILE_HEADER + block * BLOCK, size)
                sent += 1
    except OSError:
        for _ in blocks[sent:]:
            yield (HEAD.pack(FAILED, 0, 0),)


def _message(file: BinaryIO, at: int, size: int) -> tuple[bytes, ...]:
    file.seek(at)
    noted = _Noted()
    texts: list[str] = []
    ids: list[int] = []
    for parsed in records_in(file.read(min(BLOCK, size - at)), at, noted):
        texts += parsed.texts
        ids += parsed.ids
    if all(map(str.isascii, texts)):  # each knows that of itself
        data, lengths = "".join(texts).encode(), array("q", map(len, texts))
    else:
        encoded = [t.encode("utf-8", "replace") for t in texts]
        data, lengths = b"".join(encoded), array("q", map(len, encoded))
    said = json.dumps(noted.notes).encode() if noted.notes else b""
    return HEAD.pack(len(texts), len(data), len(said)), array("Q", ids).tobytes(), lengths.tobytes(), data, said


if __name__ == "__main__":
    main()
