"""The process tree of every alert of a hunt, from the same reading of the logs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dohyo.diagnostics import QueryError
from dohyo.investigation.text import tree_lines
from dohyo.investigation.tree import SECURITY_CREATION, SYSMON_CREATION, Forest
from dohyo.results import Alert, Result
from dohyo.run import Query
from dohyo.sources.shapes.recognise import read_field, read_time, recognise

#: The query that is run beside the detections.
CREATIONS = Query(
    '* | where EventID = "1" or EventID = "4688" '
    f"| fields _messageTime, {', '.join(dict.fromkeys((*SYSMON_CREATION, *SECURITY_CREATION)))} | sort by _messageTime asc",
    "process creations",
)
#: Trees of so many processes are drawn: a page of fifty thousand alerts must stay small.
_MOST_TREES = 2_000
_OWN = ("Computer", "ProcessGuid", "ProcessId")


def process_trees(alerts: Iterable[Alert], creations: Result | QueryError) -> dict[str, str]:
    """For the alerts whose process is known its tree as text, by evidence (``file:record``), the first alerts first.
    ``alerts``: with their raw events; ``creations``: what :data:`CREATIONS` gave."""
    if isinstance(creations, QueryError) or not len(creations):
        return {}
    forest = Forest(creations.rows)
    drawn: dict[tuple[Any, ...], str] = {}
    found: dict[str, str] = {}
    for alert in alerts:
        event = _event(alert)
        if event is None or alert.evidence is None:
            continue
        process = tuple(event.get(n) for n in _OWN[:2]) if event.get("ProcessGuid") else (alert.evidence.file, alert.evidence.record)
        if process not in drawn:
            if len(drawn) == _MOST_TREES:
                break
            tree = forest.around(event)
            drawn[process] = "\n".join(tree_lines(tree)) if tree is not None else ""
        if drawn[process]:
            found[f"{alert.evidence.file}:{alert.evidence.record}"] = drawn[process]
    return found


def _event(alert: Alert) -> dict[str, Any] | None:
    """What tells which process an alert is about; ``None`` for an alert without an event of its own."""
    raw = alert.evidence.raw if alert.evidence is not None else None
    try:
        record = json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    shape = recognise(record)
    return {n: read_field(shape, record, n) for n in _OWN} | {"_messageTime": read_time(shape, record)}
