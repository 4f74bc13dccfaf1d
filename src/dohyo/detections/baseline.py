"""``dohyo baseline``: proposes tuning entries from logs of quiet days: what fires often and on many hosts is an office at
work, and what fires rarely is left alone."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from dohyo.detections.model import Detection
from dohyo.formats.values import counted
from dohyo.results import Alert

#: Fields by which alerts are grouped, as far as a detection's rows have them: the program, its parent, the place it talks to.
_GROUPED = ("process_name", "image", "parentimage", "targetfilename", "destinationport", "queryname")
_HOSTS = ("computer", "hostname", "host")
#: How long a proposed entry holds.
_DAYS = 90


class Limits(Struct, frozen=True):
    """What counts as usual: so many alerts of one kind, on so many hosts, on so many days."""

    alerts: int = 5
    hosts: int = 2
    days: int = 1


class Kind(Struct):
    """Alerts of a detection that are alike: how many, where, when, and which parents they had."""

    detection: str
    match: tuple[tuple[str, str], ...]
    alerts: int = 0
    hosts: set[str] = field(default_factory=set)
    days: set[str] = field(default_factory=set)
    parents: Counter[str] = field(default_factory=Counter)

    @property
    def reason(self) -> str:
        """The numbers as a sentence."""
        where = " and ".join(counted(n, what) for n, what in ((len(self.hosts), "host"), (len(self.days), "day")) if n)
        seen = counted(self.alerts, "alert") + (f" on {where}" if where else "") + " of the baseline"
        parent = self.parents.most_common(1)
        return seen + (f", mostly started by {parent[0][0]}" if parent else "")

    def entry(self, owner: str, today: dt.date) -> dict[str, Any]:
        """The proposed entry for ``tuning.yml``."""
        return {"detections": [self.detection], "match": dict(self.match), "owner": owner, "reason": self.reason,
                "expires": today + dt.timedelta(days=_DAYS)}  # fmt: skip


def kinds(alerts: Sequence[Alert]) -> list[Kind]:
    """The alerts by kind, the most frequent first."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Kind] = {}
    for alert in alerts:
        values = {k.lower(): (k, v) for k, v in alert.fields.items() if v is not None}
        match = tuple((values[n][0], str(values[n][1])) for n in _grouped(values))
        if not match:
            continue
        kind = found.setdefault((alert.detection, match), Kind(alert.detection, match))
        kind.alerts += 1
        kind.hosts |= {str(values[h][1]) for h in _HOSTS if h in values}
        kind.days |= {alert.time[:10]} if alert.time else set()
        if "parentimage" in values:
            kind.parents[str(values["parentimage"][1])] += 1
    return sorted(found.values(), key=lambda k: (-k.alerts, k.detection, k.match))


def _grouped(values: dict[str, Any]) -> Iterator[str]:
    yield from (n for n in _GROUPED if n in values and not (n == "image" and "process_name" in values))


def proposed(alerts: Sequence[Alert], limits: Limits) -> tuple[list[Kind], list[Kind]]:
    """The kinds that are usual, and those that are too rare to be let pass."""
    usual: list[Kind] = []
    rare: list[Kind] = []
    for kind in kinds(alerts):
        often = kind.alerts >= limits.alerts and len(kind.hosts) >= limits.hosts and len(kind.days) >= limits.days
        (usual if often else rare).append(kind)
    return usual, rare


def without_fields(detections: Sequence[Detection], alerts: Sequence[Alert]) -> list[str]:
    """Detections whose alerts say neither a program nor a place, so that nothing can be proposed for them."""
    told = {k.detection for k in kinds(alerts)}
    fired = {a.detection for a in alerts}
    return [d.id for d in detections if d.id in fired - told]
