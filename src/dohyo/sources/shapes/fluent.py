"""Fluent Bit's ``winevtlog`` and Fluentd's ``windows_eventlog2``: the System part at the top, the values as a list without names."""

from __future__ import annotations

from ..model import MessageLine, Shape, Time
from .parts import at, builtins, first

_CHANNEL = at("Channel")
_COMPUTER = first(at("Computer"), at("ComputerName"))
_MESSAGE = first(at("Message"), at("Description"))

SHAPE = Shape(
    name="fluent",
    title="Fluent Bit and Fluentd, Windows event log",
    rank=38,
    marks=(("StringInserts",), ("EventID",)),
    fields={
        "EventID": at("EventID"),
        "Channel": _CHANNEL,
        "Provider": first(at("ProviderName"), at("SourceName")),
        "ProviderGuid": at("ProviderGuid"),
        "Computer": _COMPUTER,
        "EventRecordID": first(at("EventRecordID"), at("RecordNumber")),
        "Level": at("Level"),
        "Keywords": at("Keywords"),
        "Task": at("Task"),
        "Opcode": at("Opcode"),
        # These names at the top are the logging process's and account's.
        "ExecutionProcessID": at("ProcessID"),
        "ExecutionThreadID": at("ThreadID"),
        "ProcessId": MessageLine(_MESSAGE, "ProcessId"),
        "UserID": at("UserID"),
        "EventType": MessageLine(_MESSAGE, "EventType"),
        "Data": at("StringInserts"),
        "Message": _MESSAGE,
        **builtins("fluent", _COMPUTER, _CHANNEL),
    },
    time=(Time(MessageLine(_MESSAGE, "UtcTime")), Time(at("date")), Time(at("TimeCreated")), Time(at("TimeGenerated"))),
    bags=(),
    message_bags=(_MESSAGE,),
    doc="The event's fields are read from the message: ``StringInserts`` has its values, but not their names.",
    example=r"""{"date": 1709630131.5, "ProviderName": "Microsoft-Windows-Sysmon", "EventID": 3, "Version": 5, "Level": 4,
        "ProviderGuid": "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}", "Qualifiers": "", "Task": 3, "Opcode": 0,
        "Keywords": "0x8000000000000000", "TimeCreated": "2024-03-05 09:15:31 +0000", "EventRecordID": 41207,
        "ProcessID": 2388, "ThreadID": 3120, "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Computer": "DESK07.corp.example", "UserID": "NT AUTHORITY\\SYSTEM", "StringInserts": ["-", "443"],
        "Message": "Network connection detected:\r\nUtcTime: 2024-03-05 09:15:30.123\r\nProcessId: 5124\r\n"""
    r"""Image: C:\\Windows\\System32\\mshta.exe\r\n"""
    r"""User: CORP\\mira\r\nInitiated: true\r\n"""
    r"""SourceIp: 10.20.0.7\r\nDestinationIp: 198.51.100.7\r\n"""
    r"""DestinationPort: 443"}""",
)
