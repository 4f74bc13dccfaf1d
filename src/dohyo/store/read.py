"""A store for queries: which data files a query need look at, and what they answer for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from dohyo.engines.duckdb.connect import connect
from dohyo.engines.duckdb.raw import Spellings
from dohyo.engines.duckdb.stored import Group, Part, meeting, record_statement
from dohyo.plan import names as hidden
from dohyo.plan.expr import TRUE, Call, Column, Expr, Literal, all_of, boolean, text
from dohyo.plan.literals import kind_condition
from dohyo.plan.types import Type
from dohyo.results import FileReport, Places, ReadReport
from dohyo.sources.find import find_inputs
from dohyo.sources.model import Format
from dohyo.sources.shapes import shape
from dohyo.sources.shapes.names import ALIASES
from dohyo.store.files import Files, is_url
from dohyo.store.log import open_log
from dohyo.store.names import plain
from dohyo.store.state import DataFile, Schema, State
from dohyo.store.write import LISTED

if TYPE_CHECKING:
    import duckdb

    from dohyo.engines.duckdb.scan import Request

_TIMES = {"_messagetime", hidden.TIME}
#: More values than this are not worth to be listed in a condition.
_MOST = 200

Range = tuple[int | None, int | None]
"""From a time on (epoch ms) to before another one; ``None``: no bound."""


class Store(Struct):
    """The data files of a store at one moment. ``base`` is added to the ids of its events."""

    name: str
    state: State
    files: list[DataFile]
    at: Files
    base: int = 0

    @classmethod
    def open(cls, root: str, connection: duckdb.DuckDBPyConnection) -> Store:
        """The store at a folder or URL; the connection can open its files from then on. Raises :class:`StoreError`."""
        log = open_log(root)
        log.files.register(connection)
        return cls(root, log.state, list(log.state.files.values()), log.files)

    def tell(self, report: ReadReport, places: Places, within: Range) -> None:
        """Counts what a run reads, and gives the logs behind the events their numbers."""
        self.base = len(places.files) << Places.BITS
        names = {number: origin.name for number, origin in self.state.origins.items()}
        for number in range(max(names, default=-1) + 1):
            places.add(names.get(number, ""))
        there = [f for f in self.files if _meets(f, within)]
        file = FileReport(self.name, "store", sum(f.size for f in there), sum(f.rows for f in there))
        present: set[str] = set()
        for each in there:
            schema = self.state.schemas[each.schema]
            file.shapes.update(dict.fromkeys(schema.shapes, each.rows))
            present.update(c.lower() for c in schema.columns)
            for category, kind, count in each.kinds:
                report.counted[(category, kind)] += count
        report.files.append(file)
        report.present |= {n for n in report.asked if n.lower() in present}

    def parts(self, request: Request, connection: duckdb.DuckDBPyConnection) -> list[Part]:
        """What must be read for a request, one part for each group of files that answer for the same names."""
        files, few = self._chosen(request.predicate, connection, bool(request.category))
        usual = _usual([self.state.schemas[f.schema] for f in files])
        groups: dict[tuple[str, bool], list[DataFile]] = {}
        for file in files:
            raw = self._needs_raw(file, request)
            apart = raw or any(usual[c.lower()] != c for c in self.state.schemas[file.schema].columns)
            groups.setdefault((file.schema if apart else "", raw), []).append(file)
        return [Part(self.name, self._group(g, raw), self.base, few) for (_, raw), g in groups.items()]

    def _needs_raw(self, file: DataFile, request: Request) -> bool:
        """True when an asked-for name is no column but may be in some raw event of the file."""
        schema = self.state.schemas[file.schema]
        known, others = {n.lower() for n in (*schema.columns, *schema.known)}, {o.lower() for o in schema.others}
        in_texts = any(shape(s).pair_bags or shape(s).xml_bags or shape(s).message_bags for s in schema.shapes)
        asked = [n for n in request.written if n.lower() not in known]
        asked += [ALIASES[n.lower()] for n in asked if n.lower() in ALIASES]
        return any(n.lower() in others or (in_texts and not plain(n)) for n in asked)

    def _group(self, files: list[DataFile], from_raw: bool) -> Group:
        schemas = [self.state.schemas[name] for name in dict.fromkeys(f.schema for f in files)]
        addresses, shared = (tuple(at(f.path) for f in files) for at in (self.at.address, self._shared))
        shapes = tuple(dict.fromkeys(n for s in schemas for n in s.shapes))
        rows = sum(f.rows for f in files)
        return Group(addresses, shared, rows, _usual(schemas), shapes, _spellings(schemas) if from_raw else None)

    def _shared(self, path: str) -> str:
        """A file as another machine would ask for it: on an object store as the user wrote it, else the whole path."""
        root = self.at.root if is_url(self.at.root) else f"file://{Path(self.at.root).absolute().as_posix()}"
        return f"{root}/{path}"

    def _chosen(self, condition: Expr, connection: duckdb.DuckDBPyConnection, own_category: bool) -> tuple[list[DataFile], Expr]:
        """The files in which an event can meet the condition, and what their statistics are asked."""
        within = time_range(condition)
        files = [f for f in self.files if _meets(f, within)]
        few: list[Expr] = list(_between(within))
        for name in LISTED:
            asked = kind_condition(condition, frozenset({name.lower()}))
            if asked == TRUE or (own_category and name == "_sourceCategory"):
                continue
            listed = {f.path: found for f in files if (found := self._listed(f, name)) is not None}
            values = list(dict.fromkeys(v for found in listed.values() for v in found))
            good = meeting(connection, asked, name, values)
            files = [f for f in files if f.path not in listed or good & set(listed[f.path])]
            if all(f.path in listed for f in files) and None not in good and 0 < len(good) <= min(_MOST, len(values) - 1):
                few.append(_one_of(name, sorted(v for v in good if v is not None)))
        return files, all_of(few)


    def _listed(self, file: DataFile, name: str) -> tuple[str | None, ...] | None:
        """The values of a field in a file; ``None`` where they are not known, or are in raw events only."""
        others = {other.lower() for other in self.state.schemas[file.schema].others}
        return None if name.lower() in others else file.values.get(name)


def _usual(schemas: Iterable[Schema]) -> dict[str, str]:
    """The columns by lower-cased name, each as the first schema that has it spells it."""
    found: dict[str, str] = {}
    for schema in schemas:
        for column in schema.columns:
            found.setdefault(column.lower(), column)
    return found


def _spellings(schemas: list[Schema]) -> Spellings:
    found = Spellings()
    for schema in schemas:
        for name in (*schema.columns, *schema.known, *schema.others):
            found.seen.setdefault(name.lower(), set()).add(name)
    return found


def _meets(file: DataFile, within: Range) -> bool:
    """True when some event of the file may be within these times."""
    since, until = within
    if since is None and until is None:
        return True
    if file.first is None or file.last is None:
        return False
    return (since is None or file.last >= since) and (until is None or file.first < until)


def _between(within: Range) -> Iterator[Expr]:
    """The range as a condition on the files' own column."""
    time = Column("_messageTime", Type.LONG)
    for function, bound in ((">=", within[0]), ("<", within[1])):
        if bound is not None:
            yield boolean(function, time, Literal(bound, Type.LONG))


def _one_of(name: str, values: list[str]) -> Expr:
    """One of the values, said also as a range, which every kind of statistics answers."""
    column = Column(name, Type.STRING)
    if len(values) == 1:
        return boolean("=", column, text(values[0]))
    return all_of([boolean(">=", column, text(values[0])), boolean("<=", column, text(values[-1])),
                   boolean("in", column, *map(text, values))])  # fmt: skip


def time_range(condition: Expr) -> Range:
    """The times that a condition leaves."""
    since: int | None = None
    until: int | None = None
    parts = condition.args if isinstance(condition, Call) and condition.function == "and" else (condition,)
    for part in parts:
        match part:
            case Call(function=">=", args=(Column(name=name), Literal(value=int(bound)))) if name.lower() in _TIMES:
                since = bound if since is None else max(since, bound)
            case Call(function="<", args=(Column(name=name), Literal(value=int(bound)))) if name.lower() in _TIMES:
                until = bound if until is None else min(until, bound)
    return since, until


def record_text(paths: Sequence[str], name: str, record: int) -> str | None:
    """The raw record of this number from the log of this name, if one of the paths is a store that has it. Raises
    :class:`StoreError`."""
    for source in find_inputs(list(paths), lambda problem: None):
        if source.format is not Format.STORE:
            continue
        with connect() as connection:
            store = Store.open(source.name, connection)
            ids = [(o.id << Places.BITS) + record for o in store.state.origins.values() if o.name == name]
            if ids and store.files:
                addresses = [store.at.address(f.path) for f in store.files]
                found = connection.sql(record_statement(addresses, ids)).fetchall()
                if found:
                    return str(found[0][0])
    return None
