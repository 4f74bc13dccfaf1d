"""The statements that shape raw records for a store: a first one that says of each record where it belongs and which names
it answers to, and a second one that gives all its fields as columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from dohyo.engines.duckdb.raw import JsonRaw, KnownRaw, Path, Raw, Spellings
from dohyo.engines.duckdb.scan import Events, Request, parsed_layers, placed, row_text
from dohyo.engines.duckdb.shaping import BuiltIns, expression
from dohyo.plan.functions.model import Sql, apply, case, cast, lit, null
from dohyo.plan.types import Type
from dohyo.sources import model as m

#: What a data file has besides the fields: time, size and the record's number, what the summary counts it as, the whole raw
#: record, and ``_raw`` where that is something else than the raw record.
TIME, SIZE, RECORD, ID, KIND, OWN_RAW = "_messageTime", "_size", "__raw", "__id", "__kind", "_raw"
BUILT_IN = ("_sourceCategory", "_sourceHost", "_sourceName", "_source", "_collector")


def _column(name: str) -> Sql:
    return exp.column(name, quoted=True)


@dataclass(frozen=True)
class Written:
    """How names are found in texts: regexes for XML and for rendered messages."""

    xml: tuple[str, ...]
    message: str


def first_statement(shapes: Sequence[m.Shape], category: str | None, written: Written) -> str:
    """SQL over ``chunk(raw, row_id)``, a row for each record: ``shape`` (0: none of these), ``broken``, ``time``, ``host``,
    ``category``, ``kind``, and ``sign``: records of one shape with the same sign answer to the same names."""
    request = Request(((TIME, Type.LONG), ("_sourceHost", Type.STRING)), category=category)

    def shown(events: Events) -> list[Sql]:
        sign = events.by_shape([_sign(shape, events.raw, written) for shape in shapes])
        parts = {"shape": _column("__shape"), "broken": exp.Is(this=_column("j0"), expression=exp.null()),
                 "time": events.value(TIME), "host": events.value("_sourceHost"), "category": events.category(),
                 "kind": events.kind(), "sign": cast(sign, "UBIGINT")}  # fmt: skip
        return [exp.alias_(sql, name, quoted=True) for name, sql in parts.items()]

    return _over_chunk(request, shapes, JsonRaw(_layer, Spellings()), shown)


@dataclass(frozen=True)
class Asked:
    """What is known of records that are to be shaped: the ``names`` that become columns, their ``spellings``, the ``paths``
    at which any of them has a value, and the names, in lower case, that stand in ``texts`` within them."""

    names: tuple[str, ...]
    spellings: Spellings
    paths: frozenset[Path]
    texts: frozenset[str]


def second_statement(shapes: Sequence[m.Shape], known: Asked, category: str | None) -> str:
    """SQL over ``chunk(raw, row_id)``: the fields as columns, in the chunk's order. All records have one of the shapes."""
    asked = (*BUILT_IN, *(n for n in known.names if n not in BUILT_IN))
    request = Request(tuple((n, Type.STRING) for n in asked), category=category)

    def shown(events: Events) -> list[Sql]:
        own = events.by_shape([expression(s.fields["_raw"], events.raw) if "_raw" in s.fields else null() for s in shapes])
        texts = [(n, cast(events.value(n), "VARCHAR")) for n in asked]
        parts = [(TIME, events.value(TIME)), (SIZE, events.value(SIZE)), (ID, _column("row_id")), *texts,
                 (KIND, cast(events.kind(), "VARCHAR")), (OWN_RAW, cast(own, "VARCHAR")), (RECORD, _column("raw"))]  # fmt: skip
        return [exp.alias_(sql, name, quoted=True) for name, sql in parts]

    raw = KnownRaw(_layer, known.spellings, known.paths, known.texts)
    return _over_chunk(request, shapes, raw, shown)


def rows_statement(names: dict[str, str], path: str) -> str:
    """SQL for the rows of a Parquet file as JSON text, in the file's order; ``names``: its columns with their types."""
    return exp.select(row_text(names)).from_(apply("read_parquet", lit(path))).sql("duckdb")


def _layer(layer: int) -> Sql:
    return _column(f"j{layer}")


def _over_chunk(request: Request, shapes: Sequence[m.Shape], raw: JsonRaw, shown: Callable[[Events], list[Sql]]) -> str:
    facts = BuiltIns(_column("raw"), _column("row_id"))
    first = Events(request, shapes, raw, facts)
    first.collect()
    shown(first)  # asks the record for all keys, so that the layers are complete
    events = Events(request, shapes, raw, facts)
    number = events.number()
    columns = shown(events)
    source = exp.select(_column("raw"), _column("row_id"), *parsed_layers(raw), copy=False).from_("chunk", copy=False)
    return events.over(source, placed(number), columns).sql("duckdb", copy=False)


def _sign(shape: m.Shape, raw: Raw, written: Written) -> Sql:
    """A number that two records share when their names are the same: a hash of the keys, and of the names in texts."""
    parts = [_keys()]
    for bag in shape.inside_bags:
        text = expression(bag.text if isinstance(bag, m.Inside) else bag, raw)
        parts.append(apply("try", apply("json_structure", text)))
    for texts, regexes in ((shape.xml_bags, written.xml), (shape.message_bags, (written.message,))):
        parts += [apply("regexp_extract_all", expression(t, raw), lit(regex), lit(1)) for t in texts for regex in regexes]
    return apply("hash", *parts)


def _keys() -> Sql:
    """The keys of the record as text. Records without an object inside, which are most, need only those at the top."""
    inner = apply("substring", _column("raw"), lit(2))
    nested: Sql = apply("regexp_matches", inner, lit(r'\{\s*"'))
    top = cast(apply("try", apply("json_keys", _column("raw"))), "VARCHAR")
    return case((nested, cast(apply("try", apply("json_structure", _column("raw"))), "VARCHAR")), default=top)
