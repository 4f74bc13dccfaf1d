"""Write, test and tune detections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dohyo.cli import known
from dohyo.cli.pages import Group
from dohyo.cli.parameters import FILE, PLACE, argument, detection, flag, formats, option, paths, query, settings, shared

commands = Group()


@commands.command()
@query
@shared("dialect", "param", "lookup_dir", "since", "until")
@formats("text", "json")
@shared("timezone", "engine")
def explain(query: str, format: str, **given: Any) -> None:
    """Show what a query means: stages, types, the fields asked of the source, and the SQL.

    Example: dohyo explain '* | timeslice 1h | count by _timeslice'
    """
    from dohyo.cli.commands.explain import run

    run(query, format, settings(given))


@commands.command()
@argument("detection", "Detections by name or prefix. Default: all.", nargs=-1, shell_complete=known.detections)
@shared("detections")
@flag("--update", help="Write what was seen into the tests that do not hold.")
@flag("--coverage", help="Show which branches of the query no test reaches.")
@flag("--mutate", help="Change the query bit by bit; show which change no test notices.")
@formats("table", "json", "junit")
@shared("output", "quiet")
def test(
    detection: Sequence[str], detections: Sequence[Path], update: bool, coverage: bool, mutate: bool,
    format: str, output: Path | None, quiet: bool,
) -> None:  # fmt: skip
    """Run the tests of detections: events that must fire, and events that must not.

    Example: dohyo test T1043 --format junit --output results.xml
    """
    from dohyo.cli.commands import testing

    testing.test(detection, detections, format, output, quiet, update, coverage, mutate)


@commands.command()
@detection
@option("--logs", "-l", type=PLACE, multiple=True, help="The logs of the test: files, folders, patterns.")
@option("--test", type=int, help="Only the test of this number.")
@flag("--companions", help="Run the companion detections too.")
@flag("--simulate", help="Take generated events instead of logs.")
@option("--shape", default="flat", help="The form of the generated events.")
@option("--keep", type=FILE, help="Keep the generated events in this folder.")
@shared("detections")
@formats("table", "json", "junit")
@shared("output", "since", "until", "quiet")
def validate(
    detection: str, logs: Sequence[str], test: int | None, companions: bool, simulate: bool, shape: str, keep: Path | None,
    detections: Sequence[Path], **given: Any,
) -> None:  # fmt: skip
    """For each attack test: was its telemetry there, and did the detection see it? Exits 1 unless all are covered.

    Example: dohyo validate T1043 --logs capture.evtx --test 1
    """
    from dohyo.cli.commands import testing

    testing.validate_detection(detection, logs, test, companions, simulate, shape, keep, detections, settings(given))


@commands.command()
@argument("name", "A technique and words: T1059.001-encoded-powershell.")
@option("--detections", "folder", type=FILE, default=Path("detections"), help="The folder of your detections.")
def new(name: str, folder: Path) -> None:
    """Lay out a detection folder to start from: metadata, query, tests, playbook.

    Example: dohyo new T1059.001-encoded-powershell
    """
    from dohyo.cli.commands import authoring

    authoring.new_detection(name, folder)


@commands.command()
def schema() -> None:
    """Print the JSON Schema of detection.yml, for editors."""
    from dohyo.cli.commands import authoring

    authoring.print_schema()


@commands.command()
@argument("first", "A detection by name, or a query file (.sumo).", type=PLACE)
@argument("second", "The other version.", type=PLACE)
@paths
@shared("detections")
@formats("table", "json")
@shared("since", "until", "lookup_dir")
def compare(first: str, second: str, paths: Sequence[str], detections: Sequence[Path], **given: Any) -> None:
    """Show, alert by alert, what two versions of a detection do differently. Exits 1 when they differ.

    Example: dohyo compare T1043 new-query.sumo logs/
    """
    from dohyo.cli.commands import authoring

    authoring.compare_detections(first, second, paths, detections, settings(given))


@commands.command()
@paths
@option("--detection", "-d", multiple=True, help="A detection by name or prefix; default: all.")
@shared("detections")
@option("--alerts", type=click.IntRange(min=1), default=5, help="So many alerts of a kind are usual.")
@option("--hosts", type=click.IntRange(min=1), default=2, help="On so many hosts.")
@option("--days", type=click.IntRange(min=1), default=1, help="On so many days.")
@option("--owner", default="name a person", help="Who answers for the entries.")
@shared("output", "since", "until")
def baseline(
    paths: Sequence[str], detection: Sequence[str], detections: Sequence[Path], alerts: int, hosts: int, days: int, owner: str,
    **given: Any,
) -> None:  # fmt: skip
    """Propose tuning entries from the logs of quiet days: what fires often and on many hosts.

    Example: dohyo baseline quiet-week/ --days 3 --output tuning.yml
    """
    from dohyo.cli.commands.baseline import run
    from dohyo.detections.baseline import Limits

    run(paths, detection, detections, Limits(alerts, hosts, days), owner, settings(given))


@commands.command()
@argument("files", "Query files (.sumo), or - for stdin.", nargs=-1, required=True, type=FILE)
@flag("--check", help="Change nothing; exit 1 when a file is not in the layout.")
def fmt(files: Sequence[Path], check: bool) -> None:
    """Print queries in one canonical layout; files are rewritten in place.

    Example: dohyo fmt query.sumo
    """
    from dohyo.cli.commands.text import format_files

    format_files(files, check)


@commands.command()
@argument("files", "Query files (.sumo).", nargs=-1, required=True, type=FILE)
@flag("--dry-run", help="Print the fixed query, change nothing.")
@shared("param", "lookup_dir")
def fix(files: Sequence[Path], dry_run: bool, **given: Any) -> None:
    """Apply the fixes of diagnostics, so that the query is valid Sumo Logic.

    Example: dohyo fix --dry-run query.sumo
    """
    from dohyo.cli.commands.text import fix_files

    fix_files(files, dry_run, settings(given))


@commands.command()
@argument("files", "Query files (.sumo), detection folders, or folders of them.", nargs=-1, required=True, type=FILE)
@formats("text", "json")
@option("--dialect", default="strict", help="lenient runs what Sumo Logic would refuse, and says so; strict refuses.")
@shared("engine", "param", "lookup_dir")
def lint(files: Sequence[Path], format: str, **given: Any) -> None:
    """Check queries and whole detections: metadata, ATT&CK, query and what it means, tests, links. Exits 1 on a warning.

    Example: dohyo lint detections/
    """
    from dohyo.cli.commands.text import lint_paths

    lint_paths(files, format, settings(given))


@commands.command()
def lsp() -> None:
    """Serve editors over stdin and stdout: diagnostics, completion, hover, formatting and fixes for .sumo files."""
    from dohyo.cli.errors import UsageError, shown

    with shown():
        try:
            from dohyo.ide.server import run
        except ModuleNotFoundError as error:
            raise UsageError(f"the language server needs {error.name}: pip install 'dohyo[lsp]'") from None
        run()
