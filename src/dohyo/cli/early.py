"""Logs are looked up before the rest of the program is loaded: large event logs are parsed meanwhile, in processes of their
own, and DuckDB makes the databases that the search will need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dohyo.cli.options import Settings

if TYPE_CHECKING:
    from dohyo.sources.found import Found


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


@contextmanager
def new_early(paths: Sequence[str] | None, root: str | None) -> Iterator[Found | None]:
    """Looks at the logs that were named for a store, and begins to parse those that it does not have; ``None`` where that is
    left to the command, as when the store cannot be read: the command says why."""
    if not paths or "-" in paths or root is None:
        yield None
        return
    from dohyo.sources.found import Found
    from dohyo.store.files import StoreError
    from dohyo.store.log import open_log
    from dohyo.store.stamps import unchanged

    try:
        origins = open_log(root).state.origins
    except (StoreError, OSError):
        yield None
        return
    found = Found(paths, lambda log: not unchanged(log, origins.values()))
    try:
        yield found
    finally:
        found.close()
