"""Winlogbeat 5 and 6 as Elasticsearch hits: the document under ``_source``, as dump tools and the API give it."""

from __future__ import annotations

from .derive import under
from .winlogbeat6 import SHAPE as _DOCUMENT

SHAPE = under(
    _DOCUMENT,
    "_source",
    name="winlogbeat6-hit",
    title="Winlogbeat 5 and 6, Elasticsearch hits",
    rank=21,
    doc="Hits of an Elasticsearch search or dump whose ``_source`` is a Winlogbeat 5 or 6 document.",
    example=r"""{"_index": "winlogbeat-6.8.0-2024.03.05", "_type": "doc", "_id": "x1", "_score": 1,
        "_source": {"@timestamp": "2024-03-05T09:15:31.500Z", "log_name": "Microsoft-Windows-Sysmon/Operational",
            "source_name": "Microsoft-Windows-Sysmon", "event_id": 3, "computer_name": "DESK07.corp.example",
            "event_data": {"UtcTime": "2024-03-05 09:15:30.123", "Image": "C:\\Windows\\System32\\mshta.exe",
                "User": "CORP\\mira", "Initiated": "true", "SourceIp": "10.20.0.7",
                "DestinationIp": "198.51.100.7", "DestinationPort": "443"}}}""",
)
