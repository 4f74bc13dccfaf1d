"""``dohyo compare``: what two versions of a detection do differently on the same logs, alert by alert."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from dohyo.detections.hunt import run_detections
from dohyo.detections.model import Detection
from dohyo.results import Alert, ReadReport
from dohyo.run import RunOptions


class Difference(Struct, frozen=True):
    """Alerts that both give, that only the first gives, and that only the second gives; and what was read."""

    both: int
    only_first: tuple[Alert, ...]
    only_second: tuple[Alert, ...]
    read: ReadReport


def compare(first: Detection, second: Detection, paths: Sequence[str | Path], options: RunOptions) -> Difference:
    """Runs both over one reading of the logs. An alert is the same when it stands for the same record; one that stands for
    none is compared by its fields. Raises the ``QueryError`` of the one that cannot run."""
    found = run_detections([first, second], paths, options)
    for outcome in found.outcomes:
        if outcome.error is not None:
            raise outcome.error
    a, b = ({_key(x): x for x in o.alerts} for o in found.outcomes)
    only_first, only_second = tuple(x for k, x in a.items() if k not in b), tuple(x for k, x in b.items() if k not in a)
    return Difference(len(a.keys() & b.keys()), only_first, only_second, found.read)


def _key(alert: Alert) -> object:
    if alert.evidence is not None:
        return alert.evidence.file, alert.evidence.record
    return alert.time, tuple(sorted((k, str(v)) for k, v in alert.fields.items()))


def of_query(path: Path, like: Detection) -> Detection:
    """A query file as another version of a detection."""
    return replace_query(like, path.stem, path.read_text("utf-8-sig"))


def replace_query(like: Detection, name: str, query: str) -> Detection:
    """The detection with another name and query."""
    return replace(like, id=name, query=query)
