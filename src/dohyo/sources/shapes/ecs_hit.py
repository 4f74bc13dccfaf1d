"""Elastic Common Schema as Elasticsearch hits: the document under ``_source``."""

from __future__ import annotations

from .derive import under
from .ecs import SHAPE as _DOCUMENT

SHAPE = under(
    _DOCUMENT,
    "_source",
    name="ecs-hit",
    title="Elastic Common Schema, Elasticsearch hits",
    rank=31,
    doc="Hits of an Elasticsearch search or dump whose ``_source`` is a document in the Elastic Common Schema.",
    example=(
        r"""{"_index": ".ds-logs-endpoint.events.network-default", "_id": "x2", "_score": null, """
        r""""_source": {"@timestamp": "2024-03-05T09:15:30.123Z", """
        r""""event": {"category": ["network"], "dataset": "endpoint.events.network", "action": "connection_attem"""
        r"""pted"}, """
        r""""host": {"name": "DESK07.corp.example"}, "user": {"name": "mira", "domain": "CORP"}, """
        r""""process": {"executable": "C:\\Windows\\System32\\mshta.exe", "pid": 5124}, """
        r""""network": {"transport": "tcp", "direction": "egress"}, "source": {"ip": "10.20.0.7", "port": 50122}"""
        r""", """
        r""""destination": {"ip": "198.51.100.7", "port": 443}}} """
    ),
)
