"""The commands and their options. Each command's own file does the work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

#: Under which the commands stand in ``--help``.
HUNT, LIBRARY, WRITE = "Hunt and investigate", "The library", "Write, test and tune detections"
OTHERS, LOGS = "Sigma and other platforms", "Logs"

app = typer.Typer(
    invoke_without_command=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Sumo Logic detections on your own logs: parse, compile to SQL, run on DuckDB, get alerts with evidence.",
    epilog="Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 a check failed, 2 the command or "
    "query is wrong, 3 no input could be read.",
)

Paths = Annotated[
    list[str] | None,
    typer.Argument(help="Log files, folders, patterns such as 'logs/**/*.evtx', or - for stdin. EVTX, NDJSON, JSON, CSV, "
                   "Parquet, event XML; also in gzip, zstd, zip, tar.", metavar="PATH..."),
]  # fmt: skip
Format = Annotated[str, typer.Option("--format", "-f", help="table, json, ndjson, csv, parquet; hunt also "
                   "sarif, navigator, timesketch, ocsf, stix.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.")]
Since = Annotated[str | None, typer.Option(help="Only events from this time on: ISO 8601 (UTC unless said), or -24h.")]
Until = Annotated[str | None, typer.Option(help="Only events before this time.")]
Dialect = Annotated[str, typer.Option(help="lenient runs what Sumo Logic would refuse, and says so; strict refuses.")]
Category = Annotated[str | None, typer.Option("--source-category", help="Override _sourceCategory for all events.")]
Param = Annotated[list[str] | None, typer.Option("--param", "-p", help="A value for {{name}}: name=value.")]
Sigma = Annotated[list[Path] | None, typer.Option("--sigma", help="Sigma rules (files or folders) to run as detections.")]
Placeholders = Annotated[Path | None, typer.Option("--placeholders", help="YAML with values of Sigma's placeholders, name: [value]; "
                         "else %name% is looked up in a table of that name.")]
Tables = Annotated[list[Path] | None, typer.Option("--lookup-dir", help="Where lookup tables, threat lists and .mmdb files are.")]
Raw = Annotated[bool, typer.Option("--raw", help="Give the whole raw event as evidence.")]
Strict = Annotated[bool, typer.Option("--strict-input", help="The first thing that cannot be read is an error.")]
Memory = Annotated[str | None, typer.Option(help="Memory for the engine, such as 1GB; beyond it, it spills to disk.")]
Threads = Annotated[int | None, typer.Option(help="Threads for the engine.", min=1)]
Engine = Annotated[str, typer.Option("--engine", help="duckdb, spark or sail (a local server of their own), or sc://host:port "
                   "for a server that speaks Spark Connect.")]  # fmt: skip
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No summary, no warnings.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="All problems and notes, not only the first.")]
Zone = Annotated[str, typer.Option("--timezone", help="The time zone of timeslice and dates.")]
Folders = Annotated[list[Path] | None, typer.Option("--detections", help="A folder with more detections.")]


_FOLLOWING = "Following"
Level = Annotated[str | None, typer.Option("--level", help="Only detections of at least this severity.")]
Statuses = Annotated[list[str] | None, typer.Option("--status", help="Only of this status: stable, test, experimental, deprecated.")]
Techniques = Annotated[list[str] | None, typer.Option("--technique", help="Only for this ATT&CK technique and those below it.")]
Tactics = Annotated[list[str] | None, typer.Option("--tactic", help="Only for this ATT&CK tactic, such as execution.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only with this tag.")]
NewSince = Annotated[str | None, typer.Option("--new-since", help="Only of this date or later: 2026-01-31.")]


def _version(value: bool) -> None:
    if value:
        from dohyo import __version__

        typer.echo(f"dohyo {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version.")]
    = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show details of unexpected errors.")] = False,
) -> None:
    """Sumo Logic detections on your own logs."""
    if context.invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        console(["."])
    else:
        typer.echo(context.get_help())


def _selection(level: Any, status: Any, technique: Any, tactic: Any, tag: Any, since: Any) -> Any:
    from dohyo.detections.select import Selection

    return Selection(level, tuple(status or ()), tuple(technique or ()), tuple(tactic or ()), tuple(tag or ()), since)


def _settings(**values: Any) -> Any:
    from dohyo.cli.options import Settings

    return Settings(**values)


@app.command(rich_help_panel=HUNT)
def hunt(
    paths: Paths = None,
    detection: Annotated[list[str] | None, typer.Option("--detection", "-d", help="A detection by name or prefix "
                         "(T1043); several may be given. Default: all.")] = None,
    detections: Folders = None, sigma: Sigma = None, placeholders: Placeholders = None,
    html: Annotated[Path | None, typer.Option(help="Also write a self-contained report page.")] = None,
    tuning: Annotated[Path | None, typer.Option(help="Alerts to let pass; default: tuning.yml in this folder.")] = None,
    level: Level = None, status: Statuses = None, technique: Techniques = None, tactic: Tactics = None, tag: Tags = None,
    new_since: NewSince = None,
    hunting: Annotated[bool, typer.Option("--hunting", help="Run the detections' hunting queries instead.")] = False,
    investigate: Annotated[bool, typer.Option("--investigate", help="Also say what the logs have around the newest alerts.")]
    = False,
    profile: Annotated[bool, typer.Option("--profile", help="Say what each detection cost.")] = False,
    order: Annotated[str, typer.Option(help="newest: newest first; found: each alert as soon as it is found, with --format ndjson.")]
    = "newest",
    fail_on: Annotated[str | None, typer.Option(help="Exit 1 when an alert is at least this severe: informational, low, "
                       "medium, high, critical.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on reading as the logs grow; each alert is written once, as it "
                      "is found.", rich_help_panel=_FOLLOWING)] = False,
    checkpoint: Annotated[Path | None, typer.Option(help="Where following goes on after a restart.", rich_help_panel=_FOLLOWING)]
    = None,
    new_only: Annotated[bool, typer.Option("--new-only", help="Leave out what is there at the start.",
                        rich_help_panel=_FOLLOWING)] = False,
    window: Annotated[str, typer.Option(help="How far back detections see that look at several events; 0s leaves them out.",
                      rich_help_panel=_FOLLOWING)] = "1h",
    run_for: Annotated[str | None, typer.Option("--for", help="End after this time, such as 10m.", rich_help_panel=_FOLLOWING)]
    = None,
    until_idle: Annotated[str | None, typer.Option("--until-idle", help="End when nothing came for this time, such as 30s.",
                          rich_help_panel=_FOLLOWING)] = None,
    status_every: Annotated[str, typer.Option("--status-every", help="How often a line on stderr says how far behind it is.",
                            rich_help_panel=_FOLLOWING)] = "60s",
    kafka_config: Annotated[Path | None, typer.Option(help="Settings of the Kafka client, name=value lines, for "
                            "kafka://broker:port/topic.", rich_help_panel=_FOLLOWING)] = None,
    format: Format = "table", output: Output = None, since: Since = None, until: Until = None,
    dialect: Dialect = "lenient", source_category: Category = None, param: Param = None, lookup_dir: Tables = None,
    raw: Raw = False, strict_input: Strict = False, memory: Memory = None, threads: Threads = None,
    quiet: Quiet = False, verbose: Verbose = False, timezone: Zone = "UTC", engine: Engine = "duckdb",
) -> None:  # fmt: skip
    """Run detections over logs and list the alerts, newest first.

    Example: dohyo hunt -d T1043 ./triage --format ndjson
    """
    chosen = _selection(level, status, technique, tactic, tag, new_since)
    settings = _settings(
        format=format, output=output, since=since, until=until, dialect=dialect, source_category=source_category,
        param=param, lookup_dir=lookup_dir, raw=raw, strict_input=strict_input, memory=memory, threads=threads,
        quiet=quiet, verbose=verbose, timezone=timezone, engine=engine)  # fmt: skip
    what = (paths, detection or [], detections or [], sigma or [], placeholders, chosen, fail_on)
    of_following = {"--checkpoint": checkpoint, "--new-only": new_only, "--for": run_for, "--until-idle": until_idle,
                    "--kafka-config": kafka_config}  # fmt: skip
    if not follow:
        from dohyo.cli.early import found_early
        from dohyo.cli.errors import refuse

        refuse(of_following, "needs --follow")
        with found_early(paths, settings):
            from dohyo.cli.commands.hunt import run

            run(*what, html, tuning, profile, hunting, investigate, order, settings)
    else:
        from dohyo.cli.commands import follow as following
        from dohyo.cli.errors import refuse

        other = {"--html": html, "--hunting": hunting, "--investigate": investigate, "--profile": profile,
                 "--order": order != "newest", "--engine": engine != "duckdb"}  # fmt: skip
        refuse(other, "cannot go with --follow")
        options = following.Following(checkpoint, new_only, run_for, until_idle, status_every, kafka_config, window)
        following.run(*what, tuning, options, settings)


@app.command(rich_help_panel=HUNT)
def search(
    query: Annotated[str, typer.Argument(help="A Sumo Logic query, or @file.sumo.")],
    paths: Paths = None,
    format: Format = "table", output: Output = None, since: Since = None, until: Until = None,
    dialect: Dialect = "lenient", source_category: Category = None, param: Param = None, lookup_dir: Tables = None,
    raw: Raw = False, strict_input: Strict = False, memory: Memory = None, threads: Threads = None,
    quiet: Quiet = False, verbose: Verbose = False, timezone: Zone = "UTC", engine: Engine = "duckdb",
) -> None:  # fmt: skip
    """Run any Sumo Logic query over logs.

    Example: dohyo search '* | where EventID = "3" | count by Image' sysmon.evtx
    """
    from dohyo.cli.early import found_early

    settings = _settings(
        format=format, output=output, since=since, until=until, dialect=dialect, source_category=source_category,
        param=param, lookup_dir=lookup_dir, raw=raw, strict_input=strict_input, memory=memory, threads=threads,
        quiet=quiet, verbose=verbose, timezone=timezone, engine=engine)  # fmt: skip
    with found_early(paths, settings):
        from dohyo.cli.commands.search import run

        run(query, paths, settings)


@app.command(rich_help_panel=WRITE)
def explain(
    query: Annotated[str, typer.Argument(help="A Sumo Logic query, or @file.sumo.")],
    dialect: Dialect = "lenient", param: Param = None, lookup_dir: Tables = None, since: Since = None, until: Until = None,
    format: Annotated[str, typer.Option("--format", "-f", help="text or json.")] = "text", timezone: Zone = "UTC",
    engine: Engine = "duckdb",
) -> None:  # fmt: skip
    """Show what a query means: stages, types, the fields asked of the source, and the SQL."""
    from dohyo.cli.commands.explain import run

    run(query, format, _settings(
        dialect=dialect, param=param, lookup_dir=lookup_dir, since=since, until=until, timezone=timezone, engine=engine))  # fmt: skip


@app.command(name="list", rich_help_panel=LIBRARY)
def list_(
    detections: Folders = None, sigma: Sigma = None,
    level: Level = None, status: Statuses = None, technique: Techniques = None, tactic: Tactics = None, tag: Tags = None,
    new_since: NewSince = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="One row for each ATT&CK technique instead.")] = False,
    format: Format = "table",
) -> None:  # fmt: skip
    """List the detections, or how many there are for each ATT&CK technique.

    Example: dohyo list --sigma rules/ --tactic execution --level high --coverage
    """
    from dohyo.cli.commands.library import list_detections

    list_detections(detections or [], sigma or [], _selection(level, status, technique, tactic, tag, new_since), coverage, format)


@app.command(rich_help_panel=LIBRARY)
def show(
    detection: Annotated[str, typer.Argument(help="A detection by name or prefix.")],
    detections: Folders = None,
) -> None:
    """Show one detection: what it is, its query, its tests, its guides."""
    from dohyo.cli.commands.library import show_detection

    show_detection(detection, detections or [])


@app.command(name="test", rich_help_panel=WRITE)
def check_detections(
    detection: Annotated[list[str] | None, typer.Argument(help="Detections by name or prefix. Default: all.")] = None,
    detections: Folders = None,
    update: Annotated[bool, typer.Option("--update", help="Write what was seen into the tests that do not hold.")] = False,
    coverage: Annotated[bool, typer.Option("--coverage", help="Show which branches of the query no test reaches.")] = False,
    mutate: Annotated[bool, typer.Option("--mutate", help="Change the query bit by bit; show which change no test notices.")]
    = False,
    format: Annotated[str, typer.Option("--format", "-f", help="table, json or junit.")] = "table",
    output: Output = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Run the tests of detections: events that must fire, and events that must not.

    Example: dohyo test T1043 --format junit --output results.xml
    """
    from dohyo.cli.commands import testing

    testing.test(detection or [], detections or [], format, output, quiet, update, coverage, mutate)


@app.command(rich_help_panel=WRITE)
def validate(
    detection: Annotated[str, typer.Argument(help="A detection by name or prefix.")],
    logs: Annotated[list[str] | None, typer.Option("--logs", "-l", help="The logs of the test: files, folders, patterns.")] = None,
    test: Annotated[int | None, typer.Option("--test", help="Only the test of this number.")] = None,
    companions: Annotated[bool, typer.Option("--companions", help="Run the companion detections too.")] = False,
    simulate: Annotated[bool, typer.Option("--simulate", help="Take generated events instead of logs.")] = False,
    shape: Annotated[str, typer.Option(help="The form of the generated events.")] = "flat",
    detections: Folders = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table, json or junit.")] = "table",
    output: Output = None, since: Since = None, until: Until = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """For each attack test: was its telemetry there, and did the detection see it? Exits 1 unless all are covered.

    Example: dohyo validate T1043 --logs capture.evtx --test 1
    """
    from dohyo.cli.commands import testing

    testing.validate_detection(detection, logs or [], test, companions, simulate, shape, detections or [], _settings(
        format=format, output=output, since=since, until=until, quiet=quiet))  # fmt: skip


@app.command(rich_help_panel=HUNT)
def why(
    detection: Annotated[str, typer.Argument(help="A detection by name or prefix.")],
    paths: Paths = None,
    event: Annotated[str | None, typer.Option(metavar="FILE:RECORD", help="Explain this one event.")] = None,
    tuning: Annotated[Path | None, typer.Option(help="Alerts to let pass; default: tuning.yml in this folder.")] = None,
    detections: Folders = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    since: Since = None, until: Until = None, source_category: Category = None, param: Param = None,
    lookup_dir: Tables = None,
) -> None:  # fmt: skip
    """Say why a detection fired or stayed silent: the events left after each stage, and what removed them.

    Example: dohyo why T1043 sysmon.evtx --event sysmon.evtx:512
    """
    from dohyo.cli.commands.why import run

    run(detection, paths, event, tuning, detections or [], _settings(
        format=format, since=since, until=until, source_category=source_category, param=param, lookup_dir=lookup_dir))  # fmt: skip


@app.command(rich_help_panel=HUNT)
def investigate(
    event: Annotated[str, typer.Argument(metavar="FILE:RECORD", help="The event of an alert: its evidence.")],
    paths: Paths = None,
    detection: Annotated[str | None, typer.Option("--detection", "-d", help="Whose playbook to fill in.")] = None,
    detections: Folders = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    since: Since = None, until: Until = None,
) -> None:  # fmt: skip
    """Gather what an analyst asks next about an alert: process tree, what it did, who else talked to the address, a beat.

    Example: dohyo investigate sysmon.evtx:512 logs/ -d T1043
    """
    from dohyo.cli.commands.investigate import run

    run(event, paths, detection, detections or [], _settings(format=format, since=since, until=until))


@app.command(rich_help_panel=WRITE)
def new(
    name: Annotated[str, typer.Argument(help="A technique and words: T1059.001-encoded-powershell.")],
    folder: Annotated[Path, typer.Option("--detections", help="The folder of your detections.")] = Path("detections"),
) -> None:
    """Lay out a detection folder to start from: metadata, query, tests, playbook.

    Example: dohyo new T1059.001-encoded-powershell
    """
    from dohyo.cli.commands import authoring

    authoring.new_detection(name, folder)


@app.command(rich_help_panel=WRITE)
def schema() -> None:
    """Print the JSON Schema of detection.yml, for editors."""
    from dohyo.cli.commands import authoring

    authoring.print_schema()


@app.command(rich_help_panel=WRITE)
def compare(
    first: Annotated[str, typer.Argument(help="A detection by name, or a query file (.sumo).")],
    second: Annotated[str, typer.Argument(help="The other version.")],
    paths: Paths = None, detections: Folders = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    since: Since = None, until: Until = None, lookup_dir: Tables = None,
) -> None:  # fmt: skip
    """Show, alert by alert, what two versions of a detection do differently. Exits 1 when they differ.

    Example: dohyo compare T1043 new-query.sumo logs/
    """
    from dohyo.cli.commands import authoring

    authoring.compare_detections(first, second, paths, detections or [], _settings(
        format=format, since=since, until=until, lookup_dir=lookup_dir))  # fmt: skip


@app.command(rich_help_panel=WRITE)
def baseline(
    paths: Paths = None,
    detection: Annotated[list[str] | None, typer.Option("--detection", "-d", help="A detection by name or prefix; default: all.")]
    = None,
    detections: Folders = None,
    alerts: Annotated[int, typer.Option(help="So many alerts of a kind are usual.", min=1)] = 5,
    hosts: Annotated[int, typer.Option(help="On so many hosts.", min=1)] = 2,
    days: Annotated[int, typer.Option(help="On so many days.", min=1)] = 1,
    owner: Annotated[str, typer.Option(help="Who answers for the entries.")] = "name a person",
    output: Output = None, since: Since = None, until: Until = None,
) -> None:  # fmt: skip
    """Propose tuning entries from the logs of quiet days: what fires often and on many hosts.

    Example: dohyo baseline quiet-week/ --days 3 --output tuning.yml
    """
    from dohyo.cli.commands.baseline import run
    from dohyo.detections.baseline import Limits

    run(paths, detection or [], detections or [], Limits(alerts, hosts, days), owner, _settings(
        output=output, since=since, until=until))  # fmt: skip


@app.command(rich_help_panel=OTHERS)
def convert(
    detection: Annotated[str, typer.Argument(help="A detection by name or prefix, or a Sigma rule file (.yml).")],
    to: Annotated[str, typer.Option("--to", help="sigma, sumo, splunk, sentinel, kusto, defender, esql, eql, lucene, opensearch, "
                  "ppl, loki, logscale, secops, sentinelone, cortex, qradar, datadog, cse; sql, sql:postgres, sql:clickhouse …: "
                  "any dialect of sqlglot.")],
    detections: Folders = None, output: Output = None,
    verify: Annotated[list[str] | None, typer.Option("--verify", help="Logs over which the detection and what it became are "
                      "compared, and over events made for it; exits 1 when they differ.")] = None,
) -> None:  # fmt: skip
    """Write a detection in another language: as a Sigma rule, or for another platform.

    Example: dohyo convert T1043 --to sigma
    """
    from dohyo.cli.commands.convert import run

    run(detection, to, detections or [], output, verify or [])


importing = typer.Typer(help="Bring rules of other systems in as detections.", no_args_is_help=True)
app.add_typer(importing, name="import", rich_help_panel=OTHERS)


@importing.command(name="sigma")
def import_sigma(
    paths: Annotated[list[Path], typer.Argument(help="Sigma rules: files or folders.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the detection folders go.")],
    placeholders: Placeholders = None,
    quiet: Quiet = False,
) -> None:
    """Write a detection folder for each Sigma rule: metadata, the query in valid Sumo Logic, and the rule itself.

    Example: dohyo import sigma rules/windows --output detections
    """
    from dohyo.cli.commands.importing import sigma

    sigma(paths, output, placeholders, quiet)


@app.command(name="update-rules", rich_help_panel=OTHERS)
def update_rules(
    folder: Annotated[Path, typer.Argument(help="Your copy of a public Sigma rule set, with your own changes.")],
    newer: Annotated[Path, typer.Option("--from", help="A newer copy of the rule set.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    format: Annotated[str, typer.Option("--format", "-f", help="text or json.")] = "text",
    quiet: Quiet = False,
) -> None:
    """Merge a newer copy of a Sigma rule set; your changes stay. Says what is new, changed and gone; exits 1 on conflicts.

    Example: dohyo update-rules rules --from sigma-2026-08/rules --dry-run
    """
    from dohyo.cli.commands.update_rules import run

    run(folder, newer, dry_run, format, quiet)


@app.command(rich_help_panel=WRITE)
def fmt(
    files: Annotated[list[Path], typer.Argument(help="Query files (.sumo), or - for stdin.")],
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 when a file is not in the layout.")] = False,
) -> None:
    """Print queries in one canonical layout; files are rewritten in place."""
    from dohyo.cli.commands.text import format_files

    format_files(files, check)


@app.command(rich_help_panel=WRITE)
def fix(
    files: Annotated[list[Path], typer.Argument(help="Query files (.sumo).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the fixed query, change nothing.")] = False,
) -> None:
    """Apply the fixes of diagnostics, so that the query is valid Sumo Logic."""
    from dohyo.cli.commands.text import fix_files

    fix_files(files, dry_run)


@app.command(rich_help_panel=WRITE)
def lint(
    files: Annotated[list[Path], typer.Argument(help="Query files (.sumo), detection folders, or folders of them.")],
    format: Annotated[str, typer.Option("--format", "-f", help="text or json.")] = "text",
    dialect: Dialect = "strict", engine: Engine = "duckdb",
) -> None:
    """Check queries and whole detections: metadata, ATT&CK, query and what it means, tests, links. Exits 1 on a warning.

    Example: dohyo lint detections/
    """
    from dohyo.cli.commands.text import lint_paths

    lint_paths(files, format, dialect, engine)


@app.command(rich_help_panel=HUNT)
def console(paths: Paths = None) -> None:
    """Ask queries of the same logs one after another: history, completion, help, charts over time.

    Example: dohyo console logs/
    """
    from dohyo.cli.errors import UsageError, shown

    with shown():
        if not paths:
            raise UsageError("name the logs: `dohyo console logs/`")
        from dohyo.console.prompt import run

        run(paths)


@app.command(name="lsp", rich_help_panel=WRITE)
def language_server() -> None:
    """Serve editors over stdin and stdout: diagnostics, completion, hover, formatting and fixes for .sumo files."""
    from dohyo.cli.errors import UsageError, shown

    with shown():
        try:
            from dohyo.ide.server import run
        except ModuleNotFoundError as error:
            raise UsageError(f"the language server needs {error.name}: pip install 'dohyo[lsp]'") from None
        run()


@app.command(rich_help_panel=LOGS)
def ingest(
    paths: Paths = None,
    store: Annotated[str | None, typer.Option("--store", metavar="DIR", help="The store: a folder, or s3://, gs://, az:// … "
                     "with dohyo[cloud]. It is made if it is not there.")] = None,
    source_category: Category = None,
    retain: Annotated[str | None, typer.Option(help="Afterwards remove events older than this, such as 90d.")] = None,
    threads: Threads = None, quiet: Quiet = False, verbose: Verbose = False,
) -> None:  # fmt: skip
    """Put logs into a store, to hunt them more than once: shaped, sorted Parquet. What is there already is not read again.

    Example: dohyo ingest logs/ --store hunts && dohyo hunt hunts --since -24h
    """
    from dohyo.cli.commands.store import ingest_logs

    ingest_logs(paths, store, source_category, retain, threads, quiet, verbose)


stores = typer.Typer(help="Look after a store: what is in it, fewer and larger files, old events away.", no_args_is_help=True)
app.add_typer(stores, name="store", rich_help_panel=LOGS)
Root = Annotated[str, typer.Argument(metavar="DIR", help="The store: a folder or a URL.")]


@stores.command()
def info(
    root: Root,
    format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
) -> None:
    """Say what a store holds: events by day and category, files, logs that were read."""
    from dohyo.cli.commands.store import tell

    tell(root, format)


@stores.command()
def compact(root: Root, threads: Threads = None, quiet: Quiet = False) -> None:
    """Merge small files of a day and category, and remove what writers that were killed left behind."""
    from dohyo.cli.commands.store import merge

    merge(root, threads, quiet)


@stores.command()
def retain(root: Root, age: Annotated[str, typer.Argument(help="Such as 90d or 12w.")], quiet: Quiet = False) -> None:
    """Remove the events of days that are older than this."""
    from dohyo.cli.commands.store import forget

    forget(root, age, quiet)


@app.command(rich_help_panel=LOGS)
def sample(
    out: Annotated[Path | None, typer.Argument(help="File to write (.ndjson .json .csv .parquet, also .gz .zst); default: "
                   "stdout.")] = None,
    events: Annotated[int, typer.Option("--events", "-n", help="How many events.", min=0)] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    attack_rate: Annotated[float, typer.Option(help="Share of events that belong to attacks.", min=0.0, max=0.5)] = 0.005,
    shape: Annotated[str, typer.Option(help="The form of the events: flat, flat-nxlog, winlogbeat6, ecs, azure, …")] = "flat",
    hosts: Annotated[int, typer.Option(help="How many hosts.", min=1)] = 40,
) -> None:  # fmt: skip
    """Write realistic Windows telemetry with attacks mixed in; OUT.labels.ndjson says which records they are."""
    from dohyo.cli.commands.sample import run

    run(out, events, seed, attack_rate, shape, hosts)
