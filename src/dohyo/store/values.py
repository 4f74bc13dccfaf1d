"""Reads what records hold: which keys they have, and each value as text, by its path.

Records with the same keys have the same sign, and one record of each new sign is read in Python: it says where all of them
have values. Records without objects inside, which are most, give their values as one list each, in the order of their keys:
that costs a third of reading them into a place for each path, which is done for the others."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field

from dohyo.engines.duckdb.storing import (
    kinds_statement,
    lists_statement,
    places_statement,
    signs_statement,
    structures_statement,
)

T = TypeVar("T")
Path = tuple[str, ...]

RECORDS = pa.schema([("raw", pa.string()), ("row_id", pa.int64())])
PIECE = 8_192  # records in one batch that the engine is handed
_TOP: Path = ()
#: With more objects than this in its records a log has keys that are values: its records are told apart in another way.
_OBJECTS = 256
#: And with more layouts than this its records have less in common than is worth to be remembered.
_LAYOUTS = 1_000
_BRACE, _QUOTE = ord("{"), ord('"')
_BLOCK = 512  # records whose values fit the processor's cache
_NULLS = pa.nulls(_BLOCK, pa.string())
_NO = np.zeros(0, dtype=bool)


class Statements:
    """Runs statements over a stream ``chunk``. One is made anew only when what it depends on has changed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._made: dict[tuple[Any, ...], Any] = {}

    def made(self, make: Callable[..., Any], *key: Any) -> Any:
        """``make(*key)``, as it was made last with this ``key``."""
        held = self._made.get((make.__qualname__,))
        if held is None or held[0] != key:
            held = self._made[(make.__qualname__,)] = key, make(*key)
        return held[1]

    def run(self, sql: str, chunk: pa.Table) -> pa.Table:
        """The result over these rows, in their order, in one piece: the engine need not hold it a second time."""
        return self.stream(sql, chunk, max(1, len(chunk))).read_all()

    def stream(self, sql: str, chunk: pa.Table, size: int) -> pa.RecordBatchReader:
        """The result in pieces of so many rows."""
        reader = pa.RecordBatchReader.from_batches(chunk.schema, chunk.to_batches(max_chunksize=PIECE))
        self.connection.register("chunk", reader)
        return self.connection.sql(sql).to_arrow_reader(size)


class Memory:
    """Memory for texts that are put together from pieces: it is used again and again, for new memory costs the system more
    than filling it. What was put together before is gone then."""

    def __init__(self) -> None:
        self._bytes = np.empty(0, dtype=np.uint8)
        self._size = 0
        self._offsets: list[Any] = []
        self._there: list[Any] = []  # for each piece which texts are not null
        self._nulls = 0

    def begin(self, size: int) -> None:
        """Forgets what was put together; what comes has about ``size`` bytes."""
        self._size, self._offsets = 0, [np.zeros(1, dtype=np.int32)]
        self._there, self._nulls = [], 0
        if size > len(self._bytes):
            self._bytes = np.empty(size + size // 4, dtype=np.uint8)  # the system gives no memory until it is written to

    def add(self, texts: pa.StringArray) -> None:
        """Takes in some texts."""
        if not len(texts):
            return
        offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32, count=len(texts) + 1, offset=texts.offset * 4)
        first, end = int(offsets[0]), self._size + int(offsets[-1] - offsets[0])
        if end > len(self._bytes):
            kept, self._bytes = self._bytes[: self._size], np.empty(end + end // 4, dtype=np.uint8)
            self._bytes[: self._size] = kept
        if end > self._size:
            self._bytes[self._size : end] = np.frombuffer(texts.buffers()[2], dtype=np.uint8)[first : int(offsets[-1])]
        self._there.append(texts.is_valid().to_numpy(zero_copy_only=False) if texts.null_count else np.ones(len(texts), dtype=bool))
        self._nulls += texts.null_count
        self._offsets.append(offsets[1:] + np.int32(self._size - first))
        self._size = end

    def texts(self) -> pa.StringArray:
        """All of them."""
        offsets = np.concatenate(self._offsets)
        there = pa.py_buffer(np.packbits(np.concatenate(self._there), bitorder="little")) if self._nulls else None
        data = pa.py_buffer(self._bytes[: self._size])
        return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), data, there, self._nulls)


class Kind(Enum):
    """What a value is."""

    OBJECT = "object"
    NULL = "null"
    PLAIN = "plain"  # text, a number, a list …


class Layout(Struct, frozen=True):
    """Where the records of a sign have values. ``keys``: those at the top as they stand; ``paths``: where there is a value,
    and what it is."""

    keys: tuple[str, ...]
    paths: dict[Path, Kind]

    def at(self, *kinds: Kind) -> set[Path]:
        """The paths of values of these kinds. The engine's paths know no key that is a star."""
        return {path for path, kind in self.paths.items() if kind in kinds and "*" not in path}


class Known(Struct, frozen=True):
    """Where records have values: ``plain``: those that are asked for in any case. It changes seldom, and what is made of it
    need not be made anew for each unit."""

    paths: frozenset[Path]
    objects: frozenset[Path]
    plain: frozenset[Path]

    @classmethod
    def of(cls, layouts: Sequence[Layout], objects: set[Path]) -> Known:
        """What some layouts have together; ``objects``: where there are objects in further ones."""

        def at(*kinds: Kind) -> set[Path]:
            return {p for layout in layouts for p in layout.at(*kinds)}

        # what is null in some records may be a value in others of the same sign, unless it is an object in others still
        plain = at(Kind.PLAIN) | at(Kind.NULL) - objects
        return cls(frozenset(p for layout in layouts for p in layout.paths), frozenset(at(Kind.OBJECT)), frozenset(plain))


_NONE = Layout((), {})
_OBJECT_OR_NOT = (Kind.OBJECT,), (Kind.NULL, Kind.PLAIN)


class Values(ABC):
    """The values of some records. ``signs``, ``codes``: the signs, and which of them each record has; ``broken``: which
    records are no JSON; ``layouts``: of the signs; ``known``: where these records, and others of their kind, have values."""

    def __init__(self, signs: Any, codes: Any, broken: Any, layouts: list[Layout], known: Known) -> None:
        self.signs, self.codes, self.broken, self.layouts = signs, codes, broken, layouts
        self.paths, self.objects = known.paths, known.objects

    @abstractmethod
    def picked(self, paths: Sequence[Path], rows: Any) -> pa.Table:
        """The values at these paths, of these records in this order, as columns ``0``, ``1`` …."""

    def held(self, rows: Any) -> set[Path]:
        """Where any of these records has a value."""
        return {p for code in np.unique(self.codes[rows]).tolist() for p in self.layouts[code].paths}

    def has(self, path: Path) -> Any:
        """Which records may have a value at a path."""
        return np.array([path in layout.paths for layout in self.layouts])[self.codes]

    @abstractmethod
    def present(self, path: Path) -> pa.Array:
        """Which records have something at the path of an object."""

    @abstractmethod
    def fetch(self, values: Iterable[Path], present: Iterable[Path]) -> None:
        """Makes sure that these can be asked for."""


class Lists(Values):
    """Values that stand in a list for each record."""

    def __init__(self, starts: Any, texts: pa.StringArray, *facts: Any) -> None:
        super().__init__(*facts)
        self._starts, self._texts = starts, texts
        self._places: dict[Path, Any] = {}

    def picked(self, paths: Sequence[Path], rows: Any) -> pa.Table:
        places = np.array([self._place(path) for path in paths], dtype=np.int32).reshape(len(paths), len(self.layouts))
        chunks: list[list[pa.Array]] = [[] for _ in paths]
        for at in range(0, len(rows), _BLOCK):
            self._block(places, rows[at : at + _BLOCK], chunks)
        return pa.table({str(i): pa.chunked_array(texts, pa.string()) for i, texts in enumerate(chunks)})

    def _block(self, places: Any, rows: Any, chunks: list[list[pa.Array]]) -> None:
        """The values of so few records that these stay in the processor's cache meanwhile; all columns in one go."""
        codes, count = self.codes[rows], len(rows)
        found = np.flatnonzero(np.bincount(codes, minlength=len(self.layouts)))
        there = (places.take(found, axis=1) >= 0).any(axis=1)
        at = places[there].take(codes, axis=1)
        none = at < 0 if len(found) > 1 else _NO
        at += self._starts[rows]
        texts = self._texts.take(pa.array(at.ravel(), mask=none.ravel() if none.any() else None))
        begins = np.where(there, np.cumsum(there) - 1, -1) * count
        for taken, begin in zip(chunks, begins.tolist(), strict=True):
            taken.append(_NULLS.slice(0, count) if begin < 0 else texts.slice(begin, count))

    def _place(self, path: Path) -> Any:
        """Where in the lists of each sign the value at a path is; -1: it is not there."""
        if path not in self._places:
            found = [layout.keys.index(path[0]) if path in layout.paths else -1 for layout in self.layouts]
            self._places[path] = np.array(found, dtype=np.int32)
        return self._places[path]

    def present(self, path: Path) -> pa.Array:
        """None: records whose values stand in lists have no objects."""
        return pa.array(np.zeros(len(self.codes), dtype=bool))

    def fetch(self, values: Iterable[Path], present: Iterable[Path]) -> None:
        """Nothing is to be done: all values are there."""

    def opened(self) -> dict[Path, Any]:
        """The paths at which some value looks like an object, with the records."""
        found = _like_objects(self._texts)
        rows = np.searchsorted(self._starts, found, side="right") - 1
        paths: dict[Path, list[int]] = {}
        for row, place in zip(rows.tolist(), (found - self._starts[rows]).tolist(), strict=True):
            paths.setdefault((self.layouts[self.codes[row]].keys[place],), []).append(row)
        return {path: np.array(at) for path, at in paths.items()}


class Places(Values):
    """Values that stand in a column for each path. ``fetched``: the columns; ``read``: gives further ones."""

    def __init__(self, read: Callable[[Values, list[Path], list[Path]], None], *facts: Any) -> None:
        super().__init__(*facts)
        self._read = read
        self.columns: dict[Path, pa.Array] = {}
        self.there: dict[Path, pa.Array] = {}

    def picked(self, paths: Sequence[Path], rows: Any) -> pa.Table:
        index = pa.array(rows)
        return pa.table({str(i): self.columns[path].take(index) for i, path in enumerate(paths)})

    def present(self, path: Path) -> pa.Array:
        return self.there[path]

    def fetch(self, values: Iterable[Path], present: Iterable[Path]) -> None:
        more = [p for p in values if p not in self.columns], [p for p in present if p not in self.there]
        if any(more):
            self._read(self, *more)

    def opened(self, known: set[Path]) -> dict[Path, Any]:
        """The paths at which some value looks like an object, with the records."""
        found = {path: _like_objects(column) for path, column in self.columns.items() if path not in known}
        return {path: rows for path, rows in found.items() if len(rows)}


def whole(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece; what is in one already is not copied."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def taken_texts(texts: pa.StringArray, rows: Any) -> pa.ChunkedArray:
    """These of the texts, none of which is null, in pieces that memory in use has room for. (Arrow's ``take`` makes each piece
    longer and longer, which for whole records costs three times as much as copying them once.)"""
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32, count=len(texts) + 1, offset=texts.offset * 4)
    data = memoryview(texts.buffers()[2])
    return pa.chunked_array([_gathered(data, offsets, rows[at : at + _BLOCK]) for at in range(0, len(rows), _BLOCK)], pa.string())


def _gathered(data: memoryview, offsets: Any, rows: Any) -> pa.StringArray:
    starts, ends = offsets[rows], offsets[rows + 1]
    bounds = np.zeros(len(rows) + 1, dtype=np.int32)
    np.cumsum(ends - starts, out=bounds[1:])
    texts = b"".join([data[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])
    return pa.StringArray.from_buffers(len(rows), pa.py_buffer(bounds), pa.py_buffer(texts))


def _like_objects(texts: pa.StringArray) -> Any:
    """The numbers of the texts that begin like an object with something in it, as the engine writes it."""
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32, count=len(texts) + 1, offset=texts.offset * 4)
    if not len(texts) or offsets[0] == offsets[-1]:
        return np.zeros(0, dtype=np.int64)
    data = np.frombuffer(texts.buffers()[2], dtype=np.uint8)
    longer = np.flatnonzero(offsets[1:] - offsets[:-1] > 1)
    at = longer[data[offsets[longer]] == _BRACE]
    return at[data[offsets[at] + 1] == _QUOTE]


class Opener(Struct):
    """Reads the values of the records of one kind of log, and learns about it as it goes. ``objects``: where records have
    objects; ``mixed``: where some have an object and some do not; ``careful``: some records are no JSON; ``asked``: further
    values and objects that were asked for before."""

    statements: Statements
    objects: set[Path] = field(default_factory=lambda: {_TOP})
    mixed: set[Path] = field(default_factory=set)
    careful: bool = False
    layouts: dict[int, Layout] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)  # records of each sign
    asked: tuple[set[Path], set[Path]] = field(default_factory=lambda: (set(), set()))
    memory: Memory = field(default_factory=Memory)
    _all: tuple[int, Known] | None = None

    def open(self, raw: pa.StringArray) -> Values:
        """The values of these records."""
        records = pa.table([raw], names=["raw"])
        while True:
            facts = self._signs(raw, records)
            values, hidden = self._flat(records, facts) if self.objects == {_TOP} else self._nested(records, facts)
            if not self._learn(hidden):
                return values

    def _careful(self, read: Callable[[], T]) -> T:
        """What is read, if need be with statements that bear records that are no JSON."""
        try:
            return read()
        except duckdb.InvalidInputException:
            if self.careful:
                raise
        self.careful = True
        return read()

    def _run(self, make: Callable[..., str], records: pa.Table, *key: Any) -> pa.Table:
        return self._careful(lambda: self.statements.run(self.statements.made(make, *key, self.careful), records))

    def _learn(self, objects: set[Path], others: Iterable[Path] = ()) -> bool:
        """Takes in where objects are, and where there is something else; true when that is news, so that records must be told
        apart anew."""
        before = len(self.objects), len(self.mixed)
        if self._countless:
            return False
        self.objects |= objects
        self.mixed |= self.objects & set(others)
        if before == (len(self.objects), len(self.mixed)):
            return False
        self.layouts, self.counts, self._all = {}, Counter(), None
        return True

    @property
    def _countless(self) -> bool:
        return len(self.objects) > _OBJECTS

    # -- which keys there are

    def _signs(self, raw: pa.StringArray, records: pa.Table) -> tuple[Any, ...]:
        while True:
            if self._countless:
                table = self._run(structures_statement, records)
            else:
                table = self._run(signs_statement, records, tuple(sorted(self.objects)), tuple(sorted(self.mixed)))
            column = whole(table["sign"])
            broken = column.is_null().to_numpy(zero_copy_only=False)
            signs, first, codes, counts = np.unique(
                column.fill_null(0).to_numpy(), return_index=True, return_inverse=True, return_counts=True
            )  # fmt: skip
            for sign, at in zip(signs.tolist(), first.tolist(), strict=True):
                if sign not in self.layouts:
                    self.layouts[sign] = _NONE if broken[at] else layout_of(raw[at].as_py())
            layouts = [self.layouts[s] for s in signs.tolist()]
            objects, others = ({p for layout in layouts for p in layout.at(*kinds)} for kinds in _OBJECT_OR_NOT)
            if not self._learn(objects, others):
                self.counts.update(dict(zip(signs.tolist(), counts.tolist(), strict=True)))
                return signs, codes, broken, layouts, self._known(layouts)

    def _known(self, layouts: list[Layout]) -> Known:
        """What is known of all records so far; where they are too many different ones, of these records."""
        if len(self.layouts) > _LAYOUTS:
            return Known.of(layouts, self.objects)
        if self._all is None or self._all[0] != len(self.layouts):
            self._all = len(self.layouts), Known.of([*self.layouts.values()], self.objects)
        return self._all[1]

    # -- what the values are

    def _flat(self, records: pa.Table, facts: tuple[Any, ...]) -> tuple[Values, set[Path]]:
        values = Lists(*self._careful(lambda: self._lists(records)), *facts)
        return values, self._hidden(records, values.opened())

    def _lists(self, records: pa.Table) -> tuple[Any, pa.StringArray]:
        """Where the values of each record begin, and all values."""
        counts: list[Any] = [np.zeros(1, dtype=np.int64)]
        self.memory.begin(records.nbytes)
        for batch in self.statements.stream(self.statements.made(lists_statement, self.careful), records, PIECE):
            lists = batch.column(0)
            offsets = lists.offsets.to_numpy()
            counts.append(np.diff(offsets))
            self.memory.add(lists.values.slice(offsets[0], offsets[-1] - offsets[0]))
        return np.cumsum(np.concatenate(counts))[:-1].astype(np.int32), self.memory.texts()

    def _nested(self, records: pa.Table, facts: tuple[Any, ...]) -> tuple[Values, set[Path]]:
        values = Places(lambda v, *more: self._read(records, v, *more), *facts)
        values.fetch(sorted(facts[-1].plain | (self.asked[0] & values.paths)), sorted(self.asked[1] & values.paths))
        if self._countless:
            return values, set()
        return values, self._hidden(records, values.opened(self.objects))

    def _read(self, records: pa.Table, values: Values, wanted: list[Path], present: list[Path]) -> None:
        assert isinstance(values, Places)
        self.asked[0].update(p for p in wanted if p in values.objects)
        self.asked[1].update(present)
        usual, odd = self._cases(values.signs.tolist())
        chunk = records.append_column("odd", pa.array(np.isin(values.signs, odd)[values.codes]))
        table = self._run(places_statement, chunk, tuple(wanted), tuple(present), usual)
        texts = {p for p in (*wanted, *values.columns) if p in values.objects}
        for i, path in enumerate(wanted):
            column = whole(table[f"v{i}"])
            # within what is asked for as text the engine also looks into texts that hold JSON: those are no objects
            within = any(path[:at] in texts for at in range(1, len(path)))
            values.columns[path] = pc.if_else(pa.array(values.has(path)), column, None) if within else column
        values.there |= {p: whole(table[f"w{i}"]) for i, p in enumerate(present)}

    def _cases(self, signs: list[int]) -> tuple[tuple[Path, ...], list[int]]:
        """Of paths that differ only in case the most usual ones, and the signs of records that have another one."""
        counts: Counter[Path] = Counter()
        for sign in signs:
            counts.update(dict.fromkeys(self.layouts[sign].paths, self.counts[sign]))
        groups: dict[Path, list[Path]] = {}
        for path in sorted(counts):
            groups.setdefault(tuple(k.lower() for k in path), []).append(path)
        several = [sorted(g, key=lambda p: -counts[p]) for g in groups.values() if len(g) > 1]
        rest = {path for group in several for path in group[1:]}
        return tuple(g[0] for g in several if "*" not in g[0]), [s for s in signs if not rest.isdisjoint(self.layouts[s].paths)]

    def _hidden(self, records: pa.Table, opened: dict[Path, Any]) -> set[Path]:
        """The paths at which some value, which looks like an object, is one: its keys are not in the record's sign."""
        paths = sorted(p for p in opened if "*" not in p and "" not in p)
        if not paths:
            return set()
        rows = np.unique(np.concatenate([opened[p] for p in paths]))
        kinds = self.statements.run(kinds_statement(paths), records.take(pa.array(rows)))["kinds"]
        found = pc.equal(whole(kinds).flatten(), "OBJECT").fill_null(False).to_numpy(zero_copy_only=False).reshape(-1, len(paths))
        return {p for p, there in zip(paths, found.any(axis=0).tolist(), strict=True) if there}


def layout_of(text: str) -> Layout:
    """Where a record has values."""
    try:
        top = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return _NONE
    return Layout(tuple(key for key, _ in top), dict(_paths(top))) if isinstance(top, _Pairs) else _NONE


class _Pairs(list[tuple[str, Any]]):
    """An object as it stands, keys that come twice included."""


def _paths(top: _Pairs) -> Iterable[tuple[Path, Kind]]:
    """The paths to an object's values, and what these are; without recursion, for records may be deep."""
    todo: list[tuple[_Pairs, Path]] = [(top, _TOP)]
    while todo:
        pairs, path = todo.pop()
        for key, value in reversed(pairs):  # of a key that comes twice the engine takes the first
            if not key:  # the engine's paths know none, and no name is of it
                continue
            inner = isinstance(value, _Pairs)
            yield (*path, key), Kind.OBJECT if inner else Kind.NULL if value is None else Kind.PLAIN
            if inner:
                todo.append((value, (*path, key)))


def columns_of(values: Values, asked: dict[Path, str], present: dict[Path, str], beside: Sequence[tuple[str, Any]]) -> pa.Table:
    """The values at these paths as the table that statements run over."""
    values.fetch(asked, present)
    picked = values.picked([*asked], np.arange(len(values.codes)))
    named = [*zip(asked.values(), picked.columns, strict=True), *((n, values.present(p)) for p, n in present.items()), *beside]
    return pa.table([column for _, column in named], names=[name for name, _ in named])
