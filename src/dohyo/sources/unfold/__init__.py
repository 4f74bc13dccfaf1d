"""Records in no form that a shape knows, made into records that are: a shipper put the event into a key of its own (Splunk's
``event``, Logstash's ``message``, OpenTelemetry's ``body``), an answer is a table of rows (Azure's, ES|QL's), objects were
flattened to dotted keys, or the names were changed (Graylog, Hayabusa, the portal of Defender).

Each way is a function in ``_WAYS`` that gives the records inside, or none where it is not that. What comes out counts only
if a shape claims it; everything else stays as it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow as pa

from dohyo.sources.model import Chunk
from dohyo.sources.unfold.graylog import graylog
from dohyo.sources.unfold.hayabusa import hayabusa
from dohyo.sources.unfold.holders import held
from dohyo.sources.unfold.lists import any_list, loki, otlp, tables
from dohyo.sources.unfold.names import get_eventlog, log_parser, osquery, portal, respelled
from dohyo.sources.unfold.nesting import bare, dotted, named_values, plain_event, wazuh
from dohyo.sources.unfold.records import Record, json_object, json_text

#: What a record may be instead of an event, in the order in which it is asked.
_WAYS: tuple[Callable[[Record], Iterator[Record]], ...] = (
    hayabusa, get_eventlog, log_parser, portal, plain_event, bare, osquery, otlp, loki, tables, named_values, wazuh,
    dotted, graylog, respelled,
)  # fmt: skip
_DEPTH = 4  # an event in a message in a body in an answer
_LOOKED_AT = 8
_PATIENCE = 1000  # so many records of a list are no events: none will be
_MOST_ASKED = 10_000
_OPENING = 40
_asked: dict[object, bool] = {}
#: What a bulk request of Elasticsearch writes above each document.
_ACTIONS = frozenset(("index", "create", "update", "delete"))


def unfolded(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """The chunks of a reader; of those whose first records have an event inside, the events."""
    for chunk in chunks:
        found = _of_chunk(chunk) if _wrapped(chunk.raw[:_LOOKED_AT].to_pylist()) else chunk
        if len(found.raw):
            yield found


def wraps(head: bytes) -> bool:
    """Whether the lines of a log that starts with ``head`` have events inside: only a reader here finds them."""
    lines = head.decode("utf-8", "replace").lstrip("\ufeff").splitlines()[:_LOOKED_AT]
    return _wrapped(lines)


def unfold(record: Record) -> list[Record] | None:
    """The events in a record that no shape knows; ``None`` where there are none. An empty list: it is only a frame."""
    try:
        return _unfold(record, _DEPTH)
    except RecursionError:
        return None


def _wrapped(texts: list[str]) -> bool:
    return any(unfold(record) is not None for text in texts if (record := json_object(text)) is not None)


def _of_chunk(chunk: Chunk) -> Chunk:
    texts: list[str] = []
    numbers: list[int] = []
    for text, number in zip(chunk.raw.to_pylist(), chunk.records.to_pylist(), strict=True):
        record = json_object(text)
        events = None if record is None else unfold(record)
        texts += [text] if events is None else [json_text(event) for event in events]
        numbers += [number] * (len(texts) - len(numbers))
    if numbers[1:] and set(numbers) == {1}:  # all are in one line: the place in it tells them apart
        numbers = list(range(1, len(texts) + 1))
    return Chunk(pa.array(texts, pa.string()), pa.array(numbers, pa.int64()), chunk.position)


def _known(record: Record) -> bool:
    """Whether a shape claims the record; asked once for records that are built alike."""
    keys, texts = _looked_at()
    built = (_built(record, keys), *[_opening(record.get(key)) for key in texts])
    found = _asked.get(built)
    if found is None:
        from dohyo.sources.shapes.recognise import recognise

        if len(_asked) >= _MOST_ASKED:
            _asked.clear()
        found = _asked[built] = recognise(record).name != "generic"
    return found


@functools.cache
def _looked_at() -> tuple[frozenset[str], tuple[str, ...]]:
    """The keys by which shapes tell records, and those at the top whose text they look at."""
    from dohyo.sources.shapes import SHAPES  # the tables are not needed to open a file

    marks = (path for shape in SHAPES for paths in (shape.marks, shape.any_marks, shape.not_marks) for path in paths)
    texts = {path[0] for shape in SHAPES for path, _ in shape.starts}
    return frozenset(key for path in marks for key in path), tuple(sorted(texts))


def _built(record: Record, keys: frozenset[str]) -> object:
    """Those of the ``keys`` that have a value, at the top and in the objects below."""
    return tuple(
        [
            (key, _built(value, keys) if isinstance(value, dict) else None)
            for key, value in record.items()
            if key in keys and value is not None
        ]
    )


def _opening(value: Any) -> str:
    return value.lstrip()[:_OPENING] if isinstance(value, str) else ""


def _unfold(record: Record, depth: int) -> list[Record] | None:
    if not record or depth == 0 or _known(record):
        return None
    if len(record) == 1 and _is_action(record):
        return []
    ways = (_events(way(record), depth) for way in _WAYS)
    within = (_events([inner], depth) for inner in held(record))
    lists = (_events(way(record), depth) for way in (any_list,))  # the last resort: it takes whatever is an event
    return next((found for found in chain(ways, within, lists) if found), None)


def _is_action(record: Record) -> bool:
    """``{"index": {"_index": …}}``"""
    (key, told) = next(iter(record.items()))
    return key in _ACTIONS and isinstance(told, dict) and all(name.startswith("_") for name in told)


def _events(inside: Iterable[Record], depth: int) -> list[Record]:
    """What is inside, if one of the first at least is an event."""
    found: list[Record] = []
    events = 0
    for number, inner in enumerate(inside):
        if number == _PATIENCE and not events:
            return []
        of_it = [inner] if _known(inner) else _unfold(inner, depth - 1)
        events += bool(of_it)
        found += of_it or [inner]
    return found if events else []
