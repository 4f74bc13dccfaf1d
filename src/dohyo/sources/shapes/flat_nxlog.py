"""Flat NDJSON of nxlog: the System part and the event's fields on one level, under names that can clash."""

from __future__ import annotations

from ..model import MessageLine, Shape, Time
from .parts import at, builtins, first, only_said

_CHANNEL = at("Channel")
_COMPUTER = at("Hostname")
_MESSAGE = at("Message")

SHAPE = Shape(
    name="flat-nxlog",
    title="Flat NDJSON of nxlog",
    rank=50,
    marks=(("EventReceivedTime",), ("EventID",)),
    not_marks=(("EventData",), ("TimeGenerated",), ("EventCode",)),
    fields={
        "EventID": at("EventID"),
        "Channel": _CHANNEL,
        "Provider": at("SourceName"),
        "ProviderGuid": at("ProviderGuid"),
        "Computer": _COMPUTER,
        "EventRecordID": first(at("RecordNumber"), at("RecordID")),
        "Level": first(at("Level"), at("Severity")),
        "Keywords": at("Keywords"),
        "Task": at("Task"),
        "Opcode": first(at("OpcodeValue"), at("Opcode")),
        # nxlog 2 to 4 write the logging process as ProcessID, later ones as ExecutionProcessID.
        "ExecutionProcessID": first(at("ExecutionProcessID"), at("ProcessID")),
        "ExecutionThreadID": first(at("ExecutionThreadID"), at("ThreadID")),
        "ActivityID": at("ActivityID"),
        "UserID": at("UserID"),
        "Message": _MESSAGE,
        "Data": first(at("Data"), only_said(_CHANNEL, _MESSAGE)),
        # Sometimes ProcessID pushed the event's own ProcessId out; only the rendered message still has it then.
        "ProcessId": first(at("ProcessId"), MessageLine(_MESSAGE, "ProcessId")),
        # nxlog's own EventType (INFO, AUDIT_SUCCESS) takes the place of Sysmon's (SetValue, CreateKey …).
        "EventType": first(MessageLine(_MESSAGE, "EventType"), at("EventType")),
        # Domain and AccountName are those of the account that logged the event.
        "User": at("User"),
        **builtins("flat-nxlog", _COMPUTER, _CHANNEL),
    },
    # EventTime and EventReceivedTime are local times without an offset: only when there is nothing else.
    time=(Time(at("UtcTime")), Time(at("@timestamp")), Time(at("EventTime")), Time(at("EventReceivedTime"))),
    doc="Records of nxlog's im_msvistalog as JSON. ``host`` and ``port`` are the collector's, not the event's.",
    example=r"""{"EventReceivedTime": "2024-03-05 04:15:33", "EventTime": "2024-03-05 04:15:31",
        "@timestamp": "2024-03-05T09:15:33.210Z", "@version": "1", "host": "collector01.corp.example", "port": 50514,
        "Hostname": "DESK07.corp.example", "Keywords": -9223372036854775808, "EventType": "INFO", "SeverityValue": 2,
        "Severity": "INFO", "EventID": 3, "SourceName": "Microsoft-Windows-Sysmon", "Version": 5, "Task": 3,
        "OpcodeValue": 0, "RecordNumber": 41207, "ProcessID": 2388, "ThreadID": 3120, "UserID": "S-1-5-18",
        "ProviderGuid": "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}", "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Domain": "NT AUTHORITY", "AccountName": "SYSTEM", "AccountType": "User", "SourceModuleName": "eventlog",
        "Message": "Network connection detected:\r\nUtcTime: 2024-03-05 09:15:30.123\r\nProcessId: 5124",
        "UtcTime": "2024-03-05 09:15:30.123", "ProcessGuid": "{8c1a0f52-61f0-65e6-9a01-000000002a00}",
        "Image": "C:\\Windows\\System32\\mshta.exe", "User": "CORP\\mira", "Protocol": "tcp", "Initiated": "true",
        "SourceIp": "10.20.0.7", "SourceHostname": "DESK07", "SourcePort": "50122",
        "DestinationIp": "198.51.100.7", "DestinationPort": "443", "DestinationPortName": "https"}""",
)
