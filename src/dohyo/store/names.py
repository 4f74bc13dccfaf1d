"""Which names a raw record answers to: everything that a query may ask of it and get a value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from dohyo.sources.model import First, Inside, Key, Shape, ShapeExpr
from dohyo.sources.shapes.messages import names_in_message
from dohyo.sources.shapes.names import ALIASES, SPELLINGS
from dohyo.sources.shapes.recognise import evaluate

#: How the names in event XML and in rendered messages look; the engine finds them with the same expressions.
PAIR_NAMES = (r'"@?Name"\s*:\s*"([^"\\]+)"',)
XML_NAMES = (r"\bName\s*=\s*[\"']([^\"']*)[\"']", r"<(?:\w+:)?([\w.-]+)")
MESSAGE_NAMES = r"(?m)^[ \t]*([^:\r\n]{1,100}):"
#: A name that can be a column: other readers of the files refuse blanks and the like. What is none is read from the raw
#: event when it is asked for.
_COLUMN = re.compile(r"[^\s ,;{}()=\x00-\x1f`\"']{1,120}")
#: Names that the engine answers by itself, whatever a record has.
_ENGINES = {"_raw", "_messagetime", "_receipttime", "_searchabletime", "_size", "_messageid", "__id", "__time", "__raw"}
_PLAIN = re.compile(r"[\w.@#$&/-]{1,100}")
#: So many columns may one run bring; further names are read from the raw event.
MOST = 1_000


class Names(Struct):
    """Names that were met: ``columns`` by lower-cased name with their spellings, and ``others`` that can be no columns.
    ``paths``: where records have values; ``texts``: the names, in lower case, that stand in texts within records."""

    columns: dict[str, set[str]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    paths: set[tuple[str, ...]] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def add(self, found: Names) -> None:
        """Takes in what another one knows."""
        for name, spellings in found.columns.items():
            if name in self.columns or len(self.columns) < MOST:
                self.columns.setdefault(name, set()).update(spellings)
            else:
                self.others |= spellings
        self.others |= found.others
        self.paths |= found.paths
        self.texts |= found.texts

    def note(self, name: str, column: bool) -> None:
        """Takes in one name; ``column``: its value may be a column."""
        if name.lower() in _ENGINES:
            return
        if column and _COLUMN.fullmatch(name) and not name.startswith("__"):
            self.columns.setdefault(name.lower(), set()).add(name)
        else:
            self.others.add(name)
            together = name.replace(" ", "")
            if column and ALIASES.get(together.lower()) == name:  # the column has the name that rules ask for
                self.note(together, column)

    @property
    def chosen(self) -> dict[str, str]:
        """The names that become columns, by lower-cased name. What is an object in some record is none: to have it whole
        would take all that is in it out of its place."""
        others = {name.lower() for name in self.others}
        return {name: self.spelled(name) for name in self.columns if name not in others}

    @property
    def beyond(self) -> set[str]:
        """The names that become none, in all their spellings: they are looked for in the raw events."""
        others = {name.lower() for name in self.others}
        return self.others.union(*(found for name, found in self.columns.items() if name in others))

    def spelled(self, name: str) -> str:
        """How the column of a lower-cased name is spelled."""
        usual = SPELLINGS.get(name)
        return usual[0] if usual else sorted(self.columns[name])[0]


def plain(name: str) -> bool:
    """False for a name that might stand in XML or a message without having been noticed."""
    return bool(_PLAIN.fullmatch(name))


def names_in(shape: Shape, record: dict[str, Any]) -> Names:
    """The names that a record of a shape answers to."""
    found = Names()
    declared = {name.lower() for name, expr in shape.fields.items() if not _is_object(expr, record)}
    for name in shape.fields:
        found.note(name, column=name.lower() in declared)
    bags = [bag for bag in shape.bags if bag]
    places = {path for expr in shape.fields.values() for path in _places(expr) if len(path) > 1}
    for path, column in _paths(record):
        found.paths.add(path)
        # what is in a bag, or is a field, has a shorter name too; a second column with the same values would double the files
        name = ".".join(path)
        shorter = path in places or any(_within(path, bag) for bag in bags)
        found.note(name, name.lower() in declared or (column and not shorter))
    for bag in bags:
        for inner in _at(record, bag):
            for path, column in _paths(inner):
                name = ".".join(path)
                found.note(name, column or name.lower() in declared)
    for bag, prefix in shape.prefixed_bags:
        for inner in _at(record, bag):
            for key in inner if isinstance(inner, dict) else ():
                if key.startswith(prefix):
                    found.note(key[len(prefix) :], column=True)
    for text in shape.inside_bags:
        _inside(text, record, found)
    for name in _written(shape, record):
        found.note(name, column=True)
        found.texts.add(name.lower())
    return found


def _is_object(expr: ShapeExpr, record: dict[str, Any]) -> bool:
    """True when what a table's expression finds in a record is an object."""
    if isinstance(expr, First):
        found = next((option for option in expr.options if evaluate(option, record)), None)
        return found is not None and _is_object(found, record)
    return isinstance(expr, Key) and any(isinstance(value, dict) for value in _at(record, expr.keys))


def _places(expr: ShapeExpr) -> Iterator[tuple[str, ...]]:
    """Where a table's expression looks for a value that it gives as it is."""
    if isinstance(expr, Key):
        yield expr.keys
    elif isinstance(expr, First):
        for option in expr.options:
            yield from _places(option)


def _paths(value: Any) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The paths to an object's values, and whether a value is no object itself; without recursion, for records may be
    deep."""
    todo: list[tuple[Any, tuple[str, ...]]] = [(value, ())]
    while todo:
        at, path = todo.pop()
        if path:  # what is null here may be a value in another record of the same sign
            yield path, not isinstance(at, dict)
        if isinstance(at, dict):
            todo += [(inner, (*path, key)) for key, inner in at.items()]


def _within(path: tuple[str, ...], bag: tuple[str, ...]) -> bool:
    return len(path) > len(bag) and all(b in ("*", p) for p, b in zip(path, bag, strict=False))


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
    elif isinstance(value, dict):
        for inner in value.values() if path[0] == "*" else [value.get(path[0])]:
            yield from _at(inner, path[1:])


def _inside(bag: Any, record: dict[str, Any], found: Names) -> None:
    text, inner = (bag.text, bag.inner) if isinstance(bag, Inside) else (bag, ())
    try:
        parsed = json.loads(evaluate(text, record) or "")
    except (ValueError, RecursionError):
        return
    for place in _at(parsed, inner):
        for key in place if isinstance(place, dict) else ():
            found.note(key, column=True)
            found.texts.add(key.lower())


def _written(shape: Shape, record: dict[str, Any]) -> Iterator[str]:
    """The names in XML and in rendered messages."""
    bags: list[tuple[tuple[ShapeExpr, ...], tuple[str, ...]]] = [
        (shape.pair_bags, PAIR_NAMES), (shape.xml_bags, XML_NAMES), (shape.message_bags, (MESSAGE_NAMES,))
    ]  # fmt: skip
    for texts, expressions in bags:
        for text in texts:
            for expression in expressions:
                yield from re.findall(expression, evaluate(text, record) or "")
    for text in shape.message_bags:
        yield from names_in_message(evaluate(text, record) or "")
