"""The statement that turns raw records into events: which shape, what kind, which fields were there, and, for the
records that the query can use, the values of the fields that it asks for."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence, Set

from msgspec import Struct, field
from msgspec.structs import replace
from sqlglot import exp

from dohyo.engines.duckdb import sourcecategory
from dohyo.engines.duckdb.dialect import DIALECT
from dohyo.engines.duckdb.marks import carries, impossible, shape_number
from dohyo.engines.duckdb.raw import FLOATING, ColumnRaw, JsonRaw, KeyTree, Raw, Spellings, quoted, whole_or_fraction
from dohyo.engines.duckdb.shaping import TIMES, BuiltIns, built_in, kind_field, text_field
from dohyo.engines.sql import Expressions, column
from dohyo.plan.expr import FALSE, TRUE, Call, Expr, all_of, any_of, columns
from dohyo.plan.functions.model import Sql, apply, case, cast, coalesce, is_null, lit, null, paren, try_cast
from dohyo.plan.known import settled
from dohyo.plan.literals import Texts, raw_condition
from dohyo.plan.names import ID, RAW, TIME
from dohyo.plan.nodes import built_in as of_source
from dohyo.plan.types import Type
from dohyo.sources.model import Shape
from dohyo.sources.shapes import SHAPES

#: Event ids are below this number; in a tally the last one stands for an event type that is no number.
KINDS = 1 << 16

#: Whether a record is useful; and how the columns of its values begin, where they are no row.
KEEP, VALUE = "__keep", "."
#: The time of a useful record, where that is needed before its other values.
_MOMENT = "__moment"
#: What the event id or type is called among the values.
_KIND = "__kind"

#: How many fields one presence mask can tell of.
MASK_BITS = 60


class Request(Struct, frozen=True):
    """What is asked of the source. ``columns``: names and types the query needs, hidden ones included.

    ``predicate``: a condition that every useful event meets. ``category``: overrides ``_sourceCategory``. ``asked``: the
    fields that the queries read, ``spare``: those of them that need not be there. ``raw_where``: the raw text is asked for only
    of events that meet this, or that meet ``held_where`` and hold one of the texts ``held`` in it. ``most``: most events are
    useful.
    """

    columns: tuple[tuple[str, Type], ...]
    predicate: Expr = TRUE
    category: str | None = None
    asked: tuple[str, ...] = ()
    spare: frozenset[str] = frozenset()
    raw_where: Expr = TRUE
    held_where: Expr = FALSE
    held: Texts = frozenset()
    most: bool = False

    @property
    def needs_raw_where(self) -> Expr:
        """Of which events the raw text is asked for, as one condition."""
        if self.raw_where == TRUE or not self.held:
            return self.raw_where
        return any_of([c for c in (self.raw_where, raw_condition(self.held_where, self.held)) if c != FALSE])

    @property
    def needs_raw(self) -> bool:
        """True when the raw text is asked for, as a column or in the predicate."""
        return bool({"_raw", "_size", RAW} & self.names)

    @property
    def needs_id(self) -> bool:
        """True when the predicate looks at the record's number."""
        return bool({ID, "_messageid"} & self.predicate_names)

    @property
    def predicate_names(self) -> set[str]:
        """What the predicate looks at, lower-cased."""
        return {c.name.lower() for c in columns(self.predicate)}

    @property
    def names(self) -> set[str]:
        """All names that are asked for or that the predicate reads, lower-cased."""
        return {n.lower() for n, _ in self.columns} | self.predicate_names

    @property
    def written(self) -> tuple[str, ...]:
        """The same names, each as a query writes it."""
        return tuple(spelled[-1] for spelled in self.spelled.values())

    @property
    def spelled(self) -> dict[str, tuple[str, ...]]:
        """How each name, in lower case, is written in queries: in several ways where many ask."""
        found: dict[str, dict[str, None]] = {}
        for name in (*(c.name for c in columns(self.predicate)), *(n for n, _ in self.columns), *self.asked):
            found.setdefault(name.lower(), {})[name] = None
        return {lower: tuple(spelled) for lower, spelled in found.items()}

    def drawn(self, name: str) -> str:
        """The column that a column's values are drawn from: the time is long to compute, and once is enough."""
        return next((n for n, _ in self.columns if n.lower() == "_messagetime"), name) if name == TIME else name

    @property
    def drawn_from(self) -> tuple[str, ...]:
        """The columns that the others are drawn from, but for the record's number, which the statement does not give."""
        return tuple(dict.fromkeys(self.drawn(n) for n, _ in self.columns if n != ID))

    @property
    def presence(self) -> tuple[str, ...]:
        """The fields whose presence is reported: the source's own, not built-in ones."""
        return tuple(n for n in self.asked if not (n.startswith("__") or of_source(n)) and n not in self.spare)[:MASK_BITS]


class Events(Struct, dict=True):
    """Writes the statement for one set of candidate shapes over one kind of raw record. ``levels``: shape, category and what
    is asked of every record are columns of levels below; else all are written where they are used. ``numbered``: the category's
    number is one of those columns."""

    request: Request
    shapes: Sequence[Shape]
    raw: Raw
    known: BuiltIns
    every: Sequence[Shape] = SHAPES
    exact: bool = True
    unseen: tuple[str, ...] | None = None  # fields whose presence is still to be found out; None: all
    cache: dict[str, Sql] = field(default_factory=dict)
    levels: bool = True
    numbered: bool = True
    doubtful: tuple[str, ...] = ()  # names that are spelled otherwise too: a useful record without a value is to be read again

    def number(self) -> Sql:
        """The shape's number (0: none of the candidates)."""
        return shape_number(self.shapes, self.raw, self.every, self.exact)

    def by_shape(self, values: list[Sql]) -> Sql:
        """One value per shape, chosen by the record's shape; shapes with the same value share a branch."""
        if len(values) == 1:
            return values[0]
        groups: dict[str, tuple[Sql, list[int]]] = {}
        for i, value in enumerate(values, 1):
            groups.setdefault(value.sql("duckdb", copy=False), (value, []))[1].append(i)
        if len(groups) == 1:
            return values[0]
        branches = [(_is_shape(numbers), value) for value, numbers in groups.values() if not isinstance(value, exp.Null)]
        return case(*branches, default=null()) if branches else null()

    def value(self, name: str) -> Sql:
        """The value of a field, whatever shape the record has."""
        key = name.lower()
        if key == RAW:
            return self.known.raw.copy() if self.known.raw is not None else null()
        if key == "_sourcecategory":
            return self.category()
        key = "_messagetime" if key in TIMES else key
        if key not in self.cache:
            self.cache[key] = self.by_shape([self._of(shape, key if key == "_messagetime" else name) for shape in self.shapes])
        return column(_held(key)) if self._projected(key) else self.cache[key].copy()

    def _projected(self, key: str) -> bool:
        """With several shapes a value is long: it is computed once, in a level of its own, and then referred to. With one
        shape only what every record is asked for is; the rest is written where it is used, so that it is computed only for
        the records that get there."""
        if not self.levels:
            return False
        return len(self.shapes) > 1 or (key in self._always and not isinstance(self.cache[key], (exp.Column, exp.Null, exp.Literal)))

    @functools.cached_property
    def _always(self) -> frozenset[str]:
        """The names, lower-cased, that every record is asked for: by the predicate, or whether they are there."""
        unseen = self.request.presence if self.unseen is None else self.unseen
        read = (*(c.name for c in columns(self.request.predicate)), *unseen)
        return frozenset((_KIND, *(n.lower() for n in read))) - {"_messagetime", TIME}

    def absent(self) -> list[str]:
        """The asked-for fields that no record can have, lower-cased."""
        own = [n for n in self.request.written if not n.startswith("_")]
        for name in own:
            self.value(name)
        return [n.lower() for n in own if isinstance(self.cache[n.lower()], exp.Null)]

    def _of(self, shape: Shape, name: str) -> Sql:
        own = built_in(shape, self.raw, name, self.known)
        return text_field(shape, self.raw, name) if own is None else own

    def collect(self) -> None:
        """Goes through everything that will be asked of the raw record, so that it knows all keys from then on."""
        for name in self.request.written:
            self.value(name)
        self.number(), self.codes(), self.kind()

    # -- the source category

    def codes(self) -> list[Sql]:
        """The columns that tell the source category: its number, and the text where a record brings its own."""
        if self.request.category:
            return []
        code = self.by_shape([sourcecategory.code_of(shape, self.raw) for shape in self.shapes])
        named = [exp.alias_(code, sourcecategory.CODE, quoted=True)]
        own = self._own_category()
        return named if isinstance(own, exp.Null) else [*named, exp.alias_(own, sourcecategory.TEXT, quoted=True)]

    def _own_category(self) -> Sql:
        return self.by_shape([sourcecategory.text_of(shape, self.raw) for shape in self.shapes])

    @property
    def own_category(self) -> bool:
        """True when some records may bring their own source category."""
        return not self.request.category and not isinstance(self._own_category(), exp.Null)

    def _has_category(self, codes: Set[int]) -> Sql | None:
        """The test that the category has one of these numbers, if it can do without the number."""
        return None if self.levels else sourcecategory.is_one_of(self.shapes[0], self.raw, codes)

    def category(self) -> Sql:
        """``_sourceCategory`` as text."""
        self.numbered = True
        return lit(self.request.category) if self.request.category else sourcecategory.value(self.own_category)

    # -- for the summary

    def kind(self) -> Sql:
        """The event id or type."""
        if _KIND not in self.cache:
            self.cache[_KIND] = self.by_shape([kind_field(shape, self.raw) for shape in self.shapes])
        return column(_held(_KIND)) if self._projected(_KIND) else self.cache[_KIND].copy()

    def tally(self) -> list[Sql]:
        """What the summary counts: category and event id as one number; the event type where it is no number."""
        code = lit(sourcecategory.OWN) if self.request.category else column(sourcecategory.CODE)
        event = try_cast(self.kind(), "USMALLINT")
        number = exp.Add(this=exp.Mul(this=code, expression=lit(KINDS)), expression=coalesce(event, lit(KINDS - 1)))
        named = case((is_null(event.copy()), self.kind()), default=null())
        own = column(sourcecategory.TEXT) if self.own_category else null()
        return [exp.alias_(cast(number, "UINTEGER"), "__tally", quoted=True), exp.alias_(own, "__own", quoted=True),
                exp.alias_(named, "__kind", quoted=True)]  # fmt: skip

    def mask(self) -> Sql | None:
        """One bit for each field of ``request.presence`` that the record has; ``None`` when none is looked for. With ``most``
        only of the others: the useful records' values are all given."""
        bits: list[Sql] = []
        for i, name in enumerate(self.request.presence):
            if self.unseen is not None and name not in self.unseen:
                continue
            test = exp.Not(this=is_null(self.value(name)))
            bits.append(exp.Mul(this=cast(test, "BIGINT"), expression=lit(1 << i)))
        if not bits:
            return None
        found = cast(functools.reduce(lambda a, b: exp.Add(this=a, expression=b), bits), "BIGINT")
        return case((column(KEEP), lit(0)), default=found) if self.request.most else found

    # -- what is useful

    def keep(self) -> Sql:
        """The condition that the query can use the record."""
        placed = exp.GT(this=column("__shape"), expression=lit(0))
        useful = self.useful()
        return placed if useful is None else exp.And(this=placed, expression=exp.Paren(this=useful))

    def useful(self) -> Sql | None:
        """The same of a record that surely has one of the shapes; ``None``: each is useful."""
        return None if self.request.predicate == TRUE else self._condition(self.request.predicate)

    def _condition(self, condition: Expr, whole_raw: bool = False) -> Sql:
        """``whole_raw``: ``_raw`` is the text as it was read, blanks at its end included, which is quicker to have."""
        tests = sourcecategory.Tests(self.request.category, self.own_category, self._has_category)
        condition = tests.taken_out(condition)
        writer = Expressions(DIALECT)

        def env(name: str) -> Sql:
            if whole_raw and name.lower() == "_raw" and self.known.raw is not None:
                return self.known.raw.copy()
            return tests.sql(name, lambda test: writer.condition(test, self.value)) or self.value(name)

        return writer.condition(condition, env)

    def row(self) -> Sql:
        """The asked-for values of a useful record as a list of texts, else null. (A list of one struct costs some 20 µs more for
        each column and two thousand records, whether there is anything in it or not.) There is one at least."""
        values = exp.Array(expressions=[cast(value, "VARCHAR") for value in self._values().values()] or [lit("")])
        return exp.Case(ifs=[exp.If(this=self._kept(), true=cast(values, "VARCHAR[]"))])

    def _kept(self) -> Sql:
        """The condition that a record's values are given."""
        if missing := self._missing():
            return exp.and_(column(KEEP), *(exp.Not(this=each) for each in missing), copy=False)
        return column(KEEP) if self.request.most else self.keep()

    def _values(self) -> dict[str, Sql]:
        """What the asked-for columns are drawn from."""
        types = dict(self.request.columns)
        return {name: self._shown(name, types[name]) for name in self.request.drawn_from}

    def _shown(self, name: str, kind: Type) -> Sql:
        value = typed(self.value(name), kind)
        if name.lower() != "_raw" or self.request.raw_where == TRUE:
            return value
        return case((self._needs_raw(), value), default=null())

    def _needs_raw(self) -> Sql:
        """Of which records the raw text is asked for. Some have their own beside the text that was read."""
        request = self.request
        if any("_raw" in shape.fields for shape in self.shapes):
            return self._condition(request.needs_raw_where)
        if self.known.held is None or not request.held:
            return self._condition(request.needs_raw_where, whole_raw=True)
        held = exp.And(this=self.known.held.copy(), expression=paren(self._condition(request.held_where)))
        if request.raw_where == FALSE:
            return held
        return exp.Or(this=paren(held), expression=paren(self._condition(request.raw_where, whole_raw=True)))

    # -- the levels of the statement

    def read(self, source: exp.Select, shape: Sql, extra: list[Sql]) -> exp.Select:
        """What a reading takes of the raw records of ``source``: what is counted of each, and the values of the useful ones."""
        if not self._time_left and not self.doubtful:
            keep = [exp.alias_(self.keep(), KEEP, quoted=True)] if self.request.most else []
            return self.over(source, shape, self._shown_of(extra), [keep])
        # a CASE tries each part of its condition on what the parts before it left, a condition by itself on all records
        keep = [exp.alias_(case((self.keep(), exp.true()), default=exp.false()), KEEP, quoted=True)]
        time = []
        if self._time_left:
            time = [exp.alias_(case((column(KEEP), self.value(TIME)), default=null()), _MOMENT, quoted=True)]
            self.cache["_messagetime"] = column(_MOMENT)
        lacks = exp.And(this=column(KEEP), expression=paren(exp.or_(*self._missing(), copy=False)))
        number = case((lacks, cast(lit(0), "UTINYINT")), default=column("__shape"))
        shown = [exp.alias_(number, "__shape", quoted=True), *self._shown_of(extra)[1:]]
        return self.over(source, shape, shown, [keep, time])

    @functools.cached_property
    def _time_left(self) -> bool:
        """True when a useful record whose time is in none of the places that are left is to be read again."""
        return self.shapes[0].time_left and not TIMES.isdisjoint(n.lower() for n in self.request.drawn_from)

    def _missing(self) -> list[Sql]:
        """The conditions under which a useful record is to be read again."""
        time = [is_null(column(_MOMENT))] if self._time_left else []
        return [*time, *(is_null(self.value(name)) for name in self.doubtful)]

    def beside(self, source: Sql) -> Sql:
        """The records with the category's number beside them, where it is needed."""
        if not self.numbered or self.request.category:
            return source
        return _level(exp.select(exp.Star()).from_(source, copy=False), self.codes()).subquery("e", copy=False)

    def over(self, source: exp.Select, shape: Sql, shown: list[Sql], below: Sequence[list[Sql]] = ()) -> exp.Select:
        """The columns ``shown`` over the raw records of ``source``: below them the shape, then the category's number,
        then the values that every record is asked for, and what else is wanted ``below``, level by level."""
        codes = self.codes()
        for name, value in self.raw.held.values() if isinstance(self.raw, JsonRaw) else ():  # one may be within another
            source = _level(source, [exp.alias_(value.copy(), name, quoted=True)])
        level = _level(source, [exp.alias_(shape, "__shape", quoted=True)])
        level = _level(level, codes)
        held = {key: sql for key, sql in self.cache.items() if self._projected(key)}
        level = _level(level, [exp.alias_(sql.copy(), _held(key), quoted=True) for key, sql in held.items()])
        for columns_of_level in below:
            level = _level(level, columns_of_level)
        return exp.select(*shown, copy=False).from_(level.subquery("e", copy=False), copy=False)

    def _shown_of(self, extra: list[Sql]) -> list[Sql]:
        """Shape, what the summary counts, and the values: as one list where the record is useful. Where most are, they stand
        beside each other, which costs less."""
        mask = self.mask()
        present = [exp.alias_(mask, "__mask", quoted=True)] if mask is not None else []
        if self.request.most:
            kept = exp.alias_(self._kept(), KEEP, quoted=True)
            values = [kept, *(exp.alias_(value, VALUE + n, quoted=True) for n, value in self._values().items())]
        else:
            values = [exp.alias_(self.row(), "__row", quoted=True)]
        return [column("__shape"), *self.tally(), *present, *values, *extra]


def _level(below: exp.Select, more: list[Sql]) -> exp.Select:
    return exp.select(exp.Star(), *more, copy=False).from_(below.subquery("b", copy=False), copy=False) if more else below


def _held(key: str) -> str:
    return f"__v_{key}"


def typed(value: Sql, kind: Type) -> Sql:
    """The value; a null among texts says that it is one."""
    return cast(value, "VARCHAR") if kind is Type.STRING and isinstance(value, exp.Null) else value


def _is_shape(numbers: list[int]) -> Sql:
    shape = column("__shape")
    if len(numbers) == 1:
        return exp.EQ(this=shape, expression=lit(numbers[0]))
    return exp.In(this=shape, expressions=[lit(n) for n in numbers])


# --- from JSON text in Arrow chunks -----------------------------------------------------------------------------------


class ChunkStatement(Struct, frozen=True):
    """SQL over a stream ``chunk(raw, row_id)`` of JSON records, and ``held`` and ``further`` where there are texts of these names:
    whether a record holds one of them. ``held`` are in lower case."""

    sql: str
    held: tuple[str, ...]
    further: tuple[str, ...]


def chunk_statement(
    request: Request, shapes: Sequence[Shape], spellings: Spellings, exact: bool, unseen: tuple[str, ...]
) -> ChunkStatement:
    """The statement over JSON records. Those of none of the shapes come out with shape 0 and their text in ``__left``;
    ``__broken`` where it could not be read as a JSON object."""
    raw = JsonRaw(lambda layer: column(f"j{layer}"), replace(spellings, theirs=request.spelled), levels=True)
    facts = BuiltIns(column("raw"), column("row_id"), column("held") if request.held else None)
    left = case((exp.EQ(this=column("__shape"), expression=lit(0)), column("raw")), default=null())
    extra = [column("row_id"), exp.alias_(left, "__left", quoted=True),
             exp.alias_(is_null(column("j0")), "__broken", quoted=True)]  # fmt: skip
    Events(request, shapes, raw, facts, exact=exact).collect()
    raw.settle()
    events = Events(request, shapes, raw, facts, exact=exact, unseen=unseen)
    number = events.number()
    further = tuple(json.dumps(key) for key in raw.further_keys())
    layers = parsed_layers(raw, column("further") if further else None)
    marks = [column("held")] if request.held else []
    source = exp.select(column("raw"), column("row_id"), *marks, *layers, copy=False).from_("chunk", copy=False)
    sql = events.read(source, placed(number), extra).sql("duckdb", copy=False)
    return ChunkStatement(sql, tuple(sorted(text for _, text in request.held)), (*further, _ESCAPE) if further else ())


#: How letters of a key may be written, so that it does not stand in the text as it is.
_ESCAPE = "\\u00"


def parsed_layers(raw: JsonRaw, needed: Sql | None = None, careful: bool = True) -> list[Sql]:
    """The record read into structs, as columns ``j0``, ``j1`` … ``needed``: when those after the first need be read.
    ``careful``: they are null for a record that is no JSON, which otherwise is an error."""
    structs = [_parsed(tree, careful) for tree in raw.layers]
    if needed is not None:
        structs[1:] = [case((needed.copy(), s), default=null()) for s in structs[1:]]
    return [exp.alias_(s, f"j{i}", quoted=True) for i, s in enumerate(structs)]


def _parsed(tree: KeyTree, careful: bool) -> Sql:
    """The record read into a struct."""
    structure = tree.structure() if tree.below else {"EventID": "VARCHAR"}
    struct = apply("from_json", column("raw"), lit(json.dumps(structure)))
    return apply("try", struct) if careful else struct


def placed(number: Sql) -> Sql:
    """No shape for a record that could not be read as JSON."""
    return case((is_null(column("j0")), cast(lit(0), "UTINYINT")), default=number)


# --- from NDJSON files that DuckDB opens by itself --------------------------------------------------------------------


def file_statement(request: Request, shapes: Sequence[Shape], spellings: Spellings, unseen: tuple[str, ...], path: str) -> str | None:
    """SQL over an uncompressed NDJSON file, in the file's order; a shape alone may be a lean one. Only for requests without raw
    text and id: DuckDB's reader gives neither, but it is faster than text handed over. ``None`` when keys that differ only in case are
    needed: of a few records, if it is only their values that such keys have, those without the usual key are read again."""
    known = replace(spellings, theirs=request.spelled)
    raw, events = _of_columns(request, shapes, known, unseen)
    if len(raw.layers) > 1:
        several = tuple(name for name in request.spelled if len(known.of(name)) > 1 and name in known.seen)
        if request.most or not request.predicate_names.union(n.lower() for n in unseen).isdisjoint(several):
            return None
        raw, events = _of_columns(request, shapes, known.usual(several), unseen)
        events.doubtful = several
        if len(raw.layers) > 1:
            return None
    number = events.number()
    if shapes[0].time_left and not TIMES.isdisjoint(request.predicate_names):
        raw.rely_on(events.value(TIME))
    if raw.relied_on:
        there = exp.and_(*(exp.Not(this=is_null(value.copy())) for value in raw.relied_on.values()), copy=False)
        number = case((there, number), default=cast(lit(0), "UTINYINT"))
    kinds = {k: lit(t.kind().sql("duckdb")) for k, t in raw.layers[0].below.items()}
    options = {
        "format": lit("newline_delimited"),
        "records": lit("true"),
        "ignore_errors": exp.true(),
        "columns": exp.Struct(expressions=[exp.PropertyEQ(this=quoted(k), expression=v) for k, v in kinds.items()]),
    }
    named = [exp.Kwarg(this=exp.to_identifier(k), expression=v) for k, v in options.items()]
    reader = exp.select(exp.Star()).from_(apply("read_json", lit(path), *named))
    return events.read(reader, number, []).sql("duckdb", copy=False)


def _of_columns(
    request: Request, shapes: Sequence[Shape], known: Spellings, unseen: tuple[str, ...]
) -> tuple[JsonRaw, Events]:
    """Records whose keys are columns, and the events that they are."""
    raw, facts = JsonRaw(None, known, levels=True), BuiltIns(None, lit(0))
    Events(request, shapes, raw, facts, exact=False).collect()
    return raw, Events(request, shapes, raw, facts, exact=False, unseen=unseen)


# --- from Parquet -----------------------------------------------------------------------------------------------------


def parquet_statement(request: Request, names: dict[str, str], raw: ColumnRaw, shapes: Sequence[Shape], path: str) -> str:
    """SQL over a Parquet file, in the file's order. ``names``: its columns with their types; ``raw``: those that hold any
    value; ``shapes``: those that its rows have."""
    events = Events(request, shapes, raw, BuiltIns(row_text(names), lit(0)), every=shapes)
    reader = exp.select(exp.Star()).from_(apply("read_parquet", lit(path)))
    return events.read(reader, events.number(), []).sql("duckdb", copy=False)


def parquet_shapes(raw: ColumnRaw, shapes: Sequence[Shape], path: str) -> str:
    """SQL for the numbers of those of the shapes that rows of a Parquet file have."""
    reader = exp.select(exp.alias_(shape_number(shapes, raw, shapes), "n")).distinct()
    return reader.from_(apply("read_parquet", lit(path)), copy=False).sql("duckdb", copy=False)


def parquet_view(
    request: Request, names: dict[str, str], raw: ColumnRaw, shapes: Sequence[Shape], path: str, base: int
) -> tuple[exp.Select, Sequence[str]]:
    """The asked-for columns of the useful rows of a Parquet file as a plain SELECT, to be part of the query's own
    statement, and the fields, in lower case, that no row can have. As for :func:`parquet_statement`."""
    row_id = exp.Add(this=column("file_row_number"), expression=lit(base + 1))
    events = Events(request, shapes, raw, BuiltIns(row_text(names), row_id), every=shapes)
    events.levels = events.numbered = len(shapes) > 1 or events.own_category
    absent = events.absent()
    predicate = settled(request.predicate, dict.fromkeys(absent))
    events.request = replace(request, predicate=predicate if events.levels else _by_category(predicate))
    file = apply("read_parquet", lit(path), exp.Kwarg(this=exp.to_identifier("file_row_number"), expression=exp.true()))
    shown = [exp.alias_(typed(events.value(n), t), n, quoted=True) for n, t in request.columns]
    useful = events.useful()
    if not events.levels:  # DuckDB tests little within a file's reader when another level stands above it
        view = exp.select(*shown, copy=False).from_(events.beside(file), copy=False)
    else:
        view = events.over(exp.select(exp.Star()).from_(file, copy=False), events.number(), shown)
    return view if useful is None else view.where(useful, copy=False), absent


def parquet_kinds(raw: ColumnRaw, shapes: Sequence[Shape], path: str, category: str | None) -> str:
    """SQL that counts the rows of a Parquet file: for each tally, own category and kind in words how many there are."""
    events = Events(Request((), category=category), shapes, raw, BuiltIns(None, lit(0)), every=shapes)
    file = exp.select(exp.Star()).from_(apply("read_parquet", lit(path)))
    tallied = events.over(file, events.number(), events.tally())
    told = [column(name) for name in ("__tally", "__own", "__kind")]
    counted = exp.select(*told, exp.Count(this=exp.Star())).from_(tallied.subquery("e", copy=False), copy=False)
    return counted.group_by(*(t.copy() for t in told)).sql("duckdb", copy=False)


def _by_category(predicate: Expr) -> Expr:
    """The condition with its tests of the category first: only so DuckDB has all of them done by a file's reader."""
    if not isinstance(predicate, Call) or predicate.function != "and":
        return predicate
    named = [any(c.name.lower() == "_sourcecategory" for c in columns(part)) for part in predicate.args]
    return all_of([p for first in (True, False) for p, is_named in zip(predicate.args, named, strict=True) if is_named is first])


def probable(raw: ColumnRaw) -> list[Shape]:
    """The shapes that rows may have; each row has one of them."""
    found: list[Shape] = []
    for each in SHAPES:
        tests = carries(each, raw)
        if not impossible(tests):
            found.append(each)
        if not tests:
            break
    return found


def row_text(names: dict[str, str]) -> Sql:
    """A row of a columnar file as JSON text."""
    parts = [exp.PropertyEQ(this=quoted(n), expression=_as_json(column(n), kind)) for n, kind in names.items()]
    return cast(apply("to_json", exp.Struct(expressions=parts)), "VARCHAR")


def _as_json(value: Sql, kind: str) -> Sql:
    return whole_or_fraction(value, lambda number: apply("to_json", number)) if kind in FLOATING else value
