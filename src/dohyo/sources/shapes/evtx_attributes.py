"""EVTX as JSON whose attributes stand beside their elements: ``evtx_dump --separate-json-attributes``, Chainsaw's dump."""

from __future__ import annotations

from .derive import Path, respelled
from .evtx import SHAPE as _NESTED


def beside(path: Path) -> Path:
    """``Provider.#attributes.Name`` as it is written here: ``Provider_attributes.Name``."""
    at = path.index("#attributes") if "#attributes" in path else 0
    return (*path[: at - 1], f"{path[at - 1]}_attributes", *path[at + 1 :]) if at else path


SHAPE = respelled(
    _NESTED,
    beside,
    name="evtx-attributes",
    title="Windows event log, attributes beside the elements",
    rank=11,
    any_marks=(("Event", "System", "TimeCreated_attributes"),),
    not_marks=(("EventID",),),
    doc="What ``evtx_dump --separate-json-attributes`` and ``chainsaw dump`` write: ``TimeCreated_attributes.SystemTime``.",
    example=r"""{"Event_attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}, "Event": {
        "System": {"Provider_attributes": {"Name": "Microsoft-Windows-Sysmon",
            "Guid": "5770385F-C22A-43E0-BF4C-06F5698FFBD9"},
            "EventID": 3, "Version": 5, "Level": 4, "Task": 3, "Opcode": 0, "Keywords": "0x8000000000000000",
            "TimeCreated_attributes": {"SystemTime": "2024-03-05T09:15:31.500000Z"}, "EventRecordID": 41207,
            "Correlation": null, "Execution_attributes": {"ProcessID": 2388, "ThreadID": 3120},
            "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "DESK07.corp.example",
            "Security_attributes": {"UserID": "S-1-5-18"}},
        "EventData": {"RuleName": "-", "UtcTime": "2024-03-05 09:15:30.123", "ProcessId": 5124,
            "Image": "C:\\Windows\\System32\\mshta.exe", "User": "CORP\\mira", "Protocol": "tcp", "Initiated": true,
            "SourceIp": "10.20.0.7", "SourcePort": 50122, "DestinationIp": "198.51.100.7",
            "DestinationPort": 443}}}""",
)
