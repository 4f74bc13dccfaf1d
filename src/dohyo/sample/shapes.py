"""The exports in which an event can be written: one function each, from a form to the JSON of a record with holes.

A hole in a JSON text stays a text; ``number("«pid»")`` becomes a bare number. Each function is called once for a form,
never for an event. The shapes are those that ``dohyo.sources.shapes`` reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from .kinds import BOOLEANS, INTEGERS, SECURITY, SYSMON
from .model import COMPUTER, LOGGED_ISO, Event, Form, template
from .shapes_endpoint import cse, defender
from .shapes_parts import guid_bare, message, number, provider_short

Record = dict[str, Any]


def evtx(form: Form) -> Record:
    """As the ``evtx`` crate prints a record: numbers and truth values are typed, GUIDs bare and upper case."""
    kind = form.kind
    event_id: Any = kind.id
    provider: Record = {"Name": kind.provider, "Guid": kind.guid.upper()}
    if kind.qualifiers is not None:
        event_id = {"#attributes": {"Qualifiers": kind.qualifiers}, "#text": kind.id}
        provider = {"Name": kind.provider, "Guid": f"{{{kind.guid}}}", "EventSourceName": kind.provider}
    execution = {"ProcessID": number(kind.process), "ThreadID": number("«tid»")}
    user = None if kind.provider == SECURITY else {"#attributes": {"UserID": "S-1-5-18"}}
    system = {
        "Provider": {"#attributes": provider}, "EventID": event_id, "Version": kind.version, "Level": kind.level,
        "Task": kind.task, "Opcode": 0, "Keywords": kind.keywords,
        "TimeCreated": {"#attributes": {"SystemTime": "«date»T«clock».«ms2»«frac»Z"}},
        "EventRecordID": number("«record»"),
        "Correlation": None, "Execution": {"#attributes": execution}, "Channel": kind.channel, "Computer": COMPUTER,
        "Security": user,
    }  # fmt: skip
    data = {name: _typed(f"{provider_short(kind)}.{name}", guid_bare(text)) for name, text in form.values.items()}
    namespace = {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}
    return {"Event": {"#attributes": namespace, "System": system, "EventData": data}}


def _typed(name: str, text: str) -> Any:
    if name in INTEGERS:
        return number(text)
    return text == "true" if name in BOOLEANS else text


def flat(form: Form) -> Record:
    """One object, the event's fields at the top as text, the rendered message beside them."""
    kind = form.kind
    return {
        "SourceName": kind.provider, "ProviderGuid": f"{{{kind.guid}}}", "Level": str(kind.level),
        "Keywords": kind.keywords,
        "Channel": kind.channel, "Hostname": COMPUTER, "TimeCreated": LOGGED_ISO, "@timestamp": LOGGED_ISO,
        "EventID": kind.id, "Message": message(form, "\r\n"), "Task": str(kind.task), **form.values,
    }  # fmt: skip


def flat_nxlog(form: Form) -> Record:
    """As nxlog gives it through a collector: ``EventTime`` is local, ``host`` and ``port`` are the collector's."""
    kind = form.kind
    keywords = int(kind.keywords, 16)
    audit = kind.provider == SECURITY
    account = (
        {}
        if audit
        else {"Domain": "NT AUTHORITY", "AccountName": "SYSTEM", "UserID": "S-1-5-18", "AccountType": "User"}
    )
    return {
        "EventReceivedTime": "«ldate» «lclock»", "@timestamp": LOGGED_ISO, "@version": "1",
        "host": "collector.corp.example",
        "port": 55069, "tags": ["windows"], "SourceModuleName": "eventlog", "SourceModuleType": "im_msvistalog",
        "EventTime": "«ldate» «lclock»", "Hostname": COMPUTER, "Keywords": keywords - (keywords >> 63 << 64),
        "EventType": "AUDIT_SUCCESS" if audit else "INFO", "SeverityValue": 2, "Severity": "INFO", "EventID": kind.id,
        "SourceName": kind.provider, "ProviderGuid": f"{{{kind.guid.upper()}}}", "Version": kind.version,
        "Task": kind.task,
        "OpcodeValue": 0, "RecordNumber": number("«record»"), "ExecutionProcessID": number(kind.process),
        "ThreadID": number("«tid»"), "Channel": kind.channel, **account, "Message": message(form, "\r\n"),
        **form.values,
    }  # fmt: skip


def winlogbeat6(form: Form) -> Record:
    """Winlogbeat 6: ``event_id``, ``computer_name``, the fields under ``event_data``; empty ones are left out."""
    kind = form.kind
    data = {name: text for name, text in form.values.items() if text not in ("", "-")}
    return {
        "@timestamp": LOGGED_ISO,
        "@metadata": {"beat": "winlogbeat", "type": "doc", "version": "6.7.0", "topic": "winlogbeat"},
        "type": "wineventlog", "log_name": kind.channel, "source_name": kind.provider,
        "provider_guid": f"{{{kind.guid.upper()}}}", "event_id": kind.id, "version": kind.version, "task": kind.title,
        "opcode": "Info", "level": "Information", "record_number": "«record»", "process_id": number(kind.process),
        "thread_id": number("«tid»"), "computer_name": COMPUTER, "host": {"name": "collector"},
        "beat": {"name": "collector", "hostname": "collector", "version": "6.7.0"}, "message": message(form, "\n"),
        "event_data": data,
    }  # fmt: skip


def azure(form: Form) -> Record:
    """A Log Analytics ``WindowsEvent`` row: the fields are JSON inside the text ``EventData``."""
    kind = form.kind
    long_time = {"UtcTime": "«date»T«clock».«ms»0000Z"} if "UtcTime" in form.values else {}
    data = json.dumps(form.values | long_time, ensure_ascii=False, separators=(",", ":"))
    place = "/subscriptions/sample/resourcegroups/office/providers/microsoft.compute/virtualmachines"
    return {
        "TenantId": "sample", "SourceSystem": "OpsManager", "TimeGenerated": LOGGED_ISO, "Provider": kind.provider,
        "Channel": kind.channel, "Computer": COMPUTER, "Task": kind.task, "EventLevel": kind.level,
        "EventLevelName": "Information", "EventData": data, "EventID": kind.id, "EventOriginId": "«guid»",
        "ManagementGroupName": "AOI-sample", "Type": "WindowsEvent", "_ResourceId": f"{place}/«host»",
    }  # fmt: skip


_ECS_FIELDS: dict[str, tuple[str, ...]] = {
    "Image": ("process", "executable"), "ProcessGuid": ("process", "entity_id"), "CommandLine": ("process",
    "command_line"),
    "ParentImage": ("process", "parent", "executable"), "ParentCommandLine": ("process", "parent", "command_line"),
    "ParentProcessGuid": ("process", "parent", "entity_id"), "CurrentDirectory": ("process", "working_directory"),
    "Protocol": ("network", "transport"), "SourceIp": ("source", "ip"), "SourceHostname": ("source", "domain"),
    "DestinationIp": ("destination", "ip"), "DestinationHostname": ("destination", "domain"),
    "QueryName": ("dns", "question", "name"), "TargetFilename": ("file", "path"), "ImageLoaded": ("dll", "path"),
    "TargetObject": ("registry", "path"), "NewProcessName": ("process", "executable"),
    "ParentProcessName": ("process", "parent", "executable"), "ProcessName": ("process", "executable"),
}  # fmt: skip
_ECS_NUMBERS: dict[str, tuple[str, ...]] = {
    "ParentProcessId": ("process", "parent", "pid"), "SourcePort": ("source", "port"),
    "DestinationPort": ("destination", "port"),
}  # fmt: skip


def ecs(form: Form) -> Record:
    """Winlogbeat 7 and later, Elastic Agent: ``winlog.event_data`` beside the Elastic Common Schema's own fields."""
    kind = form.kind
    happened = "«date»T«clock».«ms»Z" if "UtcTime" in form.values else LOGGED_ISO
    data = {name: text for name, text in form.values.items() if text not in ("", "-")}
    record: Record = {
        "@timestamp": happened, "agent": {"type": "winlogbeat", "version": "8.11.0", "name": "«host»"},
        "ecs": {"version": "8.0.0"}, "host": {"name": "«host»", "os": {"type": "windows"}},
        "event": {"kind": "event", "code": str(kind.id), "provider": kind.provider, "action": kind.title,
                  "created": LOGGED_ISO},
        "log": {"level": "information"}, "message": message(form, "\n"),
        "winlog": {
            "api": "wineventlog", "channel": kind.channel, "computer_name": COMPUTER, "event_id": str(kind.id),
            "provider_name": kind.provider, "provider_guid": f"{{{kind.guid.upper()}}}",
            "record_id": number("«record»"),
            "task": kind.title, "version": kind.version,
            "process": {"pid": number(kind.process), "thread": {"id": number("«tid»")}}, "event_data": data,
        },
    }  # fmt: skip
    for name, path in _ECS_FIELDS.items():
        _put(record, path, data.get(name))
    for name, path in _ECS_NUMBERS.items():
        _put(record, path, number(data[name]) if name in data else None)
    return _ecs_process(record, form, data)


def _ecs_process(record: Record, form: Form, data: Mapping[str, str]) -> Record:
    executable = record.get("process", {}).get("executable")
    if executable:
        record["process"] |= {"name": executable.rpartition("\\")[2], "pid": number("«pid»")}
    if "Initiated" in data:
        record["network"]["direction"] = "egress" if data["Initiated"] == "true" else "ingress"
    if "User" in data:
        domain, _, name = data["User"].rpartition("\\")
        record["user"] = {"name": name, "domain": domain}
    return record


def _put(record: Record, path: tuple[str, ...], value: Any) -> None:
    if value is not None:
        for key in path[:-1]:
            record = record.setdefault(key, {})
        record[path[-1]] = value


def sumo_json(form: Form) -> Record:
    """Sumo Logic's Windows event source, JSON form: system properties at the top, the fields under ``EventData``."""
    kind = form.kind
    audit = kind.provider == SECURITY
    return {
        "TimeCreated": "«date»T«clock».«ms2»«frac»00Z", "EventID": str(kind.id), "Task": kind.task, "Correlation": "",
        "Keywords": "Audit Success" if audit else "Classic" if kind.qualifiers else "", "Channel": kind.channel,
        "Opcode": "Info", **({} if audit else {"Security": {"UserID": "S-1-5-18"}}),
        "Provider": {"Guid": f"{{{kind.guid}}}", "Name": kind.provider}, "EventRecordID": number("«record»"),
        "Execution": {"ThreadID": number("«tid»"), "ProcessID": number(kind.process)}, "Version": kind.version,
        "Computer": COMPUTER, "Level": "Information", "EventData": dict(form.values), "Message": message(form, "\r\n"),
    }  # fmt: skip


def event_xml(form: Form) -> str:
    """The event as Windows renders it in XML, with holes."""
    kind = form.kind
    number_ = f" Qualifiers='{kind.qualifiers}'" if kind.qualifiers is not None else ""
    user = "" if kind.provider == SECURITY else " UserID='S-1-5-18'"
    data = "".join(f"<Data Name='{name}'>{escape(text)}</Data>" for name, text in form.values.items())
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<Provider Name='{kind.provider}' Guid='{{{kind.guid}}}'/><EventID{number_}>{kind.id}</EventID>"
        f"<Version>{kind.version}</Version><Level>{kind.level}</Level><Task>{kind.task}</Task><Opcode>0</Opcode>"
        f"<Keywords>{kind.keywords}</Keywords><TimeCreated SystemTime='«date»T«clock».«ms2»«frac»Z'/>"
        f"<EventRecordID>«record»</EventRecordID><Correlation/>"
        f"<Execution ProcessID='{kind.process}' ThreadID='«tid»'/><Channel>{kind.channel}</Channel>"
        f"<Computer>{COMPUTER}</Computer><Security{user}/></System><EventData>{data}</EventData></Event>"
    )


def sumo_xml(form: Form) -> Record:
    """A message of Sumo Logic whose raw text is event XML, with the metadata of a search's export."""
    category = "windows/sysmon" if form.kind.provider == SYSMON else "windows/events"
    return {
        "_messagetime": number("«epochms»"), "_sourcecategory": category, "_sourcehost": COMPUTER,
        "_source": "windows", "_collector": "«host»", "_sourcename": form.kind.channel, "_raw": event_xml(form),
    }  # fmt: skip


_MAKERS: dict[str, Callable[[Form], Record]] = {
    "flat": flat,
    "flat-nxlog": flat_nxlog,
    "winlogbeat6": winlogbeat6,
    "ecs": ecs,
    "azure": azure,
    "defender": defender,
    "evtx": evtx,
    "sumo-json": sumo_json,
    "sumo-xml": sumo_xml,
    "cse": cse,
}

SHAPES: tuple[str, ...] = tuple(_MAKERS)
"""The names of the shapes that can be written."""


def renderer(shape: str) -> Callable[[Event], str]:
    """The function that writes an event as one JSON text of ``shape``; raises ``ValueError`` for an unknown shape."""
    if shape not in _MAKERS:
        raise ValueError(f"unknown shape {shape!r}: it must be one of {', '.join(SHAPES)}")
    make = _MAKERS[shape]

    def render(event: Event) -> str:
        text = event.form.texts.get(shape)
        if text is None:
            record = json.dumps(make(event.form), ensure_ascii=False, separators=(",", ":"))
            text = event.form.texts[shape] = template(record)
        return text % event.slots

    return render
