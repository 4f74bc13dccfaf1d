"""The detections that a command has: bundled ones, the project's, and those that the command line names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dohyo.project import project

if TYPE_CHECKING:
    from dohyo.detections.load import Library


def all_detections(folders: Sequence[Path]) -> Library:
    """The bundled detections, those of the project, and those of ``folders``."""
    from dohyo.detections.load import load

    return load((*project(Path()).detections, *folders))
