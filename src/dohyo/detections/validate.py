"""``dohyo validate``: was the telemetry of each test there, and did a detection see it?"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from dohyo.detections.hunt import Outcome
from dohyo.detections.model import AtomicTest, Detection
from dohyo.diagnostics import QueryError
from dohyo.results import Alert, ReadReport
from dohyo.run import Query, RunOptions, run_queries


class Verdict(StrEnum):
    """``NO_TELEMETRY``: nothing that the test leaves behind is in the logs, so that alerts would be of something else.
    ``NO_DETECTION``: it is there, and no detection saw it."""

    COVERED = "covered"
    NO_DETECTION = "no-detection"
    NO_TELEMETRY = "no-telemetry"


class Seen(Struct, frozen=True):
    """A piece of telemetry: how many rows were expected at least, how many there are, and where the first one is."""

    name: str
    expected: int
    seen: int
    first: str = ""
    error: str = ""


class Validated(Struct, frozen=True):
    """A test and what came of it."""

    test: AtomicTest
    telemetry: tuple[Seen, ...]
    alerts: tuple[Alert, ...]

    @property
    def verdict(self) -> Verdict:
        """Which of three it is."""
        if self.telemetry and not any(t.seen for t in self.telemetry):
            return Verdict.NO_TELEMETRY
        return Verdict.COVERED if self.alerts else Verdict.NO_DETECTION

    @property
    def detections(self) -> list[str]:
        """Those that gave the alerts."""
        return list(dict.fromkeys(a.detection for a in self.alerts))

    def as_json(self) -> dict[str, Any]:
        """The documented form."""
        return {
            "test": self.test.number,
            "name": self.test.name,
            "telemetry": [{"name": t.name, "expected": t.expected, "seen": t.seen, "first": t.first} for t in self.telemetry],
            "alerts": len(self.alerts),
            "detections": self.detections,
            "verdict": self.verdict.value,
        }


def validate(
    detection: Detection, companions: Sequence[Detection], tests: Sequence[AtomicTest], paths: Sequence[str | Path], options: RunOptions
) -> tuple[list[Validated], ReadReport]:
    """Each test against the same logs, which are read once. Alerts belong to a test by the process, those of a
    companion by the test's own list."""
    chosen = [detection, *companions]
    queries = [Query(d.query, d.place) for d in chosen]
    queries += [Query(t.query, f"telemetry of test {test.number}", "strict") for test in tests for t in test.expect]
    results = run_queries(queries, paths, replace(options, evidence=True))
    outcomes = [Outcome(d, None, r) if isinstance(r, QueryError) else Outcome(d, r) for d, r in zip(chosen, results, strict=False)]
    telemetry = iter(results[len(chosen) :])
    found = []
    for test in tests:
        seen = tuple(_seen(t.name, t.count, next(telemetry)) for t in test.expect)
        found.append(Validated(test, seen, tuple(_alerts(test, detection, outcomes))))
    read = next((r.read for r in results if not isinstance(r, QueryError)), ReadReport())
    return found, read


def _seen(name: str, expected: int, result: Any) -> Seen:
    if isinstance(result, QueryError):
        return Seen(name, expected, 0, error=result.diagnostics[0].title)
    first = next((e for e in result.evidence() if e), None)
    return Seen(name, expected, len(result), f"{first.file}:{first.record}" if first else "")


def _alerts(test: AtomicTest, detection: Detection, outcomes: Sequence[Outcome]) -> list[Alert]:
    out = []
    for outcome in outcomes:
        if outcome.detection.id == detection.id:
            out += [a for a in outcome.alerts if _is_of(a, test)]
        elif outcome.detection.id in test.seen_by:
            out += outcome.alerts
    return out


def _is_of(alert: Alert, test: AtomicTest) -> bool:
    """True when a field of the alert names one of the test's programs, by its file name."""
    names = {str(v).lower().replace("/", "\\").rpartition("\\")[2] for v in alert.fields.values() if isinstance(v, str)}
    return not test.processes or bool(names & {p.lower() for p in test.processes})


def simulate(
    detection: Detection, companions: Sequence[Detection], tests: Sequence[AtomicTest], shape: str, options: RunOptions,
    keep: Path | None = None,
) -> list[Validated]:  # fmt: skip
    """Each test against the events that the generator makes of it, and nothing else. The events stay in the folder ``keep``;
    without one they are gone afterwards, and a piece of telemetry names the event by its number."""
    from dohyo.sample.generate import one_attack
    from dohyo.sample.write import write

    found = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for test in tests:
            log = folder / f"test{test.number}.ndjson"
            write(log, one_attack(test.simulate), shape)
            found += validate(detection, companions, [test], [log], options)[0]
    return found if keep else [_without_files(v) for v in found]


def _without_files(v: Validated) -> Validated:
    """The same where the files are not there any more: ``…/test1.ndjson:4`` is generated event 4."""
    told = (replace(t, first=f"generated event {t.first.rpartition(':')[2]}" if t.first else "") for t in v.telemetry)
    return replace(v, telemetry=tuple(told))
