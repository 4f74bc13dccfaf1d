"""Whether a log was read to its end before, told without opening it. Needs nothing that takes long to load."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dohyo.sources.model import Input
from dohyo.store.state import Origin

Stamp = tuple[int, int]


def stamp_of(source: Input) -> Stamp | None:
    """Size and time of the file that a source is (in); ``None`` when there is none."""
    path = source.path or Path(source.name.split("!")[0])
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns) if not source.once else None


def unchanged(source: Input, origins: Iterable[Origin]) -> bool:
    """True when a file of this name, size and time was read to its end."""
    stamp = stamp_of(source)
    return stamp is not None and any(o.name == source.name and o.stamp == stamp for o in origins)
