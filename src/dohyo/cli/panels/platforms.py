"""Sigma and other platforms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dohyo.cli import known
from dohyo.cli.pages import Group
from dohyo.cli.parameters import FILE, PLACE, argument, flag, formats, option, shared

commands = Group()


@commands.command()
@argument("detection", "A detection by name or prefix, or a Sigma rule file (.yml).", type=PLACE)
@option("--to", required=True, shell_complete=known.platforms,
        help="sigma, sumo, splunk, sentinel, kusto, defender, esql, eql, lucene, opensearch, ppl, loki, "
        "logscale, secops, sentinelone, cortex, qradar, datadog, cse; sql, sql:postgres, sql:clickhouse …: any dialect of sqlglot.")
@shared("detections", "output")
@option("--verify", type=PLACE, multiple=True, help="Logs over which the detection and what it became are compared, and over "
        "events made for it; exits 1 when they differ.")
def convert(detection: str, to: str, detections: Sequence[Path], output: Path | None, verify: Sequence[str]) -> None:
    """Write a detection in another language: as a Sigma rule, or for another platform.

    Example: dohyo convert T1043 --to sigma
    """
    from dohyo.cli.commands.convert import run

    run(detection, to, detections, output, verify)


@commands.command()
@argument("folder", "Your copy of a public Sigma rule set, with your own changes.", type=FILE)
@option("--from", "newer", type=FILE, required=True, help="A newer copy of the rule set.")
@flag("--dry-run", help="Only say what would change.")
@formats("text", "json")
@shared("quiet")
def update_rules(folder: Path, newer: Path, dry_run: bool, format: str, quiet: bool) -> None:
    """Merge a newer copy of a Sigma rule set; your changes stay. Says what is new, changed and gone; exits 1 on conflicts.

    Example: dohyo update-rules rules --from sigma-2026-08/rules --dry-run
    """
    from dohyo.cli.commands.update_rules import run

    run(folder, newer, dry_run, format, quiet)


@commands.group(name="import", cls=Group)
def importing() -> None:
    """Bring rules of other systems in as detections."""


@importing.command(name="sigma")
@argument("paths", "Sigma rules: files or folders.", nargs=-1, required=True, type=FILE)
@option("--output", "-o", type=FILE, required=True, help="Where the detection folders go.")
@shared("placeholders", "quiet")
def import_sigma(paths: Sequence[Path], output: Path, placeholders: Path | None, quiet: bool) -> None:
    """Write a detection folder for each Sigma rule: metadata, the query in valid Sumo Logic, and the rule itself.

    Example: dohyo import sigma rules/windows --output detections
    """
    from dohyo.cli.commands.importing import sigma

    sigma(paths, output, placeholders, quiet)
