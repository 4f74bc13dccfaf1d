"""The accounts of a reading: what was read of each file, what could not be, and the useful rows of what was."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct, field

from dohyo.engines.duckdb.connect import arrow_type
from dohyo.engines.duckdb.scan import KEEP, KINDS, VALUE, Request
from dohyo.engines.duckdb.sourcecategory import NAMES
from dohyo.engines.duckdb.surrogates import MENDED, repaired
from dohyo.plan.names import ID
from dohyo.results import FileReport, Places, ReadReport
from dohyo.sources.arrays import int64s
from dohyo.sources.model import Input, Problem, Shape

#: So many records are counted together, and fewer useful rows than this are given together.
_SETTLED_ROWS, _SETTLED_BYTES, _FEW_ROWS = 100_000, 16 << 20, 8_000
_FEW_TEXTS = 50_000
_COUNTED = frozenset({"__shape", "__tally", "__own", "__kind", "__mask"})
#: This many broken records of a file are named one by one.
_BROKEN_NAMED = 20
#: What the numbers of records count, where that is not lines.
_UNITS = {"evtx": "record", "kafka": "message"}


class Position(Struct):
    """How far the reading of a run is."""

    files_done: int = 0
    bytes_done: int = 0
    records: int = 0
    hits: int = 0


def named_kind(given: str | None, number: int, own_text: str | None, kind_text: str | None) -> tuple[str, str]:
    """The source category and the event id or type that a tally stands for. ``given``: the category of all events."""
    code, event = divmod(number, KINDS)
    category = given or (NAMES[code - 1] if code else own_text or "")
    return category, str(event) if event < KINDS - 1 else kind_text or ""


class Accounts(Struct, dict=True):
    """What one reading counts. ``request``: what its statements ask for."""

    request: Request
    report: ReadReport
    places: Places
    position: Position = field(default_factory=Position)
    _files: dict[int, FileReport] = field(default_factory=dict)
    _pending: list[tuple[pa.RecordBatch, Any]] = field(default_factory=list)  # read, but not counted yet
    _seen: int = 0

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the events."""
        return pa.schema([(n, arrow_type(t)) for n, t in self.request.columns])

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

    def unseen(self) -> tuple[str, ...]:
        """The fields whose presence is still to be found out."""
        return tuple(n for n in self.request.presence if n not in self.report.present)

    def take(self, batch: pa.RecordBatch, shapes: list[Shape], ids: Any) -> Iterator[pa.RecordBatch]:
        """Counts a batch and gives its useful rows, now or, with those of the next ones, later: a call costs more than what it
        does for some thousand records. To be followed by :meth:`settle`."""
        if len(batch):
            self._pending.append((batch, ids))
        rows, size = sum(len(b) for b, _ in self._pending), sum(b.nbytes for b, _ in self._pending)
        if rows >= _SETTLED_ROWS or size >= _SETTLED_BYTES:
            yield from self.settle(shapes)

    def settle(self, shapes: list[Shape]) -> Iterator[pa.RecordBatch]:
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
            self.report.counted[named_kind(self.request.category, number, own_text, kind_text)] += count

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
                numbers.append(int64s(ids.to_numpy()[which]) if lists.null_count else ids)
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
            self.report.present |= {n for n in self.unseen() if values[self._written[n.lower()]].null_count < len(batch)}
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

    def mended(self, parts: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """Of records that are no JSON those that a small repair makes JSON; the others are broken."""
        if not parts:
            return []
        import pyarrow.compute as pc

        mended, beyond = [], []
        for texts, ids in parts:
            found, changed = repaired(texts)
            mended.append((found.filter(changed), ids.filter(changed)))
            beyond.append((texts.filter(pc.invert(changed)), ids.filter(pc.invert(changed))))
            for row_id in mended[-1][1].to_pylist():
                self._files[row_id >> Places.BITS].mended.append(row_id & ((1 << Places.BITS) - 1))
        self.broken(beyond)
        return [part for part in mended if len(part[0])]

    def broken(self, parts: list[tuple[Any, Any]]) -> None:
        """Counts and names records that are no JSON objects."""
        for texts, ids in parts:
            for text, row_id in zip(texts.to_pylist(), ids.to_pylist(), strict=True):
                file = self._files[row_id >> Places.BITS]
                file.broken += 1
                file.records += 1
                if file.broken <= _BROKEN_NAMED:
                    where = f"{_unit(file)} {row_id & ((1 << Places.BITS) - 1)}"
                    self.report.problems.append(Problem(file.name, where, why_broken(text)))

    def tell_further_broken(self) -> None:
        for file in self.report.files:
            if file.mended:
                where = f"{_unit(file)} {min(file.mended)}"
                self.report.problems.append(Problem(file.name, where, MENDED, len(file.mended), mended=True))
            if file.broken > _BROKEN_NAMED:
                self.report.problems.append(Problem(file.name, "", "further broken records", file.broken - _BROKEN_NAMED))


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


#: How few texts become values of a type: Arrow's functions, which would do it, take longer to load than a small log to read.
_READ: dict[Any, Callable[[str], Any]] = {pa.int64(): int, pa.bool_(): "true".__eq__, pa.float64(): float}


def _as(values: Any, kind: Any) -> Any:
    """The values as a column of this type."""
    if values.type == kind:
        return values
    if len(values) > _FEW_TEXTS or values.type != pa.string():
        return values.cast(kind)
    return pa.array([None if text is None else _READ[kind](text) for text in values.to_pylist()], kind)


def why_broken(text: str | None) -> str:
    """Why a record is no JSON object, in words."""
    try:
        found = json.loads(text or "")
    except RecursionError:
        return "broken JSON: nested too deep"
    except ValueError as error:
        if (text or "").lstrip().startswith(("{'", "[{'")):
            return "no JSON but Python's notation: write it with json.dumps"
        column = getattr(error, "colno", None)
        return f"broken JSON: {getattr(error, 'msg', error)}" + (f" (column {column})" if column else "")
    return f"not a JSON object but {type(found).__name__}" if not isinstance(found, dict) else "cannot be read as JSON"


def _unit(file: FileReport) -> str:
    return _UNITS.get(file.format, "line")
