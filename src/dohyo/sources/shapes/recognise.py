"""The tables in plain Python: which shape a record has, and what a name is in it, one record at a time.

The engine does the same in SQL for whole files; this is its reference in tests, and what peeks at a file's first
records to say which shapes are likely.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial, singledispatch
from typing import Any

from ..model import (
    Const,
    Enough,
    First,
    FullPath,
    Given,
    Inside,
    Joined,
    Key,
    Lines,
    Lookup,
    MessageLine,
    Pair,
    Prefixed,
    Shape,
    ShapeExpr,
    Time,
    Uniform,
    When,
    XmlData,
    XmlSystem,
)
from . import SHAPES
from .categories import category, kind
from .messages import message_patterns
from .names import ALIASES
from .times import FILETIME_EPOCH, FORMS

Record = dict[str, Any]
Path = tuple[str, ...]

_NEVER_IN_BAGS = frozenset({"_messagetime", "_sourcecategory", "_raw"})

# --- recognition ------------------------------------------------------------------------------------------------------


def recognise(record: Record) -> Shape:
    """The shape of ``record``: the first in rank order whose marks it carries; ``generic`` claims whatever is left."""
    return next(shape for shape in SHAPES if carries(shape, record))


def carries(shape: Shape, record: Record) -> bool:
    """Whether ``record`` carries the marks of ``shape``, whatever other shapes say of it."""
    has = partial(there, record)
    return (
        all(map(has, shape.marks))
        and (not shape.any_marks or any(map(has, shape.any_marks)))
        and not any(map(has, shape.not_marks))
        and (not shape.starts or any(_begins(record, path, opening) for path, opening in shape.starts))
    )


def there(record: Record, path: Path) -> bool:
    """True when ``record`` has a value at ``path`` that is not null."""
    return next(_values(record, path), None) is not None


def _begins(record: Record, path: Path, opening: str) -> bool:
    value = next(_values(record, path), None)
    text = json.dumps(value) if isinstance(value, (dict, list)) else value
    return isinstance(text, str) and text.lstrip(" \t\r\n").startswith(opening)


def _values(value: Any, path: Path) -> Iterator[Any]:
    """What is at ``path``; several values where a ``*`` in it stands for several keys."""
    if not path:
        yield value
    elif isinstance(value, dict):
        inner = value.values() if path[0] == "*" else [value[path[0]]] if path[0] in value else []
        for item in inner:
            yield from _values(item, path[1:])


# --- fields -----------------------------------------------------------------------------------------------------------


def read_field(shape: Shape, record: Record, name: str) -> str | None:
    """The text of the field ``name`` (without case) of ``record``, which has this ``shape``; ``None`` when it has none.

    In this order: the shape's ``fields``, its bags, the top of the record, and then the canonical name that ``name``
    is an alias of. ``_messageTime`` is in milliseconds since 1970.
    """
    value = _read(shape, record, name.lower())
    alias = ALIASES.get(name.lower())
    return _read(shape, record, alias.lower()) if value is None and alias else value


def read_time(shape: Shape, record: Record) -> int | None:
    """``_messageTime`` of ``record``: milliseconds since 1970 in UTC, ``None`` when no time can be read."""
    found = _first(evaluate(expr, record) for expr in shape.time)
    return None if found is None else int(found)


def time_text(record: Record) -> str:
    """What looks like the time of a record, as it is written; empty when nothing does."""
    named = (value for key, value in record.items() if re.search("time|date", key, re.IGNORECASE))
    return next((value for value in named if isinstance(value, str) and re.search(r"\d\D\d", value)), "")


def read_kind(shape: Shape, record: Record) -> str | None:
    """What the summary counts ``record`` as."""
    return evaluate(kind(shape), record)


def _read(shape: Shape, record: Record, name: str) -> str | None:
    if name == "_messagetime":
        return _first(evaluate(expr, record) for expr in shape.time)
    if name == "_sourcecategory":
        return evaluate(category(shape), record)
    declared = next((expr for field, expr in shape.fields.items() if field.lower() == name), None)
    if declared is not None or name in _NEVER_IN_BAGS:
        return None if declared is None else evaluate(declared, record)
    return _first(look() for look in _places(shape, record, name))


def _places(shape: Shape, record: Record, name: str) -> Iterator[Callable[[], str | None]]:
    """Where a name that the table does not declare may be, in the order of looking."""
    for bag in shape.bags:
        yield partial(_in_objects, record, bag, name)
    for bag, prefix in shape.prefixed_bags:
        yield partial(_in_objects, record, bag, prefix.lower() + name)
    for text in shape.inside_bags:
        yield partial(_in_text, record, text, name)
    for pairs in shape.pair_bags:
        yield partial(_in_pairs, record, pairs, name)
    for xml in shape.xml_bags:
        yield partial(_in_xml, record, xml, name)
    for message in shape.message_bags:
        yield partial(_in_message, record, message, name)
    if not shape.closed:
        yield partial(_in_objects, record, (), name)


def _in_objects(value: Any, bag: Path, name: str) -> str | None:
    """The value of ``name`` in one of the objects at ``bag``: a key of that name, else a path of keys (``a.b``)."""
    objects = list(_values(value, bag))
    return _first(_text(_without_case(found, keys)) for keys in ([name], name.split(".")) for found in objects)


def _in_text(record: Record, bag: Key | Inside, name: str) -> str | None:
    text, inner = (bag.text, bag.inner) if isinstance(bag, Inside) else (bag, ())
    return _in_objects(_parsed(evaluate(text, record)), inner, name)


def _in_xml(record: Record, bag: ShapeExpr, name: str) -> str | None:
    return _xml_data(evaluate(bag, record), name)


def _in_pairs(record: Record, bag: ShapeExpr, name: str) -> str | None:
    return _pair(evaluate(bag, record), name)


def _in_message(record: Record, bag: ShapeExpr, name: str) -> str | None:
    return _message_line(evaluate(bag, record), name)


def _without_case(found: Any, keys: list[str]) -> Any:
    for name in keys:
        if not isinstance(found, dict):
            return None
        found = next((value for key, value in found.items() if key.lower() == name and value is not None), None)
    return found


# --- expressions ------------------------------------------------------------------------------------------------------


@singledispatch
def evaluate(expr: ShapeExpr, record: Record) -> str | None:
    """The text that ``expr`` gives for ``record``, ``None`` for null. An object or list is its JSON, compact."""
    raise TypeError(f"not a shape expression: {expr!r}")


@evaluate.register
def _(expr: Key, record: Record) -> str | None:
    return _text(next(_values(record, expr.keys), None))


@evaluate.register
def _(expr: Inside, record: Record) -> str | None:
    return _text(next(_values(_parsed(evaluate(expr.text, record)), expr.inner), None))


@evaluate.register
def _(expr: Pair, record: Record) -> str | None:
    return _pair(evaluate(expr.text, record), expr.name)


@evaluate.register
def _(expr: XmlData, record: Record) -> str | None:
    return _xml_data(evaluate(expr.text, record), expr.name.lower())


@evaluate.register
def _(expr: XmlSystem, record: Record) -> str | None:
    return _xml_system(evaluate(expr.text, record), expr.name)


@evaluate.register
def _(expr: MessageLine, record: Record) -> str | None:
    return _message_line(evaluate(expr.text, record), expr.label, expr.mark)


@evaluate.register
def _(expr: Const, record: Record) -> str | None:
    return expr.value


@evaluate.register
def _(expr: First, record: Record) -> str | None:
    return _first(evaluate(option, record) for option in expr.options)


@evaluate.register
def _(expr: Enough, record: Record) -> str | None:
    return evaluate(expr.value, record)


@evaluate.register
def _(expr: Lookup, record: Record) -> str | None:
    value = evaluate(expr.value, record)
    found = None if value is None else dict(expr.table).get(value.lower())
    return _maybe(expr.default, record) if found is None else found


@evaluate.register
def _(expr: Joined, record: Record) -> str | None:
    parts = [part for part in (evaluate(part, record) for part in expr.parts) if part]
    return expr.separator.join(parts) if parts else None


@evaluate.register
def _(expr: Lines, record: Record) -> str | None:
    value = evaluate(expr.value, record)
    texts = _parsed(value) if value and value.startswith("[") else None
    return "\n".join(_text(t) or "" for t in texts if t is not None) if isinstance(texts, list) else value


@evaluate.register
def _(expr: Prefixed, record: Record) -> str | None:
    value = evaluate(expr.value, record)
    return f"{expr.prefix}{value}" if value else None


@evaluate.register
def _(expr: Given, record: Record) -> str | None:
    return evaluate(expr.then, record) if evaluate(expr.value, record) else None


@evaluate.register
def _(expr: When, record: Record) -> str | None:
    value = evaluate(expr.test, record)
    holds = value is not None and value.lower() in {known.lower() for known in expr.values}
    return evaluate(expr.then, record) if holds else _maybe(expr.otherwise, record)


@evaluate.register
def _(expr: FullPath, record: Record) -> str | None:
    folder, file = evaluate(expr.folder, record), evaluate(expr.file, record)
    if not folder or not file:
        return folder or file
    if folder.replace("/", "\\").lower().split("\\")[-1] == file.lower():
        return folder
    return folder + file if folder.endswith("\\") else f"{folder}\\{file}"


@evaluate.register
def _(expr: Time | Uniform, record: Record) -> str | None:
    value = evaluate(expr.value, record)
    milliseconds = None if value is None else epoch_milliseconds(value)
    return None if milliseconds is None else str(milliseconds)


def _maybe(expr: ShapeExpr | None, record: Record) -> str | None:
    return None if expr is None else evaluate(expr, record)


def _first(options: Iterator[str | None]) -> str | None:
    return next((option for option in options if option), None)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return None


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


# --- texts inside texts -----------------------------------------------------------------------------------------------


def pair_pattern(name: str) -> str:
    """The regex whose first group is the value beside ``name`` in a list of pairs, as JSON writes a text."""
    quoted = re.escape(json.dumps(name, ensure_ascii=False)[1:-1])
    return rf'(?i)"@?Name"\s*:\s*"{quoted}"\s*,\s*"(?:#text|@?Value|\$t)"\s*:\s*"((?:[^"\\]|\\.)*)"'


def _pair(text: str | None, name: str) -> str | None:
    match = re.search(pair_pattern(name), text or "")
    try:
        return str(json.loads(f'"{match[1]}"', strict=False)) if match else None
    except ValueError:
        return None


def _xml_system(text: str | None, name: str) -> str | None:
    element, _, attribute = name.partition("@")
    head = re.escape(element)
    if attribute:
        pattern = rf"<{head}\s[^<>]*?\b{re.escape(attribute)}\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')"
    else:
        pattern = rf"<{head}(?:\s[^<>]*)?>([^<]*)</{head}>"
    return _found(pattern, text)


def _xml_data(text: str | None, name: str) -> str | None:
    quoted = re.escape(name)
    named = rf"(?i)<Data\s[^<>]*?\bName\s*=\s*[\"']{quoted}[\"'][^<>]*>([^<]*)</Data>"
    element = rf"(?i)<(?:\w+:)?{quoted}(?:\s[^<>]*)?>([^<]*)</(?:\w+:)?{quoted}>"
    body = (text or "").partition("</System>")[2] or text
    if name.lower() == "data":
        return _unescaped("\n".join(re.findall(r"<Data(?:\s[^<>]*)?>([^<]*)</Data>", body or ""))) or None
    return _found(named, body) or _found(element, body)


def _found(pattern: str, text: str | None) -> str | None:
    match = re.search(pattern, text or "")
    return _unescaped(next(group for group in match.groups() if group is not None)) if match else None


_ENTITY = re.compile(r"&(?:(lt|gt|quot|apos|amp)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
_NAMED = {"lt": "<", "gt": ">", "quot": '"', "apos": "'", "amp": "&"}


def _unescaped(text: str) -> str:
    """XML text with its entities resolved once. HTML's other entities are none of XML's and stay."""
    return _ENTITY.sub(_character, text)


def _character(entity: re.Match[str]) -> str:
    name, decimal, hexadecimal = entity.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code <= sys.maxunicode else entity[0]


def _message_line(text: str | None, label: str, mark: str = ":") -> str | None:
    found = (re.search(pattern, text or "") for pattern in message_patterns(label, mark=mark))
    return _first(match[1].strip(" \t\r") for match in found if match)


# --- times ------------------------------------------------------------------------------------------------------------

_EPOCH = re.compile(r"(?:/Date\()?(\d{10}|\d{13}|\d{16}|\d{19})(?:\.(\d+))?(?:\)/)?", re.ASCII)
_FILETIME = re.compile(r"1[1-9]\d{16}", re.ASCII)
_DECIMALS = re.compile(r"(\.\d{6})\d+")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:(?:[.,](\d{1,9})|\+(\d{9})(?=Z))?)\s*(?:Z|UTC|([+-])(\d\d)(?::?(\d\d))?)?",
    re.ASCII,
)


def epoch_milliseconds(text: str) -> int | None:
    """Milliseconds since 1970 of a text time in any of the forms that ``Time`` names; ``None`` when it is in none."""
    text = text.strip()
    number = _EPOCH.fullmatch(text)
    if number:
        return int(f"{number[1]}000"[:13]) + _fraction(number)
    if _FILETIME.fullmatch(text):
        return int(text) // 10_000 - FILETIME_EPOCH
    iso = _ISO.fullmatch(text)
    try:
        return _iso_milliseconds(iso) if iso else _written_out(text)
    except ValueError:
        return None


def _written_out(text: str) -> int | None:
    """A time as a program writes it for people: the month before the day, or in letters."""
    text = _DECIMALS.sub(r"\1", text.replace(",", ""))
    for form in FORMS:
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000
    return None


def _fraction(number: re.Match[str]) -> int:
    """The milliseconds in the decimals of an epoch in seconds; those of finer units are less than one."""
    return int(f"{number[2] or ''}000"[:3]) if len(number[1]) == 10 else 0


def _iso_milliseconds(iso: re.Match[str]) -> int:
    day, clock, decimals, plus_decimals, sign, hours, minutes = iso.groups()
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        moment += offset if sign == "-" else -offset
    return int(moment.timestamp()) * 1000 + int(f"{decimals or plus_decimals or ''}000"[:3])
