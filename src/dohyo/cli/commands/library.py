"""``dohyo list`` and ``dohyo show``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click.exceptions import Exit

from dohyo.cli import output
from dohyo.cli.commands.hunt import chosen_detections, selected
from dohyo.cli.errors import WRONG, shown
from dohyo.cli.project import all_detections
from dohyo.detections.model import Detection
from dohyo.detections.page import page
from dohyo.detections.select import Selection, coverage


def list_detections(folders: Sequence[Path], sigma: Sequence[Path], selection: Selection, covered: bool, format: str) -> None:
    """Prints one row a detection, or one a technique."""
    with shown():
        output.check(format, None)
        detections, broken = chosen_detections((), folders, sigma)
        found = selected(detections, selection)
        rows: list[dict[str, Any]] = coverage(found) if covered else [_row(d) for d in found]
        if rows or format != "table":
            output.emit(format, list(rows[0]) if rows else [], rows, None)
        for line in broken:
            print(f"broken detection: {line}", file=sys.stderr)
    raise Exit(WRONG if broken and not detections else 0)


def _row(d: Detection) -> dict[str, str]:
    meta = d.metadata
    return {
        "id": d.id,
        "title": meta.title,
        "status": meta.status.value,
        "severity": meta.severity.value,
        "confidence": meta.confidence.value,
        "techniques": ", ".join(meta.attack.techniques),
        "tactics": ", ".join(meta.attack.tactics),
    }


def show_detection(name: str, folders: Sequence[Path]) -> None:
    """Prints the page of a detection: as text in a pipe, with colour on a terminal."""
    with shown():
        text = page(all_detections(folders).find(name))
        if not sys.stdout.isatty():
            print(text)
            return
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
