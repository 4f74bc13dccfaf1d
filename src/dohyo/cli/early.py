"""Logs are looked up before the rest of the program is loaded: large event logs are parsed meanwhile, in processes of their
own, and DuckDB makes the databases that the search will need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dohyo.cli.options import Settings


@contextmanager
def found_early(paths: Sequence[str] | None, settings: Settings) -> Iterator[None]:
    """Looks at the logs that were named, for the first reading under these settings."""
    if not paths or "-" in paths:  # what comes through a pipe is waited for when all else is known to be right
        yield
        return
    from dohyo.sources.found import Found

    settings.found = Found(paths)
    if settings.engine == "duckdb":
        from dohyo.engines.duckdb.databases import make_ahead

        make_ahead(settings.threads, settings.memory)
    try:
        yield
    finally:
        settings.found.close()
