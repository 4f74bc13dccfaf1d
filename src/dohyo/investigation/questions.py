"""The questions about one event, as Sumo Logic queries with its values in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from dohyo.investigation.tree import SECURITY_CREATION, SYSMON_CREATION
from dohyo.lang.printer import quoted

Event = Mapping[str, Any]


class Question(Struct, frozen=True):
    """A question: what it finds out, in words, the fields of the event that it needs, and the query that answers it.
    ``without``: it is asked of events that lack this field."""

    name: str
    about: str
    needs: tuple[str, ...]
    query: Callable[[Event], str]
    without: str = ""

    def fits(self, event: Event) -> bool:
        """True when it can be asked of an event."""
        return all(event.get(n) for n in self.needs) and not (self.without and event.get(self.without))


def _is(field: str, value: Any) -> str:
    return f"{field} = {quoted(str(value))}"


class Deed(Struct, frozen=True):
    """What a process did, by Sysmon event id, and the fields that tell it."""

    kinds: tuple[str, ...]
    fields: tuple[str, ...]


DEEDS: dict[str, Deed] = {
    "wrote": Deed(("11", "15", "23", "26"), ("EventID", "TargetFilename")),
    "loaded": Deed(("7",), ("ImageLoaded", "Signed", "Signature")),
    "resolved": Deed(("22",), ("QueryName", "QueryResults")),
    "registry": Deed(("12", "13", "14"), ("EventID", "TargetObject", "Details")),
    "connected": Deed(("3",), ("DestinationIp", "DestinationPort", "DestinationHostname")),
}
#: So many events of the process itself are looked at, and so many deeds of a sort are told.
_OWN, MOST_DEEDS = 10_000, 200


def _own(event: Event) -> str:
    """All that the process did, in one question: the source is asked once for its GUID."""
    kinds = ", ".join(quoted(k) for deed in DEEDS.values() for k in deed.kinds)
    shown = dict.fromkeys(["EventID", *(f for deed in DEEDS.values() for f in deed.fields)])
    return (
        f"* | where {_is('ProcessGuid', event['ProcessGuid'])} | where EventID in ({kinds}) "
        f"| fields _messageTime, {', '.join(shown)} | sort by _messageTime asc | limit {_OWN}"
    )


def _sysmon_kin(event: Event) -> str:
    """All processes of the host: what a tree is made of."""
    return (
        f'* | where EventID = "1" and {_is("Computer", event["Computer"])} | fields _messageTime, {", ".join(SYSMON_CREATION)} '
        "| sort by _messageTime asc"
    )


def _security_kin(event: Event) -> str:
    """The same where Security 4688 tells of them: in an event with a GUID Sysmon tells more."""
    return (
        f'* | where EventID = "4688" and {_is("Computer", event["Computer"])} '
        f"| fields _messageTime, {', '.join(SECURITY_CREATION)} | sort by _messageTime asc"
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
    Question("processes", "process tree", ("Computer", "ProcessGuid"), _sysmon_kin),
    Question("processes", "process tree", ("Computer",), _security_kin, without="ProcessGuid"),
    Question("own", "what the process did", ("ProcessGuid",), _own),
    Question("address", "who else talked to the address", ("DestinationIp",), _connections),
    Question("times", "whether the connections have a beat", ("DestinationIp", "Computer", "Image"), _times),
    Question("program", "how rare it is that the program talks to the address", ("Image", "DestinationIp"), _pairs),
)

#: What is read of the event itself.
FIELDS = (
    "EventID", "Computer", "User", "Image", "ProcessGuid", "ProcessId", "CommandLine", "ParentImage", "ParentProcessGuid",
    "DestinationIp", "DestinationPort", "DestinationHostname", "QueryName", "TargetFilename", "TargetObject",
)  # fmt: skip
