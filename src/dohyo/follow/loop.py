"""The loop: take what came, look at it, write the alerts, save the checkpoint."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct, field

from dohyo.detections.tuning import File, apply
from dohyo.follow.checkpoint import Checkpoint
from dohyo.follow.live import Live, problems
from dohyo.follow.model import Behind, Sources
from dohyo.follow.sink import Sink
from dohyo.follow.status import Status
from dohyo.results import Alert
from dohyo.sources.model import Problem

#: So many bytes are looked at together.
_AT_ONCE = 24 << 20
#: So often it is looked whether something came (seconds).
_POLL = 0.2
#: The checkpoint is saved with each alert, and else so often, unless that would take too much of the time.
_SAVE, _SHARE = 1.0, 0.05


class Limits(Struct):
    """When to end by itself: after so many seconds, or so many seconds after the last record."""

    seconds: float | None = None
    idle: float | None = None


class Follow(Struct):
    """Everything that following needs. ``told``: gets what could not be read."""

    live: Live
    sources: Sources
    sink: Sink
    status: Status
    checkpoint: Checkpoint | None
    limits: Limits
    told: Callable[[Sequence[Problem]], None]
    tuning: File | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    alerts: int = 0
    severities: set[str] = field(default_factory=set)
    suppressed: int = 0
    resumed: bool = False  # there was a checkpoint
    other_window: bool = False  # its window was of other detections
    size: int = 0
    _next_save: float = 0.0

    def restore(self) -> None:
        """Goes on at the checkpoint, if there is one."""
        state = self.checkpoint.load() if self.checkpoint else None
        if state is None:
            return
        for key, source in self.sources.all.items():
            if key in state["sources"] and state["sources"][key] is not None:
                source.restore(state["sources"][key])
        self.sink.restore(state["output"])
        if self.live.window is not None:
            self.other_window = not self.live.restore(state["window"])
        self.resumed = True

    def run(self) -> None:
        """Follows until it is stopped, a limit is reached, or nothing can come any more."""
        began = last = time.monotonic()
        self._save()
        try:
            while not self.stop.is_set():
                came = self._once()
                now = time.monotonic()
                last = now if came or not self.sources.settled else last
                if self._over(now - began, now - last):
                    break
                if not came:
                    self.stop.wait(_POLL)
        finally:
            self.status.clear()
            self.live.report.seconds = time.monotonic() - began
        self._save()

    def _over(self, running: float, idle: float) -> bool:
        limits = self.limits
        ended = limits.seconds is not None and running >= limits.seconds
        return ended or (limits.idle is not None and idle >= limits.idle) or self.sources.finished

    def _once(self) -> bool:
        """Looks at what came; false when nothing did."""
        portions = self.sources.take(_AT_ONCE)
        if portions:
            self.size += sum(p.size for p in portions)
            self._raise(self.live.run(portions))
        self._tell_problems()
        if time.monotonic() >= self._next_save:
            self._save()
        self.status.tell(self.live.report.records, self.size, self.alerts, self.behind())
        return bool(portions)

    def behind(self) -> Behind:
        """How much is waiting."""
        return self.sources.behind()

    def _raise(self, found: list[Alert]) -> None:
        if self.tuning is not None and found:
            tuned = apply(self.tuning, found, dt.datetime.now(dt.UTC).date())
            found, self.suppressed = tuned.alerts, self.suppressed + len(tuned.suppressed)
        if not found:
            return
        self.status.clear()
        self.sink.write(found)
        self.alerts += len(found)
        self.severities |= {a.severity for a in found}
        self._save()

    def _tell_problems(self) -> None:
        found = problems(self.live.report)
        if found:
            self.status.clear()
            self.told(found)

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        began = time.monotonic()
        state: dict[str, Any] = {"sources": self.sources.state(), "output": self.sink.state(), "window": self.live.state()}
        self.checkpoint.save(state)
        if self.live.window is not None:
            self.live.window.kept.sweep()
        self._next_save = began + max(_SAVE, (time.monotonic() - began) / _SHARE)
