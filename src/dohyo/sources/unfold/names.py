"""An event's fields under other names."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from dohyo.sources.unfold.records import Record, json_object

_GET_EVENTLOG = {"Index": "RecordId", "EventID": "Id", "Source": "ProviderName", "TimeGenerated": "TimeCreated",
                 "EntryType": "LevelDisplayName"}  # fmt: skip


def get_eventlog(record: Record) -> Iterator[Record]:
    """``Get-EventLog | ConvertTo-Json``: what ``Get-WinEvent`` has under other names."""
    if "EntryType" in record and "Index" in record:
        yield {_GET_EVENTLOG.get(key, key): value for key, value in record.items() if key != "Data"}


_LOG_PARSER = {"EventID": "Id", "SourceName": "ProviderName", "ComputerName": "MachineName", "TimeGenerated": "TimeCreated",
               "RecordNumber": "RecordId", "EventTypeName": "LevelDisplayName", "EventLog": "LogName"}  # fmt: skip


def log_parser(record: Record) -> Iterator[Record]:
    """Log Parser's rows of an event log: a message in one line, and the log by its name or its file."""
    if "EventTypeName" in record and "SourceName" in record:
        from dohyo.sources.shapes.messages import broken_up

        found = {_LOG_PARSER.get(key, key): value for key, value in record.items()}
        if re.search(r"[\\/.]", str(found.get("LogName", ""))) and "Microsoft-" not in str(found["LogName"]):
            del found["LogName"]
        yield found | {"Message": broken_up(str(record.get("Message", "")))}


#: So many names are remembered; a stranger's log may have any number.
_NAMES = 10_000
#: Names that are none of an event's fields, as tables of databases and of other products spell them.
_SPELLED = {"eventcode": "EventID", "eventdata": "EventData", "userdata": "UserData", "timegenerated": "TimeCreated",
            "eventtime": "TimeCreated", "dateandtime": "TimeCreated", "timestamp": "@timestamp", "datetime": "TimeCreated",
            "systemtime": "TimeCreated", "computername": "Computer", "hostname": "Hostname", "machinename": "Computer",
            "logname": "Channel", "sourcename": "SourceName", "providername": "ProviderName"}  # fmt: skip


def respelled(record: Record) -> Iterator[Record]:
    """Names in other letters, as databases and other products write them: ``eventid``, ``EVENT_ID``, ``Event ID``."""
    if "EventID" not in record and any(_name(key) == "EventID" for key in record):
        found = _spelled(record)
        if str(found.get("EventID")).isdigit() and _of_windows(found):
            yield found


def _of_windows(found: Record) -> bool:
    """Whether the log or the provider is one of Windows: other products have numbered events, too."""
    from dohyo.sources.shapes.categories import CATEGORIES, PROVIDERS

    names = {str(found.get(key)).lower() for key in ("Channel", "SourceName", "ProviderName", "Provider")}
    return any(name.startswith("microsoft-windows-") or name in CATEGORIES or name in PROVIDERS for name in names)


def _spelled(record: Record) -> Record:
    found: Record = {}
    for written, value in record.items():
        found.setdefault(_name(written), _spelled(value) if isinstance(value, dict) else value)
    return found


@functools.lru_cache(_NAMES)
def _name(written: str) -> str:
    """The field that is meant; the name itself where it is none that is known."""
    from dohyo.sources.shapes.names import canonical

    plain = re.sub(r"[\W_]", "", written).lower()
    name = _SPELLED.get(plain) or canonical(plain)
    return written if name == plain else name


_PORTAL = {"Event Time": "Timestamp", "Computer Name": "DeviceName", "Machine Id": "DeviceId"}


def portal(record: Record) -> Iterator[Record]:
    """The timeline of a device in Defender's portal: names with blanks. (Its CSV leaves out what is empty.)"""
    if "Event Time" in record and "Action Type" in record:
        yield {_PORTAL.get(key, re.sub(r"\W", "", key)): value for key, value in record.items()}


def osquery(record: Record) -> Iterator[Record]:
    """osquery's table ``windows_events``: the event's fields as JSON in ``data``."""
    columns = record.get("columns", record)
    if isinstance(columns, dict) and "eventid" in columns and "provider_name" in columns:
        data = (json_object(columns.get("data")) or {}).get("EventData")
        yield (data if isinstance(data, dict) else {}) | {
            "EventID": columns["eventid"], "Channel": columns.get("source"), "ProviderName": columns["provider_name"],
            "Computer": record.get("hostIdentifier"), "TimeCreated": columns.get("datetime"),
        }  # fmt: skip
