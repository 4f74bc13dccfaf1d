"""CSV with Timesketch's columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from dohyo.detections.model import Detection
from dohyo.reports.alerts import told
from dohyo.results import Alert


def timesketch(alerts: Sequence[Alert], detections: Mapping[str, Detection]) -> str:
    """A line an alert: Timesketch's own columns, then the values."""
    fields = list(dict.fromkeys(k for a in alerts for k in a.fields if k != "_messageTime"))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["message", "datetime", "timestamp_desc", "detection", "severity", "file", "record", *fields])
    for a in alerts:
        place = (a.evidence.file, a.evidence.record) if a.evidence else ("", "")
        values = (a.fields.get(f) for f in fields)
        writer.writerow([told(a), a.time or "", "Event Logged", a.detection, a.severity, *place, *values])
    return out.getvalue()
