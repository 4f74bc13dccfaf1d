"""The process tree of every alert of a hunt, from the same reading of the logs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from msgspec import Struct, field

from dohyo.diagnostics import QueryError
from dohyo.investigation.text import tree_lines
from dohyo.investigation.tree import SECURITY_CREATION, SYSMON_CREATION, Forest
from dohyo.investigation.values import values_of
from dohyo.results import Alert, Result
from dohyo.run import Query

#: The query that is run beside the detections.
CREATIONS = Query(
    '* | where EventID = "1" or EventID = "4688" '
    f"| fields _messageTime, {', '.join(dict.fromkeys((*SYSMON_CREATION, *SECURITY_CREATION)))} | sort by _messageTime asc",
    "process creations",
)
#: Trees of so many processes are drawn: a page of fifty thousand alerts must stay small.
_MOST_TREES = 2_000
_OWN = ("Computer", "ProcessGuid", "ProcessId")


class Around(Struct):
    """What stands around alerts, by evidence (``file:record``): process trees as text, and values of the events."""

    trees: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)


def around(alerts: Iterable[Alert], creations: Result | QueryError, names: Collection[str]) -> Around:
    """The process trees of the alerts whose process is known, and the fields ``names`` of their events, the first alerts
    first. ``alerts``: with their raw events; ``creations``: what :data:`CREATIONS` gave."""
    forest = Forest(creations.rows if isinstance(creations, Result) else [])
    drawn: dict[tuple[Any, ...], str] = {}
    found = Around()
    for alert in alerts:
        event = _event(alert, names)
        if event is None or alert.evidence is None:
            continue
        place = f"{alert.evidence.file}:{alert.evidence.record}"
        process = tuple(event.get(n) for n in _OWN[:2]) if event.get("ProcessGuid") else (place,)
        if process not in drawn:
            if len(drawn) == _MOST_TREES:
                break
            tree = forest.around(event)
            drawn[process] = "\n".join(tree_lines(tree)) if tree is not None else ""
        if drawn[process]:
            found.trees[place] = drawn[process]
        found.values[place] = {n.lower(): str(event[n]) for n in names if event.get(n)}
    return found


def _event(alert: Alert, names: Collection[str]) -> dict[str, Any] | None:
    """What tells which process an alert is about, and the fields ``names``; ``None`` for an alert without an event of its
    own."""
    return values_of(alert.evidence.raw if alert.evidence is not None else None, (*_OWN, *names))
