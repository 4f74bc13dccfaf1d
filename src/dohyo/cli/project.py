"""``dohyo.toml`` of the folder where the command runs: what a project's queries rely on.

.. code-block:: toml

   lookup-dir = ["lookups"]
   source-category = "windows/sysmon"

   [macros]
   office_hosts = '_sourceHost in ("WS-1", "WS-2")'
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from msgspec import Struct, field

from dohyo.cli.errors import UsageError

NAME = "dohyo.toml"


class Project(Struct, frozen=True):
    """``macros``: name -> text that stands for it. ``tables``: folders with lookup tables.
    ``source_category``: what the logs' ``_sourceCategory`` is instead of what their shapes say."""

    macros: dict[str, str] = field(default_factory=dict)
    tables: tuple[Path, ...] = ()
    source_category: str | None = None


def project(folder: Path) -> Project:
    """The project file of a folder; an empty project when there is none. Raises :class:`UsageError`."""
    path = folder / NAME
    if not path.is_file():
        return Project()
    try:
        found = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{NAME}: {error}") from None
    macros, folders = found.get("macros", {}), found.get("lookup-dir", [])
    folders = [folders] if isinstance(folders, str) else folders
    if not isinstance(macros, dict) or not all(isinstance(v, str) for v in macros.values()):
        raise UsageError(f"{NAME}: `[macros]` holds texts: name = '…'")
    if not isinstance(folders, list) or not all(isinstance(v, str) for v in folders):
        raise UsageError(f"{NAME}: `lookup-dir` is a list of folders")
    category = found.get("source-category")
    if category is not None and not isinstance(category, str):
        raise UsageError(f"{NAME}: `source-category` is a text")
    return Project(macros, tuple(folder / f for f in folders), category)
