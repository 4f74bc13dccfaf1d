"""Turns what the user typed — files, folders, patterns, ``-`` — into the streams of records in it."""

from __future__ import annotations

import glob
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from dohyo.sources.archives import Blob, Skipped, Visit, inputs_of
from dohyo.sources.detect import Packing, detect
from dohyo.sources.limits import HEAD, LIMITS, Limits
from dohyo.sources.model import Format, Input, Problem
from dohyo.sources.spool import Spool
from dohyo.sources.streams import Budget, Pushed, problem_of

#: Folders that are never searched.
VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr", ".jj", "CVS", "_darcs", ".fslckout"})
_STDIN = "-"
#: What a store of Dohyo has in its folder.
STORE_MARKER = os.path.join("_dohyo", "store.json")
_URL = re.compile(r"[a-z][a-z0-9+]*://", re.IGNORECASE)


def find_inputs(
    paths: Sequence[str],
    report: Callable[[Problem], None],
    *,
    skipped: Skipped | None = None,
    limits: Limits = LIMITS,
) -> Iterator[Input]:
    """The streams of records under ``paths``, in a fixed order, each file once; archives are looked into.

    ``-`` is standard input. Folders are searched to the bottom (not those of version control), patterns (``*``,
    ``**``, ``?``, ``[…]``) are expanded. Whatever cannot be read is given to ``report`` and the rest goes on; files in
    folders that are no logs are counted in ``skipped``. Raises nothing.
    """
    visit = Visit(report, skipped if skipped is not None else Skipped(), limits)
    seen: set[str] = set()
    for path in paths:
        yield from _argument(path, visit, seen)


def _argument(path: str, visit: Visit, seen: set[str]) -> Iterator[Input]:
    if path == _STDIN:
        yield from _standard_input(visit)
    elif _URL.match(path):
        yield _store(path)
    elif "\0" in path:
        visit.report(Problem(path.replace("\0", "\\0"), "", "is not a path"))
    elif os.path.lexists(path):
        yield from _existing(path, visit, seen, named=True)
    elif glob.has_magic(path):
        yield from _pattern(path, visit, seen)
    else:
        hint = "give a file, a folder, a pattern such as 'logs/**/*.evtx', or - for standard input"
        visit.report(Problem(path, "", "is not there", hint=hint))


def _pattern(pattern: str, visit: Visit, seen: set[str]) -> Iterator[Input]:
    matches = sorted(glob.glob(pattern, recursive=True, include_hidden=True))
    if not matches:
        visit.report(Problem(pattern, "", "no file fits this pattern", hint="** goes through folders, * does not"))
    for match in matches:
        if not os.path.isdir(match):
            yield from _file(match, visit, seen, named=False)
        elif not pattern.endswith("**"):
            yield from _folder(match, visit, seen)


def _existing(path: str, visit: Visit, seen: set[str], *, named: bool) -> Iterator[Input]:
    if os.path.isdir(path):
        yield from _folder(path, visit, seen)
    else:
        yield from _file(path, visit, seen, named=named)


def _folder(path: str, visit: Visit, seen: set[str]) -> Iterator[Input]:
    """The inputs under a folder; a complaint when there are none although nothing else was complained about."""
    complaints = 0

    def counted(problem: Problem) -> None:
        nonlocal complaints
        complaints += 1
        visit.report(problem)

    found = False
    before = len(seen)
    for source in _walk(path, Visit(counted, visit.skipped, visit.limits), seen):
        found = True
        yield source
    if not found and not complaints and not _all_known(path, before, seen):
        visit.report(Problem(path, "", "holds no log that Dohyo knows", hint="see dohyo hunt --help for the formats"))


def _all_known(path: str, before: int, seen: set[str]) -> bool:
    """True when the folder was read already, as (part of) an argument before."""
    return len(seen) == before and _real(path) in seen


def _walk(top: str, visit: Visit, seen: set[str]) -> Iterator[Input]:
    """Depth first without recursion (a folder may be deep), by name, each folder once (a link may lead back)."""
    todo = [top]
    while todo:
        path = todo.pop()
        if not os.path.isdir(path):
            yield from _file(path, visit, seen, named=False)
        elif _known(path, seen):
            continue
        elif os.path.isfile(os.path.join(path, STORE_MARKER)):
            yield _store(path)
        else:
            todo.extend(reversed(_entries(path, visit)))


def _store(root: str) -> Input:
    """A store: its files are read through what it says of itself."""
    return Input(root, Format.STORE, partial(_raw, root))


def _entries(folder: str, visit: Visit) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        visit.report(problem_of(folder, error))
        return []
    return [os.path.join(folder, name) for name in names if name not in VERSION_CONTROL]


def _known(path: str, seen: set[str]) -> bool:
    """True when ``path`` was met before, perhaps by another name; notes it."""
    real = _real(path)
    if real in seen:
        return True
    seen.add(real)
    return False


def _real(path: str) -> str:
    """Where links lead; a link that may not be read (``/proc/1/cwd``) is itself, and named when it is opened."""
    try:
        return os.path.realpath(path)
    except OSError:
        return os.path.abspath(path)


def _file(path: str, visit: Visit, seen: set[str], *, named: bool) -> Iterator[Input]:
    if _known(path, seen):
        visit.skipped.add(path, "read already")
        return
    try:
        status = os.stat(path)
    except OSError as error:
        visit.report(problem_of(path, error))
        return
    if stat.S_ISREG(status.st_mode):
        yield from _regular(path, status.st_size, visit, named=named)
    elif named and (stat.S_ISFIFO(status.st_mode) or stat.S_ISCHR(status.st_mode)):
        yield from _pipe(path, partial(_raw, path), visit)
    else:
        visit.skipped.add(path, "not a regular file")


def _regular(path: str, size: int, visit: Visit, *, named: bool) -> Iterator[Input]:
    name = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    opened = partial(_raw, path)
    blob = Blob(name, opened, Budget(visit.limits), Path(path), size, named=named)
    yield from inputs_of(blob, visit)


def _raw(path: str) -> BinaryIO:
    return cast(BinaryIO, open(path, "rb", buffering=0))


def _standard_input(visit: Visit) -> Iterator[Input]:
    # the raw stream gives what has arrived; the buffered one would wait until a whole block has
    yield from _pipe(_STDIN, lambda: getattr(sys.stdin.buffer, "raw", sys.stdin.buffer), visit)


def _pipe(name: str, opened: Callable[[], BinaryIO], visit: Visit) -> Iterator[Input]:
    """What comes through a pipe: records as they come, anything packed from a copy, because it must be sought in."""
    budget = Budget(visit.limits)
    try:
        stream = opened()
        head = _first(stream)
        whole = cast("BinaryIO", _Borrowed(stream, head))
        if isinstance(detect(head, whole=len(head) < HEAD), Packing):
            copy = Spool(whole, visit.limits.archive_bytes)
            blob = Blob(name, copy.open, budget, size=copy.size, named=True)
        else:
            blob = Blob(name, _Once(whole, head), budget, once=True, named=True)
    except OSError as error:
        visit.report(problem_of(name, error))
        return
    yield from inputs_of(blob, visit)


def _first(stream: BinaryIO) -> bytes:
    head = b""
    while len(head) < HEAD and (data := stream.read(HEAD - len(head))):
        head += data
    return head


class _Borrowed(Pushed):
    """A stream that others go on using: standard input is not ours to close."""

    def close(self) -> None:
        io.RawIOBase.close(self)


class _Once:
    """Opens a pipe: the first time only its head, to tell what it is; then the whole, which is gone afterwards."""

    def __init__(self, stream: BinaryIO, head: bytes) -> None:
        self._stream = stream
        self._head: bytes | None = head

    def __call__(self) -> BinaryIO:
        if self._head is None:
            return self._stream
        head, self._head = self._head, None
        return io.BytesIO(head)
