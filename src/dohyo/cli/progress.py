"""A progress bar on stderr, when someone is looking and the work takes longer than a moment."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dohyo.run import Progress

_AFTER = 0.5


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A function to be told how far the work is; ``None`` when nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.stop()


class _Bar:
    def __init__(self) -> None:
        self.began = time.monotonic()
        self.bar: Any = None
        self.task: Any = None

    def __call__(self, at: Progress) -> None:
        if time.monotonic() - self.began < _AFTER:
            return
        if self.bar is None:
            self._start(at)
        text = f"{at.records:,} events, {at.hits:,} of use"
        self.bar.update(self.task, completed=at.bytes_done, total=max(at.bytes, 1), description=text)

    def _start(self, at: Progress) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self.bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
        self.bar.start()
        self.task = self.bar.add_task("reading", total=max(at.bytes, 1))

    def stop(self) -> None:
        if self.bar is not None:
            self.bar.stop()
