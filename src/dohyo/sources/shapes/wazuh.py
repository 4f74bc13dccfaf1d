"""Wazuh's alerts and archives: the event under ``data.win``, its names beginning with a small letter."""

from __future__ import annotations

from ..model import Key, Shape, Time
from .parts import at, builtins, first


def _system(name: str) -> Key:
    return at("data", "win", "system", name)


_CHANNEL = _system("channel")
_COMPUTER = first(_system("computer"), at("agent", "name"))

SHAPE = Shape(
    name="wazuh",
    title="Wazuh alerts and archives",
    rank=15,
    marks=(("data", "win", "system"),),
    not_marks=(("EventID",),),
    fields={
        "EventID": _system("eventID"),
        "Channel": _CHANNEL,
        "Provider": _system("providerName"),
        "ProviderGuid": _system("providerGuid"),
        "Computer": _COMPUTER,
        "EventRecordID": _system("eventRecordID"),
        "Level": _system("level"),
        "Keywords": _system("keywords"),
        "Task": _system("task"),
        "Opcode": _system("opcode"),
        "ExecutionProcessID": _system("processID"),
        "ExecutionThreadID": _system("threadID"),
        "UserID": _system("userID"),
        "Message": _system("message"),
        **builtins("wazuh", _COMPUTER, _CHANNEL),
    },
    # ``timestamp`` is when the manager got it.
    time=(Time(at("data", "win", "eventdata", "utcTime")), Time(_system("systemTime")), Time(at("timestamp"))),
    bags=(("data", "win", "eventdata"), ("data", "win", "*")),
    doc="Lines of ``alerts.json`` and ``archives.json``. Alerts hold only the events that a rule of Wazuh fired on.",
    example=r"""{"timestamp": "2024-03-05T09:15:32.500+0000", "rule": {"level": 3, "id": "61605", "groups": ["sysmon"]},
        "agent": {"id": "003", "name": "DESK07", "ip": "10.20.0.7"}, "manager": {"name": "wazuh"},
        "decoder": {"name": "windows_eventchannel"}, "location": "EventChannel", "data": {"win": {
            "system": {"providerName": "Microsoft-Windows-Sysmon", "eventID": "3", "version": "5", "level": "4",
                "providerGuid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}", "task": "3", "opcode": "0",
                "keywords": "0x8000000000000000", "systemTime": "2024-03-05T09:15:31.5000000Z",
                "eventRecordID": "41207", "processID": "2388", "threadID": "3120",
                "channel": "Microsoft-Windows-Sysmon/Operational", "computer": "DESK07.corp.example",
                "message": "\"Network connection detected\""},
            "eventdata": {"utcTime": "2024-03-05 09:15:30.123", "processId": "5124",
                "image": "C:\\Windows\\System32\\mshta.exe", "user": "CORP\\mira", "protocol": "tcp",
                "initiated": "true", "sourceIp": "10.20.0.7", "destinationIp": "198.51.100.7",
                "destinationPort": "443"}}}}""",
)
