"""EVTX: the JSON that the Rust ``evtx`` parser makes of a record, and that Dohyo makes of event XML."""

from __future__ import annotations

from msgspec.structs import replace

from ..model import First, Key, Lines, Shape, Time
from .parts import at, builtins, first


def _system(*keys: str) -> Key:
    return at("Event", "System", *keys)


_DATA = ("Event", "EventData")
_USER_DATA = ("Event", "UserData", "*")  # the object below has a name of the provider's choosing: LogFileCleared, EventXML …


def _own_or_system(name: str) -> First:
    """The event's own value of a name that the System part has too."""
    return first(at(*_DATA, name), at(*_USER_DATA, name), _system(name))


_CHANNEL = _system("Channel")
_COMPUTER = _system("Computer")

SHAPE = Shape(
    name="evtx",
    title="Windows event log (EVTX or event XML)",
    rank=10,
    marks=(("Event", "System"),),
    not_marks=(
        ("EventID",),
        ("Event", "System", "TimeCreated_attributes"),
        ("Event", "System", "TimeCreated", "@SystemTime"),
        ("Event", "System", "TimeCreated", "SystemTime"),
    ),
    fields={
        # Providers of the old kind have qualifiers, and so an object in place of the number.
        "EventID": first(_system("EventID", "#text"), _system("EventID")),
        "Channel": _CHANNEL,
        "Provider": _system("Provider", "#attributes", "Name"),
        "ProviderGuid": _system("Provider", "#attributes", "Guid"),
        "Computer": _COMPUTER,
        "EventRecordID": _system("EventRecordID"),
        "Level": _system("Level"),
        "Keywords": _system("Keywords"),
        "Task": _system("Task"),
        "Opcode": _system("Opcode"),
        "ExecutionProcessID": _system("Execution", "#attributes", "ProcessID"),
        "ExecutionThreadID": _system("Execution", "#attributes", "ThreadID"),
        "ActivityID": _system("Correlation", "#attributes", "ActivityID"),
        "UserID": _system("Security", "#attributes", "UserID"),
        **{name: _own_or_system(name) for name in ("Version", "TimeCreated", "Correlation", "Execution", "Security")},
        # What stands behind names of the System part: which log was cleared, say.
        **{f"UserData.{name}": at(*_USER_DATA, name) for name in ("Channel", "Provider")},
        "Message": first(at("Event", "RenderingInfo", "Message"), at(*_DATA, "Message"), at(*_USER_DATA, "Message")),
        # Values without a name: one text, or a list.
        "Data": Lines(first(at(*_DATA, "Data", "#text"), at(*_DATA, "Data"))),
        **builtins("evtx", _COMPUTER, _CHANNEL),
    },
    time=(Time(at(*_DATA, "UtcTime")), Time(_system("TimeCreated", "#attributes", "SystemTime"))),
    bags=(_DATA, _USER_DATA),
    doc="Records of .evtx files, and the same from event XML. Numbers and truth values are typed, GUIDs bare.",
    example=r"""{"Event": {"#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
        "System": {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon",
            "Guid": "5770385F-C22A-43E0-BF4C-06F5698FFBD9"}},
            "EventID": 3, "Version": 5, "Level": 4, "Task": 3, "Opcode": 0, "Keywords": "0x8000000000000000",
            "TimeCreated": {"#attributes": {"SystemTime": "2024-03-05T09:15:31.500000Z"}}, "EventRecordID": 41207,
            "Correlation": null, "Execution": {"#attributes": {"ProcessID": 2388, "ThreadID": 3120}},
            "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "DESK07.corp.example",
            "Security": {"#attributes": {"UserID": "S-1-5-18"}}},
        "EventData": {"RuleName": "-", "UtcTime": "2024-03-05 09:15:30.123",
            "ProcessGuid": "8C1A0F52-61F0-65E6-9A01-000000002A00", "ProcessId": 5124,
            "Image": "C:\\Windows\\System32\\mshta.exe", "User": "CORP\\mira", "Protocol": "tcp", "Initiated": true,
            "SourceIsIpv6": false, "SourceIp": "10.20.0.7", "SourceHostname": "DESK07", "SourcePort": 50122,
            "SourcePortName": "-", "DestinationIsIpv6": false, "DestinationIp": "198.51.100.7",
            "DestinationHostname": "-", "DestinationPort": 443, "DestinationPortName": "https"}}}""",
)

#: The same for records that Dohyo's own reader made: there is nothing beside the event.
OF_FILES = replace(SHAPE, closed=True, not_marks=())
