"""What the formats of other tools have in common in which alerts are written (:mod:`~dohyo.reports.writers` lists them)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from dohyo.detections.model import Detection
from dohyo.results import Alert

#: Writes alerts. The detections, by their ids, tell more of what fired; an alert whose detection is not among them is told as far as
#: it tells itself.
Writer = Callable[[Sequence[Alert], Mapping[str, Detection]], str]

_NAMESPACE = uuid.UUID("c1d6a2f0-1f1e-5b52-9a70-0c4f4a6b7e21")


def told(alert: Alert) -> str:
    """The alert in a line: its title, and all values."""
    fields = ", ".join(f"{k}={v}" for k, v in alert.fields.items() if v is not None and k != "_messageTime")
    return f"{alert.title}: {fields}" if fields else alert.title


def uid(text: str) -> uuid.UUID:
    """The same for the same text, in whatever run."""
    return uuid.uuid5(_NAMESPACE, text)


def alert_uid(alert: Alert) -> uuid.UUID:
    """The same for the same alert, in whatever run; another for each of several alerts of one record."""
    fields = json.dumps(alert.fields, default=str, sort_keys=True)
    place = f"{alert.evidence.file}:{alert.evidence.record}" if alert.evidence else ""
    return uid(f"{alert.detection}|{alert.time}|{place}|{fields}")


def epoch(time: str | None) -> int | None:
    """Milliseconds since 1970 of an alert's time."""
    return round(datetime.fromisoformat(time).timestamp() * 1000) if time else None


def document(data: object) -> str:
    """JSON to be read by people, too."""
    return json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n"
