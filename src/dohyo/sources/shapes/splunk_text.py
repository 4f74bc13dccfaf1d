"""Rows of Splunk whose ``_raw`` is a rendered Windows event: ``key=value`` lines, and the message behind the last of them."""

from __future__ import annotations

from ..model import Lookup, MessageLine, Shape, Time
from .categories import channel_of
from .parts import at, builtins, first

_RAW = at("_raw")
_NAMED_FOR_PEOPLE = (("microsoft windows security auditing.", "Microsoft-Windows-Security-Auditing"),)


def _line(name: str) -> MessageLine:
    return MessageLine(_RAW, name, "=")


_CHANNEL = first(_line("LogName"), at("LogName"), channel_of(_line("SourceName")))
_COMPUTER = first(_line("ComputerName"), at("ComputerName"), at("host"))

SHAPE = Shape(
    name="splunk-text",
    title="Splunk rows, rendered event in _raw",
    rank=58,
    marks=(("_raw",),),
    starts=((("sourcetype",), "WinEventLog"), (("sourcetype",), "wineventlog")),
    fields={
        "EventID": first(_line("EventCode"), at("EventCode")),
        "Channel": _CHANNEL,
        "Provider": Lookup(_line("SourceName"), _NAMED_FOR_PEOPLE, _line("SourceName")),
        "Computer": _COMPUTER,
        "EventRecordID": _line("RecordNumber"),
        "Level": _line("Type"),
        "Keywords": _line("Keywords"),
        "Task": _line("TaskCategory"),
        "Opcode": _line("OpCode"),
        "UserID": _line("Sid"),
        "Message": at("Message"),
        # ``User`` before the message is the account that logged the event, ``EventType`` a number for its level.
        "User": MessageLine(_RAW, "User"),
        "EventType": first(MessageLine(_RAW, "EventType"), _line("EventType")),
        **builtins("splunk-text", _COMPUTER, _CHANNEL),
        "_raw": _RAW,
    },
    time=(Time(MessageLine(_RAW, "UtcTime")), Time(at("_time"))),
    message_bags=(_RAW,),
    doc="Splunk's CSV and JSON of the source type ``WinEventLog``. The event's fields are read from the message in ``_raw``.",
    example=r"""{"_time": "2024-03-05T09:15:31.000+00:00", "host": "DESK07", "source": "WinEventLog:Security",
        "sourcetype": "WinEventLog", "_raw": "03/05/2024 09:15:31 AM\nLogName=Microsoft-Windows-Sysmon/Operational\nSource"""
    r"""Name=Microsoft-Windows-Sysmon\nEventCode=3\nEventType=4\nType=Information\nComputerName=DESK07.corp.example\n"""
    r"""User=NOT_TRANSLATED\nRecordNumber=41207\nMessage=Network connection detected:\nUtcTime: 2024-03-05 09:15:30.123\n"""
    r"""Image: C:\\Windows\\System32\\mshta.exe\nUser: CORP\\mira\nInitiated: true\nSourceIp: 10.20.0.7\n"""
    r"""DestinationIp: 198.51.100.7\nDestinationPort: 443"}""",
)
