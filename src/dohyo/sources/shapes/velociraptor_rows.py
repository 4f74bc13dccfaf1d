"""Rows of Velociraptor's artifacts over event logs (``EvtxHunter`` and its kin): columns, ``EventData`` beside them; in CSV as text."""

from __future__ import annotations

import json

from ..model import Inside, Shape, Time
from .parts import at, builtins, first

_CHANNEL = at("Channel")
_COMPUTER = first(at("Computer"), at("Hostname"), at("Fqdn"))
_DATA = at("EventData")
_ROW = {
    "EventTime": "2024-03-05T09:15:31.5Z", "Computer": "DESK07.corp.example", "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Provider": "Microsoft-Windows-Sysmon", "EventID": 3, "EventRecordID": 41207, "UserSID": "S-1-5-18", "Username": "SYSTEM",
    "EventData": {
        "UtcTime": "2024-03-05 09:15:30.123", "ProcessId": 5124, "Image": "C:\\Windows\\System32\\mshta.exe",
        "User": "CORP\\mira", "Initiated": True, "SourceIp": "10.20.0.7", "DestinationIp": "198.51.100.7", "DestinationPort": 443,
    },
    "UserData": None, "Message": "", "OSPath": "C:\\Windows\\System32\\winevt\\Logs\\s.evtx",
}  # fmt: skip

SHAPE = Shape(
    name="velociraptor-rows",
    title="Velociraptor's artifacts over event logs",
    rank=59,
    marks=(("EventTime",), ("EventID",), ("EventRecordID",)),
    any_marks=(("UserSID",), ("OSPath",), ("FullPath",)),
    not_marks=(("EventReceivedTime",), ("TimeGenerated",), ("EventCode",), ("_raw",)),
    fields={
        "EventID": at("EventID"),
        "Channel": _CHANNEL,
        "Provider": at("Provider"),
        "Computer": _COMPUTER,
        "EventRecordID": at("EventRecordID"),
        "UserID": at("UserSID"),
        "Message": at("Message"),
        **builtins("velociraptor-rows", _COMPUTER, _CHANNEL),
    },
    time=(Time(Inside(_DATA, ("UtcTime",))), Time(at("EventTime"))),
    bags=(("EventData",), ("UserData", "*")),
    inside_bags=(_DATA,),
    doc="Results of ``Windows.EventLogs.EvtxHunter`` and similar artifacts, JSON or CSV. ``Username`` is who logged the event.",
    example=json.dumps(_ROW | {"EventData": json.dumps(_ROW["EventData"])}),
)
