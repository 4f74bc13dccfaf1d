"""What the lives of all files that grow have in common: where the file is, what was read of it, what it is called."""

from __future__ import annotations

import time
from typing import BinaryIO

from dohyo.follow.discover import Found
from dohyo.follow.model import Report, Thread
from dohyo.follow.place import Place


class Life:
    """One life of a file. ``found``: where it was last seen. ``place``: what was read."""

    def __init__(self, found: Found, place: Place, report: Report) -> None:
        self.found, self.place, self._report = found, place, report
        self.thread = Thread(found.path)
        self.changed = time.monotonic()  # when it was last seen to change
        self._stamp: tuple[int, int] | None = None
        self._stream: BinaryIO | None = None

    @property
    def name(self) -> str:
        """What it is called as evidence."""
        return self.thread.name

    @property
    def held(self) -> bool:
        """True when it can be read although its name is gone."""
        return self._stream is not None

    def rename(self, found: Found) -> None:
        """It may be called otherwise now; so is what was not yet read of it."""
        self.found = found
        if found.path != self.name:
            self.thread = Thread(found.path)
