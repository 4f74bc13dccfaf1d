"""Records in no form that a shape knows, made into records that are: a shipper put the event into a key of its own (Splunk's
``event``, Logstash's ``message``, OpenTelemetry's ``body``), an answer is a table of rows (Azure's, ES|QL's), objects were
flattened to dotted keys, or the names were changed (Graylog, Hayabusa, the portal of Defender).

Each way is a function in ``_WAYS`` that gives the records inside, or ``None`` where it is not that. What comes out counts only
if a shape claims it; everything else stays as it is.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import msgspec
import pyarrow as pa

from dohyo.sources.model import Chunk

Record = dict[str, Any]

_DEPTH = 4  # an event in a message in a body in an answer
_LOOKED_AT = 8
_PATIENCE = 1000  # so many records of a list are no events: none will be
_MOST_ASKED = 10_000
_OPENING = 40
_asked: dict[object, bool] = {}
_EVENT = re.compile(r"<Event[\s>][^<]*<System>", re.ASCII)
#: Keys that hold an event, as an object or a text.
_HOLDERS = (
    "event", "Event", "_source", "message", "Message", "body", "Body", "log", "_raw", "@rawstring", "rawstring", "full_log",
    "document", "data", "Data", "result", "record", "payload", "raw", "line", "original", "value", "System", "json", "fields",
    "xml_string", "jsonPayload", "textPayload", "attributes",
)  # fmt: skip
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
    return any(unfold(record) is not None for text in texts if (record := _object(text)) is not None)


def _of_chunk(chunk: Chunk) -> Chunk:
    texts: list[str] = []
    numbers: list[int] = []
    for text, number in zip(chunk.raw.to_pylist(), chunk.records.to_pylist(), strict=True):
        record = _object(text)
        events = None if record is None else unfold(record)
        texts += [text] if events is None else [_text(event) for event in events]
        numbers += [number] * (len(texts) - len(numbers))
    if numbers[1:] and set(numbers) == {1}:  # all are in one line: the place in it tells them apart
        numbers = list(range(1, len(texts) + 1))
    return Chunk(pa.array(texts, pa.string()), pa.array(numbers, pa.int64()), chunk.position)


def _object(text: str | None) -> Record | None:
    """The JSON object that a text is."""
    if not text or not text.lstrip(" \t\r\n").startswith("{"):
        return None
    try:
        value = _decoded(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # it is stricter than logs are: NaN, half a surrogate pair
        return json.loads(text)


def _text(record: Record) -> str:
    try:
        return msgspec.json.encode(record).decode()
    except (ValueError, RecursionError):  # half a surrogate pair
        return json.dumps(record)


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
    held = (_events([inner], depth) for inner in _held(record))
    lists = (_events(way(record), depth) for way in (_any_list,))  # the last resort: it takes whatever is an event
    return next((found for found in chain(ways, held, lists) if found), None)


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


# --- an event in a key -------------------------------------------------------------------------------------------------


def _held(record: Record) -> Iterator[Record]:
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
    return _object(value)


# --- many events in one record ------------------------------------------------------------------------------------------


def _tables(record: Record) -> Iterator[Record]:
    """``{"tables": [{"columns": [{"name": …}], "rows": [[…]]}]}`` of Azure, ``columns`` and ``values`` of ES|QL."""
    for table in _objects(record.get("tables") or record.get("Tables") or [record]):
        columns = [_column(each) for each in _listed(table, "columns", "Columns", "fields")]
        for row in _listed(table, "rows", "Rows", "values"):
            if columns and isinstance(row, list) and len(row) == len(columns):
                yield {name: value for name, value in zip(columns, row, strict=True) if value is not None}


def _column(told: Any) -> str:
    return str(told.get("name") or told.get("ColumnName") or "") if isinstance(told, dict) else str(told)


def _objects(value: Any) -> list[Record]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _listed(record: Record, *keys: str) -> list[Any]:
    return next((value for key in keys if isinstance(value := record.get(key), list)), [])


def _otlp(record: Record) -> Iterator[Record]:
    """OpenTelemetry's logs as its file exporter writes them: values say what they are."""
    for resource in _objects(record.get("resourceLogs")):
        for scope in _objects(resource.get("scopeLogs")):
            for entry in _objects(scope.get("logRecords")):
                yield {"body": _otlp_value(entry.get("body"))}


def _otlp_value(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        return None
    kind, inner = next(iter(value.items()))
    if kind not in ("kvlistValue", "arrayValue") or not isinstance(inner, dict):
        return inner
    values = _objects(inner.get("values"))
    if kind == "arrayValue":
        return [_otlp_value(each) for each in values]
    return {str(pair.get("key")): _otlp_value(pair.get("value")) for pair in values}


def _any_list(record: Record) -> Iterator[Record]:
    """Lists of objects, whatever they are called; or an object for each event, named by a number."""
    values = list(record.values())
    alone = len(values) > 1 and all(isinstance(value, dict) for value in values)
    for found in [values] if alone else [_objects(value) for value in values]:
        yield from found


def _loki(record: Record) -> Iterator[Record]:
    """Loki's answer: streams, each with pairs of a time and a line."""
    data = record.get("data")
    for stream in _objects(data.get("result")) if isinstance(data, dict) else []:
        for pair in _listed(stream, "values"):
            if isinstance(pair, list) and len(pair) > 1:
                yield {"line": pair[1]}


# --- other names -------------------------------------------------------------------------------------------------------


def _dotted(record: Record) -> Iterator[Record]:
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


def _wazuh(record: Record) -> Iterator[Record]:
    """What a decoder of Wazuh was given, in ``full_log``: ``win`` without the ``data`` around it."""
    if isinstance(record.get("win"), dict):
        yield {"data": record}


def _named_values(record: Record) -> Iterator[Record]:
    """OpenTelemetry's older ``event_data``: a list of objects with a name and its value each."""
    data = record.get("event_data")
    if isinstance(data, dict) and (pairs := _objects(data.get("data"))):
        yield record | {"event_data": {key: value for pair in pairs for key, value in pair.items()}}


#: How Graylog's inputs name what Winlogbeat and nxlog gave, and where it was.
_GRAYLOG = (("winlogbeat_winlog_event_data_", ("winlog", "event_data")), ("winlogbeat_winlog_", ("winlog",)),
            ("winlogbeat_event_data_", ("event_data",)), ("winlogbeat_", ()), ("_", ()))  # fmt: skip


def _graylog(record: Record) -> Iterator[Record]:
    """GELF and Graylog's exports: ``_EventID``, ``winlogbeat_winlog_event_data_Image``."""
    if not any(key.startswith(("winlogbeat_", "_")) for key in record):
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


_HAYABUSA_CHANNELS = {
    "Sysmon": "Microsoft-Windows-Sysmon/Operational", "Sec": "Security", "Sys": "System", "App": "Application",
    "PwSh": "Microsoft-Windows-PowerShell/Operational", "PwShClassic": "Windows PowerShell",
    "Defender": "Microsoft-Windows-Windows Defender/Operational", "TaskSch": "Microsoft-Windows-TaskScheduler/Operational",
    "WMI": "Microsoft-Windows-WMI-Activity/Operational", "BitsCli": "Microsoft-Windows-Bits-Client/Operational",
    "WinRM": "Microsoft-Windows-WinRM/Operational", "AppLocker": "Microsoft-Windows-AppLocker/EXE and DLL",
}  # fmt: skip
_HAYABUSA_NAMES = {
    "Cmdline": "CommandLine", "ParentCmdline": "ParentCommandLine", "ParentPID": "ParentProcessId", "PGUID": "ProcessGuid",
    "ParentPGUID": "ParentProcessGuid", "Hash": "Hashes", "LGUID": "LogonGuid", "LogonID": "LogonId", "Proto": "Protocol",
    "Svc": "ServiceName", "ScriptBlock": "ScriptBlockText", "TgtProc": "TargetImage", "SrcProc": "SourceImage", "Path": "Path",
    "TgtObj": "TargetObject",
}  # fmt: skip
_HAYABUSA_SYSMON = {"Proc": "Image", "PID": "ProcessId", "LID": "LogonId", "SrcIP": "SourceIp", "SrcPort": "SourcePort",
                    "SrcHost": "SourceHostname", "TgtIP": "DestinationIp", "TgtPort": "DestinationPort",
                    "TgtHost": "DestinationHostname", "TgtFile": "TargetFilename"}  # fmt: skip
_HAYABUSA_SECURITY = {"Proc": "NewProcessName", "PID": "NewProcessId", "Type": "LogonType", "TgtUser": "TargetUserName",
                      "SrcUser": "SubjectUserName", "User": "SubjectUserName", "SrcComp": "WorkstationName", "SrcIP": "IpAddress",
                      "SrcPort": "IpPort", "LID": "TargetLogonId"}  # fmt: skip
_HAYABUSA = ("RuleTitle", "Channel", "EventID")


def _hayabusa(record: Record) -> Iterator[Record]:
    """Hayabusa's timeline: its own short names, and the event's in ``AllFieldInfo``."""
    if not all(record.get(key) for key in _HAYABUSA):
        return
    short = str(record["Channel"])
    names = _HAYABUSA_NAMES | (_HAYABUSA_SECURITY if short == "Sec" else _HAYABUSA_SYSMON)
    told = {key: value for part in ("ExtraFieldInfo", "Details") for key, value in _details(record.get(part)).items()}
    fields = {names.get(key, key): value for key, value in told.items()} | _details(record.get("AllFieldInfo"))
    yield fields | {
        "@timestamp": record.get("Timestamp"), "EventID": record["EventID"], "Channel": _HAYABUSA_CHANNELS.get(short, short),
        "Computer": record.get("Computer"), "EventRecordID": record.get("RecordID"), "RuleName": record["RuleTitle"],
    }  # fmt: skip


def _details(value: Any) -> Record:
    """An object, or a text as CSV has it: ``Proc: x ¦ PID: 4``."""
    if isinstance(value, str):
        pairs = (part.partition(":") for part in value.split(" ¦ "))
        return {key.strip(): text.strip() for key, mark, text in pairs if mark}
    return value if isinstance(value, dict) else {}


_GET_EVENTLOG = {"Index": "RecordId", "EventID": "Id", "Source": "ProviderName", "TimeGenerated": "TimeCreated",
                 "EntryType": "LevelDisplayName"}  # fmt: skip


def _get_eventlog(record: Record) -> Iterator[Record]:
    """``Get-EventLog | ConvertTo-Json``: what ``Get-WinEvent`` has under other names."""
    if "EntryType" in record and "Index" in record:
        yield {_GET_EVENTLOG.get(key, key): value for key, value in record.items() if key != "Data"}


_LOG_PARSER = {"EventID": "Id", "SourceName": "ProviderName", "ComputerName": "MachineName", "TimeGenerated": "TimeCreated",
               "RecordNumber": "RecordId", "EventTypeName": "LevelDisplayName", "EventLog": "LogName"}  # fmt: skip


def _log_parser(record: Record) -> Iterator[Record]:
    """Log Parser's rows of an event log: a message in one line, and the log by its name or its file."""
    if "EventTypeName" in record and "SourceName" in record:
        from dohyo.sources.shapes.messages import broken_up

        found = {_LOG_PARSER.get(key, key): value for key, value in record.items()}
        if re.search(r"[\\/.]", str(found.get("LogName", ""))) and "Microsoft-" not in str(found["LogName"]):
            del found["LogName"]
        yield found | {"Message": broken_up(str(record.get("Message", "")))}


def _plain_event(record: Record) -> Iterator[Record]:
    """An event whose attributes are plain keys, as Datadog's agent writes it: what stands within ``Event``."""
    event = record.get("Event")
    if isinstance(event, dict) and isinstance(event.get("System"), dict):
        data = event.get("EventData")
        named = data.get("Data") if isinstance(data, dict) else None
        yield event | ({"EventData": named} if isinstance(named, dict) else {})


def _bare(record: Record) -> Iterator[Record]:
    """An event as XML made JSON without the ``Event`` around it."""
    if "System" in record and ("EventData" in record or "UserData" in record):
        yield {"Event": record}


#: Names that are none of an event's fields, as tables of databases and of other products spell them.
_SPELLED = {"eventcode": "EventID", "eventdata": "EventData", "userdata": "UserData", "timegenerated": "TimeCreated",
            "eventtime": "TimeCreated", "dateandtime": "TimeCreated", "timestamp": "@timestamp", "datetime": "TimeCreated",
            "systemtime": "TimeCreated", "computername": "Computer", "hostname": "Hostname", "machinename": "Computer",
            "logname": "Channel", "sourcename": "SourceName", "providername": "ProviderName"}  # fmt: skip


def _respelled(record: Record) -> Iterator[Record]:
    """Names in other letters, as databases and other products write them: ``eventid``, ``EVENT_ID``, ``Event ID``."""
    found = _spelled(record)
    if str(found.get("EventID")).isdigit() and "EventID" not in record and _of_windows(found):
        yield found


def _of_windows(found: Record) -> bool:
    """Whether the log or the provider is one of Windows: other products have numbered events, too."""
    from dohyo.sources.shapes.categories import CATEGORIES, PROVIDERS

    names = {str(found.get(key)).lower() for key in ("Channel", "SourceName", "ProviderName", "Provider")}
    return any(name.startswith("microsoft-windows-") or name in CATEGORIES or name in PROVIDERS for name in names)


def _spelled(record: Record) -> Record:
    from dohyo.sources.shapes.names import canonical

    found: Record = {}
    for written, value in record.items():
        plain = re.sub(r"[\W_]", "", written).lower()
        name = _SPELLED.get(plain) or canonical(plain)
        found.setdefault(written if name == plain else name, _spelled(value) if isinstance(value, dict) else value)
    return found


_PORTAL = {"Event Time": "Timestamp", "Computer Name": "DeviceName", "Machine Id": "DeviceId"}


def _portal(record: Record) -> Iterator[Record]:
    """The timeline of a device in Defender's portal: names with blanks. (Its CSV leaves out what is empty.)"""
    if "Event Time" in record and "Action Type" in record:
        yield {_PORTAL.get(key, re.sub(r"\W", "", key)): value for key, value in record.items()}


def _osquery(record: Record) -> Iterator[Record]:
    """osquery's table ``windows_events``: the event's fields as JSON in ``data``."""
    columns = record.get("columns", record)
    if isinstance(columns, dict) and "eventid" in columns and "provider_name" in columns:
        data = _object(columns.get("data")) or {}
        yield (data.get("EventData") or {}) | {
            "EventID": columns["eventid"], "Channel": columns.get("source"), "ProviderName": columns["provider_name"],
            "Computer": record.get("hostIdentifier"), "TimeCreated": columns.get("datetime"),
        }  # fmt: skip


_WAYS: tuple[Callable[[Record], Iterator[Record]], ...] = (
    _hayabusa, _get_eventlog, _log_parser, _portal, _plain_event, _bare, _osquery, _otlp, _loki, _tables, _named_values, _wazuh,
    _dotted, _graylog, _respelled,
)  # fmt: skip
