"""``dohyo search``."""

from __future__ import annotations

from dataclasses import replace

import typer

from dohyo.cli import output, summary
from dohyo.cli.errors import NO_INPUT, print_diagnostics, shown
from dohyo.cli.options import Settings, inputs, query_text
from dohyo.cli.progress import progress
from dohyo.run import Query, search


def run(query: str, paths: list[str] | None, settings: Settings) -> None:
    """Searches, writes the rows and the summary, and ends with the exit code."""
    with shown():
        output.check(settings.format, settings.output)
        text, name = query_text(query)
        options = settings.options()
        logs = inputs(paths)
        with progress(settings.quiet) as tell:
            result = search(Query(text, name), logs, replace(options, progress=tell))
        output.emit(settings.format, result.names, result.rows, settings.output)
        if not settings.quiet:
            print_diagnostics(result.diagnostics, result.source, settings.verbose)
            found = f"{len(result):,} row{'s' * (len(result) != 1)}"
            summary.show(summary.summary(result.read, found, settings.verbose))
    raise typer.Exit(NO_INPUT if result.read.nothing_read else 0)
