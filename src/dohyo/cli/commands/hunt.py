"""``dohyo hunt``."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.exceptions import Exit
from msgspec.structs import replace

from dohyo.cli import output, summary
from dohyo.cli.commands import hunting as queries
from dohyo.cli.errors import CHECK_FAILED, NO_INPUT, WRONG, UsageError, errors_first, print_diagnostics, shown
from dohyo.cli.options import Settings, inputs, one_of, placeholder_values, tuning_file
from dohyo.cli.progress import progress
from dohyo.cli.project import all_detections
from dohyo.compile import parse
from dohyo.detections.hunt import Hunt, flat, run_detections, without_raw
from dohyo.detections.load import Library
from dohyo.detections.model import Detection, Severity
from dohyo.detections.select import BadSelection, Selection
from dohyo.detections.sight import absent_sources, brought_categories
from dohyo.detections.tuning import File, apply
from dohyo.investigation.trees import CREATIONS, Around, around
from dohyo.reports.writers import ALERT_WRITERS
from dohyo.results import Alert

if TYPE_CHECKING:
    from dohyo.investigation.gather import Investigation


def run(
    paths: Sequence[str], names: Sequence[str], folders: Sequence[Path], sigma: Sequence[Path], placeholders: Path | None,
    selection: Selection, fail_on: str | None, html: Path | None, tuning: Path | None, profiled: bool, hunting: bool,
    investigating: bool, order: str, settings: Settings,
) -> None:  # fmt: skip
    """Hunts, writes the alerts and the summary, and ends with the exit code."""
    with shown():
        if fail_on is not None:
            one_of("--fail-on", fail_on, [s.value for s in Severity])
        chosen, broken = chosen_detections(names, folders, sigma, placeholders)
        if broken and not chosen:
            summary.show([f"broken detection: {b}" for b in broken])
            raise UsageError("there is no detection that can run")
        chosen = selected(chosen, selection)
        if hunting:
            queries.run(paths, chosen, settings)
            return
        output.check(settings.format, settings.output, tuple(ALERT_WRITERS))
        if html is not None and (str(html) == "-" or html == settings.output):
            raise UsageError(f"--html {html}: the page needs a file of its own")
        rules = tuning_file(tuning)
        with _as_found(order, rules, settings) as told, progress(settings.quiet) as tell:
            options = replace(settings.options(), progress=tell, raw=settings.raw or html is not None)
            found = run_detections(chosen, inputs(paths), options, [CREATIONS] if html is not None else [], told)
        found.broken = broken
        found.tuning = rules
        about = around(found.alerts, found.beside[0], _places(found)) if found.beside else Around()
        found = found if settings.raw else found.without_raw()
        around_them = _investigated(found, inputs(paths), settings) if investigating else {}
        if html is not None:  # before anything goes to stdout, which may be a pipe that closes early
            texts = {place: _told(replace(one, steps="")) for place, one in around_them.items()}  # the page has the playbook itself
            output.emit_text(_page(found, texts, about), html, "--html")
        if told is None:
            _write(found, settings)
        if settings.format == "table" and around_them:
            print("\n\n".join(map(_told, around_them.values())))
        _report(found, settings)
        if not found.alerts and not settings.quiet:
            summary.show(_verdicts(found, inputs(paths), settings))
        if profiled:
            summary.show(_profile(found))
    raise Exit(_code(found, names, fail_on))


#: In which order alerts are written.
NEWEST, FOUND = ORDERS = ("newest", "found")


@contextmanager
def _as_found(order: str, rules: File | None, settings: Settings) -> Iterator[Callable[[list[Alert]], None] | None]:
    """A function that writes alerts at once; ``None`` when all of them must be known to put them in order."""
    if one_of("--order", order, ORDERS) == NEWEST:
        yield None
        return
    if settings.format != "ndjson":
        raise UsageError(f"--order {FOUND}: only --format ndjson can be written before all alerts are found")
    today = dt.datetime.now(dt.UTC).date()
    with output.lines(settings.output) as put:

        def told(alerts: list[Alert]) -> None:
            kept = alerts if rules is None else apply(rules, alerts, today).alerts
            put([(a if settings.raw else without_raw(a)).as_json() for a in kept])

        yield told


#: So many of the dearest detections are told.
_DEAREST = 25


def _profile(found: Hunt) -> list[str]:
    """What each detection cost once the events were read, the dearest first."""
    costs = sorted(((o.result.seconds, len(o.result), o.detection) for o in found.outcomes if o.result is not None),
                   key=lambda c: -c[0])  # fmt: skip
    lines = [f"{found.read.seconds:9.3f} s  in all, {sum(c for c, *_ in costs):.3f} s of it the detections' own"]
    lines += [f"{cost:9.3f} s  {rows:>7,} alerts  {d.id}  {d.metadata.title}" for cost, rows, d in costs[:_DEAREST]]
    return lines + ([f"and {len(costs) - _DEAREST:,} more"] if len(costs) > _DEAREST else [])


def selected(detections: Sequence[Detection], selection: Selection) -> list[Detection]:
    """The detections that are asked for; none at all is an error of the command."""
    try:
        selection.check()
    except BadSelection as error:
        raise UsageError(str(error)) from None
    found = selection.of(detections)
    if detections and not found:
        raise UsageError(f"none of the {len(detections):,} detections is of this kind")
    return found


def chosen_detections(
    names: Sequence[str], folders: Sequence[Path], sigma: Sequence[Path], placeholders: Path | None = None
) -> tuple[list[Detection], list[str]]:
    """The detections to run: the named ones and Sigma's; with neither, the whole library. A name may be a Sigma rule's, too:
    then the rules that are not named do not run."""
    library = all_detections(folders)
    if not sigma:
        return [library.find(n) for n in names] or library.detections, library.broken
    from dohyo.sigma import load as rules

    found = rules.load(sigma, values=placeholder_values(placeholders))
    made = [rules.detection(r) for r in found.rules]
    chosen = [Library([*library.detections, *made]).find(n) for n in names]
    named = [d for d in chosen if any(d is m for m in made)]
    return (chosen if named else [*chosen, *made]), found.broken


#: So many of the newest alerts are investigated: each asks the logs anew.
_INVESTIGATED = 5


def _investigated(found: Hunt, paths: Sequence[str], settings: Settings) -> dict[str, Investigation]:
    """What the logs say around the newest alerts, by their evidence. Of alerts that differ in their time only, as a beacon
    makes them, the newest is investigated."""
    from dohyo.investigation.gather import NoSuchEvent, investigate

    detections = {o.detection.id: o.detection for o in found.outcomes}
    about: dict[str, Investigation] = {}
    seen: set[str] = set()
    for alert in found.alerts:
        evidence, same = alert.evidence, repr([alert.detection, *(v for k, v in alert.fields.items() if k != "_messageTime")])
        if len(about) == _INVESTIGATED or evidence is None or evidence.record is None or same in seen:
            continue
        seen.add(same)
        with suppress(NoSuchEvent):
            one = investigate(evidence.file, evidence.record, paths, detections[alert.detection], settings.options())
            about[f"{evidence.file}:{evidence.record}"] = one
    return about


def _told(about: Investigation) -> str:
    from dohyo.investigation.text import lines

    return "\n".join(lines(about))


def _places(found: Hunt) -> list[str]:
    """The fields whose values the playbooks of the detections that fired ask for."""
    from dohyo.investigation.gather import PLACE

    fired = [o.detection for o in found.outcomes if o.result is not None and len(o.result)]
    return sorted({m[1] for d in fired for m in PLACE.finditer(d.pages().get("playbook", ""))})


def _page(found: Hunt, investigations: dict[str, str], about: Around) -> str:
    from datetime import UTC, datetime

    from dohyo import __version__
    from dohyo.reports.html_page import Entry, page

    entries = []
    for o in found.outcomes:
        pages = o.detection.pages() if o.result is not None and len(o.result) else {}
        meta, hits = o.detection.metadata, len(o.result) if o.result is not None else 0
        attack, state = ", ".join(meta.attack.techniques), _state(o.result, found)
        place = meta.attack.tactics, meta.attack.techniques
        entries.append(Entry(o.detection.id, meta.title, attack, state, hits, pages.get("playbook", ""), *place))
    made = f"Made by Dohyo {__version__} on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return page(found.alerts, entries, found.read, made, _suppressed(found), investigations, about.trees, about.values)


def _write(found: Hunt, settings: Settings) -> None:
    alerts = found.alerts
    if settings.format in ALERT_WRITERS:
        detections = {o.detection.id: o.detection for o in found.outcomes}
        output.emit_text(ALERT_WRITERS[settings.format](alerts, detections), settings.output)
        return
    if settings.format in ("json", "ndjson"):
        output.emit(settings.format, [], [a.as_json() for a in alerts], settings.output)
        return
    if settings.format == "table" and settings.output is None and sys.stdout.isatty():
        from dohyo.formats.records import show

        show(alerts)
        return
    rows: list[dict[str, Any]] = [flat(a) for a in alerts]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if rows or settings.format != "table":
        output.emit(settings.format, columns, rows, settings.output)


def _report(found: Hunt, settings: Settings) -> None:
    for outcome in found.outcomes:
        if outcome.error is not None:
            print_diagnostics(errors_first(outcome.error.diagnostics), outcome.error.source, settings.verbose)
        elif outcome.result is not None and not settings.quiet:
            print_diagnostics(outcome.result.diagnostics, outcome.result.source, settings.verbose)
    if not settings.quiet:
        lines = [f"broken detection: {b}" for b in found.broken] + _tuned(found, settings.verbose)
        summary.show([*lines, *summary.summary(found.read, _found(found), settings.verbose), *_brought(found, settings)])


def _brought(found: Hunt, settings: Settings) -> list[str]:
    """Detections look for the categories of local logs; an export has those of its collectors."""
    there = () if settings.options().source_category else brought_categories(found.read)
    if not there or all(outcome.result for outcome in found.outcomes):
        return []
    named = ", ".join(there[:_TOLD_APART]) + (f" and {len(there) - _TOLD_APART} more" if len(there) > _TOLD_APART else "")
    return [
        f"these logs bring source categories of their own ({named}): a detection that names another one sees nothing in them;"
        " --source-category windows/sysmon has them looked at as Sysmon's, windows/security as the Security log's"
    ]


def _tuned(found: Hunt, verbose: bool) -> list[str]:
    """What tuning let pass, with ``-v`` alert by alert, and its warnings."""
    if found.tuning is None:
        return []
    suppressed = found.tuned.suppressed
    lines = [f"tuning let {len(suppressed):,} alert{'s' * (len(suppressed) != 1)} pass"]
    lines += [f"  {line}" for line in _suppressed(found)] if verbose else []
    return [*lines, *(f"warning: {w}" for w in found.tuned.warnings)]


def _suppressed(found: Hunt) -> list[str]:
    """What tuning let pass, a line each."""
    return [
        f"entry {number}: {a.time} {a.detection} " + (f"{a.evidence.file}:{a.evidence.record}" if a.evidence else "")
        for a, number in found.tuned.suppressed
    ]


#: For up to so many detections it is said why nothing was found.
_FEW = 4


def _verdicts(found: Hunt, paths: Sequence[str], settings: Settings) -> list[str]:
    """For each detection that found nothing the verdict of ``dohyo why``, in one line."""
    silent = [o.detection for o in found.outcomes if o.result is not None and not len(o.result)]
    if not silent:
        return []
    from dohyo.detections.timerange import again, out_of_range

    beyond = out_of_range(found.read, paths, settings.options())
    if beyond or not found.read.records:
        return [beyond] * bool(beyond)
    if len(silent) > _FEW or not again(found.read, paths):
        return [f"`dohyo why {silent[0].id} PATH…` says what removed the events"]
    from dohyo.detections.why import why

    verdicts = [(d.id, why(d, paths, settings.options())) for d in silent]
    return [f"{name}: {v.verdict}: {v.reason}" for name, v in verdicts]


#: So many detections are told one by one in the summary.
_TOLD_APART = 3


def _found(found: Hunt) -> str:
    """How many alerts, and for each detection which of four it was: fired, quiet, could not see, could not run."""
    alerts = Counter(a.severity for a in found.alerts)
    head = f"{len(found):,} alert{'s' * (len(found) != 1)}" + (
        f" ({', '.join(f'{n} {s}' for s, n in alerts.most_common())})" if alerts else "")  # fmt: skip
    if len(found.outcomes) > _TOLD_APART:
        return head
    states = [f"{o.detection.id}: {_state(o.result, found)}" for o in found.outcomes]
    return f"{head} — {'; '.join(states)}"


def _state(result: Any, found: Hunt) -> str:
    if result is None:
        return "could not run"
    if len(result):
        return f"fired {len(result):,}×"
    if not found.read.records:
        return "could not see: no events were read"
    absent = absent_sources(parse(result.source.text), found.read)
    return f"could not see: these logs have no events of {' or '.join(absent)}" if absent else "quiet"


def _code(found: Hunt, names: Sequence[str], fail_on: str | None) -> int:
    if names and found.outcomes and all(o.error for o in found.outcomes):
        return WRONG
    if found.read.nothing_read:
        return NO_INPUT
    if fail_on and any(Severity(a.severity).rank >= Severity(fail_on).rank for a in found.alerts):
        return CHECK_FAILED
    return 0
