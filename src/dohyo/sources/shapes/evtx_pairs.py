"""Event XML that a general converter made JSON: attributes have an at sign, the event's data are a list of pairs."""

from __future__ import annotations

from ..model import Pair, Time
from .derive import Path, respelled
from .evtx import SHAPE as _NESTED
from .parts import at

_DATA = at("Event", "EventData", "Data")


def _signed(path: Path) -> Path:
    """``Provider.#attributes.Name`` as it is written here: ``Provider.@Name``."""
    at_ = path.index("#attributes") if "#attributes" in path else -1
    return (*path[:at_], f"@{path[at_ + 1]}", *path[at_ + 2 :]) if at_ >= 0 else path


_SPELLED = respelled(_NESTED, _signed)
SHAPE = respelled(
    _SPELLED,
    lambda path: path,
    name="evtx-pairs",
    title="Windows event XML made JSON by a converter",
    rank=13,
    any_marks=(("Event", "System", "TimeCreated", "@SystemTime"),),
    not_marks=(("EventID",),),
    time=(Time(Pair(_DATA, "UtcTime")), *_SPELLED.time),
    pair_bags=(_DATA,),
    doc='Event XML as ``xmltodict`` and its kin write it: ``{"Data": [{"@Name": "Image", "#text": …}]}``.',
    example=r"""{"Event": {"@xmlns": "http://schemas.microsoft.com/win/2004/08/events/event", "System": {
            "Provider": {"@Name": "Microsoft-Windows-Sysmon", "@Guid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"},
            "EventID": "3", "Version": "5", "Level": "4", "Task": "3", "Opcode": "0", "Keywords": "0x8000000000000000",
            "TimeCreated": {"@SystemTime": "2024-03-05T09:15:31.5000000Z"}, "EventRecordID": "41207",
            "Correlation": null, "Execution": {"@ProcessID": "2388", "@ThreadID": "3120"},
            "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "DESK07.corp.example",
            "Security": {"@UserID": "S-1-5-18"}},
        "EventData": {"Data": [{"@Name": "UtcTime", "#text": "2024-03-05 09:15:30.123"},
            {"@Name": "Image", "#text": "C:\\Windows\\System32\\mshta.exe"}, {"@Name": "User", "#text": "CORP\\mira"},
            {"@Name": "Initiated", "#text": "true"}, {"@Name": "SourceIp", "#text": "10.20.0.7"},
            {"@Name": "DestinationIp", "#text": "198.51.100.7"}, {"@Name": "DestinationPort", "#text": "443"}]}}}""",
)
