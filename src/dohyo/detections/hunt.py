"""Detections over logs: the events are read once for all of them; every row becomes an alert."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from dohyo.detections.load import load
from dohyo.detections.model import Detection
from dohyo.detections.tuning import File, Tuned, apply
from dohyo.diagnostics import QueryError
from dohyo.formats.values import iso_time
from dohyo.results import Alert, ReadReport, Result
from dohyo.run import Paths, Query, RunOptions, run_queries

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class Outcome(Struct):
    """What one detection gave: a result, or the error for which it could not run."""

    detection: Detection
    result: Result | None
    error: QueryError | None = None

    @property
    def alerts(self) -> list[Alert]:
        """The alerts, in the query's order."""
        if self.result is None or not len(self.result):
            return []
        rows, times, evidence = self.result.rows, self.result.times(), self.result.evidence()
        return [_alert(self.detection, *one) for one in zip(rows, times, evidence, strict=True)]


def _alert(detection: Detection, row: dict[str, Any], time: int | None, evidence: Any) -> Alert:
    meta = detection.metadata
    return Alert(
        detection.id, meta.title, meta.severity.value, meta.confidence.value, meta.attack.tactics,
        meta.attack.techniques, iso_time(time), row, evidence,
    )  # fmt: skip


class Hunt(Struct, dict=True):
    """The alerts of all detections, newest first, and what was read. ``broken``: detections that cannot be read."""

    outcomes: list[Outcome]
    read: ReadReport
    broken: list[str] = field(default_factory=list)
    tuning: File | None = None
    beside: list[Result | QueryError] = field(default_factory=list)  # what the queries beside the detections gave

    def without_raw(self) -> Hunt:
        """The same hunt without the raw events."""
        outcomes = [replace(o, result=o.result.without_raw() if o.result is not None else None) for o in self.outcomes]
        return replace(self, outcomes=outcomes)

    @functools.cached_property
    def tuned(self) -> Tuned:
        """The alerts newest first (of the same time, in the detections' order), and what tuning let pass."""
        found = sorted((a for o in self.outcomes for a in o.alerts), key=lambda a: a.time or "", reverse=True)
        if self.tuning is None:
            return Tuned(found)
        return apply(self.tuning, found, dt.datetime.now(dt.UTC).date())

    @property
    def alerts(self) -> list[Alert]:
        """The alerts that tuning lets stand, newest first."""
        return self.tuned.alerts

    def __iter__(self) -> Iterator[Alert]:
        return iter(self.alerts)

    def __len__(self) -> int:
        return len(self.alerts)

    def arrow(self) -> pa.Table:
        """The alerts as an Arrow table: one column for each part, and one for each field."""
        import pyarrow as pa

        return pa.Table.from_pylist([flat(a) for a in self.alerts])

    def df(self) -> pd.DataFrame:
        """The alerts as a pandas data frame."""
        frame: pd.DataFrame = self.arrow().to_pandas()
        return frame

    def pl(self) -> pl.DataFrame:
        """The alerts as a polars data frame."""
        import polars

        frame = polars.from_arrow(self.arrow())
        assert isinstance(frame, polars.DataFrame)
        return frame

    def _repr_html_(self) -> str:
        from dohyo.formats.notebook import html_rows

        rows = [flat(a) for a in self.alerts]
        return html_rows(list(rows[0]) if rows else [], rows)


def without_raw(alert: Alert) -> Alert:
    """The alert without the raw event."""
    return replace(alert, evidence=replace(alert.evidence, raw=None) if alert.evidence else None)


def flat(alert: Alert) -> dict[str, Any]:
    """An alert as one level of columns, for tables, CSV and Parquet."""
    evidence = alert.evidence
    return {
        "time": alert.time,
        "severity": alert.severity,
        "detection": alert.detection,
        **{k: _scalar(v) for k, v in alert.fields.items() if k != "_messageTime"},
        "file": evidence.file if evidence else None,
        "record": evidence.record if evidence else None,
        **({"raw": evidence.raw} if evidence and evidence.raw is not None else {}),
    }


def _scalar(value: Any) -> Any:
    return str(value) if isinstance(value, (list, dict)) else value


def hunt(
    paths: Paths,
    detections: Sequence[str] = (),
    *,
    folders: Sequence[Path] = (),
    options: RunOptions | None = None,
) -> Hunt:
    """The alerts of detections over logs. ``detections``: names or prefixes; none: all of the library.

    ``folders``: more detections. Raises ``DetectionError`` for a name that fits none or several.
    """
    library = load([Path(f) for f in folders])
    chosen = [library.find(name) for name in detections] or library.detections
    found = run_detections(chosen, paths, options or RunOptions())
    found.broken = library.broken
    return found


def run_detections(
    detections: Sequence[Detection], paths: Paths, options: RunOptions, beside: Sequence[Query] = (),
    found: Callable[[list[Alert]], None] | None = None,
) -> Hunt:  # fmt: skip
    """The alerts of these detections; one that cannot run is an outcome with an error and does not stop the rest. ``beside``:
    further queries over the same reading. ``found`` is told alerts as soon as they are found."""
    queries = [Query(d.query, d.place) for d in detections]

    def told(place: int, rows: Result) -> None:
        if found is not None and place < len(detections):
            found(Outcome(detections[place], rows).alerts)

    settings = replace(options, evidence=True, told=told if found is not None else None)
    every = run_queries([*queries, *beside], paths, settings)
    results = every[: len(queries)]
    outcomes = [Outcome(d, None, r) if isinstance(r, QueryError) else Outcome(d, r) for d, r in zip(detections, results, strict=True)]
    read = next((o.result.read for o in outcomes if o.result is not None), ReadReport())
    return Hunt(outcomes, read, beside=every[len(queries) :])
