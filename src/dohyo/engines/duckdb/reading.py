"""Inputs → events: drives the scan statements over files, counts what was read, and names what could not be.

A file's first records are looked at to guess which shapes it holds, so that the statement asks for few keys. The guess
decides speed only: a record that fits none of the guessed shapes comes back and is read again with shapes guessed from
itself; a record that fits no shape is broken. Inputs with the same guess share one statement: a folder of a thousand
small logs costs about what one log of their size does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, Generic, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
from msgspec import Struct, field
from msgspec.structs import replace

from dohyo.engines.duckdb.accounts import Accounts, Position
from dohyo.engines.duckdb.ahead import ahead
from dohyo.engines.duckdb.bytesearch import ByteSearch
from dohyo.engines.duckdb.guess import PEEK_RECORDS, Guess, fractions, last_keys, note_spellings, objects, peek, spread, together
from dohyo.engines.duckdb.left import RECORDS, Left
from dohyo.engines.duckdb.parquet import opened
from dohyo.engines.duckdb.raw import Spellings
from dohyo.engines.duckdb.scan import ChunkStatement, Request, chunk_statement, file_statement, parquet_statement
from dohyo.engines.duckdb.shaping import TIMES
from dohyo.plan.known import may_be
from dohyo.sources import limits
from dohyo.sources.arrays import int64s
from dohyo.sources.model import Chunk, Format, Input, Problem, Shape
from dohyo.sources.readers import READERS
from dohyo.sources.readers.evtx_apart import Apart
from dohyo.sources.shapes import OF_EVENT_LOGS, SHAPES, shape
from dohyo.sources.shapes.lean import lean
from dohyo.sources.shapes.recognise import epoch_milliseconds, read_field, read_time, recognise, time_text
from dohyo.sources.shapes.times import is_month_first

_PEEK_FURTHER = 20
#: In so many records of a file a time is looked for.
_PEEK_TIMES = 8
_BATCH_ROWS = 200_000
_NONE = np.zeros(0, dtype=np.int64)
#: Formats whose records are always of one shape.
_FIXED = {Format.EVTX: OF_EVENT_LOGS, Format.XML: OF_EVENT_LOGS}
#: All shapes: what one of them does not take is no record.
_EVERY = tuple(s.name for s in SHAPES)

S = TypeVar("S")


class Text(Struct):
    """An input whose records are handed over as text, opened; ``names`` and ``known`` are the guess."""

    source: Input
    base: int  # ids of its records are this plus the record's number
    chunks: Iterator[Chunk]
    names: tuple[str, ...]
    known: Spellings

    @property
    def key(self) -> tuple[object, ...]:
        """Inputs with the same key can be read by one statement."""
        return self.names, self.known.key()


class Part(Struct, frozen=True):
    """Some further records of an input that grows; ``base`` is what :meth:`Accounts.begin` gave for it."""

    source: Input
    base: int
    chunks: Iterable[Chunk]


class Opened(Generic[S]):
    """Inputs one after another, opened when their turn comes: a text, or ``None`` for one that was dealt with."""

    def __init__(self, inputs: Iterable[S], open_one: Callable[[S], Text | Iterator[pa.RecordBatch] | None]) -> None:
        self._inputs = iter(inputs)
        self._open = open_one
        self._held: Text | Iterator[pa.RecordBatch] | None = None

    def take(self) -> Text | Iterator[pa.RecordBatch] | None:
        """The next one; ``None`` at the end."""
        held, self._held = self._held, None
        while held is None and (source := next(self._inputs, None)) is not None:
            held = self._open(source)
        return held

    def take_alike(self, first: Text) -> Text | None:
        """The next one if it is a text with the same key as ``first``; otherwise it stays the next one."""
        found = self.take()
        if isinstance(found, Text) and found.key == first.key:
            return found
        self._held = found
        return None


class Reading(Struct, dict=True):
    """One reading of a set of inputs, for the request of its ``accounts``."""

    connection: duckdb.DuckDBPyConnection
    accounts: Accounts
    on_position: Callable[[Position], None] | None = None
    stored: Callable[[Reading, Input], Iterator[pa.RecordBatch]] | None = None  # reads a store among the inputs
    batch_rows: int = _BATCH_ROWS
    apart: Apart | None = None  # parses event logs in processes of their own
    _statements: dict[tuple[object, ...], ChunkStatement] = field(default_factory=dict)
    _growing: Guess = field(default_factory=lambda: ((), Spellings()))  # of all inputs that grow

    @property
    def request(self) -> Request:
        """What the statements ask for."""
        return self.accounts.request

    def events(self, inputs: Iterable[Input]) -> Iterator[pa.RecordBatch]:
        """The events of all inputs that the request can use, as Arrow batches."""
        opened = Opened(inputs, self._opened)
        while (item := opened.take()) is not None:
            yield from self._texts(item, opened) if isinstance(item, Text) else item
        self.accounts.tell_further_broken()

    def _opened(self, source: Input) -> Text | Iterator[pa.RecordBatch] | None:
        if source.format is Format.EMPTY:
            self.accounts.report.empty.append(source.name)
            return None
        if source.format is Format.STORE:
            return self.stored(self, source) if self.stored else None
        base = self.accounts.begin(source)
        if source.format is Format.PARQUET:
            return self._parquet(source, base)
        return self._file(source, base) if self._native(source) else self._text(source, base)

    def further(self, parts: Iterable[Part | Input]) -> Iterator[pa.RecordBatch]:
        """The events of parts of inputs that grow, and of whole inputs. What is guessed of a part adds to what was guessed
        before, of any input, so that soon one statement does for all."""
        opened = Opened(parts, lambda each: self._part(each) if isinstance(each, Part) else self._opened(each))
        while (item := opened.take()) is not None:
            yield from self._texts(item, opened) if isinstance(item, Text) else item

    def _part(self, part: Part) -> Text | None:
        chunks = iter(part.chunks)
        first = next(chunks, None)
        if first is None:
            return None
        names, known = self._guess(part.source, first.raw, fewer=bool(self._growing[0]))  # what is guessed already is hardly ever wrong
        if part.source.format not in _FIXED:
            names, known = self._growing = together(self._growing, (names, known))
        return Text(part.source, part.base, chain([first], chunks), names, known)

    def _done(self, source: Input, began: int) -> None:
        self.accounts.position.bytes_done = began + (source.size or 0)
        self.accounts.position.files_done += 1
        self._tell()

    def _native(self, source: Input) -> bool:
        path = source.path if source.format is Format.NDJSON and (source.size or 0) >= limits.NATIVE else None
        if path is None or self.request.needs_raw or self.request.needs_id:
            return False
        from dohyo.sources.readers.nth_line import has_blank_lines  # only a large log asks
        from dohyo.sources.unfold import wraps

        return not wraps(source.head) and not has_blank_lines(path)

    # -- JSON text handed over

    def _text(self, source: Input, base: int) -> Text | None:
        told = self.accounts.report.problems.append
        chunks = (self.apart.chunks(source, told) if self.apart else None) or READERS[source.format](source, told)
        first = next(chunks, None)
        if first is None:
            self._done(source, self.accounts.position.bytes_done)
            return None
        names, known = self._guess(source, first.raw)
        return Text(source, base, chain([first], chunks), names, known)

    def _guess(self, source: Input, raw: pa.StringArray, fewer: bool = False) -> Guess:
        """What some of these first records say. ``fewer``: of few of them."""
        if source.format in _FIXED:
            return (_FIXED[source.format],), Spellings()
        texts = spread(raw)
        if fewer:
            texts = texts[:: max(1, len(texts) // _PEEK_FURTHER)]
        return self._noted(source, objects(texts))

    def _noted(self, source: Input, records: list[dict[str, Any]]) -> Guess:
        """What these first records of a log say; what is odd about them is told."""
        guess = self._guessed(records)
        self._note_odd(source, records)
        if guess[0] == ("generic",):
            self.accounts.report.unknown[source.name] = tuple(records[0]) if records else ()
        return guess

    def _guessed(self, records: list[dict[str, Any]]) -> Guess:
        found = [recognise(r) for r in records]
        self._note_present(found, records)
        names = Counter(s.name for s in found)
        wanted = last_keys(self.request.names)
        known = Spellings()
        for record in records:
            note_spellings(record, wanted, known)
        return tuple(n for n, _ in names.most_common()) or ("generic",), known

    def _note_present(self, shapes: list[Shape], records: list[dict[str, Any]]) -> None:
        """Fields that the first records have, one with each set of keys, need not be looked for in all the others."""
        looked = {(s.name, *r): (s, r) for s, r in zip(shapes, records, strict=True)}
        for name in self.accounts.unseen():
            if any(read_field(s, r, name) for s, r in looked.values()):
                self.accounts.report.present.add(name)

    def _note_odd(self, source: Input, records: list[dict[str, Any]]) -> None:
        """Events without a time are in no time range, and on no timeline; some times can be read in two ways. A port that is
        written as a fraction is not the port that a query asks for."""
        report = self.accounts.report
        if names := fractions(records):
            report.fractions[source.name] = names
        for record in records[:_PEEK_TIMES]:
            found = recognise(record)
            if found.name == "generic":
                continue
            time, text = read_time(found, record), time_text(record)
            if time is None:
                report.untimed.setdefault(source.name, text)
            elif is_month_first(text) and time == epoch_milliseconds(text):
                report.month_first.setdefault(source.name, text)

    def _chunk_statement(self, key: tuple[object, ...], make: Callable[[], ChunkStatement]) -> ChunkStatement:
        found = self._statements.get(key)
        if found is None:
            found = self._statements[key] = make()
        return found

    def _texts(self, first: Text, opened: Opened[Any]) -> Iterator[pa.RecordBatch]:
        """A text, and those after it that one statement can read with it."""
        left = Left()
        with self._threads(spare=1 if first.source.format in _FIXED else 0):
            yield from self._run_chunks(ahead(self._stream(first, opened)), first.names, first.known, left)
        yield from self._left(left)

    @contextmanager
    def _threads(self, spare: int) -> Iterator[None]:
        """Leaves the engine fewer threads while a reader keeps a core busy by itself."""
        row = self.connection.execute("SELECT current_setting('threads')").fetchone()
        threads = int(row[0]) if row else 1
        self.connection.execute("SET threads = ?", [max(1, threads - spare)])
        try:
            yield
        finally:
            self.connection.execute("SET threads = ?", [threads])

    def _stream(self, first: Text, opened: Opened[Any]) -> Iterator[pa.RecordBatch]:
        text: Text | None = first
        while text is not None:
            began = self.accounts.position.bytes_done
            for chunk in text.chunks:
                self.accounts.position.bytes_done = began + chunk.position
                self._tell()
                yield _records(chunk, text.base)
            self._done(text.source, began)
            text = opened.take_alike(first)

    def _run_chunks(
        self, batches: Iterable[pa.RecordBatch], names: tuple[str, ...], known: Spellings, left: Left, exact: bool = False
    ) -> Iterator[pa.RecordBatch]:
        shapes, unseen = [shape(n) for n in names], self.accounts.unseen()
        key = (names, known.key(), exact, unseen)
        statement = self._chunk_statement(key, lambda: chunk_statement(self.request, shapes, known, exact, unseen))
        self.connection.register("chunk", _marked(statement, batches))
        for batch in self.connection.sql(statement.sql).to_arrow_reader(self.batch_rows):
            left.take(batch)
            yield from self.accounts.take(batch, shapes, batch.column("row_id"))
        yield from self.accounts.settle(shapes)

    def _left(self, left: Left) -> Iterator[pa.RecordBatch]:
        """What the guessed shapes did not take is read again with shapes guessed from itself, until nothing is left.
        Each round takes at least the records that its guess came from; where one takes none, for the engine takes the first of
        a key that comes twice, the next one looks for all shapes."""
        left.parts += self.accounts.mended(left.broken)
        stuck = False
        while left.parts:
            names, known = self._guessed(objects(left.parts[0][0].slice(0, PEEK_RECORDS).to_pylist()))
            again = Left()
            yield from self._run_chunks(left.batches(), _EVERY if stuck else names, known, again, True)
            if stuck and again.count == left.count:
                self.accounts.broken(again.parts)
                return
            stuck = again.count == left.count
            left = again

    # -- files that DuckDB opens

    def _file(self, source: Input, base: int) -> Iterator[pa.RecordBatch]:
        began = self.accounts.position.bytes_done
        texts = peek(source)
        records = objects(texts)
        names, known = self._noted(source, records)
        shapes = [shape(n) for n in names]
        if len(shapes) == 1 and records:
            shapes = [lean(shapes[0], records, self._timed(shapes[0], records))]
        sql = file_statement(self.request, shapes, known, self.accounts.unseen(), str(source.path))
        ordinals, done, complete = [], 0, sql is not None
        try:
            for batch in self.connection.sql(sql).to_arrow_reader(_BATCH_ROWS) if sql else ():
                ids = int64s(np.arange(done + 1, done + 1 + len(batch), dtype=np.int64) + base)
                ordinals.append(np.flatnonzero(batch.column("__shape").to_numpy(zero_copy_only=False) == 0) + done)
                done += len(batch)
                yield from self.accounts.take(batch, shapes, ids)
                self.accounts.position.bytes_done = began + min(source.size or 0, done * _usual_size(texts))
                self._tell()
        except (duckdb.Error, OSError) as error:  # a record that is too long for DuckDB, say
            if "Interrupted" in str(error):
                raise
            complete, self.accounts.position.bytes_done = False, began
        yield from self.accounts.settle(shapes)
        unplaced = np.concatenate(ordinals) if ordinals else _NONE
        if len(unplaced):
            from dohyo.sources.readers.ndjson import lines_at

            told = self.accounts.report.problems.append if complete else None  # else what reads the rest tells of all
            yield from self._again(base, lines_at(source, unplaced, told), names, known)
        if complete:
            self._done(source, began)
        elif (text := self._text(source, base)) is not None:
            yield from self._texts(replace(text, chunks=_after(text.chunks, done)), Opened((), self._opened))

    def _timed(self, shape: Shape, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of the records whose time may be asked for: the others' source category says that the query cannot use them. All
        where the time itself tells which are useful, or where none of these is."""
        if not TIMES.isdisjoint(self.request.predicate_names):
            return records
        known = self.request.category
        categories = [known or read_field(shape, record, "_sourceCategory") for record in records]
        may = {name: may_be(self.request.predicate, {"_sourcecategory": name}) for name in set(categories)}
        return [record for record, name in zip(records, categories, strict=True) if may[name]] or records

    def _again(self, base: int, lines: Iterator[Chunk], names: tuple[str, ...], known: Spellings) -> Iterator[pa.RecordBatch]:
        """Records that the statement over the file could not place, as text."""
        left = Left()
        yield from self._run_chunks((_records(c, base) for c in lines), names, known, left)
        yield from self._left(left)

    def _parquet(self, source: Input, base: int) -> Iterator[pa.RecordBatch]:
        from dohyo.sources.spool import spooled

        began, done = self.accounts.position.bytes_done, 0
        shapes: list[Shape] = []
        try:
            held = spooled(source)
            table = opened(self.connection, str(held.path))
            shapes = table.shapes(self.connection)
            sql = parquet_statement(self.request, table.names, table.raw, shapes, table.path)
            for batch in self.connection.sql(sql).to_arrow_reader(_BATCH_ROWS):
                ids = int64s(np.arange(done + 1, done + 1 + len(batch), dtype=np.int64) + base)
                done += len(batch)
                yield from self.accounts.take(batch, shapes, ids)
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            self.accounts.report.problems.append(Problem(source.name, "", f"cannot be read as Parquet: {_first_line(error)}"))
        yield from self.accounts.settle(shapes)
        self._done(source, began)

    def _tell(self) -> None:
        if self.on_position:
            self.on_position(self.accounts.position)


def _usual_size(texts: list[str]) -> int:
    """How long such lines are: of a file that DuckDB reads only the number of records is known."""
    return sum(len(text) + 1 for text in texts) // max(1, len(texts))


def _after(chunks: Iterable[Chunk], count: int) -> Iterator[Chunk]:
    """What comes after so many records."""
    for chunk in chunks:
        left, count = chunk.raw[count:], max(0, count - len(chunk.raw))
        if len(left):
            yield Chunk(left, chunk.records[len(chunk.raw) - len(left) :], chunk.position)


def _records(chunk: Chunk, base: int) -> pa.RecordBatch:
    """A chunk's texts with their ids."""
    return pa.record_batch([chunk.raw, int64s(chunk.records.to_numpy() + base)], schema=RECORDS)


def _marked(statement: ChunkStatement, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatchReader:
    """The records with what the statement asks for beside them."""
    searches = {n: ByteSearch.of(t, n == "held") for n, t in (("held", statement.held), ("further", statement.further)) if t}
    schema = pa.schema([*RECORDS, *(pa.field(n, pa.bool_()) for n in searches)])

    def marked() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            marks = [pa.array(search.held(batch.column("raw"))) for search in searches.values()]
            yield pa.record_batch([*batch.columns, *marks], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, marked() if searches else batches)


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0][:200]
