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
    not_marks=(("EventSourceName",), ("EventCode",), ("EventTypeName",)),
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
    example=(
        r"""{"TenantId": "redacted", "TimeGenerated": "2024-03-05T09:15:31.500Z", "Source": "Microsoft-Windows-S"""
        r"""ysmon", """
        r""""EventLog": "Microsoft-Windows-Sysmon/Operational", "Computer": "DESK07.corp.example", "EventLevel":"""
        r""" 4, """
        r""""EventLevelName": "Information", "EventID": 3, "UserName": "NT AUTHORITY\\SYSTEM", "EventCategory": """
        r"""3, """
        r""""EventData": "<DataItem type=\"System.XmlData\"><EventData xmlns=\"http://schemas.microsoft.com/win/"""
        r"""2004/08/events/event\"><Data Name=\"UtcTime\">2024-03-05 09:15:30.123</Data><Data Name=\"ProcessI"""
        r"""d\">5124</Data><Data Name=\"Image\">C:\\Windows\\System32\\mshta.exe</Data><Data Name=\"User\">COR"""
        r"""P\\mira</Data><Data Name=\"Initiated\">true</Data><Data Name=\"SourceIp\">10.20.0.7</Data><Data Name"""
        r"""=\"DestinationIp\">198.51.100.7</Data><Data Name=\"DestinationPort\">443</Data></EventData></DataIte"""
        r"""m>", """
        r""""RenderedDescription": "Network connection detected", "Type": "Event"} """
    ),
)
