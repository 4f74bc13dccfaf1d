"""Objects that were flattened to dotted keys, or have one level more or less than a shape knows."""

from __future__ import annotations

from collections.abc import Iterator

from dohyo.sources.unfold.records import Record, objects


def dotted(record: Record) -> Iterator[Record]:
    """Objects that were flattened: ``data.win.system.eventID``."""
    if any("." in key for key in record):
        nested: Record = {}
        for key, value in record.items():
            *outer, last = key.split(".")
            inner = nested
            for part in outer:
                found = inner.setdefault(part, {})
                inner = found if isinstance(found, dict) else {}
            inner[last] = value
        yield nested


def wazuh(record: Record) -> Iterator[Record]:
    """What a decoder of Wazuh was given, in ``full_log``: ``win`` without the ``data`` around it."""
    if isinstance(record.get("win"), dict):
        yield {"data": record}


def named_values(record: Record) -> Iterator[Record]:
    """OpenTelemetry's older ``event_data``: a list of objects with a name and its value each."""
    data = record.get("event_data")
    if isinstance(data, dict) and (pairs := objects(data.get("data"))):
        yield record | {"event_data": {key: value for pair in pairs for key, value in pair.items()}}


def plain_event(record: Record) -> Iterator[Record]:
    """An event whose attributes are plain keys, as Datadog's agent writes it: what stands within ``Event``."""
    event = record.get("Event")
    if isinstance(event, dict) and isinstance(event.get("System"), dict):
        data = event.get("EventData")
        named = data.get("Data") if isinstance(data, dict) else None
        yield event | ({"EventData": named} if isinstance(named, dict) else {})


def bare(record: Record) -> Iterator[Record]:
    """An event as XML made JSON without the ``Event`` around it."""
    if "System" in record and ("EventData" in record or "UserData" in record):
        yield {"Event": record}
