"""Wazuh's alerts as its indexer gives them: the document under ``_source``."""

from __future__ import annotations

import json

from .derive import under
from .wazuh import SHAPE as _DOCUMENT

SHAPE = under(
    _DOCUMENT,
    "_source",
    name="wazuh-hit",
    title="Wazuh alerts, hits of its indexer",
    rank=16,
    doc="Hits of a search in Wazuh's indexer.",
    example=json.dumps({"_index": "wazuh-alerts-4.x-2024.03.05", "_id": "x1", "_source": json.loads(_DOCUMENT.example)}),
)
