"""Winlogbeat 5 and 6: the event's fields under ``event_data``, the System part at the top in snake case."""

from __future__ import annotations

from ..model import Shape, Time
from .parts import at, builtins, first, nameless, only_said

_CHANNEL = at("log_name")
_COMPUTER = at("computer_name")

SHAPE = Shape(
    name="winlogbeat6",
    title="Winlogbeat 5 and 6 (event_data)",
    rank=20,
    marks=(("event_id",),),
    any_marks=(("event_data",), ("log_name",)),
    not_marks=(("EventID",), ("channel",)),
    fields={
        "EventID": at("event_id"),
        "Channel": _CHANNEL,
        "Provider": at("source_name"),
        **{f"UserData.{name}": at("user_data", name) for name in ("Channel", "Provider")},
        "ProviderGuid": at("provider_guid"),
        "Computer": _COMPUTER,
        "EventRecordID": at("record_number"),
        "Level": at("level"),
        "Keywords": at("keywords"),
        "Task": at("task"),
        "Opcode": at("opcode"),
        "ExecutionProcessID": at("process_id"),
        "ExecutionThreadID": at("thread_id"),
        "ActivityID": at("activity_id"),
        "UserID": at("user", "identifier"),
        "Message": first(at("message"), at("event_data", "Message")),
        # The object ``user`` at the top is the account that logged the event: it must not answer to ``User``.
        "User": first(at("event_data", "User"), at("user_data", "User")),
        "Data": first(nameless("event_data"), only_said(_CHANNEL, at("message"))),
        **builtins("winlogbeat6", _COMPUTER, _CHANNEL),
    },
    time=(Time(at("event_data", "UtcTime")), Time(at("@timestamp"))),
    bags=(("event_data",), ("user_data",)),
    doc="Documents of Winlogbeat 5 and 6. ``host`` is the machine the beat ran on, ``computer_name`` the event's.",
    example=r"""{"@timestamp": "2024-03-05T09:15:31.500Z", "type": "wineventlog",
        "@metadata": {"beat": "winlogbeat", "type": "doc", "version": "6.8.0"},
        "log_name": "Microsoft-Windows-Sysmon/Operational", "source_name": "Microsoft-Windows-Sysmon",
        "provider_guid": "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}", "event_id": 3, "version": 5,
        "task": "Network connection detected (rule: NetworkConnect)", "opcode": "Info", "level": "Information",
        "record_number": "41207", "process_id": 2388, "thread_id": 3120, "computer_name": "DESK07.corp.example",
        "host": {"name": "collector01"}, "beat": {"name": "collector01", "version": "6.8.0"},
        "user": {"identifier": "S-1-5-18", "name": "SYSTEM", "domain": "NT AUTHORITY", "type": "User"},
        "message": "Network connection detected:\nUtcTime: 2024-03-05 09:15:30.123",
        "event_data": {"UtcTime": "2024-03-05 09:15:30.123", "ProcessId": "5124",
            "ProcessGuid": "{8C1A0F52-61F0-65E6-9A01-000000002A00}", "Image": "C:\\Windows\\System32\\mshta.exe",
            "User": "CORP\\mira", "Protocol": "tcp", "Initiated": "true", "SourceIsIpv6": "false",
            "SourceIp": "10.20.0.7", "SourceHostname": "DESK07", "SourcePort": "50122", "DestinationIsIpv6": "false",
            "DestinationIp": "198.51.100.7", "DestinationPort": "443", "DestinationPortName": "https"}}""",
)
