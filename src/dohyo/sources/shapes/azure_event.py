"""Azure Log Analytics, table ``Event`` (the older agent): the event's fields are XML in ``EventData``."""

from __future__ import annotations

from ..model import Shape, Time, XmlData
from .parts import at, builtins

_CHANNEL = at("EventLog")
_COMPUTER = at("Computer")
_DATA = at("EventData")

SHAPE = Shape(
    name="azure-event",
    title="Azure Log Analytics, Event",
    rank=41,
    marks=(("TimeGenerated",), ("EventLog",), ("EventID",)),
    not_marks=(("EventSourceName",), ("EventCode",)),
    fields={
        "EventID": at("EventID"),
        "Channel": _CHANNEL,
        "Provider": at("Source"),
        "Computer": _COMPUTER,
        "EventRecordID": at("EventRecordId"),
        "Level": at("EventLevel"),
        "Keywords": at("Keywords"),
        "Task": at("EventCategory"),
        "Opcode": at("Opcode"),
        "ExecutionProcessID": at("SystemProcessId"),
        "ExecutionThreadID": at("SystemThreadId"),
        "UserID": at("SystemUserId"),
        "Message": at("RenderedDescription"),
        **builtins("azure-event", _COMPUTER, _CHANNEL),
    },
    time=(Time(XmlData(_DATA, "UtcTime")), Time(at("TimeGenerated"))),
    xml_bags=(_DATA,),
    doc="Rows of the table Event. ``UserName`` is the account that logged the event, not the event's ``User``.",
    example=r"""{"TenantId": "redacted", "TimeGenerated": "2024-03-05T09:15:31.500Z", "Source": "Microsoft-Windows-Sysmon",
        "EventLog": "Microsoft-Windows-Sysmon/Operational", "Computer": "DESK07.corp.example", "EventLevel": 4,
        "EventLevelName": "Information", "EventID": 3, "UserName": "NT AUTHORITY\\SYSTEM", "EventCategory": 3,
        "EventData": "<DataItem type=\"System.XmlData\"><EventData xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><Data Name=\"UtcTime\">2024-03-05 09:15:30.123</Data><Data Name=\"ProcessId\">5124</Data><Data Name=\"Image\">C:\\Windows\\System32\\mshta.exe</Data><Data Name=\"User\">CORP\\mira</Data><Data Name=\"Initiated\">true</Data><Data Name=\"SourceIp\">10.20.0.7</Data><Data Name=\"DestinationIp\">198.51.100.7</Data><Data Name=\"DestinationPort\">443</Data></EventData></DataItem>",
        "RenderedDescription": "Network connection detected", "Type": "Event"}""",  # noqa: E501 XML in a JSON text
)
