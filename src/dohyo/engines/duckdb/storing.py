"""The statements that shape raw records for a store. Some read what is in a record: its keys, and its values as columns. The
others run over those columns and say where a record belongs and what its fields are."""

from __future__ import annotations

from collections.abc import Sequence, Set

from msgspec import Struct
from sqlglot import exp

from dohyo.engines.duckdb.raw import JsonRaw, Path, Raw, Spellings, json_path, json_value
from dohyo.engines.duckdb.scan import Events, Request, parsed_layers, row_text
from dohyo.engines.duckdb.shaping import BuiltIns, expression, text_field
from dohyo.plan.functions.model import Sql, apply, case, cast, coalesce, lit, null
from dohyo.plan.types import Type
from dohyo.sources import model as m

#: What a data file has besides the fields: time, size and the record's number, what the summary counts it as, the whole raw
#: record, and ``_raw`` where that is something else than the raw record.
TIME, SIZE, RECORD, ID, KIND, OWN_RAW = "_messageTime", "_size", "__raw", "__id", "__kind", "_raw"
BUILT_IN = ("_sourceCategory", "_sourceHost", "_sourceName", "_source", "_collector")


def _column(name: str) -> Sql:
    return exp.column(name, quoted=True)


class Written(Struct, frozen=True):
    """How names are found in texts: regexes for lists of pairs, for XML and for rendered messages."""

    pairs: tuple[str, ...]
    xml: tuple[str, ...]
    message: str


class Columned:
    """Records whose values are columns of ``chunk``: what is asked for is in ``values`` (as text) and ``present`` (whether
    an object is there), each path with the column's name. ``paths``: where any of the records has a value, and ``objects``
    those where that is an object; ``texts``: the names, in lower case, that stand in texts within them. Nothing else is
    looked for."""

    def __init__(self, paths: Set[Path], objects: Set[Path], spellings: Spellings, texts: Set[str]) -> None:
        self.paths, self.objects, self.known, self.texts = paths, objects, spellings, texts
        self.values: dict[Path, str] = {}
        self.present: dict[Path, str] = {}
        self._beside: dict[tuple[Path, Path], list[Path]] = {}
        for path in sorted(paths):
            for i in range(len(path)):
                self._beside.setdefault((path[:i], path[i + 1 :]), []).append(path)

    def value(self, path: Path) -> Sql:
        found = [_column(self.values.setdefault(p, f"c{len(self.values)}")) for p in self._met(path)]
        return found[0] if len(found) == 1 else coalesce(*found) if found else null()

    def there(self, path: Path) -> Sql:
        found = [self._there(p) for p in self._met(path)]
        return found[0] if len(found) == 1 else exp.Paren(this=exp.or_(*found, copy=False)) if found else exp.false()

    def _there(self, path: Path) -> Sql:
        if path in self.objects:
            return _column(self.present.setdefault(path, f"p{len(self.present)}"))
        return exp.Not(this=exp.Is(this=self.value(path), expression=exp.null()))

    def _met(self, path: Path) -> list[Path]:
        """The known paths that a path stands for."""
        if "*" not in path:
            return [path] if path in self.paths else []
        at = path.index("*")
        return self._beside.get((path[:at], path[at + 1 :]), [])

    def spellings(self, name: str) -> tuple[str, ...]:
        return self.known.of(name)

    def in_texts(self, name: str) -> bool:
        return name.lower() in self.texts

    def within(self, text: Sql, path: Path) -> Sql:
        return json_value(text, path)

    def kept(self, value: Sql) -> Sql:
        return value

    def dated(self, value: Sql) -> bool:
        return False

    def rely_on(self, value: Sql) -> None:
        raise TypeError("columns are read by whole tables")


# --- what records hold ------------------------------------------------------------------------------------------------


def signs_statement(objects: Sequence[Path], mixed: Sequence[Path], careful: bool) -> str:
    """SQL over ``chunk(raw)``: ``sign``, a number that two records share when they have the same keys in these objects, and
    at the paths of ``mixed`` values of the same type. ``careful``: it is null for a record that is no JSON, which otherwise
    is an error."""
    keys = apply("json_keys", _column("raw"), *([_listed(objects)] if [*objects] != [()] else []))
    return _signs([keys, *([apply("json_type", _column("raw"), _listed(mixed))] if mixed else [])], careful)


def structures_statement(careful: bool) -> str:
    """The same for the keys in all objects, which takes several times as long."""
    return _signs([apply("json_structure", _column("raw"))], careful)


def _signs(parts: list[Sql], careful: bool) -> str:
    parts = [apply("try", p) for p in parts] if careful else parts
    sign: Sql = cast(apply("hash", *parts), "UBIGINT")
    if careful:
        sign = case((exp.Is(this=parts[0].copy(), expression=exp.null()), null()), default=sign)
    return exp.select(exp.alias_(sign, "sign", quoted=True)).from_("chunk").sql("duckdb")


def _listed(paths: Sequence[Path]) -> Sql:
    return exp.Array(expressions=[lit(json_path(p)) for p in paths])


def lists_statement(careful: bool) -> str:
    """SQL over ``chunk(raw)``: ``texts``, the values of each record in the order of its keys."""
    return _one("texts", apply("json_extract_string", _column("raw"), lit("$.*")), careful)


def kinds_statement(paths: Sequence[Path]) -> str:
    """SQL over ``chunk(raw)``: ``kinds``, what the values at these paths are."""
    return _one("kinds", apply("json_type", _column("raw"), _listed(paths)), True)


def _one(name: str, value: Sql, careful: bool) -> str:
    value = apply("try", value) if careful else value
    return exp.select(exp.alias_(value, name, quoted=True)).from_("chunk").sql("duckdb")


def places_statement(values: Sequence[Path], present: Sequence[Path], usual: Sequence[Path], careful: bool) -> str:
    """SQL over ``chunk(raw, odd)``: the ``values`` at these paths as columns ``v0``, ``v1`` …, and whether there is something
    at those of ``present`` as ``w0``, ``w1`` …. ``usual``: of paths that differ only in case, which the engine cannot read
    together, the one that most records have; ``odd``: the record has another one."""
    raw = JsonRaw(lambda layer: _column(f"j{layer}"), Spellings())

    def shown() -> list[Sql]:
        named = [(f"v{i}", raw.value(p)) for i, p in enumerate(values)] + [(f"w{i}", raw.there(p)) for i, p in enumerate(present)]
        return [exp.alias_(sql, name, quoted=True) for name, sql in named]

    for path in usual:
        raw.value(path)
    shown()  # asks the record for all keys, so that the layers are complete
    source = exp.select(*parsed_layers(raw, _column("odd"), careful), copy=False).from_("chunk", copy=False)
    return exp.select(*shown(), copy=False).from_(source.subquery("e", copy=False), copy=False).sql("duckdb", copy=False)


# --- what that means --------------------------------------------------------------------------------------------------


def first_statement(shapes: Sequence[m.Shape], raw: Columned, category: str | None, written: Written) -> str:
    """SQL over the columns of ``raw``, a row for each record: ``shape`` (0: none of these), ``kind``, ``texts`` (records of
    one shape and sign with the same number answer to the same names), time, and the built-in fields."""
    request = Request(((TIME, Type.LONG), *((n, Type.STRING) for n in BUILT_IN)), category=category)
    events = Events(request, shapes, raw, BuiltIns(None, lit(0)))
    events.collect()
    texts = events.by_shape([_texts(shape, raw, written) for shape in shapes])
    parts = {"shape": _column("__shape"), KIND: cast(events.kind(), "VARCHAR"), "texts": cast(texts, "UBIGINT"),
             TIME: events.value(TIME)}  # fmt: skip
    values = {n: cast(events.value(n), "VARCHAR") for n in BUILT_IN}
    columns = [exp.alias_(sql, name, quoted=True) for name, sql in (parts | values).items()]
    source = exp.select(exp.Star(), copy=False).from_("chunk", copy=False)
    return events.over(source, events.number(), columns).sql("duckdb", copy=False)


class Taken(Struct, frozen=True):
    """A field that is the value at a path, or (``filled``) that value where it is not the empty text."""

    path: Path
    filled: bool = False


class Made(Struct, frozen=True):
    """A field that the engine makes, as this column."""

    column: str


def fields_statement(shapes: Sequence[m.Shape], names: Sequence[str], raw: Columned) -> tuple[dict[str, Taken | Made], str | None]:
    """What each of the ``names``, and ``_raw``, is, and SQL over the columns of ``raw`` and ``__shape`` for those that are no
    mere values: ``raw`` is left with the columns for these. A name that no record has is left out."""
    events = Events(Request(()), shapes, raw, BuiltIns(None, lit(0)))
    wanted = [(n, [text_field(s, raw, n) for s in shapes]) for n in names]
    wanted.append((OWN_RAW, [expression(s.fields["_raw"], raw) if "_raw" in s.fields else null() for s in shapes]))
    paths = {name: path for path, name in raw.values.items()}
    fields: dict[str, Taken | Made] = {}
    made: dict[str, Sql] = {}
    for name, values in wanted:
        value = events.by_shape(values)
        inner = _filled(value)
        if isinstance(inner, exp.Column):
            fields[name] = Taken(paths[inner.name], inner is not value)
        elif not isinstance(value, exp.Null):
            text = value.sql("duckdb", copy=False)
            made.setdefault(text, exp.alias_(cast(value, "VARCHAR"), f"m{len(made)}", quoted=True))
            fields[name] = Made(made[text].alias)
    select = exp.select(*made.values(), copy=False).from_("chunk", copy=False)
    read = {column.name for column in select.find_all(exp.Column)}
    raw.values = {path: name for path, name in raw.values.items() if name in read}
    return fields, select.sql("duckdb", copy=False) if made else None


def _filled(value: Sql) -> Sql:
    """What is in ``nullif(…, '')``, else the value itself."""
    if isinstance(value, exp.Anonymous) and value.name.lower() == "nullif" and value.expressions[1] == lit(""):
        return value.expressions[0]  # type: ignore[no-any-return]  # sqlglot types its lists as Any
    return value


def rows_statement(names: dict[str, str], path: str) -> str:
    """SQL for the rows of a Parquet file as JSON text, in the file's order; ``names``: its columns with their types."""
    return exp.select(row_text(names)).from_(apply("read_parquet", lit(path))).sql("duckdb")


def _texts(shape: m.Shape, raw: Raw, written: Written) -> Sql:
    """A number that two records share when the same names stand in their texts."""
    parts: list[Sql] = []
    for bag in shape.inside_bags:
        text = expression(bag.text if isinstance(bag, m.Inside) else bag, raw)
        parts.append(apply("try", apply("json_structure", text)))
    listed = ((shape.pair_bags, written.pairs), (shape.xml_bags, written.xml), (shape.message_bags, (written.message,)))
    for texts, regexes in listed:
        parts += [apply("regexp_extract_all", expression(t, raw), lit(regex), lit(1)) for t in texts for regex in regexes]
    kept = [p for p in parts if not isinstance(p, exp.Null)]
    return apply("hash", *kept) if kept else lit(0)
