"""``dohyo test``: the cases of detections, each run against its detection's query."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dohyo.detections.cases import CaseError, load, run
from dohyo.detections.model import Detection


@dataclass(frozen=True)
class Tested:
    """One case of a detection: what failed (nothing: it holds), and how long it took, in seconds."""

    detection: str
    case: str
    path: Path
    failures: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass
class Tests:
    """The cases that were run, and the detections that have none."""

    cases: list[Tested] = field(default_factory=list)
    without: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[Tested]:
        """The cases that do not hold."""
        return [c for c in self.cases if c.failures]


def run_tests(detections: Sequence[Detection]) -> Tests:
    """Runs the cases of detections; a broken one is a failure and does not stop the others."""
    found = Tests()
    for detection in detections:
        cases = list(_cases(detection))
        found.cases += cases
        if not cases:
            found.without.append(detection.id)
    return found


def _cases(detection: Detection) -> Iterator[Tested]:
    for path in sorted((detection.folder / "tests").glob("*.y*ml")):
        began = time.perf_counter()
        try:
            failures = run(load(path), path.parent, detection.query).failures
        except CaseError as error:
            failures = [str(error)]
        yield Tested(detection.id, path.stem, path, tuple(failures), time.perf_counter() - began)
