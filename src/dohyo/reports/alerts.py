"""Alerts in the formats of other tools: SARIF, ATT&CK Navigator, Timesketch, OCSF, STIX 2.1."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from dohyo.results import Alert

_NAMESPACE = uuid.UUID("c1d6a2f0-1f1e-5b52-9a70-0c4f4a6b7e21")
_SARIF_LEVELS = {"informational": "note", "low": "note", "medium": "warning", "high": "error", "critical": "error"}
_OCSF_SEVERITY = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_STIX_CONFIDENCE = {"low": 15, "medium": 50, "high": 85}


def _summary(alert: Alert) -> str:
    fields = ", ".join(f"{k}={v}" for k, v in alert.fields.items() if v is not None and k != "_messageTime")
    return f"{alert.title}: {fields}" if fields else alert.title


def sarif(alerts: Sequence[Alert]) -> str:
    """SARIF 2.1.0: one result an alert, at the record of the log file."""
    rules = {a.detection: a for a in alerts}
    results = [_sarif_result(a) for a in alerts]
    driver = {
        "name": "Dohyo",
        "rules": [
            {"id": d, "name": a.title, "shortDescription": {"text": a.title}, "properties": {"tags": [*a.tactics, *a.techniques]}}
            for d, a in rules.items()
        ],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return _json(log)


def _sarif_result(alert: Alert) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": alert.detection,
        "level": _SARIF_LEVELS[alert.severity],
        "message": {"text": _summary(alert)},
        "properties": {"time": alert.time, "severity": alert.severity, "confidence": alert.confidence},
    }
    if alert.evidence:
        region = {"startLine": alert.evidence.record} if alert.evidence.record and alert.evidence.record > 0 else {}
        location: dict[str, Any] = {"artifactLocation": {"uri": alert.evidence.file.replace("\\", "/")}}
        result["locations"] = [{"physicalLocation": location | ({"region": region} if region else {})}]
    return result


def navigator(alerts: Sequence[Alert]) -> str:
    """An ATT&CK Navigator layer: each technique scored by its alerts."""
    counts = Counter(t for a in alerts for t in a.techniques)
    techniques = [{"techniqueID": t, "score": n, "comment": f"{n} alerts", "enabled": True} for t, n in sorted(counts.items())]
    layer = {
        "name": "Dohyo hunt",
        "versions": {"layer": "4.5", "navigator": "5.1.0"},
        "domain": "enterprise-attack",
        "description": f"{len(alerts)} alerts",
        "techniques": techniques,
        "gradient": {"colors": ["#ffe8d6", "#c2255c"], "minValue": 0, "maxValue": max(counts.values(), default=1)},
    }
    return _json(layer)


def timesketch(alerts: Sequence[Alert]) -> str:
    """CSV with Timesketch's columns."""
    fields = list(dict.fromkeys(k for a in alerts for k in a.fields if k != "_messageTime"))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["message", "datetime", "timestamp_desc", "detection", "severity", "file", "record", *fields])
    for a in alerts:
        place = (a.evidence.file, a.evidence.record) if a.evidence else ("", "")
        values = (a.fields.get(f) for f in fields)
        writer.writerow([_summary(a), a.time or "", "Event Logged", a.detection, a.severity, *place, *values])
    return out.getvalue()


def ocsf(alerts: Sequence[Alert]) -> str:
    """OCSF Detection Finding (class 2004), one JSON object a line."""
    return "".join(json.dumps(_ocsf(a), ensure_ascii=False, default=str) + "\n" for a in alerts)


def _ocsf(alert: Alert) -> dict[str, Any]:
    time = _epoch(alert.time)
    attacks = [{"technique": {"uid": t}, "version": "18"} for t in alert.techniques]
    evidence = [{"data": {"file": alert.evidence.file, "record": alert.evidence.record}}] if alert.evidence else []
    return {
        "class_uid": 2004, "class_name": "Detection Finding", "category_uid": 2, "activity_id": 1, "type_uid": 200401, "status_id": 1,
        "severity_id": _OCSF_SEVERITY[alert.severity], "severity": alert.severity.capitalize(), "time": time,
        "message": _summary(alert), "confidence": alert.confidence.capitalize(),
        "metadata": {"version": "1.5.0", "product": {"name": "Dohyo", "vendor_name": "Dohyo"}},
        "finding_info": {
            "uid": _uid(alert), "title": alert.title, "analytic": {"uid": alert.detection, "type_id": 1}, "attacks": attacks,
        },
        "evidences": evidence, "unmapped": alert.fields,
    }  # fmt: skip


def stix(alerts: Sequence[Alert]) -> str:
    """A STIX 2.1 bundle: an indicator for each detection, a sighting for each alert."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    objects: list[dict[str, Any]] = []
    for detection, a in {a.detection: a for a in alerts}.items():
        objects.append({
            "type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.uuid5(_NAMESPACE, detection)}", "created": now,
            "modified": now, "name": a.title, "pattern": detection, "pattern_type": "sumologic", "valid_from": "1970-01-01T00:00:00Z",
            "confidence": _STIX_CONFIDENCE[a.confidence],
            "kill_chain_phases": [{"kill_chain_name": "mitre-attack", "phase_name": t} for t in a.tactics] or None,
        })  # fmt: skip
    for a in alerts:
        seen = a.time or now
        objects.append({
            "type": "sighting", "spec_version": "2.1", "id": f"sighting--{_uid(a)}", "created": now, "modified": now,
            "first_seen": seen, "last_seen": seen, "count": 1, "sighting_of_ref": f"indicator--{uuid.uuid5(_NAMESPACE, a.detection)}",
            "description": _summary(a),
        })  # fmt: skip
    clean = [{k: v for k, v in o.items() if v is not None} for o in objects]
    return _json({"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": clean})


def _uid(alert: Alert) -> str:
    fields = json.dumps(alert.fields, default=str, sort_keys=True)
    place = f"{alert.evidence.file}:{alert.evidence.record}" if alert.evidence else fields
    return str(uuid.uuid5(_NAMESPACE, f"{alert.detection}|{alert.time}|{place}"))


def _epoch(time: str | None) -> int | None:
    return round(datetime.fromisoformat(time).timestamp() * 1000) if time else None


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n"


#: Formats of ``hunt`` beside the ones for rows.
ALERT_WRITERS: dict[str, Callable[[Sequence[Alert]], str]] = {
    "sarif": sarif,
    "navigator": navigator,
    "timesketch": timesketch,
    "ocsf": ocsf,
    "stix": stix,
}
