"""``dohyo investigate``."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from click.exceptions import Exit

from dohyo.cli import summary
from dohyo.cli.early import found_early
from dohyo.cli.errors import NO_INPUT, UsageError, shown
from dohyo.cli.options import Settings, event_place, one_of
from dohyo.sources.limits import NATIVE

if TYPE_CHECKING:
    from dohyo.sources.readers.nth_line import Looking


#: What an investigation needs besides the files that it names: loaded while the line is looked for.
_MEANWHILE = ("dohyo.investigation.gather", "dohyo.investigation.text", "dohyo.engines.duckdb.engine", "dohyo.engines.duckdb.reading",
              "sqlglot.generators.duckdb", "dohyo.detections.load")  # fmt: skip


def run(event: str, paths: Sequence[str], name: str | None, folders: Sequence[Path], settings: Settings) -> None:
    """Prints what the logs say around an event."""
    looking = _looking(event)  # before all else is loaded
    with shown():
        one_of("--format", settings.format, ("table", "json"))
        file, record = event_place(event)
        with found_early(paths or [file], settings):
            _print(file, record, paths or [file], name, folders, settings, looking)


def _print(
    file: str, record: int, paths: Sequence[str], name: str | None, folders: Sequence[Path], settings: Settings, looking: Looking | None
) -> None:
    for module in _MEANWHILE if looking else ():
        importlib.import_module(module)
    from dohyo.cli.project import all_detections
    from dohyo.investigation.gather import NoSuchEvent, investigate
    from dohyo.investigation.text import lines

    detection = all_detections(folders).find(name) if name else None
    try:
        found = investigate(file, record, paths, detection, settings.options(), looking)
    except NoSuchEvent as error:
        raise UsageError(str(error)) from None
    as_json = settings.format == "json"
    told = json.dumps(found.as_json(), ensure_ascii=False, indent=2) if as_json else "\n".join(lines(found))
    sys.stdout.write(told + "\n")
    summary.show(summary.problems(found.read.problems, settings.verbose))
    if found.read.nothing_read:
        raise Exit(NO_INPUT)


def _looking(event: str) -> Looking | None:
    """Looks for the line already where the file may be a large NDJSON file."""
    name, _, record = event.rpartition(":")
    path = Path(name)
    try:
        with path.open("rb") as file:
            large = path.stat().st_size >= NATIVE and file.read(1) == b"{"
    except OSError:
        return None  # what is wrong with it is told where it is read
    if not large or not record.isdigit():
        return None
    from dohyo.sources.readers.nth_line import Looking

    return Looking(path, int(record))
