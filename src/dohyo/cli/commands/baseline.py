"""``dohyo baseline``."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml
from click.exceptions import Exit

from dohyo.cli import summary
from dohyo.cli.errors import NO_INPUT, shown
from dohyo.cli.options import Settings, inputs
from dohyo.cli.output import emit_text
from dohyo.cli.project import all_detections
from dohyo.detections.baseline import Limits, proposed, without_fields
from dohyo.detections.hunt import run_detections
from dohyo.formats.values import counted, safe


def run(
    paths: Sequence[str], names: Sequence[str], folders: Sequence[Path], limits: Limits, owner: str, settings: Settings
) -> None:
    """Prints a tuning file with the entries that quiet logs suggest; what is too rare is told beside it."""
    with shown():
        library = all_detections(folders)
        chosen = [library.find(n) for n in names] or library.detections
        hunt = run_detections(chosen, inputs(paths), settings.options())
        usual, rare = proposed(hunt.alerts, limits)
        today = dt.datetime.now(dt.UTC).date()
        read = counted(hunt.read.records, "event")
        head = f"# Proposed from {read}; read each entry before you keep it: what is usual may still be bad.\n"
        body = yaml.safe_dump({"allow": [k.entry(owner, today) for k in usual]}, sort_keys=False, allow_unicode=True)
        emit_text(head + body, settings.output)
        kinds = counted(len(usual) + len(rare), "kind")
        told = f"{counted(len(hunt.alerts), 'alert')} of {kinds}: {len(usual)} usual, {len(rare)} too rare to let pass"
        if not settings.quiet:
            summary.show(summary.summary(hunt.read, told, settings.verbose))
        for kind in rare:
            match = ", ".join(f"{k}={v}" for k, v in kind.match)
            print(f"  rare: {kind.detection}  {safe(match)}  {kind.alerts}× on {counted(len(kind.hosts), 'host')}", file=sys.stderr)
        for name in without_fields(chosen, hunt.alerts):
            print(f"  {name}: its alerts name no program and no place, so nothing can be proposed", file=sys.stderr)
    if hunt.read.nothing_read:
        raise Exit(NO_INPUT)
