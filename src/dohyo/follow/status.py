"""How far behind following is: a status line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import deque

from msgspec import Struct, field

from dohyo.follow.model import Behind

#: The rate is that of the last seconds.
_RATE_OVER = 10.0
_REFRESH = 0.5


class Status(Struct):
    """Tells on stderr. ``every``: seconds between two lines where stderr is no terminal; 0: none."""

    every: float
    quiet: bool = False
    _past: deque[tuple[float, int, int]] = field(default_factory=deque)  # time, events, bytes
    _next: float = 0.0
    _drawn: bool = False
    _terminal: bool = False

    def __post_init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + (_REFRESH if self._terminal else self.every)

    def tell(self, events: int, size: int, alerts: int, behind: Behind) -> None:
        """Notes how much was read in all, and shows it when it is time."""
        now = time.monotonic()
        self._past.append((now, events, size))
        while now - self._past[0][0] > _RATE_OVER and len(self._past) > 2:
            self._past.popleft()
        if self.quiet or now < self._next or not (self._terminal or self.every):
            return
        self._next = now + (_REFRESH if self._terminal else self.every)
        line = f"{events:,} events, {self._rate(1):,.0f}/s; {alerts:,} alert{'s' * (alerts != 1)}; {self.behind(events, size, behind)}"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
            self._drawn = True
        else:
            print(line, file=sys.stderr, flush=True)

    def behind(self, events: int, size: int, behind: Behind) -> str:
        """How much is waiting, in bytes, events and seconds; the last two are estimates where nobody counts them."""
        if not behind.bytes and not behind.events:
            return "nothing is waiting"
        waiting = behind.events if behind.events is not None else round(behind.bytes * events / size) if size else 0
        about = "" if behind.events is not None and not behind.bytes else "about "
        rate = self._rate(1)
        seconds = f", {waiting / rate:,.1f} s at this rate" if rate else ""
        return f"behind by {_size(behind.bytes)}{about}{waiting:,} events{seconds}"

    def _rate(self, what: int) -> float:
        if len(self._past) < 2:
            return 0.0
        first, last = self._past[0], self._past[-1]
        return (last[what] - first[what]) / (last[0] - first[0]) if last[0] > first[0] else 0.0

    def clear(self) -> None:
        """Takes the status line away, so that something else can be written."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = False


def _size(count: int) -> str:
    if not count:
        return ""
    return f"{count / 1e6:,.1f} MB, " if count >= 1e6 else f"{count / 1e3:,.1f} KB, "
