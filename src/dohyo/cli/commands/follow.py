"""``dohyo hunt --follow``: detections over logs that grow."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from click.exceptions import Exit
from msgspec import Struct

from dohyo.cli import summary
from dohyo.cli.commands.hunt import chosen_detections, selected
from dohyo.cli.errors import CHECK_FAILED, NO_INPUT, WRONG, UsageError, errors_first, print_diagnostics, shown
from dohyo.cli.options import Settings, inputs, one_of, tuning_file
from dohyo.cli.timeparse import seconds
from dohyo.detections.model import Detection, Severity
from dohyo.detections.select import Selection
from dohyo.follow.checkpoint import Checkpoint
from dohyo.follow.discover import is_store
from dohyo.follow.files import Files
from dohyo.follow.kafka import SCHEME, Topic, properties
from dohyo.follow.live import Live
from dohyo.follow.loop import Follow, Limits
from dohyo.follow.model import FollowError, Report, Source, Sources
from dohyo.follow.rules import Refused
from dohyo.follow.sink import FORMATS, Sink
from dohyo.follow.status import Status
from dohyo.follow.stdin import Stdin
from dohyo.run import InputError
from dohyo.sources.model import Problem
from dohyo.stopping import stoppable


class Following(Struct):
    """The options of following as they were given."""

    checkpoint: Path | None = None
    new_only: bool = False
    run_for: str | None = None
    until_idle: str | None = None
    status_every: str = "60s"
    kafka_config: Path | None = None
    window: str = "1h"

    def limits(self) -> Limits:
        """When to end."""
        return Limits(seconds("--for", self.run_for), seconds("--until-idle", self.until_idle))


def run(
    paths: Sequence[str], names: Sequence[str], folders: Sequence[Path], sigma: Sequence[Path], placeholders: Path | None,
    selection: Selection, fail_on: str | None, tuning: Path | None, following: Following, settings: Settings,
) -> None:  # fmt: skip
    """Follows the logs until it is stopped, writes each alert as it is found, and ends with the exit code."""
    with shown(), ExitStack() as held:
        try:
            if fail_on is not None:
                one_of("--fail-on", fail_on, [s.value for s in Severity])
            one_of("--format with --follow", settings.format, tuple(FORMATS))
            chosen, broken = chosen_detections(names, folders, sigma, placeholders)
            detections = selected(chosen, selection)
            follow = _made(inputs(paths), detections, following, settings, held)
            follow.tuning = tuning_file(tuning)
            _begin(follow, inputs(paths), broken, following, settings)
            code = _code(follow, names, fail_on, _run(follow, settings)) if follow.live.running else WRONG
        except FollowError as error:
            raise UsageError(str(error)) from None
    raise Exit(code)


def _made(paths: list[str], detections: Sequence[Detection], following: Following, settings: Settings, held: ExitStack) -> Follow:
    limits, every = following.limits(), seconds("--status-every", following.status_every) or 0.0
    live = Live.of(detections, settings.options(), seconds("--window", following.window) or 0.0)
    ours = _ours(following.checkpoint, settings.output)
    sources = Sources(_sources(paths, live.report.problems.append, ours, following.kafka_config))
    checkpoint = held.enter_context(Checkpoint(following.checkpoint)) if following.checkpoint else None
    if live.window is not None and checkpoint is not None:
        live.window.kept.folder = checkpoint.path.with_name(checkpoint.path.name + ".window")
    sink = Sink(settings.format, settings.output, lambda note: _say(note, settings))
    status = Status(every, settings.quiet)
    return Follow(live, sources, sink, status, checkpoint, limits, lambda found: _tell(found, settings))


def _sources(paths: list[str], report: Report, ours: frozenset[str], kafka: Path | None) -> dict[str, Source]:
    """What to follow, by the key that its state has in a checkpoint."""
    found: dict[str, Source] = {}
    if "-" in paths:
        found["stdin"] = Stdin(report)
    if topics := [p for p in paths if p.startswith(SCHEME)]:
        settings = properties(kafka)
        found |= {url: Topic(url, settings, report) for url in topics}
    if plain := [p for p in paths if p != "-" and p not in topics]:
        for path in filter(is_store, plain):
            raise FollowError(f"{path} is a store, which does not grow line by line: follow the logs that go into it")
        found["files"] = Files(plain, report, ours)
    return found


def _ours(*written: Path | None) -> frozenset[str]:
    """The files that following writes, which may stand among the logs."""
    beside = ("", ".part", ".lock")
    return frozenset(os.path.abspath(path.with_name(path.name + end)) for path in written if path for end in beside)


def _begin(follow: Follow, paths: list[str], broken: list[str], following: Following, settings: Settings) -> None:
    """Says what does not run and what is not there, and goes on at the checkpoint."""
    for line in broken:
        _say(f"broken detection: {line}", settings)
    rules = [*follow.live.rules, *(follow.live.window.rules if follow.live.window else ())]
    for rule in rules if not settings.quiet else ():
        print_diagnostics(rule.query.diagnostics, rule.query.source, settings.verbose)
    _tell_refused(follow.live.refused, settings)
    if not follow.live.running:
        return
    follow.restore()
    if follow.other_window:
        _say("other detections look at several events than before: their window begins empty", settings)
    if not follow.resumed and following.new_only:
        for source in follow.sources.all.values():
            source.skip()
    if "stdin" in follow.sources.all and follow.checkpoint:
        _say("standard input cannot be read again: after a restart only what comes then is looked at", settings)
    for path in paths:
        if path not in follow.sources.all and path != "-" and not os.path.lexists(path) and not any(mark in path for mark in "*?["):
            _say(f"{path} is not there yet; it is read when it comes", settings)


def _tell_refused(refused: list[Refused], settings: Settings) -> None:
    for one in refused:
        print(f"{one.detection.id} is not followed:", file=sys.stderr)
        print_diagnostics(errors_first(one.error.diagnostics), one.error.source, settings.verbose)


def _run(follow: Follow, settings: Settings) -> bool:
    """Runs until the end; true when Ctrl-C was pressed. The alerts and the checkpoint are whole by then in any case."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: follow.stop.set())
    refused = len(follow.live.refused)
    stopped = False
    try:
        try:
            stoppable(follow.run, follow.stop.set)
        except KeyboardInterrupt:
            stopped = True
        _tell_refused(follow.live.refused[refused:], settings)
        if not settings.quiet:
            summary.show(_summary(follow, settings.verbose))
    finally:
        follow.sources.close()
        follow.sink.close()
    return stopped


def _summary(follow: Follow, verbose: bool) -> list[str]:
    report = follow.live.report
    head = f"{follow.alerts:,} alert{'s' * (follow.alerts != 1)}"
    tuned = [f"tuning let {follow.suppressed:,} alert{'s' * (follow.suppressed != 1)} pass"] if follow.suppressed else []
    waiting = follow.status.behind(report.records, follow.size, follow.behind())
    cut = follow.live.window.cut if follow.live.window else 0
    tuned += [f"{cut:,} events had to leave the window before their time: too many came"] if cut else []
    broken = [f"{f.name}: {f.broken:,} broken records" for f in report.files if f.broken]
    return [*summary.summary(report, head, verbose), *broken, *tuned, *follow.sources.notes(), waiting]


def _code(follow: Follow, names: Sequence[str], fail_on: str | None, stopped: bool) -> int:
    if stopped:
        return 130
    if names and not follow.live.running:
        return WRONG
    if follow.live.report.nothing_read and not follow.resumed:
        return NO_INPUT
    if fail_on and any(Severity(s).rank >= Severity(fail_on).rank for s in follow.severities):
        return CHECK_FAILED
    return 0


def _tell(found: Sequence[Problem], settings: Settings) -> None:
    if settings.strict_input:
        raise InputError(str(found[0]))
    if not settings.quiet:
        summary.show([p.told for p in found])


def _say(note: str, settings: Settings) -> None:
    if not settings.quiet:
        summary.show([note])
