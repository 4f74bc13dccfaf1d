"""SARIF 2.1.0: one result an alert, at the record of the log file; one rule a detection that fired."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from dohyo import __version__
from dohyo.detections.model import Detection
from dohyo.reports.alerts import alert_uid, document, told
from dohyo.results import Alert

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"informational": "note", "low": "note", "medium": "warning", "high": "error", "critical": "error"}
#: What GitHub sorts security results by: a number from 0 to 10, as a text.
_SECURITY_SEVERITY = {"informational": "0.0", "low": "3.0", "medium": "5.5", "high": "8.0", "critical": "9.5"}
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def sarif(alerts: Sequence[Alert], detections: Mapping[str, Detection]) -> str:
    """The alerts as one run."""
    fired = {a.detection: a for a in alerts}
    places = {name: place for place, name in enumerate(fired)}
    driver = {"name": "Dohyo", "semanticVersion": __version__, "rules": [_rule(a, detections.get(n)) for n, a in fired.items()]}
    results = [_result(a, places[a.detection]) for a in alerts]
    return document({"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]})


def _rule(alert: Alert, detection: Detection | None) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": alert.detection,
        "shortDescription": {"text": alert.title},
        "defaultConfiguration": {"level": _LEVELS[alert.severity]},
        "properties": {
            "tags": ["security", *alert.tactics, *alert.techniques],
            "precision": alert.confidence,
            "security-severity": _SECURITY_SEVERITY[alert.severity],
        },
    }
    if detection is not None and detection.metadata.description.strip():
        rule["fullDescription"] = {"text": detection.metadata.description.strip()}
    if detection is not None and (playbook := detection.pages().get("playbook")):
        rule["help"] = {"text": playbook, "markdown": playbook}
    return rule


def _result(alert: Alert, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": alert.detection,
        "ruleIndex": rule,
        "level": _LEVELS[alert.severity],
        "message": {"text": told(alert)},
        "partialFingerprints": {"alert/v1": str(alert_uid(alert))},
        "properties": {"time": alert.time, "severity": alert.severity, "confidence": alert.confidence},
    }
    if alert.evidence:
        region = {"startLine": alert.evidence.record} if alert.evidence.record and alert.evidence.record > 0 else {}
        location: dict[str, Any] = {"artifactLocation": {"uri": uri(alert.evidence.file)}}
        result["locations"] = [{"physicalLocation": location | ({"region": region} if region else {})}]
    return result


def uri(file: str) -> str:
    """The file as a URI reference: a path from where the command ran, or ``file:`` and the whole path."""
    if _DRIVE.match(file):
        return PureWindowsPath(file).as_uri()
    if file.startswith("/"):
        return PurePosixPath(file).as_uri()
    scheme, mark, rest = file.partition("://")  # a store in a cloud
    return scheme + mark + quote(rest, errors="replace") if mark else quote(file.replace("\\", "/"), errors="replace")
