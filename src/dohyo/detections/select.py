"""Which detections of many: by level, status, ATT&CK technique or tactic, tag, and date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from msgspec import Struct

from dohyo import attack
from dohyo.detections.model import Detection, Severity, Status
from dohyo.diagnostics import closest


class BadSelection(Exception):
    """A level, status or date that does not exist; says what may stand there."""


class Selection(Struct, frozen=True):
    """What a detection must have; each empty part asks for nothing. ``level``: at least this severity. ``techniques`` take
    their sub-techniques along. ``since``: the detection's own date is not before this one."""

    level: str | None = None
    statuses: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    since: str | None = None

    def check(self) -> None:
        """Raises :class:`BadSelection`."""
        levels = [s.value for s in Severity]
        if self.level is not None and self.level not in levels:
            raise BadSelection(f"there is no level `{self.level}`: {', '.join(levels)}")
        for status in self.statuses:
            if status not in (known := [s.value for s in Status]):
                raise BadSelection(f"there is no status `{status}`: {', '.join(known)}")
        for tactic in self.tactics:
            if tactic not in attack.tactics():
                near = closest(tactic, attack.tactics())
                raise BadSelection(f"ATT&CK has no tactic `{tactic}`" + (f"; did you mean `{near}`?" if near else ""))
        if self.since is not None:
            try:
                dt.date.fromisoformat(self.since)
            except ValueError:
                raise BadSelection(f"`{self.since}` is no date: write 2026-01-31") from None

    def of(self, detections: Iterable[Detection]) -> list[Detection]:
        """The detections that have all that is asked for."""
        return [d for d in detections if self._fits(d)]

    def _fits(self, detection: Detection) -> bool:
        meta = detection.metadata
        if self.level is not None and meta.severity.rank < Severity(self.level).rank:
            return False
        if self.statuses and meta.status.value not in self.statuses:
            return False
        if self.techniques and not any(_below(t, w) for t in meta.attack.techniques for w in self.techniques):
            return False
        if self.tactics and not set(self.tactics) & set(meta.attack.tactics):
            return False
        if self.tags and not {t.lower() for t in self.tags} & {t.lower() for t in meta.tags}:
            return False
        return self.since is None or meta.date.replace("/", "-") >= self.since


def _below(technique: str, wanted: str) -> bool:
    own, asked = technique.upper(), wanted.upper()
    return own == asked or own.startswith(f"{asked}.")


def coverage(detections: Sequence[Detection]) -> list[dict[str, object]]:
    """For each technique that a detection names: its name, its tactics, and how many detections there are, by severity."""
    rows: list[dict[str, object]] = []
    techniques = sorted({t for d in detections for t in d.metadata.attack.techniques})
    for technique in techniques:
        own = [d for d in detections if technique in d.metadata.attack.techniques]
        known, gone = attack.techniques().get(technique), attack.retired().get(technique)
        name = known.name if known else f"{gone.name} (retired)" if gone else "(unknown)"
        tactics = ", ".join(known.tactics) if known else ""
        severest = max((d.metadata.severity for d in own), key=lambda s: s.rank)
        rows.append({"technique": technique, "name": name, "tactics": tactics, "detections": len(own), "severest": severest.value})
    return rows
