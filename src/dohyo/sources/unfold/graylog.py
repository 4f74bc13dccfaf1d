"""What Graylog's inputs make of others' names."""

from __future__ import annotations

from collections.abc import Iterator

from dohyo.sources.unfold.records import Record

#: How Graylog's inputs name what Winlogbeat and nxlog gave, and where it was.
_GRAYLOG = (("winlogbeat_winlog_event_data_", ("winlog", "event_data")), ("winlogbeat_winlog_", ("winlog",)),
            ("winlogbeat_event_data_", ("event_data",)), ("winlogbeat_", ()), ("_", ()))  # fmt: skip


def graylog(record: Record) -> Iterator[Record]:
    """GELF and Graylog's exports: ``_EventID``, ``winlogbeat_winlog_event_data_Image``."""
    named = [value for key, value in record.items() if key.startswith(("winlogbeat_", "_"))]
    if not named or any(isinstance(value, dict) for value in named):  # it has no objects; a document of Elasticsearch is one
        return
    found: Record = {"@timestamp": record.get("timestamp"), "message": record.get("full_message", record.get("message"))}
    for written, value in record.items():
        key = written.lstrip("_") if "winlogbeat_" in written else written
        prefix, outer = next((each for each in _GRAYLOG if key.startswith(each[0])), ("", ()))
        inner = found
        for part in outer if prefix else ():
            inner = inner.setdefault(part, {})
        if prefix or key in ("full_message", "short_message"):
            inner[{"full_message": "Message"}.get(key, key.removeprefix(prefix))] = value
    yield {"Hostname": record.get("host", record.get("source"))} | found
