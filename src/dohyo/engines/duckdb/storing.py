"""The statements that shape raw records for a store: one that tells records of different keys apart, one that says of each
record where it belongs, and one that gives all its fields as columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from dohyo.engines.duckdb.raw import JsonRaw, KnownRaw, Path, Raw, Spellings
from dohyo.engines.duckdb.scan import Events, Request, parsed_layers, placed, row_text
from dohyo.engines.duckdb.shaping import BuiltIns, expression, text_field
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


def keys_statement() -> str:
    """SQL over ``chunk(raw, row_id)``: ``sign``, a number that two records share when they have the same keys. Records
    without an object inside, which are most, need only the keys at the top."""
    nested = apply("regexp_matches", _column("raw"), lit(r':\s*\{\s*"'))
    below, top = (apply("hash", apply("try", apply(f, _column("raw")))) for f in ("json_structure", "json_keys"))
    sign = cast(case((nested, below), default=top), "UBIGINT")
    return exp.select(exp.alias_(sign, "sign", quoted=True)).from_("chunk").sql("duckdb")


def first_statement(shapes: Sequence[m.Shape], paths: frozenset[Path], category: str | None, written: Written) -> str:
    """SQL over ``chunk(raw, row_id)``, a row for each record: ``shape`` (0: none of these), ``broken``, ``kind``, ``texts``
    (records of one shape and sign with the same number answer to the same names), time, and the built-in fields.
    ``paths``: where any of the records has values."""
    request = Request(((TIME, Type.LONG), *((n, Type.STRING) for n in BUILT_IN)), category=category)

    def shown(events: Events) -> list[Sql]:
        texts = events.by_shape([_texts(shape, events.raw, written) for shape in shapes])
        parts = {"shape": _column("__shape"), "broken": exp.Is(this=_column("j0"), expression=exp.null()),
                 KIND: cast(events.kind(), "VARCHAR"), "texts": cast(texts, "UBIGINT"), TIME: events.value(TIME)}  # fmt: skip
        values = {n: cast(events.value(n), "VARCHAR") for n in BUILT_IN}
        return [exp.alias_(sql, name, quoted=True) for name, sql in (parts | values).items()]

    return _over_chunk(request, shapes, KnownRaw(_layer, Spellings(), paths, frozenset()), shown)


@dataclass(frozen=True)
class Asked:
    """What is known of records that are to be shaped: the ``names`` that become columns, their ``spellings``, the ``paths``
    at which any of them has a value, and the names, in lower case, that stand in ``texts`` within them. ``usual``: of paths
    that differ only in case, which the engine cannot read together, the one that most records have."""

    names: tuple[str, ...]
    spellings: Spellings
    paths: frozenset[Path]
    texts: frozenset[str]
    usual: tuple[Path, ...] = ()


def second_statement(shapes: Sequence[m.Shape], known: Asked) -> str:
    """SQL over ``chunk(raw, row_id, __shape, __odd)``: the fields as columns beside ``row_id``, in the chunk's order.
    ``__odd``: the record has a path that is not the usual one of those that differ from it only in case."""
    raw = KnownRaw(_layer, known.spellings, known.paths, known.texts)
    for path in known.usual:
        raw.value(path)
    events = Events(Request(()), shapes, raw, BuiltIns(_column("raw"), _column("row_id")))

    def values() -> list[tuple[str, Sql]]:
        fields = [(n, [text_field(s, raw, n) for s in shapes]) for n in known.names]
        own = [expression(s.fields["_raw"], raw) if "_raw" in s.fields else null() for s in shapes]
        return [(n, cast(events.by_shape(v), "VARCHAR")) for n, v in (*fields, (OWN_RAW, own))]

    values()  # asks the record for all keys, so that the layers are complete
    shown = [_column("row_id"), *(exp.alias_(sql, n, quoted=True) for n, sql in values())]
    layers = parsed_layers(raw, _column("__odd"))
    level = exp.select(_column("row_id"), _column("__shape"), *layers, copy=False).from_("chunk", copy=False)
    return exp.select(*shown, copy=False).from_(level.subquery("e", copy=False), copy=False).sql("duckdb", copy=False)


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


def _texts(shape: m.Shape, raw: Raw, written: Written) -> Sql:
    """A number that two records share when the same names stand in their texts."""
    parts: list[Sql] = []
    for bag in shape.inside_bags:
        text = expression(bag.text if isinstance(bag, m.Inside) else bag, raw)
        parts.append(apply("try", apply("json_structure", text)))
    for texts, regexes in ((shape.xml_bags, written.xml), (shape.message_bags, (written.message,))):
        parts += [apply("regexp_extract_all", expression(t, raw), lit(regex), lit(1)) for t in texts for regex in regexes]
    kept = [p for p in parts if not isinstance(p, exp.Null)]
    return apply("hash", *kept) if kept else lit(0)
