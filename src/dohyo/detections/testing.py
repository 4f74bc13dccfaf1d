"""``dohyo test``: the cases of detections, each run against its detection's query.

Most detections look at one event at a time. Their cases are run together: the events of all cases are read once, and each
row that comes out belongs to the case whose event it was made of."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct, field

from dohyo.detections.cases import Case, CaseError, Verdict, compare, lines, load, run
from dohyo.detections.model import Detection
from dohyo.diagnostics import QueryError
from dohyo.plan.nodes import Extend, Filter, Project, Scan, Sort
from dohyo.results import Result
from dohyo.run import Query, RunOptions, run_queries


class Tested(Struct, frozen=True):
    """One case of a detection: what failed (nothing: it holds), and how long it took, in seconds. ``verdict``: with the
    rows that came out; ``None`` when the case could not be read."""

    detection: str
    case: str
    path: Path
    failures: tuple[str, ...] = ()
    seconds: float = 0.0
    read: Case | None = None
    verdict: Verdict | None = None


class Tests(Struct):
    """The cases that were run, and the detections that have none."""

    cases: list[Tested] = field(default_factory=list)
    without: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[Tested]:
        """The cases that do not hold."""
        return [c for c in self.cases if c.failures]


class _Job(Struct):
    """A case to run."""

    detection: Detection
    path: Path
    case: Case | None = None
    error: str = ""
    verdict: Verdict | None = None
    seconds: float = 0.0

    @staticmethod
    def is_plain(case: Case | None) -> bool:
        """True for a case that asks only what rows its detection makes of the events in it."""
        if case is None or case.query is not None or case.file or not case.events or case.options:
            return False
        return not case.error and case.error_text is None and case.diagnostics is None and case.sql is None


def run_tests(detections: Sequence[Detection]) -> Tests:
    """Runs the cases of detections; a broken one is a failure and does not stop the others."""
    jobs = [job for d in detections for job in _jobs(d)]
    _run_together([j for j in jobs if _Job.is_plain(j.case)])
    for job in jobs:
        if job.case is not None and job.verdict is None:
            began = time.perf_counter()
            job.verdict = run(job.case, job.path.parent, job.detection.query)
            job.seconds = time.perf_counter() - began
    with_cases = {j.detection.id for j in jobs}
    return Tests([_tested(j) for j in jobs], [d.id for d in detections if d.id not in with_cases])


def _jobs(detection: Detection) -> Iterator[_Job]:
    for path in sorted((detection.folder / "tests").glob("*.y*ml")):
        try:
            yield _Job(detection, path, load(path))
        except CaseError as error:
            yield _Job(detection, path, error=str(error))


def _tested(job: _Job) -> Tested:
    failures = (job.error,) if job.verdict is None else tuple(job.verdict.failures)
    return Tested(job.detection.id, job.path.stem, job.path, failures, job.seconds, job.case, job.verdict)


def _run_together(jobs: list[_Job]) -> None:
    """Runs the cases of detections that look at one event at a time; the other ones are left without a verdict."""
    began = time.perf_counter()
    queries = {(j.detection.id, _dialect(j)): j.detection.query for j in jobs}
    single = {key: Query(text, "query", key[1]) for key, text in queries.items() if _one_event(text, key[1])}
    jobs = [j for j in jobs if (j.detection.id, _dialect(j)) in single]
    results, owners = _rows(list(single.values()), [j.case for j in jobs if j.case is not None])
    for key, result in zip(single, results, strict=True):
        if isinstance(result, Result):
            for at, job in enumerate(jobs):
                if (job.detection.id, _dialect(job)) == key:
                    job.verdict = _judged(job.case, result, owners, at)
    for job in jobs:
        job.seconds = (time.perf_counter() - began) / len(jobs)


def _dialect(job: _Job) -> str:
    return job.case.dialect if job.case is not None else ""


def noticed(queries: Sequence[str], cases: Sequence[tuple[Path, Case]]) -> list[bool]:
    """For each of several versions of a query whether some case does not hold. What it gives together it runs together."""
    plain = all(_Job.is_plain(c) for _, c in cases) and len({c.dialect for _, c in cases}) == 1
    if not plain or not all(_one_event(q, cases[0][1].dialect) for q in queries):
        return [any(run(c, p.parent, q).failures for p, c in cases) for q in queries]
    results, owners = _rows([Query(q, "query", cases[0][1].dialect) for q in queries], [c for _, c in cases])
    return [_differs(r, [c for _, c in cases], owners) for r in results]


def _differs(result: Result | QueryError, cases: Sequence[Case], owners: list[int]) -> bool:
    if not isinstance(result, Result):
        return True
    return any(_judged(case, result, owners, at).failures for at, case in enumerate(cases))


def _rows(queries: list[Query], cases: Sequence[Case]) -> tuple[list[Result | QueryError], list[int]]:
    """The results of queries over the events of all cases, and for each record the place of the case that it belongs to."""
    if not queries:
        return [], []
    owners: list[int] = []
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "events.ndjson"
        with path.open("w", encoding="utf-8") as out:
            for at, case in enumerate(cases):
                own = lines(case)
                out.writelines(own)
                owners += [at] * len(own)
        return run_queries(queries, [path], RunOptions(evidence=True)), owners


def _judged(case: Case | None, result: Result, owners: list[int], at: int) -> Verdict:
    """The verdict on one case, from the rows that were made of its events."""
    verdict = Verdict()
    assert case is not None
    own = [e is not None and e.record is not None and owners[e.record - 1] == at for e in result.evidence()]
    compare(case, result.names, [row for row, mine in zip(result.rows, own, strict=True) if mine], verdict)
    return verdict


def _one_event(text: str, dialect: str) -> bool:
    """True when every row of a query's result is made of one event."""
    from dohyo.binding.context import Dialect, Options
    from dohyo.compile import compile_query

    try:
        plan = compile_query(text, "query", Options(dialect=Dialect(dialect))).plan
    except QueryError:
        return False
    return all(isinstance(node, (Scan, Filter, Extend, Project, Sort)) for node in plan.walk())
