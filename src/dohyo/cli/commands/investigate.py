"""``dohyo investigate``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from dohyo.cli.commands.why import event_place
from dohyo.cli.errors import UsageError, shown
from dohyo.cli.options import Settings, one_of
from dohyo.detections.load import load
from dohyo.investigation.gather import NoSuchEvent, investigate
from dohyo.investigation.text import lines


def run(event: str, paths: list[str] | None, name: str | None, folders: Sequence[Path], settings: Settings) -> None:
    """Prints what the logs say around an event."""
    with shown():
        one_of("--format", settings.format, ("table", "json"))
        detection = load(folders).find(name) if name else None
        file, record = event_place(event)
        try:
            found = investigate(file, record, paths or [file], detection, settings.options())
        except NoSuchEvent as error:
            raise UsageError(str(error)) from None
        as_json = settings.format == "json"
        told = json.dumps(found.as_json(), ensure_ascii=False, indent=2) if as_json else "\n".join(lines(found))
        sys.stdout.write(told + "\n")
