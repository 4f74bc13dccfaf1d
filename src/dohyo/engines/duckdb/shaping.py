"""Shapes as SQL: for a raw record the shape it has, and what each asked-for name is in it.

The raw record is one JSON document with a known set of keys (``Keys``), or a row of a columnar file. Everything is
built from the tables in ``sources/shapes``; ``sources/shapes/recognise.py`` says the same in plain Python and is the
reference in tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from dohyo.plan.functions.model import Sql, apply, case, cast, coalesce, is_null, lit, null, paren, try_cast
from dohyo.plan.names import ID, TIME
from dohyo.sources import model as m
from dohyo.sources.shapes.categories import category, kind
from dohyo.sources.shapes.names import ALIASES, CANONICAL

Path = tuple[str, ...]

_SPELLED = {name.lower(): name for name in CANONICAL}


class Raw(Protocol):
    """A raw record: gives the SQL of a value by its path of keys, as text."""

    def value(self, path: Path) -> Sql:
        """The value at the path; null when it is not there."""

    def there(self, path: Path) -> Sql:
        """True when there is a value at the path, whatever it is."""

    def spellings(self, name: str) -> tuple[str, ...]:
        """The spellings under which a field of this name (any case) may stand in the record."""

    def forget(self) -> None:
        """Drops the values that :meth:`once` holds."""

    def once(self, value: Sql) -> Sql:
        """A column that holds the value, computed once for each record: for values that are used many times over."""


class Held:
    """Values computed once for each record, in a level of the statement below the one that uses them."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[str, Sql]] = {}

    def once(self, value: Sql) -> Sql:
        """See :class:`Raw`."""
        name, _ = self.held.setdefault(value.sql("duckdb"), (f"__once{len(self.held)}", value))
        return exp.column(name, quoted=True)

    def forget(self) -> None:
        """Holds nothing any more."""
        self.held.clear()

    def columns(self) -> list[Sql]:
        """The held values as columns of a SELECT."""
        return [exp.alias_(sql, name, quoted=True) for name, sql in self.held.values()]


# --- a raw record that is JSON ----------------------------------------------------------------------------------------


@dataclass
class KeyTree:
    """The keys asked of a JSON record. ``whole``: the value itself is asked for, as text."""

    below: dict[str, KeyTree] = field(default_factory=dict)
    whole: bool = False

    def add(self, path: Path, whole: bool) -> bool:
        """Asks for the value at a path (``whole``), or only whether there is one; beyond a ``*`` the value before it is
        asked for as text.

        Gives ``False``, and asks for nothing, when a key differs only in case from one that is asked for already: the
        engine's structs cannot tell them apart.
        """
        if "*" in path:
            path, whole = path[: path.index("*")], True
        if not self._fits(path):
            return False
        node = self
        for key in path:
            node = node.below.setdefault(key, KeyTree())
        node.whole = node.whole or whole
        return True

    def _fits(self, path: Path) -> bool:
        node = self
        for key in path:
            if key not in node.below:
                return key.lower() not in {k.lower() for k in node.below}
            node = node.below[key]
        return True

    @property
    def text(self) -> bool:
        """True when the value must be read as text: asked for as a whole, or a leaf."""
        return self.whole or not self.below

    def kind(self) -> exp.DataType:
        """The SQL type to read this value as."""
        if self.text:
            return exp.DataType.build("VARCHAR")
        parts = [exp.ColumnDef(this=quoted(k), kind=t.kind()) for k, t in self.below.items()]
        return exp.DataType(this=exp.DataType.Type.STRUCT, expressions=parts, nested=True)

    def structure(self) -> object:
        """The same as the structure that ``from_json`` takes."""
        return "VARCHAR" if self.text else {k: t.structure() for k, t in self.below.items()}


def quoted(name: str) -> exp.Identifier:
    """A quoted identifier."""
    return exp.to_identifier(name, quoted=True)


@dataclass
class Spellings:
    """How the names that a query asks for are spelled in a file, as far as its first records show.

    ``seen``: by lower-cased name. ``lower``: the file writes its names in lower case.
    """

    seen: dict[str, set[str]] = field(default_factory=dict)

    @property
    def lower(self) -> bool:
        """True when names that are usually written otherwise are in lower case here."""
        own = {n: found for n, found in self.seen.items() if not n.startswith("_")}  # exports write built-ins so anyway
        odd = [n for n, found in own.items() if n in found and _SPELLED.get(n, n) != n]
        return len(odd) > len(own) - len(odd)

    def of(self, name: str) -> tuple[str, ...]:
        """The spellings to look for."""
        found = self.seen.get(name.lower())
        if found:
            return tuple(sorted(found))
        return (name.lower(),) if self.lower else (_SPELLED.get(name.lower(), name),)

    def key(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The same as a value that can be compared and hashed."""
        return tuple(sorted((n, tuple(sorted(found))) for n, found in self.seen.items()))


class JsonRaw(Held):
    """A JSON record. Paths are collected in a first pass (``layers``), so that only those keys are read.

    ``bases``: the structs the record is read into, one a layer; ``None``: the keys are columns of the source, and
    there can be one layer only.
    """

    def __init__(self, base: Callable[[int], Sql] | None, spellings: Spellings) -> None:
        super().__init__()
        self.base = base
        self.known = spellings
        self.layers: list[KeyTree] = [KeyTree()]
        self.layer_of: dict[Path, int] = {}

    def value(self, path: Path) -> Sql:
        return self._at(path, whole=True)

    def there(self, path: Path) -> Sql:
        return exp.Not(this=is_null(self._at(path, whole=False)))

    def _at(self, path: Path, whole: bool) -> Sql:
        layer = self._layer(path, whole)
        return self._read(self.layers[layer], self.base(layer) if self.base else None, path)

    def _layer(self, path: Path, whole: bool) -> int:
        """The first layer whose keys this path's keys can be told from."""
        layer = next((i for i, tree in enumerate(self.layers) if tree.add(path, whole)), None)
        if layer is None:
            self.layers.append(KeyTree())
            layer = len(self.layers) - 1
            self.layers[layer].add(path, whole)
        return layer

    def _read(self, node: KeyTree, at: Sql | None, path: Path) -> Sql:
        """Goes down the tree; where an inner value is read as text, the rest of the path is read from that text."""
        if not path:
            assert at is not None
            return at
        if at is not None and (node.whole or path[0] == "*"):
            return json_value(at, path)
        key, rest = path[0], path[1:]
        below = exp.column(key, quoted=True) if at is None else exp.Dot(this=at, expression=quoted(key))
        return self._read(node.below.get(key, KeyTree()), below, rest)

    def spellings(self, name: str) -> tuple[str, ...]:
        return self.known.of(name)


def json_value(text: Sql, path: Path) -> Sql:
    """A value within text that may be JSON, as text; null when the text is none."""
    steps = "".join(".*" if k == "*" else f'."{_json_key(k)}"' for k in path)
    found = apply("json_extract_string", _json_or_null(text), lit(f"${steps}"))
    if "*" not in path:
        return found
    # a path with a wildcard gives a list: its first value is meant
    return apply("list_extract", apply("list_filter", found, _not_null()), lit(1))


def _not_null() -> Sql:
    x = exp.to_identifier("x")
    return exp.Lambda(this=exp.Not(this=is_null(exp.column("x"))), expressions=[x])


def _json_key(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')


def _json_or_null(text: Sql) -> Sql:
    """Text that begins like an object; JSON functions raise an error for text that is no JSON."""
    looks = exp.And(this=apply("starts_with", apply("ltrim", text.copy()), lit("{")),
                    expression=apply("json_valid", text.copy()))  # fmt: skip
    return case((looks, text.copy()), default=null())


# --- a raw record that is a row of columns ----------------------------------------------------------------------------


class ColumnRaw(Held):
    """A row of a columnar file. ``columns``: top-level names with their types as the engine names them."""

    def __init__(self, columns: dict[str, str]) -> None:
        super().__init__()
        self.names = {name.lower(): name for name in columns}
        self.types = {name.lower(): kind for name, kind in columns.items()}

    def value(self, path: Path) -> Sql:
        whole = ".".join(path)
        if whole.lower() in self.names and len(path) > 1:
            return self._column(whole)
        if not path or path[0].lower() not in self.names:
            return null()
        first = self._column(path[0])
        if len(path) == 1:
            return first
        if self.types[path[0].lower()].startswith("STRUCT"):
            return self._inside(path)
        return json_value(first, path[1:])

    def there(self, path: Path) -> Sql:
        value = self.value(path)
        return exp.false() if isinstance(value, exp.Null) else exp.Not(this=is_null(value))

    def _column(self, name: str) -> Sql:
        column = exp.column(self.names[name.lower()], quoted=True)
        kind = self.types[name.lower()]
        if kind.startswith("TIMESTAMP"):
            return cast(apply("epoch_ms", column), "VARCHAR")
        if kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]"):
            return cast(apply("to_json", column), "VARCHAR")
        return column if kind == "VARCHAR" else cast(column, "VARCHAR")

    def _inside(self, path: Path) -> Sql:
        text = cast(apply("to_json", exp.column(self.names[path[0].lower()], quoted=True)), "VARCHAR")
        return json_value(text, path[1:])

    def spellings(self, name: str) -> tuple[str, ...]:
        return (self.names.get(name.lower(), name),)


# --- expressions of the tables ----------------------------------------------------------------------------------------


def expression(expr: m.ShapeExpr, raw: Raw) -> Sql:
    """A table's expression as SQL text (``Time``: epoch milliseconds)."""
    return _EXPRESSIONS[type(expr)](expr, raw)


def present(value: Sql) -> Sql:
    """The value, null when it is the empty text."""
    return apply("nullif", value, lit(""))


def first_of(values: Sequence[Sql]) -> Sql:
    """The first value that is neither null nor empty text."""
    kept = [present(v) for v in values if not isinstance(v, exp.Null)]
    return kept[0] if len(kept) == 1 else (coalesce(*kept) if kept else null())


#: A look-up in a larger table has its value computed once instead of once a branch.
_SMALL_TABLE = 4


def _inside(expr: m.Inside, raw: Raw) -> Sql:
    return json_value(expression(expr.text, raw), expr.inner)


def _lookup(expr: m.Lookup, raw: Raw) -> Sql:
    """``CASE lower(x) WHEN … END``; keys that give the same are one branch, most of them in one list."""
    value = apply("lower", expression(expr.value, raw))
    if len(expr.table) > _SMALL_TABLE:
        value = raw.once(value)
    by_result: dict[str, list[str]] = {}
    for key, result in expr.table:
        by_result.setdefault(result, []).append(key)
    default = expression(expr.default, raw) if expr.default is not None else null()
    branches = [(_one_of(value.copy(), keys), lit(result)) for result, keys in by_result.items()]
    return case(*branches, default=default)


def _one_of(value: Sql, keys: Sequence[str]) -> Sql:
    if len(keys) == 1:
        return exp.EQ(this=value, expression=lit(keys[0]))
    return exp.In(this=value, expressions=[lit(k) for k in keys])


def _joined(expr: m.Joined, raw: Raw) -> Sql:
    parts = [present(expression(p, raw)) for p in expr.parts]
    return present(apply("concat_ws", lit(expr.separator), *parts))


def _prefixed(expr: m.Prefixed, raw: Raw) -> Sql:
    """``||`` gives null when the value is null."""
    return exp.DPipe(this=lit(expr.prefix), expression=present(expression(expr.value, raw)))


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
    return case(
        (is_null(folder), file.copy()), (is_null(file), folder.copy()), (has_name, folder.copy()), default=joined
    )


# -- texts inside texts

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&#13;", "\r"), ("&#10;", "\n"),
             ("&#xD;", "\r"), ("&#xA;", "\n"), ("&#9;", "\t"), ("&amp;", "&"))  # fmt: skip


def _unescaped(text: Sql) -> Sql:
    """XML text with its entities resolved; ``&amp;`` last, so that nothing is resolved twice."""
    out = text
    for entity, char in _ENTITIES:
        out = apply("replace", out, lit(entity), lit(char))
    return case((apply("contains", text.copy(), lit("&")), out), default=text.copy())


def _captured(text: Sql, regex: str, group: int = 1) -> Sql:
    return apply("regexp_extract", text, lit(regex), lit(group))


def _xml_data(expr: m.XmlData, raw: Raw) -> Sql:
    """``<Data Name="x">``, else an element ``<x>`` of ``UserData``; within what follows ``</System>``."""
    text = expression(expr.text, raw)
    name = re.escape(expr.name)
    body = case((apply("contains", text.copy(), lit("</System>")),
                 apply("list_extract", apply("string_split", text.copy(), lit("</System>")), lit(2))),
                default=text.copy())  # fmt: skip
    named = rf"(?i)<Data\s[^>]*?\bName\s*=\s*[\"']{name}[\"'][^>]*>([^<]*)</Data>"
    element = rf"(?i)<(?:\w+:)?{name}(?:\s[^>]*)?>([^<]*)</(?:\w+:)?{name}>"
    return _unescaped(first_of([_captured(body, named), _captured(body.copy(), element)]))


def _xml_system(expr: m.XmlSystem, raw: Raw) -> Sql:
    text = expression(expr.text, raw)
    element, _, attribute = expr.name.partition("@")
    head, inner = re.escape(element), re.escape(attribute)
    if not attribute:
        return _unescaped(present(_captured(text, rf"<{head}(?:\s[^>]*)?>([^<]*)</{head}>")))
    start = rf"<{head}\s[^>]*?\b{inner}\s*=\s*"
    both = [_captured(text, start + r'"([^"]*)"'), _captured(text.copy(), start + r"'([^']*)'")]
    return _unescaped(first_of(both))


def _message_line(expr: m.MessageLine, raw: Raw) -> Sql:
    text = expression(expr.text, raw)
    return present(_captured(text, rf"(?im)^[ \t]*{re.escape(expr.label)}:[ \t]*(.*?)[ \t\r]*$"))


# -- times

_EPOCH = r"^(?:/Date\()?(\d{10}|\d{13}|\d{16}|\d{19})(?:\.(\d+))?(?:\)/)?$"
_SUMO_DECIMALS = r"\+(\d{9})Z$"


def time_value(text: Sql) -> Sql:
    """Epoch milliseconds of a text time in any of the forms of ``Time``; null when it is in none."""
    number = apply("trim", text)
    epoch = exp.And(this=apply("regexp_matches", number.copy(), lit("^[\\d/]")),
                    expression=apply("regexp_matches", number.copy(), lit(_EPOCH)))  # fmt: skip
    plus = apply("contains", number.copy(), lit("+"))
    written = case((plus, apply("regexp_replace", number.copy(), lit(_SUMO_DECIMALS), lit(r".\1Z"))),
                   default=number.copy())  # fmt: skip
    iso = case((apply("contains", number.copy(), lit("-")), apply("epoch_ms", _instant(written))),
               default=_epoch_value(number))  # fmt: skip
    return case((apply("contains", number.copy(), lit("/Date")), _epoch_value(number)), (epoch, _epoch_value(number)),
                default=iso)  # fmt: skip


def _instant(text: Sql) -> Sql:
    """ISO text as an instant; without an offset it is UTC (the session's time zone). Blanks before an offset are
    allowed, but looked for only when they are needed. Decimals beyond milliseconds are cut, not rounded."""
    cut = apply("regexp_replace", apply("replace", text, lit(","), lit(".")), lit(r"(\.\d{3})\d+"), lit(r"\1"))
    tidy = apply("regexp_replace", cut.copy(), lit(r"\s+(Z|[+-]\d\d:?\d\d)$"), lit(r"\1"))
    return coalesce(try_cast(cut, "TIMESTAMPTZ"), try_cast(tidy, "TIMESTAMPTZ"))


def _epoch_value(text: Sql) -> Sql:
    digits = _captured(text.copy(), _EPOCH, 1)
    decimals = apply("rpad", apply("left", _captured(text.copy(), _EPOCH, 2), lit(3)), lit(3), lit("0"))
    ten = exp.EQ(this=apply("length", digits.copy()), expression=lit(10))
    in_ms = apply("left", digits.copy(), lit(13))
    return try_cast(case((ten, exp.DPipe(this=digits, expression=decimals)), default=in_ms), "BIGINT")


def _time(expr: m.Time, raw: Raw) -> Sql:
    return time_value(expression(expr.value, raw))


_EXPRESSIONS: dict[type, Callable[..., Sql]] = {
    m.Key: lambda expr, raw: raw.value(expr.keys),
    m.Inside: _inside,
    m.XmlData: _xml_data,
    m.XmlSystem: _xml_system,
    m.MessageLine: _message_line,
    m.Const: lambda expr, raw: lit(expr.value),
    m.First: lambda expr, raw: first_of([expression(o, raw) for o in expr.options]),
    m.Lookup: _lookup,
    m.Joined: _joined,
    m.Prefixed: _prefixed,
    m.When: _when,
    m.FullPath: _full_path,
    m.Time: _time,
}

# --- shapes -----------------------------------------------------------------------------------------------------------


def carries(shape: m.Shape, raw: Raw) -> list[Sql]:
    """The conditions under which a record carries the marks of a shape."""
    tests = [raw.there(path) for path in shape.marks]
    if shape.any_marks:
        tests.append(_any([raw.there(path) for path in shape.any_marks]))
    tests += [exp.Not(this=paren(raw.there(path))) for path in shape.not_marks]
    if shape.starts:
        tests.append(_any([_begins(raw, path, opening) for path, opening in shape.starts]))
    return tests


def _begins(raw: Raw, path: Path, opening: str) -> Sql:
    return coalesce(apply("starts_with", apply("ltrim", raw.value(path), lit(" \t\r\n")), lit(opening)), exp.false())


def _any(tests: list[Sql]) -> Sql:
    return paren(exp.or_(*tests, copy=False)) if len(tests) > 1 else tests[0]


def shape_number(shapes: Sequence[m.Shape], raw: Raw, every: Sequence[m.Shape], exact: bool = True) -> Sql:
    """1-based place in ``shapes`` of the shape a record has, 0 when it has none of them.

    A shape of lower rank that is not in ``shapes`` must not claim the record. Its marks are looked at (``exact``), or,
    cheaper, only whether the record has anything at the top that it needs; then too the record has no place here.
    """
    branches: list[tuple[Sql, Sql]] = []
    numbers = {s.name: i for i, s in enumerate(shapes, 1)}
    last = max((s.rank for s in shapes), default=0)
    for shape in (s for s in every if s.rank <= last):
        if shape.name in numbers:
            tests = carries(shape, raw)
            branches.append((exp.and_(*tests, copy=False) if tests else exp.true(), lit(numbers[shape.name])))
        elif not all(_excluded(shape, other) for other in shapes):
            cheap = not exact and not shape.starts and not any(_share_keys(shape, other) for other in shapes)
            tests = _needed(shape, raw) if cheap else carries(shape, raw)
            branches.append((exp.and_(*tests, copy=False), lit(0)))
    return cast(case(*branches, default=lit(0)), "UTINYINT")


def _share_keys(a: m.Shape, b: m.Shape) -> bool:
    """True when a mark of ``a`` begins with a key that records of ``b`` may well have."""
    own = {p[0] for p in (*b.marks, *b.any_marks)} | {k.keys[0] for e in b.fields.values() for k in _keys_of(e)}
    return any(p[0] in own for p in (*a.marks, *a.any_marks))


def _keys_of(expr: object) -> list[m.Key]:
    if isinstance(expr, m.Key):
        return [expr]
    if isinstance(expr, tuple):
        return [k for item in expr for k in _keys_of(item)]
    parts = getattr(expr, "__dataclass_fields__", {})
    return [k for name in parts for k in _keys_of(getattr(expr, name))]


def _needed(shape: m.Shape, raw: Raw) -> list[Sql]:
    """What a record with this shape has at its top, at least."""
    tops = list(dict.fromkeys(path[:1] for path in shape.any_marks))
    return [raw.there(path[:1]) for path in shape.marks] + ([_any([raw.there(p) for p in tops])] if tops else [])


def _excluded(other: m.Shape, shape: m.Shape) -> bool:
    """True when no record can carry the marks of both."""
    required, forbidden = set(shape.marks), set(shape.not_marks)
    return bool(required & set(other.not_marks) or forbidden & set(other.marks)) or other.rank > shape.rank


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
    for bag in shape.inside_bags:
        text, inner = (bag.text, bag.inner) if isinstance(bag, m.Inside) else (bag, ())
        found += [json_value(expression(text, raw), (*inner, n)) for n in names]
    found += [_xml_data(m.XmlData(text, name), raw) for text in shape.xml_bags]
    found += [_message_line(m.MessageLine(text, name), raw) for text in shape.message_bags]
    top = dict.fromkeys(key for n in names for key in _keys(n))
    return found + [raw.value(p) for p in top if p not in paths]


def _keys(name: str) -> list[Path]:
    """``a.b`` may be one key or a path."""
    parts = tuple(name.split("."))
    return [(name,)] if len(parts) == 1 or not all(parts) else [(name,), parts]


@dataclass(frozen=True)
class BuiltIns:
    """What the engine knows of a record besides its content: SQL of the raw text, of the id, and a fixed category."""

    raw: Sql | None
    row_id: Sql
    category: str | None = None


def built_in(shape: m.Shape, raw: Raw, name: str, known: BuiltIns) -> Sql | None:
    """The SQL of a built-in or hidden field in its own type (spec §11.1); ``None``: it is a text like others."""
    lower = name.lower()
    if lower in ("_messagetime", "_receipttime", "_searchabletime", TIME):
        times = [expression(t, raw) for t in shape.time]
        return times[0] if len(times) == 1 else coalesce(*times)
    if lower == "_sourcecategory":
        return lit(known.category) if known.category else expression(category(shape), raw)
    if lower in ("_raw", "_size"):
        own = shape.fields.get("_raw")
        whole = apply("rtrim", known.raw.copy(), lit("\r\n\t ")) if known.raw is not None else null()
        text = whole if own is None else coalesce(expression(own, raw), whole)
        return text if lower == "_raw" else apply("strlen", text)
    if lower in (ID, "_messageid"):
        return known.row_id.copy()
    if lower in _CONSTANTS and lower not in (n.lower() for n in shape.fields):
        return _CONSTANTS[lower].copy()
    return None


_CONSTANTS: dict[str, Sql] = {
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
