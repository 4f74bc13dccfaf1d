"""Velociraptor's ``parse_evtx``: the System part and the event's data at the top, times as numbers of seconds."""

from __future__ import annotations

from ..model import Shape, Time
from .parts import at, builtins, first

_CHANNEL = at("System", "Channel")
_COMPUTER = at("System", "Computer")

SHAPE = Shape(
    name="velociraptor",
    title="Velociraptor's parse_evtx, and bare events",
    rank=14,
    marks=(("System", "EventID"), ("System", "Channel")),
    not_marks=(("EventID",), ("System", "Provider", "@Name")),
    fields={
        "EventID": first(at("System", "EventID", "Value"), at("System", "EventID", "#text"), at("System", "EventID")),
        "Channel": _CHANNEL,
        "Provider": first(at("System", "Provider", "Name"), at("System", "Provider", "#attributes", "Name")),
        "ProviderGuid": first(at("System", "Provider", "Guid"), at("System", "Provider", "#attributes", "Guid")),
        "Computer": _COMPUTER,
        "EventRecordID": at("System", "EventRecordID"),
        "Level": at("System", "Level"),
        "Keywords": at("System", "Keywords"),
        "Task": at("System", "Task"),
        "Opcode": at("System", "Opcode"),
        "ExecutionProcessID": first(at("System", "Execution", "ProcessID"), at("System", "Execution", "#attributes", "ProcessID")),
        "ExecutionThreadID": first(at("System", "Execution", "ThreadID"), at("System", "Execution", "#attributes", "ThreadID")),
        "ActivityID": at("System", "Correlation", "ActivityID"),
        "UserID": first(at("System", "Security", "UserID"), at("System", "Security", "#attributes", "UserID")),
        "Message": at("Message"),
        **builtins("velociraptor", _COMPUTER, _CHANNEL),
    },
    time=(
        Time(at("EventData", "UtcTime")),
        Time(at("System", "TimeCreated", "SystemTime")),
        Time(at("System", "TimeCreated", "#attributes", "SystemTime")),
    ),
    bags=(("EventData",), ("UserData", "*"), ()),
    doc="Rows of Velociraptor's ``parse_evtx``, and events of an event log without the ``Event`` around them.",
    example=r"""{"System": {"Provider": {"Name": "Microsoft-Windows-Sysmon", "Guid": "5770385F-C22A-43E0-BF4C-06F5698FFBD9"},
            "EventID": {"Value": 3}, "Version": 5, "Level": 4, "Task": 3, "Opcode": 0, "Keywords": 9223372036854775808,
            "TimeCreated": {"SystemTime": 1709630131.5}, "EventRecordID": 41207, "Correlation": {},
            "Execution": {"ProcessID": 2388, "ThreadID": 3120}, "Channel": "Microsoft-Windows-Sysmon/Operational",
            "Computer": "DESK07.corp.example", "Security": {"UserID": "S-1-5-18"}},
        "EventData": {"RuleName": "-", "UtcTime": "2024-03-05 09:15:30.123", "ProcessId": 5124,
            "Image": "C:\\Windows\\System32\\mshta.exe", "User": "CORP\\mira", "Initiated": true,
            "SourceIp": "10.20.0.7", "DestinationIp": "198.51.100.7", "DestinationPort": 443},
        "Message": "Network connection detected"}""",
)
