"""Raw records: one JSON document whose keys are collected first, or a row of a columnar file; both give the SQL of a
value by its path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct, field
from sqlglot import exp

from dohyo.plan.functions.model import Sql, apply, case, cast, is_null, lit, null, try_cast
from dohyo.sources.shapes.names import CANONICAL, SPELLINGS

Path = tuple[str, ...]

_NOTHING: Mapping[str, bytes] = MappingProxyType({})
_SPELLED = {name.lower(): name for name in CANONICAL}


class Raw(Protocol):
    """A raw record: gives the SQL of a value by its path of keys, as text."""

    def value(self, path: Path) -> Sql:
        """The value at the path; null when it is not there."""

    def there(self, path: Path) -> Sql:
        """True when there is a value at the path, whatever it is."""

    def spellings(self, name: str) -> tuple[str, ...]:
        """The spellings under which a field of this name (any case) may stand in the record."""

    def in_texts(self, name: str) -> bool:
        """False when no text within the record (JSON, XML, a message) is known to hold a field of this name."""

    def within(self, text: Sql, path: Path) -> Sql:
        """The value at a path within a text of the record that may be JSON."""

    def kept(self, value: Sql) -> Sql:
        """The value, computed once for all that look at it, where that can be."""

    def dated(self, value: Sql) -> bool:
        """True when a value is known to have a dash in it in each record that has it."""

    def rely_on(self, value: Sql) -> None:
        """Notes that a record without this value must be read otherwise."""


# --- a raw record that is JSON ----------------------------------------------------------------------------------------


class KeyTree(Struct):
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


class Spellings(Struct):
    """How the names that a query asks for are spelled in a file, as far as its first records show.

    ``seen``: by lower-cased name; ``often``: in how many of the records a spelling stands. ``theirs``: how those who ask spell
    a name. ``lower``: the file writes its names in lower case.
    """

    seen: dict[str, set[str]] = field(default_factory=dict)
    often: Counter[str] = field(default_factory=Counter)
    theirs: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def lower(self) -> bool:
        """True when names that are usually written otherwise are in lower case here."""
        own = {n: found for n, found in self.seen.items() if not n.startswith("_")}  # exports write built-ins so anyway
        odd = [n for n, found in own.items() if n in found and _SPELLED.get(n, n) != n]
        return len(odd) > len(own) - len(odd)

    def of(self, name: str) -> tuple[str, ...]:
        """The spellings to look for: what was seen, or else the usual one; and, as whoever asks may know the data, theirs."""
        found = self.seen.get(name.lower())
        if found:
            return tuple(sorted(found | self._meant(name)))
        usual = name.lower() if self.lower else _SPELLED.get(name.lower(), name)
        return tuple(dict.fromkeys((usual, *self.theirs.get(name.lower(), (name,)))))

    def _meant(self, name: str) -> set[str]:
        """How those who ask spell a name with intent: further records may have it so. Lower case is mostly haste."""
        if self.lower:
            return set()
        known = SPELLINGS.get(name.lower(), ())
        return {t for t in self.theirs.get(name.lower(), ()) if t != t.lower() or t in known}

    def usual(self, names: Iterable[str]) -> Spellings:
        """The same with only the most usual spelling of each of these names, in lower case, that were seen."""
        only = {name: {max(sorted(self.seen[name]), key=lambda spelled: self.often[spelled])} for name in names}
        return Spellings(self.seen | only, self.often, {n: found for n, found in self.theirs.items() if n not in only})

    def key(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The same as a value that can be compared and hashed."""
        return tuple(sorted((n, tuple(sorted(found))) for n, found in self.seen.items()))


class JsonRaw:
    """A JSON record. Paths are collected in a first pass (``layers``), so that only those keys are read.

    ``bases``: the structs the record is read into, one a layer; ``None``: the keys are columns of the source, and
    there can be one layer only. ``levels``: whoever writes the statement gives each of the values ``held`` a level of its own, so
    that whether a text within the record is JSON, say, is asked once for all values within it.
    """

    def __init__(self, base: Callable[[int], Sql] | None, spellings: Spellings, levels: bool = False) -> None:
        self.base = base
        self.known = spellings
        self.layers: list[KeyTree] = [KeyTree()]
        self.asked: dict[Path, bool] = {}
        self.has_levels = levels
        self.held: dict[str, tuple[str, Sql]] = {}  # by their SQL: the column's name and what it holds
        self.relied_on: dict[str, Sql] = {}  # by their SQL: the values without which a record is not read

    def value(self, path: Path) -> Sql:
        return self._at(path, whole=True)

    def there(self, path: Path) -> Sql:
        return exp.Not(this=is_null(self._at(path, whole=False)))

    def _at(self, path: Path, whole: bool) -> Sql:
        layer = self._layer(path, whole)
        return self._read(self.layers[layer], self.base(layer) if self.base else None, path)

    def _layer(self, path: Path, whole: bool) -> int:
        """The first layer whose keys this path's keys can be told from."""
        self.asked[path] = self.asked.get(path, False) or whole
        layer = next((i for i, tree in enumerate(self.layers) if tree.add(path, whole)), None)
        if layer is None:
            self.layers.append(KeyTree())
            layer = len(self.layers) - 1
            self.layers[layer].add(path, whole)
        return layer

    def settle(self) -> None:
        """Puts the spellings that stand in most records into the first layer, so that few records, if any, need another one. What
        was made of the layers before is forgotten."""
        self.layers, self.held, self.relied_on = [KeyTree()], {}, {}
        for path, whole in sorted(self.asked.items(), key=lambda asked: -max((self.known.often[key] for key in asked[0]), default=0)):
            self._layer(path, whole)

    def further_keys(self) -> list[str]:
        """The keys at the top of the layers after the first."""
        return sorted({key for tree in self.layers[1:] for key in tree.below})

    def _read(self, node: KeyTree, at: Sql | None, path: Path) -> Sql:
        """Goes down the tree; where an inner value is read as text, the rest of the path is read from that text."""
        if not path:
            assert at is not None
            return at
        if at is not None and (node.whole or path[0] == "*"):
            return self.within(at, path)
        key, rest = path[0], path[1:]
        below = exp.column(key, quoted=True) if at is None else exp.Dot(this=at, expression=quoted(key))
        return self._read(node.below.get(key, KeyTree()), below, rest)

    def spellings(self, name: str) -> tuple[str, ...]:
        return self.known.of(name)

    def in_texts(self, name: str) -> bool:
        return True

    def within(self, text: Sql, path: Path) -> Sql:
        return _in_json(self.kept(_json_or_null(text)), path)

    def kept(self, value: Sql) -> Sql:
        if not self.has_levels or isinstance(value, (exp.Column, exp.Dot, exp.Null, exp.Literal)):
            return value
        name, _ = self.held.setdefault(value.sql("duckdb"), (f"__held{len(self.held)}", value))
        return exp.column(name, quoted=True)

    def dated(self, value: Sql) -> bool:
        return False

    def rely_on(self, value: Sql) -> None:
        self.relied_on.setdefault(value.sql("duckdb"), value.copy())


def json_value(text: Sql, path: Path) -> Sql:
    """A value within text that may be JSON, as text; null when the text is none."""
    return _in_json(_json_or_null(text), path)


def _in_json(text: Sql, path: Path) -> Sql:
    found = apply("json_extract_string", text, lit(json_path(path)))
    if "*" not in path:
        return found
    # a path with a wildcard gives a list: its first value is meant. Most records have no such text, and going through lists
    # takes longer than to see that
    first = apply("list_extract", apply("list_filter", found, _not_null()), lit(1))
    return case((exp.Not(this=is_null(text.copy())), first), default=null())


def json_path(path: Path) -> str:
    """A path as the engine's JSON functions take it."""
    return "$" + "".join(".*" if k == "*" else f'."{_json_key(k)}"' for k in path)


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


class ColumnRaw:
    """A row of a columnar file. ``columns``: top-level names with their types as the engine names them; ``full``: those that
    hold a value in each row; ``beginnings``: what all values of a column begin with, where that is known."""

    def __init__(self, columns: dict[str, str], full: Set[str] = frozenset(), beginnings: Mapping[str, bytes] = _NOTHING) -> None:
        self.full, self.beginnings = full, beginnings
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

    def kept(self, value: Sql) -> Sql:
        return value

    def dated(self, value: Sql) -> bool:
        return isinstance(value, exp.Column) and b"-" in self.beginnings.get(value.name, b"")

    def rely_on(self, value: Sql) -> None:
        raise TypeError("columns are read by whole tables")

    def there(self, path: Path) -> Sql:
        value = self.value(path)
        if isinstance(value, exp.Null):
            return exp.false()
        if self.names.get(".".join(path).lower()) in self.full:
            return exp.true()
        return exp.Not(this=is_null(value))

    def _column(self, name: str) -> Sql:
        column = exp.column(self.names[name.lower()], quoted=True)
        kind = self.types[name.lower()]
        if kind.startswith("TIMESTAMP"):
            return cast(apply("epoch_ms", column), "VARCHAR")
        if kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]"):
            return cast(apply("to_json", column), "VARCHAR")
        if kind in FLOATING:
            return whole_or_fraction(column, lambda number: cast(number, "VARCHAR"))
        return column if kind == "VARCHAR" else cast(column, "VARCHAR")

    def _inside(self, path: Path) -> Sql:
        text = cast(apply("to_json", exp.column(self.names[path[0].lower()], quoted=True)), "VARCHAR")
        return json_value(text, path[1:])

    def spellings(self, name: str) -> tuple[str, ...]:
        return (self.names.get(name.lower(), name),)

    def in_texts(self, name: str) -> bool:
        return True

    def within(self, text: Sql, path: Path) -> Sql:
        return json_value(text, path)


def instant(value: Sql) -> Sql | None:
    """Milliseconds since 1970, where a value is the text of a column of instants."""
    inner = value.this if isinstance(value, exp.Cast) else None
    return inner.copy() if isinstance(inner, exp.Anonymous) and inner.name == "epoch_ms" else None


#: The engine's types of floating numbers.
FLOATING = ("DOUBLE", "FLOAT")


def whole_or_fraction(number: Sql, written: Callable[[Sql], Sql]) -> Sql:
    """A floating number, written without a fraction where it is whole: in many tables a column of ports, some of which are
    missing, is one of floating numbers."""
    whole = try_cast(number, "BIGINT")
    same = exp.EQ(this=cast(whole.copy(), "DOUBLE"), expression=number.copy())
    return case((same, written(whole)), default=written(number.copy()))
