"""Event logs on disk, parsed in processes of their own: begun early, they parse while the program is still being loaded,
and go on while the engine works."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from dohyo.sources.model import Chunk, Format, Input, Problem
from dohyo.sources.readers.evtx_chunks import FILE_HEADER, LARGEST_ID, records_in
from dohyo.sources.readers.evtx_worker import BLOCK, FAILED, HEAD, blocks_of
from dohyo.sources.readers.tally import Tally

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

#: Below so many bytes of logs a process takes longer to start than to do its work.
WORTH = 48 << 20
_MOST_PROCESSES = 8
_WAITING = 64 << 20  # bytes of all processes' blocks: what is parsed before the program is loaded
_POLL = 0.2
_PIPE = 1 << 20


class _Log(Struct, frozen=True):
    """A log: the number of its first block among those of all logs, and how many blocks it has."""

    first: int
    blocks: int


class _Block(Struct, frozen=True):
    """What a process made of a block."""

    ids: Bytes
    lengths: Bytes
    texts: Bytes
    notes: list[tuple[str, str, int, str]]

    @property
    def size(self) -> int:
        """In bytes."""
        return int(self.ids.nbytes + self.lengths.nbytes + self.texts.nbytes)


class Apart:
    """Processes that parse the plain event logs among some inputs, in their order."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        """Starts them, if the logs are large enough for that. To be closed."""
        logs = [i for i in inputs if i.format is Format.EVTX and i.path is not None]
        self._logs: dict[str, _Log] = {}
        self._workers: list[_Worker] = []
        if sum(i.size or 0 for i in logs) < WORTH:
            return
        first = 0
        for log in logs:
            self._logs[log.name] = _Log(first, blocks_of(log.size or 0))
            first += self._logs[log.name].blocks
        named = [(str(i.path), i.size or 0) for i in logs]
        parts = min(_MOST_PROCESSES, os.cpu_count() or 1)  # one for each core: there is more to parse than to look at
        self._workers = [_Worker(named, part, parts) for part in range(parts)]

    def chunks(self, source: Input, report: Callable[[Problem], None]) -> Iterator[Chunk] | None:
        """The records of one of the logs, as its reader gives them; ``None`` for an input that is not parsed apart. The logs
        are to be asked for in the order of the inputs, each once; what is left out was parsed in vain."""
        log = self._logs.pop(source.name, None)
        return None if log is None else self._chunks(log, source, report)

    def _chunks(self, log: _Log, source: Input, report: Callable[[Problem], None]) -> Iterator[Chunk]:
        tally, size = Tally(source.name, report), source.size or 0
        for index in range(log.blocks):
            position = min(size, FILE_HEADER + (index + 1) * BLOCK)
            turn, part = divmod(log.first + index, len(self._workers))
            block = self._workers[part].take(turn)
            if block is None:  # the log cannot be read, or the process is gone: done, or told why not, here
                yield from _here(source, index, position, tally)
            else:
                for note in block.notes:
                    tally.add(*note)
                yield _chunk(block, position)
        tally.tell()

    def close(self) -> None:
        """Ends the processes."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process, and the thread that takes what it sends."""

    def __init__(self, logs: Sequence[tuple[str, int]], part: int, parts: int) -> None:
        command = [sys.executable, "-P", "-m", "dohyo.sources.readers.evtx_worker"]
        self._blocks: queue.SimpleQueue[_Block | None] = queue.SimpleQueue()
        self._waiting, self._most = 0, _WAITING // parts  # bytes of the blocks that wait
        self._room = threading.Condition()
        self._over = False
        self._turn = 0  # which block comes next
        self._process = _started(command)
        self._thread = threading.Thread(target=self._receive, args=(json.dumps([logs, part, parts]).encode(),), daemon=True)
        self._thread.start()

    def take(self, turn: int) -> _Block | None:
        """Its ``turn``-th block, from 0; ``None`` for one that could not be read, and when the process is gone."""
        while self._turn < turn:
            self._next()
        return self._next()

    def _next(self) -> _Block | None:
        self._turn += 1
        while True:
            try:
                block = self._blocks.get(timeout=_POLL if self._thread.is_alive() else 0)
            except queue.Empty:
                if not self._thread.is_alive() and self._blocks.empty():
                    return None
            else:
                with self._room:
                    self._waiting -= block.size if block else 0
                    self._room.notify()
                return block

    def _receive(self, jobs: bytes) -> None:
        if self._process is None:
            return
        try:
            with self._process.stdin as given:  # type: ignore[union-attr]  # it has pipes
                given.write(jobs)
            while not self._over and (head := _exactly(self._process.stdout, HEAD.size)) is not None:
                self._put(_block(self._process.stdout, *HEAD.unpack(head.tobytes())))
        except (OSError, EOFError, ValueError):  # it is gone; what it did not do is done by whoever waits for it
            return

    def _put(self, block: _Block | None) -> None:
        with self._room:
            self._room.wait_for(lambda: self._waiting < self._most or self._over)
            self._waiting += block.size if block else 0
        self._blocks.put(block)

    def close(self) -> None:
        """Ends the process and the thread."""
        with self._room:
            self._over = True
            self._room.notify()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._thread.join()
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()


def _started(command: Sequence[str]) -> subprocess.Popen[bytes] | None:
    """The process; ``None`` where none can be started: then the logs are parsed here."""
    if not sys.executable or getattr(sys, "frozen", False):  # a program of its own is no interpreter
        return None
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
                                pipesize=_PIPE)  # fmt: skip
    except OSError:
        return None


def _exactly(stream: IO[bytes] | None, count: int) -> Bytes | None:
    """So many bytes; ``None`` at the end. Raises :class:`EOFError` when it comes in between."""
    import numpy as np

    data, at = np.empty(count, dtype=np.uint8), 0
    while at < count:
        got = stream.readinto(data[at:].data) if stream is not None else 0  # type: ignore[attr-defined]  # it is raw
        if not got:
            if at:
                raise EOFError
            return None
        at += got
    return data


def _block(stream: IO[bytes] | None, records: int, length: int, said: int) -> _Block | None:
    if records == FAILED:
        return None
    ids, lengths, texts, notes = (_exactly(stream, n) for n in (8 * records, 8 * records, length, said))
    if ids is None or lengths is None or texts is None or notes is None:
        raise EOFError
    return _Block(ids, lengths, texts, json.loads(notes.tobytes()) if said else [])


def _here(source: Input, index: int, position: int, tally: Tally) -> Iterator[Chunk]:
    """A block parsed in this process."""
    from dohyo.sources.readers.evtx import chunks

    at = FILE_HEADER + index * BLOCK
    try:
        with source.open() as file:
            file.seek(at)
            data = file.read(min(BLOCK, (source.size or 0) - at))
    except OSError as error:
        tally.add(f"after {at:,} bytes", str(error.strerror or error))
        return
    for parsed in records_in(data, at, tally):
        yield from chunks(parsed, position)


def _chunk(block: _Block, position: int) -> Chunk:
    """The records as Arrow arrays over the bytes that came."""
    import numpy as np
    import pyarrow as pa

    from dohyo.sources.arrays import int64s

    lengths, ids = block.lengths.view(np.int64), np.minimum(block.ids.view(np.uint64), LARGEST_ID).astype(np.int64)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    texts = pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(block.texts))
    return Chunk(texts, int64s(ids), position)
