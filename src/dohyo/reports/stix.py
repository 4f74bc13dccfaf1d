"""A STIX 2.1 bundle: an indicator for each detection that fired, a sighting for each alert, the hosts that it was seen on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dohyo.detections.model import Detection
from dohyo.reports.alerts import alert_uid, document, told, uid
from dohyo.results import Alert

_CONFIDENCE = {"low": 15, "medium": 50, "high": 85}
#: What indicators are valid from, whose detection has no date.
_ALWAYS = "1970-01-01T00:00:00Z"
_TECHNIQUE = "https://attack.mitre.org/techniques/"


def stix(alerts: Sequence[Alert], detections: Mapping[str, Detection]) -> str:
    """The bundle. All ids but its own are the same in each run."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    made = {"spec_version": "2.1", "created": now, "modified": now}
    fired = {a.detection: a for a in alerts}
    hosts = dict.fromkeys(host for a in alerts if (host := _host(a)))
    objects = [
        *({"type": "indicator", "id": _indicator(n)} | made | _about(a, detections.get(n)) for n, a in fired.items()),
        *({"type": "identity", "id": _identity(h)} | made | {"name": h, "identity_class": "system"} for h in hosts),
        *({"type": "sighting", "id": f"sighting--{alert_uid(a)}"} | made | _sighting(a, now) for a in alerts),
    ]
    return document({"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": objects})


def _indicator(detection: str) -> str:
    return f"indicator--{uid(detection)}"


def _identity(host: str) -> str:
    return f"identity--{uid(f'host|{host.lower()}')}"


def _host(alert: Alert) -> str:
    return str(alert.fields.get("Computer") or "").strip()


def _about(alert: Alert, detection: Detection | None) -> dict[str, Any]:
    """The pattern is the detection's query, if it is known."""
    known = detection.metadata if detection is not None else None
    found: dict[str, Any] = {
        "name": alert.title, "indicator_types": ["malicious-activity"], "valid_from": _ALWAYS,
        "confidence": _CONFIDENCE[alert.confidence],
        "pattern_type": "sumologic", "pattern": detection.query if detection is not None else alert.detection,
    }  # fmt: skip
    if known is not None and known.description.strip():
        found["description"] = known.description.strip()
    if alert.tactics:
        found["kill_chain_phases"] = [{"kill_chain_name": "mitre-attack", "phase_name": t} for t in alert.tactics]
    if alert.techniques:
        found["external_references"] = [
            {"source_name": "mitre-attack", "external_id": t, "url": _TECHNIQUE + t.replace(".", "/")} for t in alert.techniques
        ]
    return found


def _sighting(alert: Alert, now: str) -> dict[str, Any]:
    seen, host = alert.time or now, _host(alert)
    where = {"where_sighted_refs": [_identity(host)]} if host else {}
    return {"first_seen": seen, "last_seen": seen, "count": 1, "sighting_of_ref": _indicator(alert.detection),
            "description": told(alert), **where}  # fmt: skip
