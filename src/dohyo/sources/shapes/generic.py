"""Any other JSON object: its own names, a time when one of the usual names has it."""

from __future__ import annotations

from ..model import Const, Shape, Time
from .categories import OTHER_JSON
from .parts import at, builtins, exported, exported_builtins, first

_HOST = first(
    at("Computer"), at("computer"), at("hostname"), at("Hostname"), at("HostName"), at("host", "name"), at("host"),
    at("device"),
)  # fmt: skip
_NAME = first(at("Channel"), at("logName"), at("source"))
_TIMES = (
    "@timestamp", "timestamp", "Timestamp", "time", "Time", "_time", "ts", "eventTime", "EventTime", "event_time",
    "UtcTime", "TimeCreated", "TimeGenerated", "datetime", "date", "created", "published",
)  # fmt: skip
_BUILTINS = builtins("generic", _HOST, _NAME)

SHAPE = Shape(
    name="generic",
    title="Other JSON",
    rank=1000,
    marks=(),
    fields={
        # Own names only; these are declared so that every shape answers to them.
        "EventID": at("EventID"),
        "Channel": at("Channel"),
        "Provider": at("Provider"),
        "Computer": first(at("Computer"), at("computer")),
        **exported_builtins(_BUILTINS),
    },
    time=(Time(exported("_messageTime")), *(Time(at(name)) for name in _TIMES)),
    category=first(exported("_sourceCategory"), Const(OTHER_JSON)),
    kind=Const("json"),
    doc="Any JSON object that no other shape claims: read under its own names, so that any log can be searched.",
    example=r"""{"timestamp": "2024-03-05T09:15:30.123Z", "host": "proxy01", "client": "10.20.0.7", "status": 200,
        "url": "http://192.0.2.10/index.html"}""",
)
