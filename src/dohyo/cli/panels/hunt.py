"""Hunt and investigate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dohyo.cli import known
from dohyo.cli.pages import Group
from dohyo.cli.parameters import (
    FILE,
    PLACE,
    SELECTION,
    argument,
    detection,
    flag,
    formats,
    option,
    paths,
    query,
    run_settings,
    selection,
    settings,
    several,
    shared,
    taken,
)

commands = Group()

_PANEL, _WHICH = "Following", "Which detections"
#: The options of following, by the fields of ``Following``.
_FOLLOWING = {
    "checkpoint": option("--checkpoint", type=FILE, panel=_PANEL, help="Where following goes on after a restart."),
    "new_only": flag("--new-only", panel=_PANEL, help="Leave out what is there at the start."),
    "window": option("--window", default="1h", panel=_PANEL,
                     help="How far back detections see that look at several events; 0s leaves them out."),
    "run_for": option("--for", "run_for", panel=_PANEL, help="End after this time, such as 10m."),
    "until_idle": option("--until-idle", panel=_PANEL, help="End when nothing came for this time, such as 30s."),
    "status_every": option("--status-every", default="60s", panel=_PANEL,
                           help="How often a line on stderr says how far behind it is."),
    "kafka_config": option("--kafka-config", type=FILE, panel=_PANEL,
                           help="Settings of the Kafka client, name=value lines, for kafka://broker:port/topic."),
}  # fmt: skip
#: Those of them that mean nothing without ``--follow``, as they are written.
_ONLY_FOLLOWING = {"checkpoint": "--checkpoint", "new_only": "--new-only", "run_for": "--for", "until_idle": "--until-idle",
                   "kafka_config": "--kafka-config"}  # fmt: skip


@commands.command()
@paths
@option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Also write a self-contained report page.")
@flag("--hunting", help="Run the detections' hunting queries instead.")
@flag("--investigate", help="Also say what the logs have around the newest alerts.")
@flag("--profile", help="Say what each detection cost.")
@option("--order", default="newest", shell_complete=known.words("newest", "found"),
        help="newest: newest first; found: each alert as soon as it is found, with --format ndjson.")
@option("--fail-on", shell_complete=known.words("informational", "low", "medium", "high", "critical"),
        help="Exit 1 when an alert is at least this severe: informational, low, medium, high, critical.")
@run_settings("alert_format")
@option("--detection", "-d", multiple=True, shell_complete=known.detections, panel=_WHICH,
        help="A detection by name or prefix (T1043); several may be given. Default: all.")
@shared("detections", "sigma", "placeholders", "tuning", *SELECTION, panel=_WHICH)
@flag("--follow", panel=_PANEL, help="Go on reading as the logs grow; each alert is written once, as it is found.")
@several(*_FOLLOWING.values())
def hunt(
    paths: Sequence[str], detection: Sequence[str], detections: Sequence[Path], sigma: Sequence[Path], placeholders: Path | None,
    html: Path | None, tuning: Path | None, hunting: bool, investigate: bool, profile: bool, order: str, fail_on: str | None,
    follow: bool, **given: Any,
) -> None:  # fmt: skip
    """Run detections over logs and list the alerts, newest first.

    Example: dohyo hunt -d T1043 ./triage --format ndjson
    """
    from dohyo.cli.errors import refuse

    chosen, following = taken(given, SELECTION), taken(given, tuple(_FOLLOWING))
    options = settings(given)
    what = (paths, detection, detections, sigma, placeholders)
    if not follow:
        from dohyo.cli.early import found_early

        refuse({option: following[name] for name, option in _ONLY_FOLLOWING.items()}, "needs --follow")
        if hunting:
            beside = {"--html": html, "--investigate": investigate, "--profile": profile, "--fail-on": fail_on, "--tuning": tuning,
                      "--order": order != "newest"}  # fmt: skip
            refuse(beside, "cannot go with --hunting, which gives no alerts")
        with found_early(paths, options):
            from dohyo.cli.commands.hunt import run

            run(*what, selection(chosen), fail_on, html, tuning, profile, hunting, investigate, order, options)
    else:
        from dohyo.cli.commands import follow as work

        other = {"--html": html, "--hunting": hunting, "--investigate": investigate, "--profile": profile,
                 "--order": order != "newest", "--engine": options.engine != "duckdb"}  # fmt: skip
        refuse(other, "cannot go with --follow")
        work.run(*what, selection(chosen), fail_on, tuning, work.Following(**following), options)


@commands.command()
@query
@paths
@run_settings()
def search(query: str, paths: Sequence[str], **given: Any) -> None:
    """Run any Sumo Logic query over logs.

    Example: dohyo search '* | where EventID = "3" | count by Image' sysmon.evtx
    """
    from dohyo.cli.early import found_early

    options = settings(given)
    with found_early(paths, options):
        from dohyo.cli.commands.search import run

        run(query, paths, options)


@commands.command()
@detection
@paths
@option("--event", type=PLACE, metavar="FILE:RECORD", help="Explain this one event.")
@shared("tuning", "detections")
@formats("table", "json")
@shared("since", "until", "source_category", "param", "lookup_dir")
def why(
    detection: str, paths: Sequence[str], event: str | None, tuning: Path | None, detections: Sequence[Path], **given: Any
) -> None:
    """Say why a detection fired or stayed silent: the events left after each stage, and what removed them.

    Example: dohyo why T1043 sysmon.evtx --event sysmon.evtx:512
    """
    from dohyo.cli.commands.why import run

    run(detection, paths, event, tuning, detections, settings(given))


@commands.command()
@argument("event", "The event of an alert: its evidence.", type=PLACE, metavar="FILE:RECORD")
@paths
@option("--detection", "-d", shell_complete=known.detections, help="Whose playbook to fill in.")
@shared("detections")
@formats("table", "json")
@shared("since", "until")
def investigate(event: str, paths: Sequence[str], detection: str | None, detections: Sequence[Path], **given: Any) -> None:
    """Gather what an analyst asks next about an alert: process tree, what it did, who else talked to the address, a beat.

    Example: dohyo investigate sysmon.evtx:512 logs/ -d T1043
    """
    from dohyo.cli.commands.investigate import run

    run(event, paths, detection, detections, settings(given))


@commands.command()
@paths
@shared("since", "until", "source_category", "dialect", "param", "lookup_dir", "timezone", "memory", "threads")
def console(paths: Sequence[str], **given: Any) -> None:
    """Ask queries of the same logs one after another: history, completion, help, charts over time.

    Example: dohyo console logs/
    """
    from dohyo.cli.errors import UsageError, shown

    with shown():
        if not paths:
            raise UsageError("name the logs: `dohyo console logs/`")
        from dohyo.console.prompt import run

        run(paths, settings(given).options())
