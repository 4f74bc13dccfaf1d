"""``dohyo why``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click.exceptions import Exit
from msgspec.structs import replace

from dohyo.cli import summary
from dohyo.cli.errors import NO_INPUT, UsageError, shown
from dohyo.cli.options import Settings, event_place, inputs, one_of, tuning_file
from dohyo.cli.project import all_detections
from dohyo.detections.event import EventWhy, explain_event
from dohyo.detections.hunt import run_detections
from dohyo.detections.model import Detection
from dohyo.detections.why import Why, why
from dohyo.formats.values import plain, safe
from dohyo.run import Query, RunOptions, search


def run(
    name: str, paths: Sequence[str], event: str | None, tuning: Path | None, folders: Sequence[Path], settings: Settings
) -> None:
    """Prints the funnel and the verdict, and for an alert, or an event that was named, what each clause saw."""
    as_json = settings.format == "json"
    with shown():
        one_of("--format", settings.format, ("table", "json"))
        detection, options = all_detections(folders).find(name), settings.options()
        if event is not None:
            told = explain_event(detection, *event_place(event), options)
            if not told.found:
                raise UsageError(f"there is no record {event_place(event)[1]} in {event_place(event)[0]}")
            _out(told.as_json() if as_json else _event(told))
            return
        found = why(detection, inputs(paths), options)
        if found.verdict == "fired":
            _tuned(found, detection, inputs(paths), options, tuning)
        alert = _newest(detection, inputs(paths), options) if found.verdict in ("fired", "tuned") else None
        if as_json:
            _out(found.as_json() | ({"alert": alert.as_json()} if alert else {}))
        else:
            _out(_text(found) + (f"the newest alert, clause by clause:\n{_event(alert)}" if alert else ""))
        summary.show(summary.problems(found.read.problems, settings.verbose))
    if found.read.nothing_read:
        raise Exit(NO_INPUT)


def _out(found: dict[str, Any] | str) -> None:
    sys.stdout.write(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=2) + "\n")


def _tuned(found: Why, detection: Detection, paths: Sequence[str], options: RunOptions, tuning: Path | None) -> None:
    """The verdict when tuning lets every alert pass."""
    rules = tuning_file(tuning)
    if rules is None:
        return
    hunt = run_detections([detection], paths, options)
    hunt.tuning = rules
    if hunt.tuned.suppressed and not hunt.alerts:
        entries = Counter(number for _, number in hunt.tuned.suppressed)
        told = "; ".join(f"entry {n} ({rules.allow[n - 1].reason}) {count}×" for n, count in entries.most_common())
        found.verdict, found.reason = "tuned", f"it fired, and tuning let every alert pass: {told}"


def _newest(detection: Detection, paths: Sequence[str], options: RunOptions) -> EventWhy | None:
    """The newest alert seen through its detection; ``None`` when its rows are no single events."""
    result = search(Query(detection.query, detection.id), paths, replace(options, evidence=True))
    evidence = next((e for e in result.evidence() if e is not None and e.record is not None), None)
    if evidence is None or evidence.record is None or not Path(evidence.file).is_file():
        return None
    return explain_event(detection, evidence.file, evidence.record, options)


def _event(told: EventWhy) -> str:
    lines = []
    for stage in told.stages:
        lines.append(f"{'ok  ' if stage.passed else 'LOST'}  {_short(stage.text)}")
        for c in stage.clauses:
            values = ", ".join(f"{k}={_value(v)}" for k, v in c.values.items())
            lines.append(f"        {'met    ' if c.met else 'not met'}  {c.line}:{c.column}  {_short(c.text)}   {values}")
        lines += [f"        gives    {k}={_value(v)}" for k, v in stage.made.items()]
    lines.append(f"{told.place}: {'an alert' if told.fires else 'no alert'}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    return "null" if value is None else safe(plain(value))[:200]


def _text(found: Why) -> str:
    lines = [f"{'' if s.left is None else f'{s.left:,}':>10}  {_short(s.text)}" for s in found.funnel]
    lines.append(f"{found.verdict}: {found.reason}")
    for row in found.nearest:
        fields = ", ".join(f"{k}={_value(v)}" for k, v in row.items() if k != "_record")
        lines.append(f"  nearest  {row['_record']}  {fields}")
    return "\n".join(lines) + "\n"


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:99] + "…"
