"""``dohyo search``."""

from __future__ import annotations

from collections.abc import Sequence

from click.exceptions import Exit
from msgspec.structs import replace

from dohyo.cli import output, summary
from dohyo.cli.errors import NO_INPUT, print_diagnostics, shown
from dohyo.cli.options import Settings, inputs, query_text
from dohyo.cli.progress import progress
from dohyo.compile import parse
from dohyo.operators.cat import Cat
from dohyo.results import ReadReport
from dohyo.run import Query, RunOptions, search


def run(query: str, paths: Sequence[str], settings: Settings) -> None:
    """Searches, writes the rows and the summary, and ends with the exit code."""
    with shown():
        output.check(settings.format, settings.output)
        text, name = query_text(query)
        # only what a person asks for here may write tables, and only below a folder named here
        options = replace(settings.options(), may_save=bool(settings.lookup_dir))
        no_logs = not paths and _reads_table(text)
        logs = [] if no_logs else inputs(paths)
        with progress(settings.quiet) as tell:
            result = search(Query(text, name), logs, replace(options, progress=tell))
        output.emit(settings.format, result.names, result.rows, settings.output)
        if not settings.quiet:
            print_diagnostics(result.diagnostics, result.source, settings.verbose)
            found = f"{len(result):,} row{'s' * (len(result) != 1)}"
            beyond = "" if len(result) else _beyond(result.read, logs, options)
            summary.show([*summary.summary(result.read, found, settings.verbose), *[beyond] * bool(beyond)])
    raise Exit(NO_INPUT if result.read.nothing_read and not no_logs else 0)


def _beyond(read: ReadReport, logs: Sequence[str], options: RunOptions) -> str:
    from dohyo.detections.timerange import out_of_range

    return out_of_range(read, logs, options)


def _reads_table(text: str) -> bool:
    """True for ``cat path://…``, which needs no logs."""
    query = parse(text)
    return query.scope is None and isinstance(next(iter(query.stages), None), Cat)
