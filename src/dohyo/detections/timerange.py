"""Are any events of the time that was asked for?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from dohyo.formats.values import iso_time
from dohyo.results import ReadReport
from dohyo.run import RunOptions, search

#: Logs up to this size are read again to say why nothing was found.
SMALL = 64 << 20
_NONE = "no event is from the time asked for"


def out_of_range(read: ReadReport, paths: Sequence[str | Path], options: RunOptions) -> str:
    """A sentence when no event of the logs, which were read as ``read`` says, is from the time that ``options`` ask for;
    of small logs it says from when they are. Else the empty text."""
    if (options.since is None and options.until is None) or read.nothing_read:
        return ""
    if not read.records:  # a store's files tell of what time they are
        return "" if read.problems else _NONE
    if not again(read, paths):
        return ""
    plain = replace(options, evidence=False, progress=None)
    if _row("* | count as n", paths, plain).get("n"):
        return ""
    there = _row("* | min(_messageTime) as first, max(_messageTime) as last", paths, replace(plain, since=None, until=None))
    if there.get("first") is None:
        return f"{_NONE}: none has a time that is known here; leave out --since and --until to see them"
    return f"{_NONE}; these logs reach from {iso_time(int(there['first']))} to {iso_time(int(there['last']))}"


def again(read: ReadReport, paths: Sequence[str | Path]) -> bool:
    """True for logs that may be read once more: they are small and no stream."""
    return sum(f.size or 0 for f in read.files) <= SMALL and "-" not in paths


def _row(query: str, paths: Sequence[str | Path], options: RunOptions) -> dict[str, Any]:
    return next(iter(search(query, list(paths), options).rows), {})
