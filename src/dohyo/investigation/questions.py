"""The questions about one event, as Sumo Logic queries with its values in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dohyo.lang.printer import quoted

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """A question: the fields of the event that it needs, and the query that answers it."""

    name: str
    needs: tuple[str, ...]
    query: Callable[[Event], str]


def _is(field: str, value: Any) -> str:
    return f"{field} = {quoted(str(value))}"


def _own(event: Event, kinds: str, shown: str) -> str:
    same = _is("ProcessGuid", event["ProcessGuid"])
    return f"* | where EventID in ({kinds}) and {same} | fields _messageTime, {shown} | sort by _messageTime asc | limit 200"


def _kin(event: Event) -> str:
    """All processes of the host: what a tree is made of."""
    return (
        f"* | where (EventID = \"1\" or EventID = \"4688\") and {_is('Computer', event['Computer'])} | fields _messageTime, EventID, "
        "ProcessGuid, ProcessId, Image, CommandLine, User, ParentProcessGuid, ParentProcessId, ParentImage, NewProcessId, "
        "NewProcessName, ParentProcessName, SubjectUserName | sort by _messageTime asc"
    )


def _connections(event: Event) -> str:
    return (
        f'* | where EventID = "3" and {_is("DestinationIp", event["DestinationIp"])} | count as connections, '
        "min(_messageTime) as first_seen, max(_messageTime) as last_seen by Computer, User, Image, DestinationPort "
        "| sort by connections desc | limit 10000"
    )


def _times(event: Event) -> str:
    same = " and ".join(_is(n, event[n]) for n in ("DestinationIp", "Computer", "Image"))
    return f'* | where EventID = "3" and {same} | fields _messageTime | sort by _messageTime desc | limit 10000'


def _pairs(event: Event) -> str:
    return (
        f'* | where EventID = "3" and {_is("Image", event["Image"])} | count as connections, count_distinct(Computer) as hosts '
        "by DestinationIp, DestinationPort | sort by connections desc | limit 1000"
    )


QUESTIONS: tuple[Question, ...] = (
    Question("processes", ("Computer",), _kin),
    Question("wrote", ("ProcessGuid",), lambda e: _own(e, '"11", "15", "23", "26"', "EventID, TargetFilename")),
    Question("loaded", ("ProcessGuid",), lambda e: _own(e, '"7"', "ImageLoaded, Signed, Signature")),
    Question("resolved", ("ProcessGuid",), lambda e: _own(e, '"22"', "QueryName, QueryResults")),
    Question("registry", ("ProcessGuid",), lambda e: _own(e, '"12", "13", "14"', "EventID, TargetObject, Details")),
    Question("connected", ("ProcessGuid",), lambda e: _own(e, '"3"', "DestinationIp, DestinationPort, DestinationHostname")),
    Question("address", ("DestinationIp",), _connections),
    Question("times", ("DestinationIp", "Computer", "Image"), _times),
    Question("program", ("Image", "DestinationIp"), _pairs),
)

#: What is read of the event itself.
FIELDS = (
    "EventID", "Computer", "User", "Image", "ProcessGuid", "ProcessId", "CommandLine", "ParentImage", "ParentProcessGuid",
    "DestinationIp", "DestinationPort", "DestinationHostname", "QueryName", "TargetFilename", "TargetObject",
)  # fmt: skip
