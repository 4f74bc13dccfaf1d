"""Options that several commands share, checked and turned into what ``run`` takes."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from dohyo.cli.errors import UsageError
from dohyo.cli.timeparse import epoch_ms
from dohyo.diagnostics import closest
from dohyo.engines.errors import EngineError
from dohyo.project import project

if TYPE_CHECKING:
    from dohyo.detections.tuning import File
    from dohyo.run import RunOptions
    from dohyo.sources.found import Found


class Settings(Struct):
    """The shared options as they were given."""

    format: str = "table"
    output: Path | None = None
    since: str | None = None
    until: str | None = None
    dialect: str = "lenient"
    source_category: str | None = None
    param: Sequence[str] = ()
    lookup_dir: Sequence[Path] = ()
    raw: bool = False
    strict_input: bool = False
    memory: str | None = None
    threads: int | None = None
    quiet: bool = False
    verbose: bool = False
    timezone: str = "UTC"
    engine: str = "duckdb"
    found: Found | None = None

    def options(self) -> RunOptions:
        """The same for ``run``. Raises :class:`UsageError`."""
        from dohyo.run import RunOptions

        now = int(time.time() * 1000)
        own = project(Path())
        since, until = epoch_ms("--since", self.since, now), epoch_ms("--until", self.until, now)
        if since is not None and until is not None and since >= until:
            raise UsageError(f"--since {self.since} --until {self.until}: no event is in a range that ends before it begins")
        return RunOptions(
            dialect=one_of("--dialect", self.dialect, ("lenient", "strict")),
            since=since,
            until=until,
            raw=self.raw,
            strict_input=self.strict_input,
            memory=memory(self.memory),
            threads=self.threads,
            source_category=self.source_category or own.source_category,
            tables=(*self.lookup_dir, *own.tables),
            macros=own.macros,
            parameters=parameters(self.param),
            timezone=zone(self.timezone),
            engine=engine(self.engine),
            found=self.found,
        )


def engine(name: str) -> str:
    """The name of an engine, checked. Raises :class:`UsageError`."""
    from dohyo.engines.choose import DUCKDB, checked

    try:
        checked(name)
    except EngineError as error:
        raise UsageError(f"--engine {name}: {error}") from None
    if name != DUCKDB:  # Spark's client needs what the command line hides
        sys.meta_path[:] = [f for f in sys.meta_path if not getattr(f, "hides_pandas", False)]
    return name


#: How DuckDB writes an amount of memory.
_MEMORY = re.compile(r"\d+(?:\.\d+)?\s*(?:%|B|[KMGT]i?B)", re.IGNORECASE)


def memory(amount: str | None) -> str | None:
    """The amount, or a usage error that says how one is written."""
    if amount is not None and not _MEMORY.fullmatch(amount.strip()):
        raise UsageError(f"--memory {amount}: write it as 500MB, 4GB or 50%")
    return amount


def zone(name: str) -> str:
    """The time zone as the zone database calls it. Raises :class:`UsageError`."""
    from dohyo.plan.functions.zones import zone_name

    found = zone_name(name)
    if found is None:
        raise UsageError(f"--timezone {name}: is no time zone; write one such as Europe/Berlin, GMT+2 or UTC")
    return found


def one_of(option: str, value: str, allowed: Sequence[str]) -> str:
    """The value, or a usage error that names the allowed ones."""
    if value in allowed:
        return value
    near = closest(value, allowed)
    hint = f"; did you mean {near}?" if near else ""
    raise UsageError(f"{option} {value}: must be one of {', '.join(allowed)}{hint}")


def parameters(given: Sequence[str]) -> dict[str, str]:
    """``name=value`` pairs."""
    pairs = [p.partition("=") for p in given]
    for name, sign, _ in pairs:
        if not sign or not name.strip():
            raise UsageError(f"--param {name}: write it as name=value")
    return {name.strip(): value for name, _, value in pairs}


def inputs(paths: Sequence[str] | None) -> list[str]:
    """The paths; without any, standard input when something is piped in."""
    if paths:
        return list(paths)
    if not sys.stdin.isatty():
        return ["-"]
    raise UsageError("no logs were named: give files, folders or patterns, or pipe events in")


def query_text(query: str) -> tuple[str, str]:
    """The text and the name of a query given as text or as ``@file``."""
    if not query.startswith("@"):
        return query, "query"
    path = Path(query[1:])
    try:
        return path.read_text("utf-8-sig"), str(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8 text") from None


def tuning_file(path: Path | None) -> File | None:
    """The given tuning file, else the one in the folder we are in, if there is one."""
    from dohyo.detections.tuning import TuningError
    from dohyo.detections.tuning import load as load_tuning

    here = Path("tuning.yml")
    chosen = path or (here if here.is_file() else None)
    try:
        return load_tuning(chosen) if chosen else None
    except TuningError as error:
        raise UsageError(str(error)) from None


def placeholder_values(path: Path | None) -> Mapping[str, tuple[str, ...]]:
    """The values of Sigma's placeholders in a file."""
    if path is None:
        return {}
    from dohyo.sigma.placeholders import BadPlaceholders, read

    try:
        return read(path)
    except BadPlaceholders as error:
        raise UsageError(str(error)) from None


def event_place(event: str) -> tuple[str, int]:
    """``FILE:RECORD`` taken apart."""
    file, _, record = event.rpartition(":")
    if not file or not record.isdigit():
        raise UsageError(f"`{event}` names no event: write FILE:RECORD, as in sysmon.evtx:512")
    return file, int(record)
