"""An exported Sumo Logic search result whose ``_raw`` is a Windows event as JSON. Its own metadata wins."""

from __future__ import annotations

from ..model import Time
from .categories import OTHER_JSON, category_of
from .derive import inside
from .parts import at, exported, exported_builtins, first
from .sumo_json import SHAPE as _MESSAGE

_INNER = inside(_MESSAGE, at("_raw"))

SHAPE = inside(
    _MESSAGE,
    at("_raw"),
    name="sumo-json-export",
    title="Sumo Logic search result, JSON in _raw",
    rank=81,
    marks=(),
    any_marks=(),
    not_marks=(),
    starts=((("_raw",), "{"),),
    fields=_INNER.fields | exported_builtins(_INNER.fields),
    time=(Time(exported("_messageTime")), *_INNER.time),
    category=first(
        exported("_sourceCategory"), category_of(_INNER.fields["Channel"], _INNER.fields["Provider"], OTHER_JSON)
    ),
    doc=(
        "Rows of an exported search (JSON or CSV): ``_messagetime``, ``_sourcecategory`` and ``_sourcehost`` are the "
        "export's own, the event's fields come from the JSON in ``_raw``, whether under ``EventData`` or flat."
    ),
    example=(
        r"""{"_messagetime": "1709630130123", "_sourcecategory": "windows/sysmon", "_sourcehost": "desk07", """
        r""""_source": "win-events", "_collector": "desk07-collector", "_sourcename": "Sysmon", "_messageid": "-"""
        r"""77", """
        r""""_raw": "{\"TimeCreated\":\"2024-03-05T09:15:31+500000000Z\",\"EventID\":\"3\",\"Channel\":\"Microso"""
        r"""ft-Windows-Sysmon/Operational\",\"Provider\":{\"Name\":\"Microsoft-Windows-Sysmon\"},\"Compute"""
        r"""r\":\"DESK07.corp.example\",\"EventData\":{\"UtcTime\":\"2024-03-05 09:15:30.123\",\"Image\":\"C"""
        r""":\\\\Windows\\\\System32\\\\mshta.exe\",\"User\":\"CORP\\\\mira\",\"Initiated\":\"true\",\"SourceI"""
        r"""p\":\"10.20.0.7\",\"DestinationIp\":\"198.51.100.7\",\"DestinationPort\":\"443\"}}" }"""
    ),
)
