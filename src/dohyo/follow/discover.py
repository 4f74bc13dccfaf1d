"""Which files there are under what the user named, looked up anew again and again."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence

from msgspec import Struct

from dohyo.sources.find import STORE_MARKER, VERSION_CONTROL

Key = tuple[int, int]


class Found(Struct, frozen=True):
    """A regular file. ``key`` tells it from all others, whatever it is called. ``named``: the user asked for just this."""

    path: str
    key: Key
    size: int
    mtime: int
    named: bool = False

    @property
    def stamp(self) -> tuple[int, int]:
        """Changes when the file does."""
        return self.size, self.mtime


def files(paths: Sequence[str]) -> Iterator[Found]:
    """The files under the paths (files, folders, patterns), each once. What cannot be looked at is not there."""
    seen: set[Key] = set()
    for path in paths:
        for each, named in _under(path):
            found = found_at(each, named)
            if found is not None and found.key not in seen:
                seen.add(found.key)
                yield found


def found_at(path: str, named: bool = False) -> Found | None:
    """The regular file at a path."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Found(path, (status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns, named)


def siblings(path: str) -> Iterator[Found]:
    """The files beside one whose names begin as its own does: what a rotation makes of it."""
    folder, name = os.path.split(path)
    stem = name.split(".", 1)[0] or name
    try:
        names = sorted(os.listdir(folder or "."))
    except OSError:
        return
    for other in names:
        found = found_at(os.path.join(folder, other)) if other.startswith(stem) else None
        if found is not None:
            yield found


def related(path: str, other: str) -> bool:
    """True when one name may have become of the other by a rotation."""
    (folder, name), (its_folder, its_name) = os.path.split(os.path.abspath(path)), os.path.split(os.path.abspath(other))
    return folder == its_folder and its_name.startswith(name.split(".", 1)[0] or name)


def _under(path: str) -> Iterator[tuple[str, bool]]:
    if os.path.isdir(path):
        yield from ((each, False) for each in _walk(path, set()))
    elif os.path.lexists(path) or not glob.has_magic(path):
        yield path, True
    else:
        for match in sorted(glob.glob(path, recursive=True, include_hidden=True)):
            yield from ((each, False) for each in (_walk(match, set()) if os.path.isdir(match) else [match]))


def _walk(top: str, seen: set[str]) -> Iterator[str]:
    """The files of a folder to the bottom, by name; each folder once, for a link may lead back."""
    todo = [top]
    while todo:
        path = todo.pop()
        if not os.path.isdir(path):
            yield path
        elif (real := os.path.realpath(path)) not in seen:
            seen.add(real)
            todo.extend(os.path.join(path, name) for name in sorted(_names(path), reverse=True))


def is_store(folder: str) -> bool:
    """True for a store of Dohyo: it has no logs that grow."""
    return os.path.isfile(os.path.join(folder, STORE_MARKER))


def _names(folder: str) -> list[str]:
    if is_store(folder):
        return []
    try:
        return [name for name in os.listdir(folder) if name not in VERSION_CONTROL]
    except OSError:
        return []
