"""Sumo Logic's own Windows event sources as JSON: the System part at the top, the event's fields in ``EventData``."""

from __future__ import annotations

from ..model import Lines, Shape, Time
from .parts import at, builtins, first, only_said

_CHANNEL = at("Channel")
_COMPUTER = first(at("Computer"), at("Hostname"))

SHAPE = Shape(
    name="sumo-json",
    title="Sumo Logic Windows source, JSON",
    rank=60,
    marks=(("EventID",),),
    any_marks=(("EventData",), ("Provider", "Name")),
    not_marks=(("TimeGenerated",), ("EventCode",), ("_raw",), ("UserSID",), ("OSPath",), ("FullPath",)),
    fields={
        "EventID": at("EventID"),
        "Channel": _CHANNEL,
        "Provider": first(at("Provider", "Name"), at("SourceName"), at("Provider")),
        **{f"UserData.{name}": at("UserData", "*", name) for name in ("Channel", "Provider")},
        "ProviderGuid": at("Provider", "Guid"),
        "Computer": _COMPUTER,
        "EventRecordID": first(at("EventRecordID"), at("RecordNumber")),
        "Level": at("Level"),
        "Keywords": at("Keywords"),
        "Task": at("Task"),
        "Opcode": at("Opcode"),
        "ExecutionProcessID": at("Execution", "ProcessID"),
        "ExecutionThreadID": at("Execution", "ThreadID"),
        "ActivityID": at("Correlation", "ActivityID"),
        "UserID": at("Security", "UserID"),
        "Message": at("Message"),
        "Data": first(Lines(first(at("EventData", "Data", "#text"), at("EventData", "Data"))), only_said(_CHANNEL, at("Message"))),
        **builtins("sumo-json", _COMPUTER, _CHANNEL),
    },
    time=(
        Time(at("EventData", "UtcTime")),
        Time(at("UtcTime")),
        Time(at("TimeCreated", "SystemTime")),
        Time(at("TimeCreated")),
        Time(at("@timestamp")),
        Time(at("EventTime")),
    ),
    bags=(("EventData",), ("UserData", "*"), ()),
    doc="Messages of Sumo Logic's Windows event sources in JSON, and other exports with an ``EventData`` object.",
    example=r"""{"TimeCreated": "2024-03-05T09:15:31+500000000Z", "EventID": "3", "Task": 3, "Correlation": "",
        "Keywords": "", "Channel": "Microsoft-Windows-Sysmon/Operational", "Opcode": "Info",
        "Security": {"UserID": "S-1-5-18"}, "Provider": {"Guid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
            "Name": "Microsoft-Windows-Sysmon"}, "EventRecordID": 41207,
        "Execution": {"ThreadID": 3120, "ProcessID": 2388}, "Version": 5, "Computer": "DESK07.corp.example",
        "Level": "Informational", "EventData": {"RuleName": "-", "UtcTime": "2024-03-05 09:15:30.123",
            "ProcessGuid": "{8c1a0f52-61f0-65e6-9a01-000000002a00}", "ProcessId": "5124",
            "Image": "C:\\Windows\\System32\\mshta.exe", "User": "CORP\\mira", "Protocol": "tcp",
            "Initiated": "true", "SourceIp": "10.20.0.7", "SourcePort": "50122", "DestinationIp": "198.51.100.7",
            "DestinationPort": "443"}, "Message": "Network connection detected:\r\nRuleName: -"}""",
)
