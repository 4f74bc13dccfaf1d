"""Windows event XML: a file of ``<Events>``, or ``<Event>`` elements one after another, as wevtutil, PowerShell and
Sumo Logic's Windows source give them. Each becomes JSON in the layout that the ``evtx`` library gives.

Elements are found in the bytes and parsed one by one, so a broken one costs no other and memory stays bounded. Only
what stands between ``<Event`` and ``</Event>`` ever reaches the parser: no document type can, hence no entity.
"""

from __future__ import annotations

import codecs
import functools
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from msgspec import Struct

from dohyo.sources.limits import LIMITS, MIB, Limits
from dohyo.sources.model import Chunk, Input, Problem
from dohyo.sources.readers.safely import Safely
from dohyo.sources.readers.tally import Tally

_READ = 1 * MIB
_BATCH = 1000
_START = re.compile(rb"<Event(?=[\s>])")
_END = b"</Event>"
_AROUND = re.compile(rb"<\?xml[^>]*>|</?Events[^>]*>|<!--.*?-->|^Record \d+$|[\s\0]+|\xef\xbb\xbf", re.DOTALL | re.MULTILINE)
_HEADER = re.compile(rb"[^\n<>]{1,400}(?:<\d{1,3}>[^\n<>]{1,400})?\Z|<\d{1,3}>[^\n<>]{1,400}\Z")  # of syslog; a time
_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w.-]+)""")
_NOT_XML = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
    r"|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2\d|3[01]));",
    re.IGNORECASE,
)
_NUMBERS = frozenset(("EventID", "Version", "Level", "Task", "Opcode", "EventRecordID", "ProcessID", "ThreadID", "Qualifiers"))
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_DEEPEST = 100


def read_xml(source: Input, report: Callable[[Problem], None], limits: Limits = LIMITS) -> Iterator[Chunk]:
    """The events of ``source`` as JSON text. A record's number is its ``EventRecordID``, or its place in the file.

    Broken elements are reported with their line and left out; text between elements is reported.
    """
    tally = Tally(source.name, report)
    texts: list[str] = []
    numbers: list[int] = []
    with Safely(source, report) as stream:
        for ordinal, element in enumerate(_elements(stream, tally, limits), 1):
            event = _event(element, tally)
            if event is None:
                continue
            texts.append(_ENCODE(event))
            numbers.append(_record_id(event, ordinal))
            if len(texts) == _BATCH:
                yield Chunk(pa.array(texts, pa.string()), pa.array(numbers, pa.int64()), stream.position)
                texts, numbers = [], []
        if texts:
            yield Chunk(pa.array(texts, pa.string()), pa.array(numbers, pa.int64()), stream.position)
    tally.tell()


class _Element(Struct, frozen=True):
    data: bytes
    line: int
    encoding: str


def _elements(stream: Safely, tally: Tally, limits: Limits) -> Iterator[_Element]:
    """Cuts the stream into ``<Event …>…</Event>``."""
    held, at, line = stream.full(_READ), 0, 1
    encoding = _declared(held)
    more = held
    while more:
        while (end := held.find(_END, at)) >= 0:
            cut, at = held[at : end + len(_END)], end + len(_END)
            yield from _element(cut, line, encoding, tally)
            line += cut.count(b"\n")
        held, at = held[at:], 0
        if len(held) > limits.record_bytes:
            tally.add(f"line {line}", "an event is longer than is read, left out")
            line += held.count(b"\n")
            held = held[-len(_END) :]
        more = stream.full(max(_READ, len(held)))
        held += more
    _leftover(held, line, tally)


def _element(cut: bytes, line: int, encoding: str, tally: Tally) -> Iterator[_Element]:
    """The element at the end of ``cut``; what stands before it must be nothing that matters."""
    starts = [found.start() for found in _START.finditer(cut)]
    if not starts:
        tally.add(f"line {line}", "an event without its start, left out")
        return
    _check_around(_HEADER.sub(b"", cut[: starts[0]]), line, tally)
    for start in starts[:-1]:
        tally.add(_line(cut, start, line), _NOT_ENDED)
    yield _Element(cut[starts[-1] :], line + cut.count(b"\n", 0, starts[-1]), encoding)


_NOT_ENDED = "an event is cut off, left out"


def _line(cut: bytes, at: int, line: int) -> str:
    number = line + cut.count(b"\n", 0, at)
    return f"line {number}"


def _leftover(held: bytes, line: int, tally: Tally) -> None:
    found = _START.search(held)
    if found:
        tally.add(_line(held, found.start(), line), _NOT_ENDED)
    _check_around(held[: found.start()] if found else held, line, tally)


def _check_around(between: bytes, line: int, tally: Tally) -> None:
    if between and _AROUND.sub(b"", between):
        tally.add(f"line {line}", "text that belongs to no event, left out")


def _declared(head: bytes) -> str:
    found = _ENCODING.match(head)
    name = found[1].decode("ascii", "replace") if found else "utf-8"
    try:
        codecs.lookup(name)
    except LookupError:
        return "utf-8"
    return "utf-8" if name.lower().startswith(("utf", "ucs")) else name  # UTF-16 was decoded before


def _event(element: _Element, tally: Tally) -> dict[str, Any] | None:
    """An element as JSON; None, and a complaint, when it is broken."""
    where = f"line {element.line}"
    text = element.data.decode(element.encoding, "replace")
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError):
        clean = _NOT_XML.sub("\ufffd", text)
        try:
            root = ET.fromstring(clean)
        except (ET.ParseError, ValueError):
            tally.add(where, "broken XML, left out")
            return None
        tally.add(where, "characters that XML does not allow, read as the replacement character")
    try:
        return {"Event": _value(root, 0)}
    except RecursionError:
        tally.add(where, "nested too deep, left out")
        return None


def _value(element: ET.Element, depth: int) -> Any:
    """An element in the layout of the ``evtx`` library."""
    if depth > _DEEPEST:
        raise RecursionError
    text = (element.text or "").strip()
    inner = _children(element, depth) if len(element) else _number(_local(element.tag), text) if text else None
    attributes = {_local(key): _number(_local(key), text) for key, text in element.attrib.items()}
    if depth == 0 and element.tag.startswith("{"):
        attributes = {"xmlns": element.tag[1:].partition("}")[0]} | attributes
    if not attributes:
        return inner
    if isinstance(inner, dict):
        return {"#attributes": attributes} | inner
    return {"#attributes": attributes} | ({} if inner is None else {"#text": inner})


def _children(element: ET.Element, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    unnamed: list[str] = []
    for child in element:
        name = _local(child.tag)
        if name == "Data" and "Name" in child.attrib:
            _add(found, child.attrib["Name"], child.text or "")
        elif name == "Data" and not len(child):
            unnamed.append(child.text or "")
        else:
            _add(found, name, _value(child, depth + 1))
    if unnamed:
        found["Data"] = {"#text": unnamed if len(unnamed) > 1 else unnamed[0]}
    return found


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    """Keeps a name that comes again under ``name_1``, ``name_2`` …"""
    if name in found:
        name = next(other for i in range(1, len(found) + 2) if (other := f"{name}_{i}") not in found)
    found[name] = value


def _number(name: str, text: str) -> Any:
    return int(text) if name in _NUMBERS and text.isascii() and text.isdigit() and len(text) < 20 else text


@functools.lru_cache(maxsize=4096)
def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def _record_id(event: dict[str, Any], ordinal: int) -> int:
    body = event["Event"]
    system = body.get("System") if isinstance(body, dict) else None
    number = system.get("EventRecordID") if isinstance(system, dict) else None
    return number if isinstance(number, int) and number < 2**63 else ordinal
