"""What is kept between runs, in the user's cache folder. A cache that cannot be read or written is no loss."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.json import decode


def folder() -> Path | None:
    """The cache folder (``DOHYO_CACHE`` names another one; empty: nothing is kept)."""
    given = os.environ.get("DOHYO_CACHE")
    if given == "":
        return None
    return Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dohyo"


def key(*parts: bytes) -> str:
    """A name for some content."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:32]


class JsonCache(Struct):
    """JSON-ready entries by :func:`key`, in one file; ``path`` ``None``: nothing is kept."""

    path: Path | None
    entries: dict[str, Any] = field(default_factory=dict)
    _changed: bool = False

    def __post_init__(self) -> None:
        if self.path is not None:
            try:
                found = decode(self.path.read_bytes())
            except (OSError, ValueError, RecursionError):
                found = {}
            self.entries = found if isinstance(found, dict) else {}

    def keep(self, name: str, entry: Any) -> None:
        """Keeps an entry."""
        self.entries[name] = entry
        self._changed = True

    def write(self) -> None:
        """Puts the file in its place at once."""
        if self._changed and self.path is not None:
            _put(self.path, json.dumps(self.entries))


class LineCache(Struct):
    """Texts of one line each, in one file, which is quickly loaded however long they are. ``maker``: what made them; those of
    another one are not taken."""

    path: Path | None
    maker: str
    entries: dict[str, str] = field(default_factory=dict)
    _changed: bool = False

    def __post_init__(self) -> None:
        if self.path is not None:
            try:
                maker, *lines = self.path.read_text("utf-8").split("\n")
            except (OSError, ValueError):
                return
            if maker == self.maker:
                parts = (line.partition("\t") for line in lines)
                self.entries = {name: text for name, _, text in parts if text}

    def keep(self, name: str, text: str) -> None:
        """Keeps a text."""
        self.entries[name] = text
        self._changed = True

    def write(self) -> None:
        """Puts the file in its place at once."""
        if self._changed and self.path is not None:
            _put(self.path, "\n".join([self.maker, *(f"{name}\t{text}" for name, text in self.entries.items())]))


def _put(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=path.parent, suffix=".new")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(scratch).replace(path)
    except OSError:
        return
