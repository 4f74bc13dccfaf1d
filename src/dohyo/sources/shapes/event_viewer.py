"""The Event Viewer's *Save as CSV* (or text): five named columns, and the rendered message in a sixth."""

from __future__ import annotations

from ..model import MessageLine, Shape, Time
from .categories import channel_of
from .parts import at, builtins

_CHANNEL = channel_of(at("Source"))
_COMPUTER = MessageLine(at("Message"), "Computer")
_MESSAGE = at("Message")

SHAPE = Shape(
    name="event-viewer",
    title="Event Viewer, CSV or text",
    rank=93,
    marks=(("Date and Time",), ("Event ID",), ("Source",)),
    fields={
        "EventID": at("Event ID"),
        "Channel": _CHANNEL,
        "Provider": at("Source"),
        "Computer": _COMPUTER,
        "Level": at("Level"),
        "Keywords": at("Keywords"),
        "Task": at("Task Category"),
        "Message": _MESSAGE,
        **builtins("event-viewer", _COMPUTER, _CHANNEL),
    },
    time=(Time(MessageLine(_MESSAGE, "UtcTime")), Time(at("Date and Time"))),
    bags=(),
    message_bags=(_MESSAGE,),
    doc=(
        "The Event Viewer names neither host nor channel; the channel is the one that the source writes to as a rule. Its times "
        "are local, with the month before the day. Save as XML or EVTX to have all of an event."
    ),
    example=r"""{"Level": "Information", "Date and Time": "3/5/2024 9:15:31 AM", "Source": "Microsoft-Windows-Sysmon",
        "Event ID": "3", "Task Category": "Network connection detected", "Message": "Network connection detected:\r\n"""
    r"""UtcTime: 2024-03-05 09:15:30.123\r\n"""
    r"""Computer: DESK07.corp.example\r\n"""
    r"""Image: C:\\Windows\\System32\\mshta.exe\r\n"""
    r"""User: CORP\\mira\r\nInitiated: true\r\n"""
    r"""SourceIp: 10.20.0.7\r\nDestinationIp: 198.51.100.7\r\n"""
    r"""DestinationPort: 443"}""",
)
