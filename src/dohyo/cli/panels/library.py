"""The library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dohyo.cli.pages import Group
from dohyo.cli.parameters import SELECTION, detection, flag, selection, shared

commands = Group()


@commands.command(name="list")
@shared("detections", "sigma", *SELECTION)
@flag("--coverage", help="One row for each ATT&CK technique instead.")
@shared("format")
def list_(detections: Sequence[Path], sigma: Sequence[Path], coverage: bool, format: str, **given: Any) -> None:
    """List the detections, or how many there are for each ATT&CK technique.

    Example: dohyo list --sigma rules/ --tactic execution --level high --coverage
    """
    from dohyo.cli.commands.library import list_detections

    list_detections(detections, sigma, selection(given), coverage, format)


@commands.command()
@detection
@shared("detections")
def show(detection: str, detections: Sequence[Path]) -> None:
    """Show one detection: what it is, its query, its tests, its guides.

    Example: dohyo show T1043
    """
    from dohyo.cli.commands.library import show_detection

    show_detection(detection, detections)
