"""``dohyo why``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from dohyo.cli.errors import NO_INPUT, shown
from dohyo.cli.options import Settings, inputs, one_of
from dohyo.detections.load import load
from dohyo.detections.why import Why, why


def run(name: str, paths: list[str] | None, folders: Sequence[Path], settings: Settings) -> None:
    """Prints the funnel and the verdict."""
    with shown():
        one_of("--format", settings.format, ("table", "json"))
        found = why(load(folders).find(name), inputs(paths), settings.options())
        as_json = settings.format == "json"
        sys.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=2) + "\n" if as_json else _text(found))
    if found.read.nothing_read:
        raise typer.Exit(NO_INPUT)


def _text(found: Why) -> str:
    lines = [f"{'' if s.left is None else f'{s.left:,}':>10}  {_short(s.text)}" for s in found.funnel]
    lines.append(f"{found.verdict}: {found.reason}")
    for row in found.nearest:
        fields = ", ".join(f"{k}={v}" for k, v in row.items() if k != "_record")
        lines.append(f"  nearest  {row['_record']}  {fields}")
    return "\n".join(lines) + "\n"


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:99] + "…"
