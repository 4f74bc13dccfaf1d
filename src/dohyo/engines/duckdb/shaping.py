"""Shapes as SQL: for a raw record the shape it has, and what each asked-for name is in it.

The raw record is one JSON document with a known set of keys (``Keys``), or a row of a columnar file. Everything is
built from the tables in ``sources/shapes``; ``sources/shapes/recognise.py`` says the same in plain Python and is the
reference in tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct
from sqlglot import exp

from dohyo.engines.duckdb.raw import Path, Raw, instant, quoted
from dohyo.plan.functions.model import Sql, apply, case, cast, coalesce, is_null, lit, null, try_cast
from dohyo.plan.names import ID, TIME
from dohyo.sources import model as m
from dohyo.sources.shapes.categories import kind
from dohyo.sources.shapes.messages import message_patterns
from dohyo.sources.shapes.names import ALIASES, SPELLINGS
from dohyo.sources.shapes.recognise import pair_pattern
from dohyo.sources.shapes.times import FILETIME_EPOCH, FORMS

# --- expressions of the tables ----------------------------------------------------------------------------------------


def expression(expr: m.ShapeExpr, raw: Raw) -> Sql:
    """A table's expression as SQL text (``Time``: epoch milliseconds)."""
    return _EXPRESSIONS[type(expr)](expr, raw)


def present(value: Sql) -> Sql:
    """The value, null when it is the empty text."""
    return value if is_present(value) else apply("nullif", value, lit(""))


def is_present(value: Sql) -> bool:
    """True for what :func:`present` gave."""
    return isinstance(value, exp.Anonymous) and value.name == "nullif" and value.expressions[1] == lit("")


def first_of(values: Sequence[Sql]) -> Sql:
    """The first value that is neither null nor empty text."""
    kept = list(dict.fromkeys(present(v) for v in values if not isinstance(v, exp.Null)))
    return kept[0] if len(kept) == 1 else (coalesce(*kept) if kept else null())


def _inside(expr: m.Inside, raw: Raw) -> Sql:
    return raw.within(expression(expr.text, raw), expr.inner)


def _enough(expr: m.Enough, raw: Raw) -> Sql:
    value = expression(expr.value, raw)
    raw.rely_on(value)
    return value


def _lookup(expr: m.Lookup, raw: Raw) -> Sql:
    """The value beside the key: two constant lists, which an engine binds faster than a ``CASE`` of many branches."""
    keys, results = (exp.Array(expressions=[lit(x) for x in column]) for column in zip(*expr.table, strict=True))
    place = apply("list_position", keys, apply("lower", expression(expr.value, raw)))
    found = apply("list_extract", results, place)
    return found if expr.default is None else coalesce(found, expression(expr.default, raw))


def _one_of(value: Sql, keys: Sequence[str]) -> Sql:
    if len(keys) == 1:
        return exp.EQ(this=value, expression=lit(keys[0]))
    return exp.In(this=value, expressions=[lit(k) for k in keys])


def _joined(expr: m.Joined, raw: Raw) -> Sql:
    parts = [present(expression(p, raw)) for p in expr.parts]
    return present(apply("concat_ws", lit(expr.separator), *parts))


def _lines(expr: m.Lines, raw: Raw) -> Sql:
    """The list is read as JSON, so that no text in it is escaped."""
    value = expression(expr.value, raw)
    is_list = exp.And(this=apply("starts_with", value.copy(), lit("[")), expression=apply("json_valid", value.copy()))
    texts = apply("from_json", value.copy(), lit('["VARCHAR"]'))
    return case((is_list, apply("array_to_string", texts, lit("\n"))), default=value.copy())


def _prefixed(expr: m.Prefixed, raw: Raw) -> Sql:
    """``||`` gives null when the value is null."""
    return exp.DPipe(this=lit(expr.prefix), expression=present(expression(expr.value, raw)))


def _given(expr: m.Given, raw: Raw) -> Sql:
    value = expression(expr.value, raw)
    if isinstance(value, exp.Null):
        return value
    return case((exp.Not(this=is_null(present(value))), expression(expr.then, raw)), default=null())


def _when(expr: m.When, raw: Raw) -> Sql:
    test = _one_of(apply("lower", expression(expr.test, raw)), [v.lower() for v in expr.values])
    otherwise = expression(expr.otherwise, raw) if expr.otherwise is not None else null()
    return case((test, expression(expr.then, raw)), default=otherwise)


def _full_path(expr: m.FullPath, raw: Raw) -> Sql:
    folder, file = present(expression(expr.folder, raw)), present(expression(expr.file, raw))
    slashed = apply("replace", apply("lower", folder.copy()), lit("/"), lit("\\"))
    name = apply("lower", file.copy())
    has_name = exp.Or(this=exp.EQ(this=slashed, expression=name),
                      expression=apply("suffix", slashed.copy(), exp.DPipe(this=lit("\\"), expression=name.copy())))  # fmt: skip
    glue = case((apply("suffix", folder.copy(), lit("\\")), lit("")), default=lit("\\"))
    joined = exp.DPipe(this=exp.DPipe(this=folder.copy(), expression=glue), expression=file.copy())
    return case((is_null(folder), file.copy()), (is_null(file), folder.copy()), (has_name, folder.copy()), default=joined)


# -- values that are looked at more than once


def let(name: str, value: Sql, body: Callable[[Sql], Sql]) -> Sql:
    """``body`` of the value. What is long to compute, or to plan, is written once: as the variable ``name`` of a function over a
    list of this one value."""
    if isinstance(value, (exp.Column, exp.Dot, exp.Null, exp.Literal)):
        return body(value)
    function = _function(name, body(exp.column(name, quoted=True)))
    return apply("list_extract", apply("list_transform", exp.Array(expressions=[value]), function), lit(1))


# -- texts inside texts

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&#13;", "\r"), ("&#10;", "\n"),
             ("&#xD;", "\r"), ("&#xA;", "\n"), ("&#9;", "\t"), ("&amp;", "&"))  # fmt: skip


def _unescaped(text: Sql) -> Sql:
    """XML text with its entities resolved; ``&amp;`` last, so that nothing is resolved twice."""
    return let("u", text, _resolved)


def _resolved(text: Sql) -> Sql:
    out = text
    for entity, char in _ENTITIES:
        out = apply("replace", out, lit(entity), lit(char))
    return case((apply("contains", text.copy(), lit("&")), out), default=text.copy())


def _captured(text: Sql, regex: str, group: int = 1) -> Sql:
    return apply("regexp_extract", text, lit(regex), lit(group))


#: A value of an event in XML, with a name or without.
_DATA = r"<Data(?:\s[^<>]*)?>([^<]*)</Data>"


def _xml_data(expr: m.XmlData, raw: Raw) -> Sql:
    """``<Data Name="x">``, else an element ``<x>`` of ``UserData``; within what follows ``</System>``."""
    name = re.escape(expr.name)
    body = raw.kept(let("x", raw.kept(expression(expr.text, raw)), _after_system))
    if expr.name.lower() == "data":
        return _unescaped(present(apply("array_to_string", apply("regexp_extract_all", body, lit(_DATA), lit(1)), lit("\n"))))
    named = rf"(?i)<Data\s[^>]*?\bName\s*=\s*[\"']{name}[\"'][^>]*>([^<]*)</Data>"
    element = rf"(?i)<(?:\w+:)?{name}(?:\s[^>]*)?>([^<]*)</(?:\w+:)?{name}>"
    found = _unescaped(let("x", body, lambda x: first_of([_captured(x, named), _captured(x.copy(), element)])))
    # to see that a text does not hold a name takes a tenth of the time of two regexes
    return case((apply("contains", raw.kept(apply("lower", body.copy())), lit(expr.name.lower())), found), default=null())


def _after_system(text: Sql) -> Sql:
    rest = apply("list_extract", apply("string_split", text.copy(), lit("</System>")), lit(2))
    return case((apply("contains", text.copy(), lit("</System>")), rest), default=text.copy())


def _pair(expr: m.Pair, raw: Raw) -> Sql:
    """The regex finds the value as JSON writes it; its escapes are resolved by reading it as JSON."""
    found = _captured(expression(expr.text, raw), pair_pattern(expr.name))
    document = exp.DPipe(this=exp.DPipe(this=lit('"'), expression=present(found)), expression=lit('"'))
    return apply("try", apply("json_extract_string", document, lit("$")))


def _xml_system(expr: m.XmlSystem, raw: Raw) -> Sql:
    text = raw.kept(expression(expr.text, raw))
    element, _, attribute = expr.name.partition("@")
    head, inner = re.escape(element), re.escape(attribute)
    if not attribute:
        return _unescaped(present(_captured(text, rf"<{head}(?:\s[^>]*)?>([^<]*)</{head}>")))
    start = rf"<{head}\s[^>]*?\b{inner}\s*=\s*"
    quotes = (r'"([^"]*)"', r"'([^']*)'")
    return _unescaped(let("x", text, lambda x: first_of([_captured(x.copy(), start + value) for value in quotes])))


_TRIMMED = r"[ \t]*(.*?)[ \t\r]*"


def _message_line(expr: m.MessageLine, raw: Raw) -> Sql:
    text = expression(expr.text, raw)
    return first_of([_captured(text.copy(), pattern) for pattern in message_patterns(expr.label, _TRIMMED, expr.mark)])


# -- times


#: How long a time is, at most, as Sysmon writes it, and what makes it one with a zone.
_PLAIN, _IN_UTC = len("2026-01-12 07:30:00.004"), "+00"


def time_value(text: Sql, dated: bool = False) -> Sql:
    """Epoch milliseconds of a text time in any of the forms of ``Time``; null when it is in none. ``dated``: each text is known
    to have a dash in it."""
    if dated:
        return coalesce(*_instant(text))
    looks, there = apply("contains", text.copy(), lit("-")), exp.Not(this=is_null(text.copy()))
    number = coalesce(_epoch_value(text), _written_out(text))
    return case((looks, coalesce(*_instant(text))), (there, number), default=null())


def _uniform(expr: m.Uniform, raw: Raw) -> Sql:
    """Of a text that names no zone the same text with one is read: with another zone before it, it is no time."""
    value = expression(expr.value, raw)
    alike = exp.EQ(this=apply("strlen", value.copy()), expression=lit(expr.size))
    text = value if expr.zoned else exp.Paren(this=exp.DPipe(this=value, expression=lit(_IN_UTC)))
    return case((alike, _milliseconds(text)), default=null())


def _written_out(text: Sql) -> Sql:
    """A time as programs write it for people; decimals beyond microseconds are cut."""
    short = apply("regexp_replace", apply("trim", apply("replace", text.copy(), lit(","), lit(""))), lit(r"(\.\d{6})\d+"), lit(r"\1"))
    forms = exp.Array(expressions=[lit(form) for form in FORMS])
    moment = cast(apply("try_strptime", short, forms), "TIMESTAMPTZ")
    return exp.IntDiv(this=apply("epoch_us", moment), expression=lit(1000))


def _plain(text: Sql) -> Sql:
    """The most common form, which names no zone: an instant is read in two thirds of the time when its zone is there. Null for
    any other form, of which few get as far as to be tried, for that takes long."""
    short = exp.LTE(this=apply("strlen", text.copy()), expression=lit(_PLAIN))
    likely = exp.And(this=apply("contains", text.copy(), lit(" ")), expression=short)
    return case((likely, _milliseconds(exp.Paren(this=exp.DPipe(this=text.copy(), expression=lit(_IN_UTC))))), default=null())


def _instant(text: Sql) -> list[Sql]:
    """ISO text as an instant, the first that is one; without an offset it is UTC (the session's time zone). Decimals beyond
    milliseconds are cut, not rounded. A comma before decimals, Sumo Logic's plus before nine of them, and blanks before an
    offset are looked for only when the text is no instant as it stands."""
    tidy = apply("regexp_replace", apply("replace", text.copy(), lit(","), lit(".")), lit(r"\+(\d{9})Z$"), lit(r".\1Z"))
    tidy = apply("regexp_replace", tidy, lit(r"\s+(Z|UTC|[+-]\d\d:?\d\d)\s*$"), lit(r"\1"))
    quick = [_plain(text)] if isinstance(text, (exp.Column, exp.Dot)) else []
    return [*quick, _milliseconds(text), _milliseconds(tidy)]


def _milliseconds(text: Sql) -> Sql:
    return exp.IntDiv(this=apply("epoch_us", try_cast(text, "TIMESTAMPTZ")), expression=lit(1000))


#: How long an epoch number is, and how many of its units are a millisecond.
_EPOCH_UNITS = ((9, 1), (12, 1), (15, 1_000), (18, 1_000_000))
#: Windows' FILETIME counts tenths of a microsecond from 1601: these are the numbers of the years 1950 to 2235.
_FILETIMES = (110_000_000_000_000_000, 200_000_000_000_000_000)


def _epoch_value(text: Sql) -> Sql:
    """An epoch number of 10 (seconds), 13, 16 or 19 digits, perhaps with decimals, perhaps as .NET writes it."""
    number = try_cast(apply("trim", text, lit("/Date() \t")), "DECIMAL(38, 9)")
    branches: list[tuple[Sql, Sql]] = []
    for digits, unit in _EPOCH_UNITS:
        fits = exp.And(this=exp.GTE(this=number.copy(), expression=lit(10**digits)),
                       expression=exp.LT(this=number.copy(), expression=lit(10 ** (digits + 1))))  # fmt: skip
        scaled: Sql = number.copy() if digits > 9 else exp.Mul(this=number.copy(), expression=lit(1000))
        whole = cast(apply("trunc", scaled), "BIGINT")
        branches.append((fits, whole if unit == 1 else exp.IntDiv(this=whole, expression=lit(unit))))
    since_1601 = exp.IntDiv(this=cast(number.copy(), "BIGINT"), expression=lit(10_000))
    is_filetime = exp.Between(this=number.copy(), low=lit(_FILETIMES[0]), high=lit(_FILETIMES[1]))
    branches.append((is_filetime, exp.Sub(this=since_1601, expression=lit(FILETIME_EPOCH))))
    return case(*branches, default=null())


#: From so many places on the time is looked for in a list of them: to try them one by one is faster, to plan that is not.
_MANY_PLACES = 8


def moment(shape: m.Shape, raw: Raw) -> Sql:
    """``_messageTime`` of a record of this shape: of its places the first that holds a time."""
    if len(shape.time) < _MANY_PLACES:
        times = [t for t in (expression(t, raw) for t in shape.time) if not isinstance(t, exp.Null)]
        return coalesce(*times) if times else cast(null(), "BIGINT")
    texts = [expression(t.value if isinstance(t, m.Time) else t, raw) for t in shape.time]
    there = exp.Array(expressions=[cast(text, "VARCHAR") for text in texts])
    text, time = exp.column("t", quoted=True), exp.column("m", quoted=True)
    held = apply("list_filter", there, _function("t", exp.Not(this=is_null(text))))
    read = apply("list_transform", held, _function("t", time_value(text.copy())))
    return apply("list_extract", apply("list_filter", read, _function("m", exp.Not(this=is_null(time)))), lit(1))


def _function(variable: str, body: Sql) -> Sql:
    return exp.Lambda(this=body, expressions=[quoted(variable)])


def _time(expr: m.Time, raw: Raw) -> Sql:
    value = expression(expr.value, raw)
    if (known := instant(value)) is not None:
        return known
    return value if isinstance(value, exp.Null) else let("t", value, lambda t: time_value(t, raw.dated(value)))


_EXPRESSIONS: dict[type, Callable[..., Sql]] = {
    m.Key: lambda expr, raw: raw.value(expr.keys),
    m.Inside: _inside,
    m.Enough: _enough,
    m.Pair: _pair,
    m.XmlData: _xml_data,
    m.XmlSystem: _xml_system,
    m.MessageLine: _message_line,
    m.Const: lambda expr, raw: lit(expr.value),
    m.First: lambda expr, raw: first_of([expression(o, raw) for o in expr.options]),
    m.Lookup: _lookup,
    m.Joined: _joined,
    m.Lines: _lines,
    m.Prefixed: _prefixed,
    m.Given: _given,
    m.When: _when,
    m.FullPath: _full_path,
    m.Time: _time,
    m.Uniform: _uniform,
}

# --- shapes -----------------------------------------------------------------------------------------------------------


def text_field(shape: m.Shape, raw: Raw, name: str) -> Sql:
    """The value of a name in a record of this shape, as text (see ``recognise.read_field``)."""
    declared = next((e for n, e in shape.fields.items() if n.lower() == name.lower()), None)
    if declared is not None:
        return expression(declared, raw)
    places = _places(shape, raw, name)
    # in one place only, the empty text is a value like any other; among several it is no answer
    found = places[0] if len(places) == 1 else first_of(places)
    alias = ALIASES.get(name.lower())
    return found if alias is None else first_of([found, text_field(shape, raw, alias)])


def _places(shape: m.Shape, raw: Raw, name: str) -> list[Sql]:
    """Where a name that the table does not declare may be, in the order of looking."""
    names = raw.spellings(name)
    paths = [(*bag, *key) for bag in shape.bags for n in names for key in _keys(n)]
    paths += [(*bag, prefix + n) for bag, prefix in shape.prefixed_bags for n in names]
    found = [raw.value(p) for p in dict.fromkeys(paths)]
    found += _in_texts(shape, raw, name) if raw.in_texts(name) else []
    top = dict.fromkeys(key for n in names for key in _keys(n)) if not shape.closed else ()
    return found + [raw.value(p) for p in top if p not in paths]


def _in_texts(shape: m.Shape, raw: Raw, name: str) -> list[Sql]:
    """Where a name may be in the texts of a record."""
    found: list[Sql] = []
    for bag in shape.inside_bags:
        text, inner = (bag.text, bag.inner) if isinstance(bag, m.Inside) else (bag, ())
        # text inside a record shows no spelling until it is read: all that are known are looked for
        spelled = dict.fromkeys((*raw.spellings(name), *SPELLINGS.get(name.lower(), ())))
        keys = dict.fromkeys(key for n in spelled for key in _keys(n))
        found += [raw.within(expression(text, raw), (*inner, *key)) for key in keys]
    found += [_pair(m.Pair(text, name), raw) for text in shape.pair_bags]
    found += [_xml_data(m.XmlData(text, name), raw) for text in shape.xml_bags]
    return found + [_message_line(m.MessageLine(text, name), raw) for text in shape.message_bags]


def _keys(name: str) -> list[Path]:
    """``a.b`` may be one key or a path."""
    parts = tuple(name.split("."))
    return [(name,)] if len(parts) == 1 or not all(parts) else [(name,), parts]


#: The names of a record's time: a local file knows only one.
TIMES = frozenset(("_messagetime", "_receipttime", "_searchabletime", TIME))


class BuiltIns(Struct, frozen=True):
    """What the engine knows of a record besides its content: SQL of the raw text, of the id, and of whether the raw text holds
    one of the texts for which it is asked for."""

    raw: Sql | None
    row_id: Sql
    held: Sql | None = None


def built_in(shape: m.Shape, raw: Raw, name: str, known: BuiltIns) -> Sql | None:
    """The SQL of a built-in or hidden field in its own type (spec §11.1); ``None``: it is a text like others."""
    lower = name.lower()
    if lower in TIMES:
        return moment(shape, raw)
    if lower in ("_raw", "_size"):
        own = shape.fields.get("_raw")
        whole = trimmed(known.raw) if known.raw is not None else null()
        text = whole if own is None else coalesce(expression(own, raw), whole)
        return text if lower == "_raw" else apply("strlen", text)
    if lower in (ID, "_messageid"):
        return known.row_id.copy()
    if lower in CONSTANTS and lower not in (n.lower() for n in shape.fields):
        return CONSTANTS[lower].copy()
    return None


def trimmed(raw: Sql) -> Sql:
    """The text without blanks at its end. Trimming walks through every character, which takes as long as all else that is done with
    a record: JSON ends with a brace, or is a line with its end."""
    if not isinstance(raw, exp.Column):  # a row of a table, written as JSON here
        return raw.copy()
    whole = apply("ends_with", raw.copy(), lit("}"))
    lines = [_one_line(raw, end) for end in ("\n", "\r\n")]
    return case((whole, raw.copy()), *lines, default=apply("rtrim", raw.copy(), lit("\r\n\t ")))


def _one_line(raw: Sql, end: str) -> tuple[Sql, Sql]:
    """The condition that a text is one line of JSON, and the line without its end."""
    line = apply("replace", raw.copy(), lit(end), lit(""))
    shorter = exp.EQ(this=apply("strlen", line), expression=exp.Sub(this=apply("strlen", raw.copy()), expression=lit(len(end))))
    return exp.And(this=apply("ends_with", raw.copy(), lit("}" + end)), expression=shorter), line.copy()


#: Built-in fields that are the same for every record of a local file.
CONSTANTS: dict[str, Sql] = {
    "_messagecount": lit(0),
    "_collectorid": lit(0),
    "_sourceid": lit(0),
    "_blockid": lit(0),
    "_format": lit("t:full"),
    "_view": lit("sumologic_default"),
    "_index": lit("sumologic_default"),
}


def kind_field(shape: m.Shape, raw: Raw) -> Sql:
    """What the summary counts a record as."""
    return expression(kind(shape), raw)
