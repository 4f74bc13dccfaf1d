"""Splunk's export of search results, one ``result`` a line, the event as XML in its ``_raw``."""

from __future__ import annotations

import json

from .derive import under
from .sumo_xml import SHAPE as _ROW

SHAPE = under(
    _ROW,
    "result",
    name="splunk-xml",
    title="Splunk search results, XML in _raw",
    rank=84,
    not_marks=(),
    doc="Lines of ``/search/jobs/export`` and of *Export as JSON*: ``{\"preview\": false, \"result\": {\"_raw\": \"<Event …\"}}``.",
    example=json.dumps({"preview": False, "offset": 0, "result": {"_time": "2024-03-05T09:15:31.500+00:00", "host": "DESK07",
        "sourcetype": "XmlWinEventLog", "_raw": json.loads(_ROW.example)["_raw"]}}),
)  # fmt: skip
