"""``Get-WinEvent | ConvertTo-Json`` (or ``Export-Csv``): the System part as .NET names it, the rest in the message."""

from __future__ import annotations

from ..model import MessageLine, Shape, Time
from .categories import channel_of
from .parts import at, builtins, first, only_said

_CHANNEL = first(at("LogName"), channel_of(at("ProviderName")))
_COMPUTER = at("MachineName")
_MESSAGE = at("Message")

SHAPE = Shape(
    name="powershell",
    title="PowerShell's Get-WinEvent",
    rank=72,
    marks=(("Id",),),
    any_marks=(("ProviderName",), ("LevelDisplayName",)),
    not_marks=(("EventID",), ("EventData",), ("event_id",), ("EventCode",)),
    fields={
        "EventID": at("Id"),
        "Channel": _CHANNEL,
        "Provider": at("ProviderName"),
        "ProviderGuid": at("ProviderId"),
        "Computer": _COMPUTER,
        "EventRecordID": at("RecordId"),
        "Level": at("Level"),
        "Keywords": at("Keywords"),
        "Task": at("Task"),
        "Opcode": at("Opcode"),
        "ExecutionProcessID": at("ProcessId"),
        "ExecutionThreadID": at("ThreadId"),
        "ActivityID": at("ActivityId"),
        "UserID": first(at("UserId", "Value"), at("UserId")),
        "Message": _MESSAGE,
        "Data": only_said(_CHANNEL, _MESSAGE),
        # ProcessId at the top is the logging process.
        "ProcessId": MessageLine(_MESSAGE, "ProcessId"),
        **builtins("powershell", _COMPUTER, _CHANNEL),
    },
    time=(Time(MessageLine(_MESSAGE, "UtcTime")), Time(at("TimeCreated", "value")), Time(at("TimeCreated"))),
    bags=(),
    message_bags=(_MESSAGE,),
    doc="Event records as PowerShell writes them: the event's fields are only in the rendered message.",
    example=(
        r"""{"Message": "Network connection detected:\r\nRuleName: -\r\nUtcTime: 2024-03-05 09:15:30.123\r\nProc"""
        r"""essId: 5124\r\nImage: C:\\Windows\\System32\\mshta.exe\r\nUser: CORP\\mira\r\nInitiated: true\r\nSou"""
        r"""rceIp: 10.20.0.7\r\nDestinationIp: 198.51.100.7\r\nDestinationPort: 443", """
        r""""Id": 3, "Version": 5, "Level": 4, "Task": 3, "Opcode": 0, "Keywords": -9223372036854775808, "Record"""
        r"""Id": 41207, """
        r""""ProviderName": "Microsoft-Windows-Sysmon", "LogName": "Microsoft-Windows-Sysmon/Operational", """
        r""""ProcessId": 2388, "ThreadId": 3120, "MachineName": "DESK07.corp.example", "UserId": {"Value": "S-1-"""
        r"""5-18"}, """
        r""""TimeCreated": "/Date(1709630131500)/", "LevelDisplayName": "Information"} """
    ),
)
