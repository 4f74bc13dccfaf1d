"""Conversions kept between runs, by the content of the rule file and the version of the converter."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: To be raised when the converter gives another query for the same rule.
VERSION = 4


@dataclass(frozen=True, slots=True)
class Converted:
    """A rule as a query, with what an alert says of it."""

    id: str
    title: str
    query: str
    level: str = "informational"
    status: str = "experimental"
    description: str = ""
    tags: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    author: str = ""
    date: str = ""
    path: str = ""

    def at(self, path: str) -> Converted:
        """The same rule, with the file that it is from."""
        return dataclasses.replace(self, path=path)


@dataclass(frozen=True, slots=True)
class Entry:
    """The rules of a file, and what was wrong with it, each beginning with the place in the file."""

    rules: tuple[Converted, ...]
    broken: tuple[str, ...] = ()


@dataclass
class Cache:
    """Entries by the hash of a file's content; ``path`` ``None``: nothing is kept."""

    path: Path | None
    _entries: dict[str, Any] = field(default_factory=dict)
    _changed: bool = False

    def __post_init__(self) -> None:
        if self.path is not None:
            try:
                found = json.loads(self.path.read_text("utf-8"))
            except (OSError, ValueError):
                found = {}
            self._entries = found if isinstance(found, dict) else {}

    @classmethod
    def of_user(cls) -> Cache:
        """The cache in the user's cache folder (``DOHYO_CACHE`` names another one; empty: none)."""
        given = os.environ.get("DOHYO_CACHE")
        if given == "":
            return cls(None)
        base = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dohyo"
        return cls(base / f"sigma-{VERSION}.json")

    def get(self, data: bytes) -> Entry | None:
        """What a file of this content was converted to."""
        found = self._entries.get(_key(data))
        try:
            return None if found is None else Entry(tuple(_rule(r) for r in found["rules"]), tuple(found["broken"]))
        except (KeyError, TypeError):
            return None

    def put(self, data: bytes, entry: Entry) -> None:
        """Keeps what a file was converted to."""
        self._entries[_key(data)] = dataclasses.asdict(entry)
        self._changed = True

    def write(self) -> None:
        """Puts the cache in its place at once; a cache that cannot be written is no loss."""
        if not self._changed or self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, scratch = tempfile.mkstemp(dir=self.path.parent, suffix=".new")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(self._entries, stream)
            Path(scratch).replace(self.path)
        except OSError:
            return


def _key(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _rule(found: dict[str, Any]) -> Converted:
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
    return Converted(**given)
