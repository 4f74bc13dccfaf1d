"""Flat NDJSON, CSV and Parquet: the System part and the event's fields on one level."""

from __future__ import annotations

from ..model import Lines, Shape, Time
from .parts import at, builtins, first, only_said

_CHANNEL = first(at("Channel"), at("LogName"), at("log_name"))
_COMPUTER = first(at("Hostname"), at("Computer"), at("ComputerName"), at("MachineName"))

SHAPE = Shape(
    name="flat",
    title="Flat NDJSON",
    rank=70,
    marks=(("EventID",),),
    any_marks=(
        ("TimeCreated",),
        ("@timestamp",),
        ("Channel",),
        ("SourceName",),
        ("ProviderName",),
        ("Provider",),
        ("UtcTime",),
        ("Image",),
        ("Hostname",),
        ("Computer",),
    ),
    not_marks=(
        ("EventReceivedTime",),
        ("StringInserts",),
        ("EventData",),
        ("TimeGenerated",),
        ("EventCode",),
        ("Provider", "Name"),
        ("EntryType",),
        ("RuleTitle",),
    ),
    fields={
        "EventID": at("EventID"),
        "Channel": _CHANNEL,
        "Provider": first(at("SourceName"), at("ProviderName"), at("Provider_Name"), at("Provider")),
        "ProviderGuid": at("ProviderGuid"),
        "Computer": _COMPUTER,
        "EventRecordID": first(at("EventRecordID"), at("RecordNumber"), at("RecordID"), at("EventRecordId")),
        "Level": at("Level"),
        "Keywords": at("Keywords"),
        "Task": at("Task"),
        "Opcode": at("Opcode"),
        "ExecutionProcessID": at("ExecutionProcessID"),
        "ExecutionThreadID": first(at("ExecutionThreadID"), at("ThreadID")),
        "UserID": first(at("UserID"), at("UserId")),
        "Message": first(at("Message"), at("message")),
        "Data": first(Lines(at("Data")), only_said(_CHANNEL, at("Message"), at("message"))),
        **builtins("flat", _COMPUTER, _CHANNEL),
    },
    time=(Time(at("UtcTime")), Time(at("TimeCreated")), Time(at("@timestamp")), Time(at("EventTime")), Time(at("SystemTime"))),
    doc="One object a record, the event's fields at the top. ``TimeCreated`` is the time of logging.",
    example=r"""{"SourceName": "Microsoft-Windows-Sysmon", "ProviderGuid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
        "Level": "4", "Keywords": "0x8000000000000000", "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Hostname": "DESK07.corp.example", "TimeCreated": "2024-03-05T09:15:31.500Z",
        "@timestamp": "2024-03-05T09:15:31.500Z", "EventID": 3, "Task": "3", "RuleName": "-",
        "Message": "Network connection detected:\r\nUtcTime: 2024-03-05 09:15:30.123",
        "UtcTime": "2024-03-05 09:15:30.123", "ProcessGuid": "{8c1a0f52-61f0-65e6-9a01-000000002a00}",
        "ProcessId": "5124", "Image": "C:\\Windows\\System32\\mshta.exe", "User": "CORP\\mira", "Protocol": "tcp",
        "Initiated": "true", "SourceIsIpv6": "false", "SourceIp": "10.20.0.7", "SourceHostname": "DESK07",
        "SourcePort": "50122", "DestinationIsIpv6": "false", "DestinationIp": "198.51.100.7",
        "DestinationHostname": "-", "DestinationPort": "443", "DestinationPortName": "https"}""",
)
