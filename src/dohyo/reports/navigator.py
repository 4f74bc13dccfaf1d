"""An ATT&CK Navigator layer: each technique scored by its alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dohyo import attack
from dohyo.detections.model import Detection
from dohyo.formats.values import counted
from dohyo.reports.alerts import document
from dohyo.results import Alert


def navigator(alerts: Sequence[Alert], detections: Mapping[str, Detection]) -> str:
    """The layer. A retired technique is in no matrix that the Navigator shows: what took its place is scored too, and says so."""
    scores: Counter[str] = Counter()
    notes: dict[str, list[str]] = {}
    for technique, count in sorted(Counter(t for a in alerts for t in a.techniques).items()):
        for shown, note in _shown(technique, count):
            scores[shown] += count
            notes.setdefault(shown, []).append(note)
    parents = {t.partition(".")[0] for t in scores if "." in t}
    layer = {
        "name": "Dohyo hunt",
        "versions": {"attack": attack.VERSION.partition(".")[0], "layer": "4.5", "navigator": "5.1.0"},
        "domain": "enterprise-attack",
        "description": counted(len(alerts), "alert"),
        "techniques": [_technique(t, scores, notes, t in parents) for t in sorted({*scores, *parents})],
        "gradient": {"colors": ["#ffe8d6", "#c2255c"], "minValue": 0, "maxValue": max(scores.values(), default=1)},
    }
    return document(layer)


def _shown(technique: str, count: int) -> list[tuple[str, str]]:
    """Where the alerts of a technique are shown, with what is said there."""
    said, gone = counted(count, "alert"), attack.retired().get(technique)
    instead = gone.instead if gone is not None else ()
    return [(technique, said), *((t, f"{said} of {technique}, which it took the place of") for t in instead)]


def _technique(technique: str, scores: Mapping[str, int], notes: Mapping[str, list[str]], is_parent: bool) -> dict[str, Any]:
    """``is_parent``: of a sub-technique with alerts, which is hidden unless this one is open."""
    found: dict[str, Any] = {"techniqueID": technique, "enabled": True}
    if technique in scores:
        found |= {"score": scores[technique], "comment": "; ".join(notes[technique])}
    return found | ({"showSubtechniques": True} if is_parent else {})
