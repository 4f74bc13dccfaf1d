"""An exported Sumo Logic search result whose ``_raw`` is a Windows event as JSON. Its own metadata wins."""

from __future__ import annotations

from ..model import First, Inside, Time
from .categories import OTHER_JSON, category_of
from .derive import inside
from .parts import at, exported, exported_builtins, first
from .sumo_json import SHAPE as _MESSAGE

_RAW = at("_raw")
_INNER = inside(_MESSAGE, _RAW)
_NAME = ("Event", "System", "Provider", "#attributes", "Name")
#: Where shippers that send to a collector's HTTP source put what Sumo Logic's own source has at the top: Winlogbeat 7 and 6,
#: OpenTelemetry, an event as its XML has it.
_ELSEWHERE = {
    "EventID": (("winlog", "event_id"), ("event_id", "id"), ("event_id",), ("Event", "System", "EventID")),
    "Channel": (("winlog", "channel"), ("log_name",), ("channel",), ("Event", "System", "Channel")),
    "Provider": (("winlog", "provider_name"), ("source_name",), ("provider", "name"), _NAME),
    "Computer": (("winlog", "computer_name"), ("computer_name",), ("computer",), ("Event", "System", "Computer")),
    "Message": (("message",),),
}
_BAGS = (("winlog", "event_data"), ("winlog", "user_data"), ("event_data",), ("Event", "EventData"), ("Event", "UserData", "*"))
_FIELDS = _INNER.fields | {
    name: First((_INNER.fields[name], *(Inside(_RAW, path) for path in paths))) for name, paths in _ELSEWHERE.items()
}
# nxlog writes the logging process as ProcessID at the top: a name that differs in case only.
_FIELDS |= {"ProcessId": First(tuple(Inside(_RAW, (*bag, "ProcessId")) for bag in (("EventData",), (), *_BAGS)))}

SHAPE = inside(
    _MESSAGE,
    _RAW,
    name="sumo-json-export",
    title="Sumo Logic search result, JSON in _raw",
    rank=81,
    marks=(),
    any_marks=(),
    not_marks=(),
    starts=((("_raw",), "{"),),
    fields=_FIELDS | exported_builtins(_FIELDS),
    time=(Time(exported("_messageTime")), *_INNER.time),
    category=first(
        exported("_sourceCategory"), category_of(_FIELDS["Channel"], _FIELDS["Provider"], OTHER_JSON)
    ),
    inside_bags=(*_INNER.inside_bags[:-1], *(Inside(_RAW, bag) for bag in _BAGS), _RAW),
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
