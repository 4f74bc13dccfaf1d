"""Answers of search interfaces: one JSON object around a list of records, as Elasticsearch, Splunk, Sumo Logic and Azure give
it. Here it is found out where that list begins; the reader of JSON gives what is in it."""

from __future__ import annotations

import json
import re

from msgspec import Struct

#: Keys that hold the list, and keys of an object that holds it.
_LISTS = frozenset(
    ("hits", "messages", "results", "Results", "records", "Records", "value", "events", "Events", "Event", "Items", "items", "logs",
     "entries", "data", "result", "alerts")
)  # fmt: skip
_AROUND = frozenset(("hits", "Events", "data", "result", "response", "rawResponse"))
_MAP = re.compile(r'\{\s*"map"\s*:\s*(?=\{)')
_SPACE = re.compile(r"\s*")
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


class _List(Struct, frozen=True):
    start: int  # of its first element
    key: str


def list_start(text: str, at: int = 0) -> int | None:
    """Where the first record of the list begins in ``text``, which has such an answer ``at`` this place; ``None``: it is
    something else, a record for example that has a list of its own."""
    try:
        found = _in_object(text, _blank(text, at))
        return found.start if found and _holds_events(text, found) else None
    except (ValueError, IndexError, RecursionError):
        return None


def unwrapped(element: str) -> str:
    """A record without what stands around each one: Sumo Logic's messages are ``{"map": {…}}``."""
    found = _MAP.match(element)
    return element[found.end() : element.rindex("}")].rstrip() if found else element


def _blank(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _in_object(text: str, at: int) -> _List | None:
    """The list in the object that starts ``at`` there; its members are gone through one by one."""
    if text[at] != "{":
        return None
    at = _blank(text, at + 1)
    while text[at] == '"':
        key, at = _DECODER.raw_decode(text, at)
        at = _blank(text, _blank(text, at) + 1)
        found = _at_value(text, at, key)
        if found:
            return found
        at = _blank(text, _DECODER.raw_decode(text, at)[1])
        at = _blank(text, at + (text[at] == ","))
    return None


def _at_value(text: str, at: int, key: str) -> _List | None:
    if text[at] == "[" and key in _LISTS:
        first = _blank(text, at + 1)
        return _List(first, key) if text[first] == "{" else None
    return _in_object(text, at) if text[at] == "{" and key in _AROUND else None


def _holds_events(text: str, found: _List) -> bool:
    """Whether the first record of the list has the form of an event."""
    if found.key == "hits" or _MAP.match(text, found.start):
        return True
    from dohyo.sources.shapes.recognise import recognise
    from dohyo.sources.unfold import unfold

    record = json.JSONDecoder().raw_decode(text, found.start)[0]
    return recognise(record).name != "generic" or bool(unfold(record))
