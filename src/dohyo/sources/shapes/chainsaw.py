"""What Chainsaw's hunt writes: the event that a rule fired on, under ``document``."""

from __future__ import annotations

from .derive import under
from .evtx_attributes import SHAPE as _EVENT

SHAPE = under(
    _EVENT,
    "document",
    "data",
    name="chainsaw",
    title="Chainsaw's detections",
    rank=12,
    doc=(
        "Detections of ``chainsaw hunt --json`` and ``--jsonl``. Each holds the event that a rule fired on, so these are not "
        "all events of a log; and an event that two rules fired on is there twice. The rule is in ``name``."
    ),
    example=r"""{"group": "Sigma", "kind": "individual", "name": "Mshta Network Connection", "timestamp":
        "2024-03-05T09:15:31.500000+00:00", "level": "high", "source": "sigma", "status": "test",
        "document": {"kind": "evtx", "path": "sysmon.evtx", "data": {
            "Event_attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}, "Event": {
            "System": {"Provider_attributes": {"Name": "Microsoft-Windows-Sysmon"}, "EventID": 3, "Level": 4,
                "TimeCreated_attributes": {"SystemTime": "2024-03-05T09:15:31.500000Z"}, "EventRecordID": 41207,
                "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "DESK07.corp.example"},
            "EventData": {"UtcTime": "2024-03-05 09:15:30.123", "Image": "C:\\Windows\\System32\\mshta.exe",
                "User": "CORP\\mira", "Initiated": true, "SourceIp": "10.20.0.7", "DestinationIp": "198.51.100.7",
                "DestinationPort": 443}}}}}""",
)
