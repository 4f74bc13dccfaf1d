"""Events under the names of WMI (``EventCode``, ``Logfile``): Sumo Logic's older Windows sources, and Splunk's names.

The event's fields are in the rendered message, or beside the others when a search extracted them.
"""

from __future__ import annotations

from ..model import MessageLine, Shape, Time
from .parts import at, builtins, first

_CHANNEL = first(at("Logfile"), at("LogName"), at("Channel"))
_COMPUTER = first(at("ComputerName"), at("Computer"), at("host"))
_MESSAGE = at("Message")

SHAPE = Shape(
    name="sumo-wmi",
    title="Sumo Logic Windows source, older layout",
    rank=61,
    marks=(("EventCode",),),
    not_marks=(("Event", "System"), ("event_id",), ("ActionType",)),
    fields={
        "EventID": at("EventCode"),
        "Channel": _CHANNEL,
        "Provider": first(at("SourceName"), at("Provider")),
        "Computer": _COMPUTER,
        "EventRecordID": first(at("RecordNumber"), at("EventRecordID")),
        "Level": first(at("Level"), at("Type")),
        "Keywords": at("Keywords"),
        "Task": first(at("TaskCategory"), at("CategoryString"), at("Category")),
        "Opcode": first(at("OpCode"), at("Opcode")),
        "ExecutionProcessID": at("ExecutionProcessID"),
        "ExecutionThreadID": at("ExecutionThreadID"),
        "UserID": at("Sid"),
        "Message": _MESSAGE,
        # ``User`` at the top is as a rule the account that logged the event.
        "User": first(MessageLine(_MESSAGE, "User"), at("User")),
        # A number that says information or warning takes the place of Sysmon's (SetValue, CreateKey …).
        "EventType": first(MessageLine(_MESSAGE, "EventType"), at("EventType")),
        **builtins("sumo-wmi", _COMPUTER, _CHANNEL),
    },
    time=(
        Time(at("UtcTime")),
        Time(MessageLine(_MESSAGE, "UtcTime")),
        Time(at("TimeGenerated")),
        Time(at("_time")),
        Time(at("@timestamp")),
    ),
    bags=((),),
    message_bags=(_MESSAGE,),
    doc="Windows events with ``EventCode`` and ``ComputerName``; the event's fields are read from ``Message``.",
    example=(
        r"""{"Category": 3, "CategoryString": "Network connection detected", "EventCode": 3, """
        r""""ComputerName": "DESK07.corp.example", "EventIdentifier": 3, "EventType": 4, "RecordNumber": 41207, """
        r""""Logfile": "Microsoft-Windows-Sysmon/Operational", "SourceName": "Microsoft-Windows-Sysmon", """
        r""""TimeGenerated": "2024-03-05T09:15:31Z", "Type": "Information", "User": "NT AUTHORITY\\SYSTEM", """
        r""""Message": "Network connection detected:\r\nRuleName: -\r\nUtcTime: 2024-03-05 09:15:30.123\r\nProce"""
        r"""ssId: 5124\r\nImage: C:\\Windows\\System32\\mshta.exe\r\nUser: CORP\\mira\r\nInitiated: true\r\nSour"""
        r"""ceIp: 10.20.0.7\r\nDestinationIp: 198.51.100.7\r\nDestinationPort: 443" """
        r"""} """
    ),
)
