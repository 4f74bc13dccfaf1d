"""Inputs → events: drives the scan statements over files, counts what was read, and names what could not be.

A file's first records are looked at to guess which shapes it holds, so that the statement asks for few keys. The guess
decides speed only: a record that fits none of the guessed shapes comes back and is read again with shapes guessed from
itself; a record that fits no shape is broken. Inputs with the same guess share one statement: a folder of a thousand
small logs costs about what one log of their size does."""

from __future__ import annotations

import functools
import json
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

from dohyo.engines.duckdb.ahead import ahead
from dohyo.engines.duckdb.bytesearch import ByteSearch
from dohyo.engines.duckdb.connect import arrow_type
from dohyo.engines.duckdb.parquet import parquet_columns
from dohyo.engines.duckdb.raw import ColumnRaw, Spellings
from dohyo.engines.duckdb.scan import (
    KEEP,
    KINDS,
    VALUE,
    ChunkStatement,
    Request,
    chunk_statement,
    file_statement,
    parquet_statement,
    possible,
)
from dohyo.engines.duckdb.sourcecategory import NAMES
from dohyo.engines.duckdb.surrogates import whole
from dohyo.plan.names import ID
from dohyo.results import FileReport, Places, ReadReport
from dohyo.sources import limits
from dohyo.sources.arrays import int64s
from dohyo.sources.model import Chunk, Format, Input, Problem, Shape
from dohyo.sources.readers import READERS
from dohyo.sources.readers.evtx_apart import Apart
from dohyo.sources.shapes import OF_EVENT_LOGS, SHAPES, shape
from dohyo.sources.shapes.lean import lean
from dohyo.sources.shapes.recognise import read_field, recognise

_PEEK_RECORDS = 50
_PEEK_SPREAD = 100
_PEEK_BYTES = 1 << 20
_PEEK_FURTHER = 20
_BATCH_ROWS = 200_000
_LEFT_ROWS = 20_000
#: So many records are counted together, and fewer useful rows than this are given together.
_SETTLED_ROWS, _SETTLED_BYTES, _FEW_ROWS = 100_000, 16 << 20, 8_000
_FEW_TEXTS = 50_000
_COUNTED = frozenset({"__shape", "__tally", "__own", "__kind", "__mask"})
#: This many broken records of a file are named one by one.
_BROKEN_NAMED = 20
_NONE = np.zeros(0, dtype=np.int64)
_RECORDS = pa.schema([("raw", pa.string()), ("row_id", pa.int64())])
#: Formats whose records are always of one shape.
_FIXED = {Format.EVTX: OF_EVENT_LOGS, Format.XML: OF_EVENT_LOGS}
#: What the numbers of records count, where that is not lines.
_UNITS = {"evtx": "record", "kafka": "message"}
#: So many spellings of a name are remembered from one part of a growing file to the next.
_SPELLINGS_KEPT = 4

S = TypeVar("S")
#: The shapes that records may have, and how names are spelled in them.
Guess = tuple[tuple[str, ...], Spellings]


class Position(Struct):
    """How far the reading of a run is."""

    files_done: int = 0
    bytes_done: int = 0
    records: int = 0
    hits: int = 0


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
    """Some further records of an input that grows; ``base`` is what :meth:`Reading.begin` gave for it."""

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
    """One reading of a set of inputs for one request."""

    connection: duckdb.DuckDBPyConnection
    request: Request
    report: ReadReport
    places: Places
    on_position: Callable[[Position], None] | None = None
    stored: Callable[[Reading, Input], Iterator[pa.RecordBatch]] | None = None  # reads a store among the inputs
    batch_rows: int = _BATCH_ROWS
    apart: Apart | None = None  # parses event logs in processes of their own
    position: Position = field(default_factory=Position)
    _statements: dict[tuple[object, ...], ChunkStatement] = field(default_factory=dict)
    _files: dict[int, FileReport] = field(default_factory=dict)
    _pending: list[tuple[pa.RecordBatch, Any]] = field(default_factory=list)  # read, but not counted yet
    _growing: Guess = field(default_factory=lambda: ((), Spellings()))  # of all inputs that grow
    _seen: int = 0

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the events."""
        return pa.schema([(n, arrow_type(t)) for n, t in self.request.columns])

    def events(self, inputs: Iterable[Input]) -> Iterator[pa.RecordBatch]:
        """The events of all inputs that the request can use, as Arrow batches."""
        opened = Opened(inputs, self._opened)
        while (item := opened.take()) is not None:
            yield from self._texts(item, opened) if isinstance(item, Text) else item
        self._tell_further_broken()

    def _opened(self, source: Input) -> Text | Iterator[pa.RecordBatch] | None:
        if source.format is Format.EMPTY:
            self.report.empty.append(source.name)
            return None
        if source.format is Format.STORE:
            return self.stored(self, source) if self.stored else None
        base = self.begin(source)
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
        some = _spread(first.raw)
        if self._growing[0]:  # what is guessed already is hardly ever wrong
            some = some.take(pa.array(range(0, len(some), max(1, len(some) // _PEEK_FURTHER)), pa.int64()))
        names, known = self._guess(part.source, some)
        if part.source.format not in _FIXED:
            names, known = self._growing = _together(self._growing, (names, known))
        return Text(part.source, part.base, chain([first], chunks), names, known)

    def begin(self, source: Input) -> int:
        """Notes an input that is read from now on; ids of its records are the number given plus the record's own."""
        file = FileReport(source.name, source.format.value, source.size)
        self.report.files.append(file)
        base = self.places.add(source.name)
        self._files[base >> Places.BITS] = file
        return base

    def file(self, base: int) -> FileReport:
        """What was read of the input that :meth:`begin` gave this number for."""
        return self._files[base >> Places.BITS]

    def _done(self, source: Input, began: int) -> None:
        self.position.bytes_done = began + (source.size or 0)
        self.position.files_done += 1
        self._tell()

    def _native(self, source: Input) -> bool:
        big = source.format is Format.NDJSON and source.path is not None and (source.size or 0) >= limits.NATIVE
        return big and not self.request.needs_raw and not self.request.needs_id

    # -- JSON text handed over

    def _text(self, source: Input, base: int) -> Text | None:
        told = self.report.problems.append
        chunks = (self.apart.chunks(source, told) if self.apart else None) or READERS[source.format](source, told)
        first = next(chunks, None)
        if first is None:
            self._done(source, self.position.bytes_done)
            return None
        names, known = self._guess(source, _spread(first.raw))
        return Text(source, base, chain([first], chunks), names, known)

    def _guess(self, source: Input, texts: pa.StringArray) -> tuple[tuple[str, ...], Spellings]:
        if source.format in _FIXED:
            return (_FIXED[source.format],), Spellings()
        return self._guessed(texts.to_pylist())

    def _guessed(self, texts: list[str]) -> tuple[tuple[str, ...], Spellings]:
        records = _objects(texts)
        found = [recognise(r) for r in records]
        self._note_present(found, records)
        names = Counter(s.name for s in found)
        wanted = self.request.names
        known = Spellings()
        for record in records:
            _spellings(record, wanted, known)
        return tuple(n for n, _ in names.most_common()) or ("generic",), known

    def _note_present(self, shapes: list[Shape], records: list[dict[str, Any]]) -> None:
        """Fields that the first records have, one with each set of keys, need not be looked for in all the others."""
        looked = {(s.name, *r): (s, r) for s, r in zip(shapes, records, strict=True)}
        for name in self._unseen():
            if any(read_field(s, r, name) for s, r in looked.values()):
                self.report.present.add(name)

    def _unseen(self) -> tuple[str, ...]:
        return tuple(n for n in self.request.presence if n not in self.report.present)

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
            began = self.position.bytes_done
            for chunk in text.chunks:
                self.position.bytes_done = began + chunk.position
                self._tell()
                yield _records(chunk, text.base)
            self._done(text.source, began)
            text = opened.take_alike(first)

    def _run_chunks(
        self, batches: Iterable[pa.RecordBatch], names: tuple[str, ...], known: Spellings, left: Left, exact: bool = False
    ) -> Iterator[pa.RecordBatch]:
        shapes, unseen = [shape(n) for n in names], self._unseen()
        key = (names, known.key(), exact, unseen)
        statement = self._chunk_statement(key, lambda: chunk_statement(self.request, shapes, known, exact, unseen))
        self.connection.register("chunk", _marked(statement, batches))
        for batch in self.connection.sql(statement.sql).to_arrow_reader(self.batch_rows):
            left.take(batch)
            yield from self._account(batch, shapes, batch.column("row_id"))
        yield from self._settle(shapes)

    def _left(self, left: Left) -> Iterator[pa.RecordBatch]:
        """What the guessed shapes did not take is read again with shapes guessed from itself, until nothing is left.
        Each round takes at least the records that its guess came from."""
        left.parts += self._mended(left.broken)
        while left.parts:
            names, known = self._guessed(left.parts[0][0].slice(0, _PEEK_RECORDS).to_pylist())
            again = Left()
            yield from self._run_chunks(left.batches(), names, known, again, True)
            if again.count == left.count:
                self._broken(again.parts)
                return
            left = again

    def _mended(self, parts: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """Of records that are no JSON those that a small repair makes JSON; the others are broken."""
        import pyarrow.compute as pc

        mended, beyond = [], []
        for texts, ids in parts:
            repaired = pa.array([whole(t) for t in texts.to_pylist()], pa.string())
            changed = pc.not_equal(repaired, texts)
            mended.append((repaired.filter(changed), ids.filter(changed)))
            beyond.append((texts.filter(pc.invert(changed)), ids.filter(pc.invert(changed))))
            for row_id in mended[-1][1].to_pylist():
                self._files[row_id >> Places.BITS].mended.append(row_id & ((1 << Places.BITS) - 1))
        self._broken(beyond)
        return [part for part in mended if len(part[0])]

    def _broken(self, parts: list[tuple[Any, Any]]) -> None:
        """Counts and names records that are no JSON objects."""
        for texts, ids in parts:
            for text, row_id in zip(texts.to_pylist(), ids.to_pylist(), strict=True):
                file = self._files[row_id >> Places.BITS]
                file.broken += 1
                file.records += 1
                if file.broken <= _BROKEN_NAMED:
                    where = f"{_unit(file)} {row_id & ((1 << Places.BITS) - 1)}"
                    self.report.problems.append(Problem(file.name, where, why_broken(text)))

    def _tell_further_broken(self) -> None:
        for file in self.report.files:
            if file.mended:
                where = f"{_unit(file)} {min(file.mended)}"
                reason = "half a surrogate pair, read with a replacement character"
                self.report.problems.append(Problem(file.name, where, reason, len(file.mended), mended=True))
            if file.broken > _BROKEN_NAMED:
                self.report.problems.append(Problem(file.name, "", "further broken records", file.broken - _BROKEN_NAMED))

    # -- files that DuckDB opens

    def _file(self, source: Input, base: int) -> Iterator[pa.RecordBatch]:
        began = self.position.bytes_done
        some = _peek(source)
        names, known = self._guessed(some)
        shapes = [shape(n) for n in names]
        if len(shapes) == 1 and (records := _objects(some)):
            shapes = [lean(shapes[0], records)]
        sql = file_statement(self.request, shapes, known, self._unseen(), str(source.path))
        ordinals, done, complete = [], 0, sql is not None
        try:
            for batch in self.connection.sql(sql).to_arrow_reader(_BATCH_ROWS) if sql else ():
                ids = int64s(np.arange(done + 1, done + 1 + len(batch), dtype=np.int64) + base)
                ordinals.append(np.flatnonzero(batch.column("__shape").to_numpy(zero_copy_only=False) == 0) + done)
                done += len(batch)
                yield from self._account(batch, shapes, ids)
                self._tell()
        except (duckdb.Error, OSError) as error:  # a record that is too long for DuckDB, say
            if "Interrupted" in str(error):
                raise
            complete = False
        yield from self._settle(shapes)
        unplaced = np.concatenate(ordinals) if ordinals else _NONE
        if len(unplaced):
            yield from self._again(source, base, unplaced, names, known)
        if complete:
            self._done(source, began)
        elif (text := self._text(source, base)) is not None:
            yield from self._texts(replace(text, chunks=_after(text.chunks, done)), Opened((), self._opened))

    def _again(self, source: Input, base: int, ordinals: Any, names: tuple[str, ...], known: Spellings) -> Iterator[pa.RecordBatch]:
        """Records that the statement over the file could not place, by their ordinal numbers, as text."""
        from dohyo.sources.readers.ndjson import lines_at

        left = Left()
        lines = lines_at(source, ordinals, self.report.problems.append)
        yield from self._run_chunks((_records(c, base) for c in lines), names, known, left)
        yield from self._left(left)

    def _parquet(self, source: Input, base: int) -> Iterator[pa.RecordBatch]:
        from dohyo.sources.spool import spooled

        began, done = self.position.bytes_done, 0
        shapes: list[Shape] = []
        try:
            held = spooled(source)
            names = parquet_columns(self.connection, str(held.path))
            sql = parquet_statement(self.request, names, str(held.path))
            shapes = parquet_shapes(names)
            for batch in self.connection.sql(sql).to_arrow_reader(_BATCH_ROWS):
                ids = int64s(np.arange(done + 1, done + 1 + len(batch), dtype=np.int64) + base)
                done += len(batch)
                yield from self._account(batch, shapes, ids)
        except (duckdb.Error, OSError) as error:
            self.report.problems.append(Problem(source.name, "", f"cannot be read as Parquet: {_first_line(error)}"))
        yield from self._settle(shapes)
        self._done(source, began)

    # -- accounts

    def _account(self, batch: pa.RecordBatch, shapes: list[Shape], ids: Any) -> Iterator[pa.RecordBatch]:
        """Counts a batch and gives its useful rows, now or, with those of the next ones, later: a call costs more than what it
        does for some thousand records. To be followed by :meth:`_settle`."""
        if len(batch):
            self._pending.append((batch, ids))
        rows, size = sum(len(b) for b, _ in self._pending), sum(b.nbytes for b, _ in self._pending)
        if rows >= _SETTLED_ROWS or size >= _SETTLED_BYTES:
            yield from self._settle(shapes)

    def _settle(self, shapes: list[Shape]) -> Iterator[pa.RecordBatch]:
        """Counts what is pending and gives its useful rows."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        names = [n for n in pending[0][0].schema.names if n in _COUNTED]
        counts = pa.Table.from_batches([b.select(names) for b, _ in pending]).combine_chunks().to_batches()[0]
        files = np.concatenate([ids.to_numpy() for _, ids in pending]) >> Places.BITS
        self._count_kinds(counts, self._count_shapes(counts, shapes, files))
        if "__mask" in names:
            masks = counts.column("__mask").to_numpy(zero_copy_only=False)
            self._seen |= int(np.bitwise_or.reduce(masks))
            self.report.present |= {n for i, n in enumerate(self.request.presence) if self._seen >> i & 1}
        yield from self._useful(pending)

    def _count_shapes(self, batch: pa.RecordBatch, shapes: list[Shape], files: Any) -> bool:
        """Counts records by file and shape; true when some have no shape."""
        width, lowest = len(shapes) + 1, int(files.min())
        places = (files - lowest) * width + batch.column("__shape").to_numpy(zero_copy_only=False)
        counts = np.bincount(places, minlength=width)
        for place in np.flatnonzero(counts).tolist():
            file, number = self._files[lowest + place // width], place % width
            if number:
                file.shapes[shapes[number - 1].name] += int(counts[place])
                file.records += int(counts[place])
                self.position.records += int(counts[place])
        return bool(counts[::width].any())

    def _count_kinds(self, batch: pa.RecordBatch, some_unplaced: bool) -> None:
        """Counts by category and event id, which come as one number; few records say either in words."""
        tally, own, kind = (batch.column(n) for n in ("__tally", "__own", "__kind"))
        if some_unplaced:
            placed = pa.array(batch.column("__shape").to_numpy(zero_copy_only=False) > 0)
            tally, own, kind = (column.filter(placed) for column in (tally, own, kind))
        counts: list[tuple[int, str | None, str | None, int]]
        if own.null_count == len(own) and kind.null_count == len(kind):
            counts = [(n, None, None, c) for n, c in _counted(tally.to_numpy(zero_copy_only=False))]
        else:
            table = pa.table([tally, own, kind], names=["t", "o", "k"])
            groups = table.group_by(["t", "o", "k"], use_threads=False).aggregate([([], "count_all")])
            counts = [(r["t"], r["o"], r["k"], r["count_all"]) for r in groups.to_pylist()]
        for number, own_text, kind_text, count in counts:
            code, event = divmod(number, KINDS)
            category = self.request.category or (NAMES[code - 1] if code else own_text or "")
            self.report.kinds[(category, str(event) if event < KINDS - 1 else kind_text or "")] += count

    def _useful(self, batches: Iterable[tuple[pa.RecordBatch, Any]]) -> Iterator[pa.RecordBatch]:
        """The useful rows; those of several batches together where they are few."""
        if self.request.most:
            for batch, ids in batches:
                yield from self._useful_of_most(batch, ids)
            return
        texts: list[Any] = []
        numbers: list[Any] = []
        for batch, ids in batches:
            lists = batch.column("__row")
            if lists.null_count < len(lists):
                held, which = _in_lists(lists)
                texts.append(held)
                numbers.append(pa.array(ids.to_numpy()[which]) if lists.null_count else ids)
            if sum(map(len, numbers)) >= _FEW_ROWS:
                yield self._rows_together(texts, numbers)
                texts, numbers = [], []
        if numbers:
            yield self._rows_together(texts, numbers)

    def _rows_together(self, parts: list[Any], numbers: list[Any]) -> pa.RecordBatch:
        texts, ids = (p[0] if len(p) == 1 else pa.concat_arrays(p) for p in (parts, numbers))
        names = self.request.drawn_from
        return self._rows_of(dict(zip(names, _dealt(texts, len(names)), strict=True)), ids)

    def _useful_of_most(self, batch: pa.RecordBatch, ids: Any) -> Iterator[pa.RecordBatch]:
        """The same where the values stand beside each other."""
        keep = batch.column(KEEP)
        drawn = [VALUE + n for n in self.request.drawn_from]
        batch = batch.select(drawn)
        if keep.false_count or keep.null_count:
            batch, ids = batch.filter(keep), ids.filter(keep)
        if len(ids):
            values = {name[len(VALUE) :]: batch.column(name) for name in drawn}
            self.report.present |= {n for n in self._unseen() if values[self._written[n.lower()]].null_count < len(batch)}
            yield self._rows_of(values, ids)

    @functools.cached_property
    def _written(self) -> dict[str, str]:
        """How the names of fields are written as columns."""
        return {n.lower(): n for n, _ in self.request.columns}

    def _rows_of(self, values: dict[str, Any], ids: Any) -> pa.RecordBatch:
        drawn = self.request.drawn
        columns = [ids if n == ID else _as(values[drawn(n)], arrow_type(t)) for n, t in self.request.columns]
        self.position.hits += len(ids)
        return pa.record_batch(columns, schema=self.schema)

    def _tell(self) -> None:
        if self.on_position:
            self.on_position(self.position)


def _counted(numbers: Any) -> Iterable[tuple[int, int]]:
    """Each of the numbers, ascending, and how often it is there. (``np.unique`` would load NumPy's masked arrays.)"""
    if not len(numbers):
        return ()
    ordered = np.sort(numbers)
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return zip(ordered[first].tolist(), np.diff(np.append(first, len(ordered))).tolist(), strict=True)


def _in_lists(lists: Any) -> tuple[Any, Any]:
    """What is in lists, and which of them hold something."""
    offsets = lists.offsets.to_numpy()
    return lists.values[offsets[0] : offsets[-1]], np.diff(offsets) > 0


def _dealt(texts: Any, count: int) -> list[Any]:
    """The texts of rows, one row after another, as so many columns."""
    if len(texts) <= _FEW_TEXTS:  # not worth loading Arrow's functions for
        values = texts.to_pylist()
        return [pa.array(values[i::count], pa.string()) for i in range(count)]
    return [texts.take(pa.array(np.arange(i, len(texts), count))) for i in range(count)]


def _as(values: Any, kind: Any) -> Any:
    return values if values.type == kind else values.cast(kind)


class Left:
    """Records that no guessed shape took: ``parts`` are to be read again, ``broken`` are no JSON objects."""

    def __init__(self) -> None:
        self.parts: list[tuple[Any, Any]] = []
        self.broken: list[tuple[Any, Any]] = []

    @property
    def count(self) -> int:
        """How many are to be read again."""
        return sum(len(texts) for texts, _ in self.parts)

    def take(self, batch: pa.RecordBatch) -> None:
        """Keeps the records of a batch that have no shape."""
        none = batch.column("__shape").to_numpy(zero_copy_only=False) == 0
        if not none.any():
            return
        broken = none & batch.column("__broken").to_numpy(zero_copy_only=False).astype(bool)
        for wanted, parts in ((pa.array(none & ~broken), self.parts), (pa.array(broken), self.broken)):
            texts = batch.column("__left").filter(wanted)
            if len(texts):
                parts.append((texts, batch.column("row_id").filter(wanted)))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The records to read again, in order."""
        for texts, ids in self.parts:
            for start in range(0, len(texts), _LEFT_ROWS):
                yield pa.record_batch([texts.slice(start, _LEFT_ROWS), ids.slice(start, _LEFT_ROWS)], schema=_RECORDS)


def _together(before: Guess, now: Guess) -> Guess:
    """Two guesses as one. Of a name that is spelled in ever new ways only the latest spellings count."""
    seen = {name: set(found) for name, found in now[1].seen.items()}
    for name, found in before[1].seen.items():
        if len(both := seen.get(name, set()) | found) <= _SPELLINGS_KEPT:
            seen[name] = both
    return tuple(dict.fromkeys((*before[0], *now[0]))), Spellings(seen)


def _spread(texts: pa.StringArray) -> pa.StringArray:
    """Some records of a chunk: the first ones, and further ones from all over it."""
    step = max(1, len(texts) // _PEEK_SPREAD)
    places = sorted({*range(min(_PEEK_RECORDS, len(texts))), *range(0, len(texts), step)})
    return texts.take(pa.array(places, pa.int64()))


def _after(chunks: Iterable[Chunk], count: int) -> Iterator[Chunk]:
    """What comes after so many records."""
    for chunk in chunks:
        left, count = chunk.raw[count:], max(0, count - len(chunk.raw))
        if len(left):
            yield Chunk(left, chunk.records[len(chunk.raw) - len(left) :], chunk.position)


def _records(chunk: Chunk, base: int) -> pa.RecordBatch:
    """A chunk's texts with their ids."""
    return pa.record_batch([chunk.raw, int64s(chunk.records.to_numpy() + base)], schema=_RECORDS)


def _marked(statement: ChunkStatement, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatchReader:
    """The records with what the statement asks for beside them."""
    searches = {n: ByteSearch.of(t, n == "held") for n, t in (("held", statement.held), ("further", statement.further)) if t}
    schema = pa.schema([*_RECORDS, *(pa.field(n, pa.bool_()) for n in searches)])

    def marked() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            marks = [pa.array(search.held(batch.column("raw"))) for search in searches.values()]
            yield pa.record_batch([*batch.columns, *marks], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, marked() if searches else batches)


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _objects(texts: list[str]) -> list[dict[str, Any]]:
    return [r for t in texts if isinstance(r := _loaded(t), dict)]


def _spellings(record: dict[str, Any], wanted: set[str], known: Spellings) -> None:
    """Notes how the wanted names are spelled in a record, at its top and in the objects below."""
    todo: list[dict[str, Any]] = [record]
    while todo:
        for key, value in todo.pop().items():
            if key.lower() in wanted:
                known.seen.setdefault(key.lower(), set()).add(key)
                known.often[key] += 1
            if isinstance(value, str) and value.startswith("{"):
                value = _loaded(value)
            if isinstance(value, dict):
                todo.append(value)


def _peek(source: Input) -> list[str]:
    """Some lines from the beginning, the middle and the end of a file."""
    texts: list[str] = []
    size = source.size or 0
    with source.open() as stream:
        for at in (0, size // 2, max(0, size - _PEEK_BYTES)):
            stream.seek(at)
            lines = stream.read(_PEEK_BYTES).split(b"\n")[1 if at else 0 : -1]
            texts += [line.decode("utf-8", "replace") for line in lines[:_PEEK_RECORDS]]
    return texts


def why_broken(text: str | None) -> str:
    """Why a record is no JSON object, in words."""
    try:
        found = json.loads(text or "")
    except RecursionError:
        return "broken JSON: nested too deep"
    except ValueError as error:
        column = getattr(error, "colno", None)
        return f"broken JSON: {getattr(error, 'msg', error)}" + (f" (column {column})" if column else "")
    return f"not a JSON object but {type(found).__name__}" if not isinstance(found, dict) else "cannot be read as JSON"


def _unit(file: FileReport) -> str:
    return _UNITS.get(file.format, "line")


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0][:200]


def parquet_shapes(names: dict[str, str]) -> list[Shape]:
    """The shapes that the columns of a Parquet file allow."""
    raw = ColumnRaw(names)
    return [s for s in SHAPES if possible(s, raw)]
