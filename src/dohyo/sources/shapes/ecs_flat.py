"""Elastic Common Schema with dotted keys on one level, as Kibana's CSV and many JSON exports write it."""

from __future__ import annotations

from .derive import dotted
from .ecs import SHAPE as _NESTED

SHAPE = dotted(
    _NESTED,
    name="ecs-flat",
    title="Elastic Common Schema, dotted keys",
    rank=32,
    any_marks=(
        ("winlog.channel",),
        ("winlog.event_id",),
        ("winlog.event_data.Image",),
        ("process.executable",),
        ("process.pid",),
        ("event.code",),
        ("event.category",),
        ("event.dataset",),
        ("destination.ip",),
    ),
    not_marks=_NESTED.not_marks + _NESTED.any_marks,
    doc=(
        "The Elastic Common Schema with one level of keys: ``winlog.event_data.Image``, ``process.executable``. "
        "Kibana's CSV gives ``@timestamp`` in the reader's own format and zone unless told otherwise: set it to ISO."
    ),
    example=r"""{"@timestamp": "2024-03-05T09:15:31.500Z", "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
        "winlog.event_id": "3", "winlog.provider_name": "Microsoft-Windows-Sysmon", "winlog.record_id": "41207",
        "winlog.computer_name": "DESK07.corp.example", "winlog.event_data.UtcTime": "2024-03-05 09:15:30.123",
        "winlog.event_data.Image": "C:\\Windows\\System32\\mshta.exe", "winlog.event_data.User": "CORP\\mira",
        "winlog.event_data.Initiated": "true", "winlog.event_data.ProcessId": "5124",
        "winlog.event_data.SourceIp": "10.20.0.7", "destination.ip": "198.51.100.7", "destination.port": "443"}""",
)
