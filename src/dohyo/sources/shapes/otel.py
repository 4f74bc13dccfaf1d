"""OpenTelemetry's ``windowseventlog`` receiver, Grafana's agents and Vector: snake case, the event's fields in ``event_data``."""

from __future__ import annotations

from ..model import Shape, Time, XmlData
from .parts import at, builtins, first, nameless, only_said

_CHANNEL = at("channel")
_COMPUTER = at("computer")
_DATA = at("event_data")

SHAPE = Shape(
    name="otel",
    title="OpenTelemetry and Grafana agents, Windows event log",
    rank=19,
    marks=(("event_id",), ("channel",)),
    any_marks=(("computer",), ("event_data",), ("record_id",)),
    not_marks=(("EventID",), ("log_name",), ("event_data", "data")),
    fields={
        "EventID": first(at("event_id", "id"), at("event_id")),
        "Channel": _CHANNEL,
        "Provider": first(at("provider", "name"), at("provider_name"), at("source")),
        "ProviderGuid": first(at("provider", "guid"), at("provider_guid")),
        "Computer": _COMPUTER,
        "EventRecordID": first(at("record_id"), at("eventRecordID")),
        "Level": at("level"),
        "Keywords": at("keywords"),
        "Task": at("task"),
        "Opcode": at("opcode"),
        "ExecutionProcessID": first(at("execution", "process_id"), at("execution", "processId"), at("process_id")),
        "ExecutionThreadID": first(at("execution", "thread_id"), at("execution", "threadId"), at("thread_id")),
        "UserID": first(at("security", "user_id"), at("security", "userId")),
        "Message": first(at("message"), at("details")),
        "Data": first(nameless("event_data"), only_said(_CHANNEL, at("message"))),
        **builtins("otel", _COMPUTER, _CHANNEL),
    },
    time=(
        Time(at("event_data", "UtcTime")),
        Time(XmlData(_DATA, "UtcTime")),
        Time(at("system_time")),
        Time(at("timeCreated")),
        Time(at("timestamp")),
        Time(at("@timestamp")),
    ),
    bags=(("event_data",),),
    xml_bags=(_DATA,),
    message_bags=(at("message"),),
    doc="Bodies of OpenTelemetry's receiver, lines of Grafana Alloy and Promtail (``event_data`` is XML there).",
    example=r"""{"event_id": {"id": 3, "qualifiers": 0}, "provider": {"name": "Microsoft-Windows-Sysmon",
            "guid": "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}", "event_source": ""}, "record_id": 41207,
        "system_time": "2024-03-05T09:15:31.5000000Z", "computer": "DESK07.corp.example", "level": "Information",
        "channel": "Microsoft-Windows-Sysmon/Operational", "task": "Network connection detected", "opcode": "Info",
        "keywords": [], "message": "Network connection detected", "event_data": {"UtcTime": "2024-03-05 09:15:30.123",
            "ProcessId": "5124", "Image": "C:\\Windows\\System32\\mshta.exe", "User": "CORP\\mira", "Protocol": "tcp",
            "Initiated": "true", "SourceIp": "10.20.0.7", "DestinationIp": "198.51.100.7", "DestinationPort": "443"},
        "execution": {"process_id": 2388, "thread_id": 3120}}""",
)
