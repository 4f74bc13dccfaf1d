"""An event in a key of its own, as an object or a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dohyo.sources.unfold.records import Record, json_object

_EVENT = re.compile(r"<Event[\s>][^<]*<System>", re.ASCII)
#: Keys that hold an event, as an object or a text.
_HOLDERS = (
    "event", "Event", "_source", "message", "Message", "body", "Body", "log", "_raw", "@rawstring", "rawstring", "full_log",
    "document", "data", "Data", "result", "record", "payload", "raw", "line", "original", "value", "System", "json", "fields",
    "xml_string", "jsonPayload", "textPayload", "attributes",
)  # fmt: skip


def held(record: Record) -> Iterator[Record]:
    """The objects in keys that may hold an event."""
    for key in _HOLDERS:
        if (value := record.get(key)) is not None:
            inner = _plain(value) if isinstance(value, dict) else _inside_text(value)
            if inner:
                yield inner


def _plain(record: Record) -> Record:
    """Elasticsearch's ``fields`` have a list for each value."""
    if not all(isinstance(value, list) for value in record.values()):
        return record
    return {key: value[0] if len(value) == 1 else value for key, value in record.items()}


def _inside_text(value: Any) -> Record | None:
    if not isinstance(value, str):
        return None
    if _EVENT.match(value.lstrip()[:400]):
        return {"message": value.lstrip()}
    return json_object(value)
