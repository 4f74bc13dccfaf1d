"""``dohyo ingest`` and ``dohyo store``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from click.exceptions import Exit
from msgspec import to_builtins

from dohyo.cli import output, summary
from dohyo.cli.errors import NO_INPUT, UsageError, shown
from dohyo.cli.options import inputs, one_of
from dohyo.cli.progress import progress
from dohyo.cli.timeparse import epoch_ms
from dohyo.formats.values import counted, iso_time
from dohyo.run import Progress
from dohyo.store.files import StoreError

if TYPE_CHECKING:
    from dohyo.sources.found import Found

#: At the end of an ingest those tiny files are merged of which a day has at least so many.
_FILES = 8


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a store, as an error of the command."""
    with shown():
        try:
            yield
        except StoreError as error:
            raise UsageError(str(error)) from None
        except OSError as error:
            raise UsageError(f"{error.filename or 'the store'}: {error.strerror or error}") from None


def ingest_logs(
    paths: Sequence[str], root: str | None, category: str | None, age: str | None, threads: int | None, quiet: bool, verbose: bool,
    found: Found | None,
) -> None:  # fmt: skip
    """Ingests, merges small files, forgets what is old, and says what was done. ``found``: what was found at the paths."""
    from dohyo.store.compact import compact_tiny
    from dohyo.store.ingest import ingest
    from dohyo.store.log import open_log
    from dohyo.store.maintain import retain

    with _told():
        if root is None:
            raise UsageError("name the store: --store DIR")
        before = _before(age) if age else None
        began = time.perf_counter()
        with progress(quiet) as tell:

            def told(done: int, whole: int, events: int) -> None:
                if tell is not None:
                    tell(Progress(bytes_done=done, bytes=whole, records=events, hits=events))

            done = ingest(inputs(paths), root, category=category, threads=threads, progress=told, found=found)
        seconds = time.perf_counter() - began
        log = open_log(root)
        merged = compact_tiny(log, _FILES, threads)
        gone = retain(log, before) if before is not None else []
        if not quiet:
            lines = [f"stored {counted(done.events, 'event')} in {seconds:.2f} s, {done.events / max(seconds, 1e-9):,.0f} events/s"]
            lines += [f"known already: {counted(len(done.known), 'log')}"] if done.known else []
            lines += [f"merged {counted(merged.before, 'small file')} into {merged.after:,}"] if merged.before else []
            lines += [f"removed {counted(sum(f.rows for f in gone), 'event')} older than {age}"] if age else []
            summary.show([*lines, *summary.problems(done.problems, verbose)])
    if not done.inputs:
        raise Exit(NO_INPUT)


def _before(age: str) -> int:
    now = int(time.time() * 1000)
    try:
        before = epoch_ms("--retain", age, now)
    except UsageError:
        before = None
    if before is None or not age[-1:].isalpha():
        raise UsageError(f"--retain {age}: write an age as 90d, 12w or 48h")
    return before


def tell(root: str, format: str) -> None:
    """Prints what a store holds."""
    from dohyo.store.info import info
    from dohyo.store.maintain import existing

    with _told():
        one_of("--format", format, ("table", "json"))
        facts = info(existing(root).state)
        if format == "json":
            print(json.dumps(to_builtins(facts), indent=2))
            return
        days = [{**to_builtins(d), "day": d.day or "no time"} for d in facts.days]
        output.emit("table", ["day", "category", "events", "files", "bytes"], days, None)
        print(f"{facts.events:,} events from {facts.logs:,} logs in {facts.files:,} files of {facts.bytes:,} bytes, "
              f"{iso_time(facts.first) or 'no time'} to {iso_time(facts.last) or 'no time'}; "
              f"{facts.columns:,} columns; {facts.broken:,} records were broken; commit {facts.version}", file=sys.stderr)  # fmt: skip


def merge(root: str, threads: int | None, quiet: bool) -> None:
    """Merges small files and removes what was left behind."""
    from dohyo.store.compact import compact
    from dohyo.store.maintain import existing, sweep

    with _told():
        log = existing(root)
        done = compact(log, 2, threads)
        removed = sweep(log)
        if not quiet:
            summary.show([f"merged {done.before:,} files into {done.after:,}; removed {removed:,} files that nobody needs"])


def forget(root: str, age: str, quiet: bool) -> None:
    """Removes old events."""
    from dohyo.store.maintain import existing, retain

    with _told():
        gone = retain(existing(root), _before(age))
        if not quiet:
            summary.show([f"removed {sum(f.rows for f in gone):,} events in {len(gone):,} files older than {age}"])
