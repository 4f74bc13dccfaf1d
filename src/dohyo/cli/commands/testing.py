"""``dohyo test`` and ``dohyo validate``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from click.exceptions import Exit

from dohyo.cli.errors import CHECK_FAILED, UsageError, shown
from dohyo.cli.options import Settings, one_of
from dohyo.cli.output import emit_text
from dohyo.cli.project import all_detections
from dohyo.detections.cases import Case
from dohyo.detections.model import Detection
from dohyo.detections.testing import Tested, Tests, run_tests
from dohyo.detections.validate import Validated, Verdict, simulate, validate
from dohyo.formats.values import counted, safe
from dohyo.reports.junit import Check, junit

_FORMATS = ("table", "json", "junit")


def test(
    names: Sequence[str], folders: Sequence[Path], format: str, output: Path | None, quiet: bool,
    updating: bool, covering: bool, mutating: bool,
) -> None:  # fmt: skip
    """Runs the cases, prints them, and exits 1 when one does not hold or a detection cannot be read."""
    with shown():
        one_of("--format", format, _FORMATS)
        library = all_detections(folders)
        chosen = [library.find(n) for n in names] or library.detections
        found = run_tests(chosen)
        broken = [] if names else library.broken
        emit_text(_WRITERS[format](found), output)
        if not quiet:
            for b in broken:
                print(f"broken detection: {b}", file=sys.stderr)
            _tell(found)
        if updating:
            _update(found)
        if covering:
            _cover(chosen, found)
        if mutating:
            _mutate(chosen, found)
    raise Exit(CHECK_FAILED if (found.failed and not updating) or broken else 0)


def _update(found: Tests) -> None:
    """Writes what was seen, which the table has just shown, into the cases that do not hold."""
    from dohyo.detections.update import update

    for tested in found.failed:
        if tested.read is not None and tested.verdict is not None and update(tested.path, tested.read, tested.verdict):
            print(f"updated {tested.path}", file=sys.stderr)
        else:
            print(f"not updated: {tested.path}", file=sys.stderr)


def _held(detection: Detection, found: Tests) -> list[tuple[Path, Case]]:
    """The cases of a detection's own query."""
    own = [t for t in found.cases if t.detection == detection.id and t.read is not None and t.read.query is None]
    return [(t.path, t.read) for t in own if t.read is not None]


def _cover(chosen: Sequence[Detection], found: Tests) -> None:
    from dohyo.detections.coverage import coverage

    for detection in chosen:
        branches = coverage(detection, _held(detection, found))
        gone = [b for b in branches if not b.reached]
        print(f"coverage  {detection.id}  {len(branches) - len(gone)} of {len(branches)} branches reached")
        for b in gone:
            print(f"  no test reaches  {detection.query_path.name}:{b.line}:{b.column}  {safe(b.what)}")


def _mutate(chosen: Sequence[Detection], found: Tests) -> None:
    from dohyo.detections.mutate import mutate

    for detection in chosen:
        made = mutate(detection, _held(detection, found))
        live = [m for m in made.survivors if not m.idle]
        print(f"mutation  {detection.id}  {made.tried - len(made.survivors)} of {made.tried} changes noticed")
        for m in live:
            print(f"  no test notices  {detection.query_path.name}:{m.line}:{m.column}  {safe(m.what)}")
        if len(live) < len(made.survivors):
            print(f"  {len(made.survivors) - len(live)} more lie in a clause that never changes the result (see `dohyo lint`)")


def _tell(found: Tests) -> None:
    passed = len(found.cases) - len(found.failed)
    print(f"{passed} of {len(found.cases)} tests hold in {sum(c.seconds for c in found.cases):.1f} s", file=sys.stderr)
    if found.without:
        print(f"without tests: {', '.join(found.without)}", file=sys.stderr)


def _table(found: Tests) -> str:
    return "".join(_line(c) for c in found.cases)


def _line(c: Tested) -> str:
    head = f"{'FAILED' if c.failures else 'ok    '}  {c.detection}  {c.case}\n"
    return head + "".join(f"        {line}\n" for f in c.failures for line in f.splitlines())


def _json(found: Tests) -> str:
    rows = [{"detection": c.detection, "test": c.case, "ok": not c.failures, "failures": list(c.failures)} for c in found.cases]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


_WRITERS: dict[str, Callable[[Tests], str]] = {
    "table": _table,
    "json": _json,
    "junit": lambda found: junit(Check(c.detection, c.case, "\n".join(c.failures), c.seconds) for c in found.cases),
}


def validate_detection(
    name: str, paths: Sequence[str], number: int | None, companions: bool, simulated: bool, shape: str, keep: Path | None,
    folders: Sequence[Path], settings: Settings,
) -> None:  # fmt: skip
    """Prints the verdict of each test, and exits 1 unless every one is covered."""
    with shown():
        one_of("--format", settings.format, _FORMATS)
        library = all_detections(folders)
        detection = library.find(name)
        tests = [t for t in detection.metadata.tests if number in (None, t.number)]
        if not tests:
            raise UsageError(f"{detection.id} has no test{'' if number is None else f' {number}'}")
        others = _companions(detection, library.detections) if companions else []
        if simulated:
            found = simulate(detection, others, tests, shape, settings.options(), keep)
        elif paths:
            found, read = validate(detection, others, tests, paths, settings.options())
            if not settings.quiet:
                print(f"read {counted(read.records, 'event')} from {counted(len(read.files), 'file')}", file=sys.stderr)
        else:
            raise UsageError("name the logs of the test (--logs PATH), or take generated ones (--simulate)")
        emit_text(_VALIDATED[settings.format](found), settings.output)
    raise Exit(0 if all(v.verdict is Verdict.COVERED for v in found) else CHECK_FAILED)


def _companions(detection: Detection, library: Sequence[Detection]) -> list[Detection]:
    wanted = {name for t in detection.metadata.tests for name in t.seen_by}
    return [d for d in library if d.id in wanted]


_OF_OTHERS = " — nothing that the test itself leaves behind was seen: the alerts are of something else"


def _shown(found: Sequence[Validated]) -> str:
    lines = []
    for v in found:
        lines.append(f"test {v.test.number}: {v.test.name}")
        for t in v.telemetry:
            state = t.error or ("seen" if t.seen >= t.expected else "missing")
            where = f"  {t.first}" if t.first else ""
            lines.append(f"  telemetry  {state:8} {t.seen:>4} of {t.expected:<4} {t.name}{where}")
        by = f" ({', '.join(v.detections)})" if v.alerts else ""
        lines.append(f"  detection  {counted(len(v.alerts), 'alert')}{by}")
        of_others = v.verdict is Verdict.NO_TELEMETRY and v.alerts
        lines.append(f"  verdict    {v.verdict.value}" + (_OF_OTHERS if of_others else ""))
    return "\n".join(lines) + "\n"


def _check(v: Validated) -> Check:
    missing = [f"{t.name}: {t.seen} of {t.expected}" for t in v.telemetry if t.seen < t.expected]
    failure = "" if v.verdict is Verdict.COVERED else "\n".join([v.verdict.value, *missing])
    return Check("validate", f"test {v.test.number}: {v.test.name}", failure)


_VALIDATED: dict[str, Callable[[Sequence[Validated]], str]] = {
    "table": _shown,
    "json": lambda found: json.dumps([v.as_json() for v in found], ensure_ascii=False, indent=2) + "\n",
    "junit": lambda found: junit(map(_check, found)),
}
