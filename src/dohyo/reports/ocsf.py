"""OCSF Detection Finding (class 2004), one JSON object a line."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from dohyo import __version__, attack
from dohyo.detections.model import Detection
from dohyo.reports.alerts import alert_uid, epoch, told
from dohyo.results import Alert

_VERSION = "1.5.0"
_SEVERITY = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_CONFIDENCE = {"low": 1, "medium": 2, "high": 3}
#: The fields that are observables, with OCSF's number of their kind; the numbers beyond 10 differ between its versions.
_OBSERVABLES = {
    "Computer": 1, "DestinationHostname": 1, "QueryName": 1, "SourceIp": 2, "DestinationIp": 2, "User": 4, "TargetFilename": 7,
    "process_name": 9, "Image": 9, "ParentImage": 9,
}  # fmt: skip


def ocsf(alerts: Sequence[Alert], detections: Mapping[str, Detection]) -> str:
    """A line an alert. One that has no time has the time of its finding."""
    now = int(time.time() * 1000)
    return "".join(json.dumps(_finding(a, detections.get(a.detection), now), ensure_ascii=False, default=str) + "\n" for a in alerts)


def _finding(alert: Alert, detection: Detection | None, now: int) -> dict[str, Any]:
    evidence = [{"data": {"file": alert.evidence.file, "record": alert.evidence.record}}] if alert.evidence else []
    seen = epoch(alert.time)
    about = {"desc": detection.metadata.description.strip()} if detection is not None else {}
    return {
        "class_uid": 2004, "class_name": "Detection Finding", "category_uid": 2, "category_name": "Findings",
        "activity_id": 1, "activity_name": "Create", "type_uid": 200401, "type_name": "Detection Finding: Create",
        "status_id": 1, "status": "New", "severity_id": _SEVERITY[alert.severity], "severity": alert.severity.capitalize(),
        "confidence_id": _CONFIDENCE[alert.confidence], "confidence": alert.confidence.capitalize(),
        "time": now if seen is None else seen, "message": told(alert),
        "metadata": {"version": _VERSION, "product": {"name": "Dohyo", "vendor_name": "Dohyo", "version": __version__}},
        "finding_info": {
            "uid": str(alert_uid(alert)), "title": alert.title, **about,
            "analytic": {"uid": alert.detection, "name": alert.title, "type_id": 1, "type": "Rule"},
            "attacks": [_attack(t) for t in alert.techniques],
        },
        "observables": _observables(alert), "evidences": evidence, "unmapped": alert.fields,
    }  # fmt: skip


def _attack(technique: str) -> dict[str, Any]:
    """A technique, or a sub-technique within its technique."""
    parent = technique.partition(".")[0]
    parts = {"technique": parent} | ({"sub_technique": technique} if parent != technique else {})
    return {kind: {"uid": id} | _name(id) for kind, id in parts.items()} | {"version": attack.VERSION}


def _name(technique: str) -> dict[str, str]:
    known = attack.techniques().get(technique) or attack.retired().get(technique)
    return {"name": known.name} if known is not None else {}


def _observables(alert: Alert) -> list[dict[str, Any]]:
    there = {name: str(value) for name, value in alert.fields.items() if value not in (None, "")}
    return [{"name": f"unmapped.{n}", "type_id": kind, "value": there[n]} for n, kind in _OBSERVABLES.items() if n in there]
