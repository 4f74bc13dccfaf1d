"""Azure Log Analytics, table ``WindowsEvent``: the event's fields are JSON, mostly inside a text, ``EventData``."""

from __future__ import annotations

from ..model import Inside, Shape, Time
from .parts import at, builtins, first

_CHANNEL = at("Channel")
_COMPUTER = at("Computer")
_DATA = at("EventData")

SHAPE = Shape(
    name="azure",
    title="Azure Log Analytics, WindowsEvent",
    rank=40,
    marks=(("TimeGenerated",), ("EventID",)),
    any_marks=(("Channel",), ("Provider",), ("EventData",)),
    not_marks=(("EventSourceName",), ("EventLog",), ("EventCode",)),
    fields={
        "EventID": at("EventID"),
        "Channel": _CHANNEL,
        "Provider": at("Provider"),
        "Computer": _COMPUTER,
        "EventRecordID": first(at("EventRecordId"), at("EventRecordID")),
        "Level": first(at("EventLevel"), at("Level")),
        "Keywords": at("Keywords"),
        "Task": at("Task"),
        "Opcode": at("Opcode"),
        "ExecutionProcessID": at("SystemProcessId"),
        "ExecutionThreadID": at("SystemThreadId"),
        "UserID": at("SystemUserId"),
        "Message": first(at("RenderedDescription"), at("Message")),
        **builtins("azure", _COMPUTER, _CHANNEL),
    },
    time=(Time(Inside(_DATA, ("UtcTime",))), Time(at("TimeCreated")), Time(at("TimeGenerated"))),
    inside_bags=(_DATA,),
    # What the agent could not parse stays there as XML.
    xml_bags=(at("RawEventData"),),
    doc="Rows of the table WindowsEvent, exported from Log Analytics or Microsoft Sentinel.",
    example=(
        r"""{"TenantId": "redacted", "TimeGenerated": "2024-03-05T09:15:31.5Z", """
        r""""Provider": "Microsoft-Windows-Sysmon", "Channel": "Microsoft-Windows-Sysmon/Operational", """
        r""""Computer": "DESK07.corp.example", "Task": 3, "EventLevel": 4, "EventLevelName": "Information", """
        r""""EventData": "{\"RuleName\":\"-\",\"UtcTime\":\"2024-03-05T09:15:30.1230000Z\",\"ProcessId\":\"512"""
        r"""4\",\"Image\":\"C:\\\\Windows\\\\System32\\\\mshta.exe\",\"User\":\"CORP\\\\mira\",\"Protocol\":\"tc"""
        r"""p\",\"Initiated\":\"true\",\"SourceIp\":\"10.20.0.7\",\"SourcePort\":\"50122\",\"DestinationIp\":\"1"""
        r"""98.51.100.7\",\"DestinationPort\":\"443\"}", """
        r""""EventID": 3, "EventRecordId": "41207", "SystemProcessId": 2388, "SystemThreadId": 3120, """
        r""""SystemUserId": "S-1-5-18", "Type": "WindowsEvent"} """
    ),
)
