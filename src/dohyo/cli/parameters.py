"""What commands take. An option that several commands have is declared here once, under the field's own name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from dohyo.cli import known
from dohyo.cli.pages import Argument, Option

if TYPE_CHECKING:
    from dohyo.cli.options import Settings
    from dohyo.detections.select import Selection

_Command = TypeVar("_Command", bound=Callable[..., Any] | click.Command)


class Decorator(Protocol):
    """Gives a parameter to the function of a command."""

    def __call__(self, command: _Command, /) -> _Command: ...



#: A file of ours, and something that may be a URL, a pattern or a file that cannot be read: both complete as files.
FILE = click.Path(path_type=Path)
PLACE = click.Path(readable=False)
#: A folder that is to be there.
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class _Output(click.Path):
    """A file to write; ``-`` is standard output, as if none was named."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return None if value == "-" else super().convert(value, param, ctx)


OUTPUT = _Output(dir_okay=False, path_type=Path)


def option(*names: str, **about: Any) -> Decorator:
    """An option, as :class:`Option` takes it."""
    return click.option(*names, cls=Option, **about)


def flag(*names: str, help: str, **about: Any) -> Decorator:
    """An option without a value."""
    return option(*names, is_flag=True, help=help, **about)


def argument(name: str, help: str, **about: Any) -> Decorator:
    """An argument, as :class:`Argument` takes it."""
    return click.argument(name, cls=Argument, help=help, **about)


def formats(*names: str, help: str = "") -> Decorator:
    """``--format`` of a command that has formats of its own; the first one is the default."""
    told = f"{', '.join(names[:-1])} or {names[-1]}."
    return option("--format", "-f", default=names[0], help=help or told, shell_complete=known.words(*names))


def paths(command: _Command) -> _Command:
    """The logs that a command reads."""
    told = (
        "Log files, folders, patterns such as 'logs/**/*.evtx', or - for stdin. EVTX, NDJSON, JSON, CSV, Parquet, event XML; "
        "also in gzip, zstd, zip, tar."
    )
    return argument("paths", told, nargs=-1, type=PLACE, metavar="PATH...")(command)


detection = argument("detection", "A detection by name or prefix.", shell_complete=known.detections)
query = argument("query", "A Sumo Logic query, or @file.sumo.", type=PLACE)

_SEVERITIES = ("informational", "low", "medium", "high", "critical")
_SHARED: dict[str, Decorator] = {
    "detections": option("--detections", type=FOLDER, multiple=True, help="A folder with more detections."),
    "sigma": option("--sigma", type=FILE, multiple=True, help="Sigma rules (files or folders) to run as detections; -d may name some."),
    "placeholders": option("--placeholders", type=FILE, help="YAML with values of Sigma's placeholders, name: [value]; "
                           "else %name% is looked up in a table of that name."),
    "tuning": option("--tuning", type=FILE, help="Alerts to let pass; default: tuning.yml in this folder."),
    "level": option("--level", shell_complete=known.words(*_SEVERITIES), help="Only detections of at least this severity."),
    "status": option("--status", multiple=True, shell_complete=known.words("stable", "test", "experimental", "deprecated"),
                     help="Only of this status: stable, test, experimental, deprecated."),
    "technique": option("--technique", multiple=True, shell_complete=known.techniques,
                        help="Only for this ATT&CK technique and those below it."),
    "tactic": option("--tactic", multiple=True, shell_complete=known.tactics, help="Only for this ATT&CK tactic, such as execution."),
    "tag": option("--tag", multiple=True,
                  help="Only with this tag; Sigma rules have product.windows, category.file_event, service.security … too."),
    "new_since": option("--new-since", help="Only of this date or later: 2026-01-31."),
    "format": formats("table", "json", "ndjson", "csv", "parquet"),
    "alert_format": formats("table", "json", "ndjson", "csv", "parquet", "sarif", "navigator", "timesketch", "ocsf", "stix"),
    "output": option("--output", "-o", type=OUTPUT, help="Write to this file instead of stdout."),
    "since": option("--since", help="Only events from this time on: ISO 8601 (UTC unless said), or -24h."),
    "until": option("--until", help="Only events before this time."),
    "dialect": option("--dialect", default="lenient", shell_complete=known.words("lenient", "strict"),
                      help="lenient runs what Sumo Logic would refuse, and says so; strict refuses."),
    "source_category": option("--source-category", help="Override _sourceCategory for all events."),
    "param": option("--param", "-p", multiple=True, help="A value for {{name}}: name=value."),
    "lookup_dir": option("--lookup-dir", type=FOLDER, multiple=True, help="Where lookup tables, threat lists and .mmdb files are."),
    "raw": flag("--raw", help="Give the whole raw event as evidence."),
    "strict_input": flag("--strict-input", help="The first thing that cannot be read is an error."),
    "memory": option("--memory", help="Memory for the engine, such as 1GB; beyond it, it spills to disk."),
    "threads": option("--threads", type=click.IntRange(min=1), help="Threads for the engine."),
    "quiet": flag("--quiet", "-q", help="No summary, no warnings."),
    "verbose": flag("--verbose", "-v", help="All problems and notes, not only the first."),
    "timezone": option("--timezone", default="UTC", help="The time zone of timeslice and dates."),
    "engine": option("--engine", default="duckdb", shell_complete=known.words("duckdb", "spark", "sail", "sc://"),
                     help="duckdb, spark or sail (a local server of their own), or sc://host:port for a server that speaks "
                     "Spark Connect."),
}  # fmt: skip

#: What chooses detections by what they are, and what a command that runs queries takes, in the order of the help.
SELECTION = ("level", "status", "technique", "tactic", "tag", "new_since")
_OUTPUT = ("output", "raw", "quiet", "verbose")
_EVENTS = ("since", "until", "source_category", "strict_input")
_QUERY = ("dialect", "param", "lookup_dir", "timezone", "engine", "memory", "threads")
SETTINGS = ("format", *_OUTPUT, *_EVENTS, *_QUERY)


def shared(*names: str, panel: str = "") -> Decorator:
    """Shared options by name, in the order of the help; ``panel``: where they stand in it."""
    return several(*(_in_panel(_SHARED[name], panel) if panel else _SHARED[name] for name in names))


def _in_panel(parameter: Decorator, panel: str) -> Decorator:
    def declared(command: _Command) -> _Command:
        parameter(command)
        # Click keeps what decorators declare of a function, before it is a command, in an attribute that types do not know
        of: list[click.Parameter]
        of = command.params if isinstance(command, click.Command) else getattr(command, "__click_params__")  # noqa: B009  # see above
        assert isinstance(of[-1], Option)
        of[-1].panel = panel
        return command

    return declared


def run_settings(format: str = "format") -> Decorator:
    """The options of :data:`SETTINGS`, in their panels; ``format``: which of the shared ones says the form of the rows."""
    events, query = shared(*_EVENTS, panel="Which events"), shared(*_QUERY, panel="How queries run")
    return several(shared(format, *_OUTPUT), events, query)


def several(*parameters: Decorator) -> Decorator:
    """Parameters in the order of the help."""

    def declared(command: _Command) -> _Command:
        for parameter in reversed(parameters):  # the decorator that is applied last comes first
            parameter(command)
        return command

    return declared


def taken(given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """What was given under these names; it is taken out of the rest."""
    return {name: given.pop(name) for name in names}


def selection(chosen: dict[str, Any]) -> Selection:
    """The options of :data:`SELECTION`, in their order. Loads what a detection is, which takes as long as Python's own start."""
    from dohyo.detections.select import Selection

    return Selection(*(chosen[name] for name in SELECTION))


def settings(given: dict[str, Any]) -> Settings:
    """What was given of :data:`SETTINGS`."""
    from dohyo.cli.options import Settings

    return Settings(**given)
