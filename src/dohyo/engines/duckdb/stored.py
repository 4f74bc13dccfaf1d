"""The data files of a store as part of a query's own statement, on any engine. Fields are columns there; only a name that is
none of them, but may be in some raw event, is read from the raw events, by DuckDB."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import duckdb
from msgspec import Struct
from sqlglot import exp

from dohyo.engines.duckdb.dialect import DIALECT
from dohyo.engines.duckdb.raw import JsonRaw, Spellings
from dohyo.engines.duckdb.scan import Events, Request, parsed_layers, placed, typed
from dohyo.engines.duckdb.shaping import CONSTANTS, BuiltIns, first_of, trimmed
from dohyo.engines.duckdb.storing import ID, OWN_RAW, RECORD, SIZE, TIME
from dohyo.engines.sql import SQL_TYPES, Expressions
from dohyo.plan import names as hidden
from dohyo.plan.expr import TRUE, Expr
from dohyo.plan.functions.model import Sql, apply, case, cast, coalesce, lit, null
from dohyo.plan.known import settled
from dohyo.plan.types import Type
from dohyo.sources.shapes import shape
from dohyo.sources.shapes.names import ALIASES

_TIMES = frozenset({"_messagetime", "_receipttime", "_searchabletime", hidden.TIME})
_IDS = frozenset({"_messageid", hidden.ID})


class Group(Struct, frozen=True, dict=True):
    """Data files that are read together, and hold so many ``rows``. ``shared``: their addresses as other machines know them.
    ``columns``: by lower-cased name. ``shapes``: the forms of their raw events. ``spellings``: set where some asked name must
    be read from the raw events."""

    addresses: tuple[str, ...]
    shared: tuple[str, ...]
    rows: int
    columns: dict[str, str]
    shapes: tuple[str, ...]
    spellings: Spellings | None = None

    @functools.cached_property
    def declared(self) -> frozenset[str]:
        """The names for which some shape's table says where they are; such a name is never an alias."""
        return frozenset(name.lower() for n in self.shapes for name in shape(n).fields)


class Part(Struct, frozen=True):
    """What a query need read of a store. ``base`` is added to the ids of the events; ``few``: a condition over columns of the
    files, for their statistics, that every useful event meets."""

    store: str
    group: Group
    base: int
    few: Expr

    def select(self, request: Request) -> exp.Select:
        """The asked-for columns of the useful events, for DuckDB."""
        writer = Expressions(DIALECT)
        if self.group.spellings is not None:
            where = _condition(self.few, _column, writer) if self.few != TRUE else None
            return _raw_view(request, self.group, self.group.spellings, self.base, where)
        return self.over(read_files(self.group.addresses), request, writer)

    def over(self, files: Sql, request: Request, writer: Expressions) -> exp.Select:
        """The same of fields that are columns, in any engine's SQL. ``files``: what has the columns of the files."""
        view = _View(request, self.group, self.base)
        names = {n for n in request.written if isinstance(view.value(n), exp.Null)}
        predicate = settled(request.predicate, dict.fromkeys(n.lower() for n in names))

        def env(name: str) -> Sql:
            return writer.spelled(lambda: view.value(name), [])

        shown = [exp.alias_(_shown(n, kind, request, env, writer), n, quoted=True) for n, kind in request.columns]
        select = exp.select(*shown, copy=False).from_(files, copy=False)
        for condition, names_of in ((self.few, _column), (predicate, env)):
            if condition != TRUE:
                select = select.where(_condition(condition, names_of, writer), copy=False)
        return select


def _shown(name: str, kind: Type, request: Request, env: Callable[[str], Sql], writer: Expressions) -> Sql:
    """A value as a column of the result."""
    value, needed = typed(env(name), kind), request.needs_raw_where
    if name.lower() != "_raw" or needed == TRUE:
        return value
    return case((_condition(needed, env, writer), value), default=null())


def record_statement(addresses: Sequence[str], ids: Sequence[int]) -> str:
    """SQL for the raw records of these ids."""
    wanted = exp.In(this=_column(ID), expressions=[lit(i) for i in ids])
    return exp.select(_column(RECORD)).from_(read_files(addresses)).where(wanted).sql("duckdb")


def no_events(request: Request) -> exp.Select:
    """The asked-for columns without any event."""
    nulls = [exp.alias_(cast(null(), SQL_TYPES[kind]), n, quoted=True) for n, kind in request.columns]
    return exp.select(*nulls, copy=False).where(exp.false(), copy=False)


def _condition(condition: Expr, env: Callable[[str], Sql], writer: Expressions) -> Sql:
    return writer.condition(condition, env)


def read_files(addresses: Sequence[str]) -> Sql:
    """Data files as a table; a column that one of them lacks is null there."""
    paths = exp.Array(expressions=[lit(a) for a in addresses])
    options = [exp.Kwarg(this=exp.to_identifier(n), expression=v)
               for n, v in (("union_by_name", exp.true()), ("hive_partitioning", exp.false()))]  # fmt: skip
    return apply("read_parquet", paths, *options)


def _column(name: str) -> Sql:
    return exp.column(name, quoted=True)


class _View(Struct):
    """What each name is in a group of files."""

    request: Request
    group: Group
    base: int

    def value(self, name: str) -> Sql:
        """The SQL of a name."""
        lower = name.lower()
        if lower == "_sourcecategory" and self.request.category:
            return lit(self.request.category)
        if lower in _TIMES:
            return _column(TIME)
        if lower in _IDS:
            return exp.Add(this=_column(ID), expression=lit(self.base))
        own = _OWN.get(lower)
        return own() if own else self._field(lower)

    def _field(self, lower: str) -> Sql:
        found = _column(self.group.columns[lower]) if lower in self.group.columns else None
        alias = ALIASES.get(lower)
        if alias and lower not in self.group.declared:  # an event without the name answers with the canonical one
            return first_of([*([found] if found else []), self._field(alias.lower())])
        return found or (CONSTANTS[lower].copy() if lower in CONSTANTS else null())


_OWN = {
    hidden.RAW: lambda: _column(RECORD),
    "_raw": lambda: coalesce(_column(OWN_RAW), trimmed(_column(RECORD))),
    "_size": lambda: _column(SIZE),
}


def _raw_view(request: Request, group: Group, spellings: Spellings, base: int, where: Sql | None) -> exp.Select:
    """The same from the raw events."""
    shapes = [shape(n) for n in group.shapes]
    raw = JsonRaw(lambda layer: _column(f"j{layer}"), spellings)
    facts = BuiltIns(_column("raw"), _column("row_id"))
    Events(request, shapes, raw, facts).collect()
    events = Events(request, shapes, raw, facts)
    shown = [exp.alias_(typed(events.value(n), kind), n, quoted=True) for n, kind in request.columns]
    keep, number = events.keep(), events.number()
    row_id = exp.Add(this=_column(ID), expression=lit(base))
    records = exp.select(exp.alias_(_column(RECORD), "raw", quoted=True), exp.alias_(row_id, "row_id", quoted=True), copy=False)
    records = records.from_(read_files(group.addresses), copy=False)
    records = records.where(where, copy=False) if where is not None else records
    source = exp.select(exp.Star(), *parsed_layers(raw), copy=False).from_(records.subquery("r", copy=False), copy=False)
    return events.over(source, placed(number), shown).where(keep, copy=False)


def meeting(connection: duckdb.DuckDBPyConnection, condition: Expr, name: str, values: Sequence[str | None]) -> set[str | None]:
    """Of a column's values those that meet a condition over this column alone."""
    import pyarrow as pa

    connection.register("store_values", pa.table({name: pa.array(list(values), pa.string())}))
    try:
        where = _condition(condition, lambda _: _column(name), Expressions(DIALECT))
        sql = exp.select(_column(name)).from_("store_values").where(where)
        return {row[0] for row in connection.sql(sql.sql("duckdb")).fetchall()}
    finally:
        connection.unregister("store_values")
