"""Splunk's export of search results, one ``result`` a line, the event as rendered text in its ``_raw``."""

from __future__ import annotations

import json

from .derive import under
from .splunk_text import SHAPE as _ROW

SHAPE = under(
    _ROW,
    "result",
    name="splunk-text-result",
    title="Splunk search results, rendered event in _raw",
    rank=83,
    doc="Lines of Splunk's JSON export of the source type ``WinEventLog``.",
    example=json.dumps({"preview": False, "offset": 0, "result": json.loads(_ROW.example)}),
)
