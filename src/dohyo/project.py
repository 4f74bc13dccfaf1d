"""``dohyo.toml`` of a project's folder: what its queries rely on.

.. code-block:: toml

   detections = ["detections"]
   lookup-dir = ["lookups"]
   source-category = "windows/sysmon"

   [macros]
   office_hosts = '_sourceHost in ("WS-1", "WS-2")'
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct, field

NAME = "dohyo.toml"


class ProjectError(Exception):
    """The project file cannot be read, or says something that it cannot say."""


class Project(Struct, frozen=True):
    """``macros``: name -> text that stands for it. ``tables``: folders with lookup tables. ``detections``: folders with more
    detections. ``source_category``: what the logs' ``_sourceCategory`` is instead of what their shapes say."""

    macros: dict[str, str] = field(default_factory=dict)
    tables: tuple[Path, ...] = ()
    detections: tuple[Path, ...] = ()
    source_category: str | None = None


def project(folder: Path) -> Project:
    """The project file of a folder; an empty project when there is none. Raises :class:`ProjectError`."""
    path = folder / NAME
    if not path.is_file():
        return Project()
    import tomllib

    try:
        found = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ProjectError(f"{NAME}: {error}") from None
    macros = found.get("macros", {})
    if not isinstance(macros, dict) or not all(isinstance(v, str) for v in macros.values()):
        raise ProjectError(f"{NAME}: `[macros]` holds texts: name = '…'")
    category = found.get("source-category")
    if category is not None and not isinstance(category, str):
        raise ProjectError(f"{NAME}: `source-category` is a text")
    return Project(macros, _folders(found, "lookup-dir", folder), _folders(found, "detections", folder), category)


def _folders(found: dict[str, Any], key: str, home: Path) -> tuple[Path, ...]:
    """The folders, one or a list, that a key names; they are seen from the project's own folder."""
    names = found.get(key, [])
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list) or not all(isinstance(v, str) for v in names):
        raise ProjectError(f"{NAME}: `{key}` is a list of folders")
    return tuple(home / n for n in names)


def project_of(file: Path) -> Project:
    """The project that a file belongs to: that of the nearest folder above it with a project file. Raises :class:`ProjectError`."""
    return next((project(folder) for folder in file.parents if (folder / NAME).is_file()), Project())
