"""EvtxECmd of Eric Zimmerman, as KAPE runs it: JSON and CSV, the event's own part as JSON text in ``Payload``."""

from __future__ import annotations

from ..model import Inside, Pair, Shape, Time
from .parts import at, builtins

_CHANNEL = at("Channel")
_COMPUTER = at("Computer")
_PAYLOAD = at("Payload")

SHAPE = Shape(
    name="evtxecmd",
    title="EvtxECmd, KAPE",
    rank=45,
    # Not EventId: whoever looks for it beside another form's EventID has to read each record twice.
    marks=(("Payload",), ("SourceFile",)),
    any_marks=(("ChunkNumber",), ("HiddenRecord",)),
    not_marks=(("Hostname",),),
    fields={
        "EventID": at("EventId"),
        "Channel": _CHANNEL,
        "Provider": at("Provider"),
        "Computer": _COMPUTER,
        "EventRecordID": at("EventRecordId"),
        "Level": at("Level"),
        "Keywords": at("Keywords"),
        "ExecutionProcessID": at("ProcessId"),
        "ExecutionThreadID": at("ThreadId"),
        "UserID": at("UserId"),
        "Message": at("MapDescription"),
        # These names at the top are the logging process's, and what a map of EvtxECmd made of the event.
        "ProcessId": Pair(_PAYLOAD, "ProcessId"),
        "UserName": Pair(_PAYLOAD, "UserName"),
        **builtins("evtxecmd", _COMPUTER, _CHANNEL),
    },
    time=(Time(Pair(_PAYLOAD, "UtcTime")), Time(at("TimeCreated"))),
    pair_bags=(_PAYLOAD,),
    inside_bags=(Inside(_PAYLOAD, ("EventData",)), Inside(_PAYLOAD, ("UserData", "*"))),
    bags=((),),
    doc="Lines of ``EvtxECmd --json`` and rows of ``--csv``. ``PayloadData1`` and its kin are sentences of EvtxECmd's maps.",
    example=r"""{"PayloadData1": "ProcessID: 5124", "RecordNumber": 12, "EventRecordId": "41207",
        "TimeCreated": "2024-03-05T09:15:31.5000000+00:00", "EventId": 3, "Level": "Info",
        "Provider": "Microsoft-Windows-Sysmon", "Channel": "Microsoft-Windows-Sysmon/Operational", "ProcessId": 2388,
        "ThreadId": 3120, "Computer": "DESK07.corp.example", "UserId": "S-1-5-18", "ChunkNumber": 0,
        "MapDescription": "Network connection", "HiddenRecord": false, "SourceFile": "sysmon.evtx",
        "Keywords": "0x8000000000000000", "Payload":
        "{\"EventData\":{\"Data\":[{\"@Name\":\"UtcTime\",\"#text\":\"2024-03-05 09:15:30.123\"},"""
    r"""{\"@Name\":\"Image\",\"#text\":\"C:\\\\Windows\\\\System32\\\\mshta.exe\"},{\"@Name\":\"User\",\"#text\":\"CORP\\\\mira\"},"""
    r"""{\"@Name\":\"Initiated\",\"#text\":\"true\"},{\"@Name\":\"SourceIp\",\"#text\":\"10.20.0.7\"},"""
    r"""{\"@Name\":\"DestinationIp\",\"#text\":\"198.51.100.7\"},{\"@Name\":\"DestinationPort\",\"#text\":\"443\"}]}}"}""",
)
