"""Is there a beat? How regular the intervals between connections are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

#: Fewer connections say nothing; and how far intervals may stray from the usual one, as a share of it.
_FEWEST, _STEADY = 4, 0.2


class Beat(Struct, frozen=True):
    """The usual interval in milliseconds, and the usual distance from it as a share of it (0: a clock)."""

    connections: int
    interval: float
    jitter: float

    @property
    def regular(self) -> bool:
        """True when there are enough connections and they come like a clock."""
        return self.connections >= _FEWEST and self.interval > 0 and self.jitter <= _STEADY


def beat(times: Sequence[int]) -> Beat | None:
    """The beat of times in epoch milliseconds, ``None`` for fewer than two intervals."""
    ordered = sorted(times)
    gaps = [b - a for a, b in pairwise(ordered)]
    if len(gaps) < 2:
        return None
    usual = median(gaps)
    return Beat(len(ordered), usual, median(abs(g - usual) for g in gaps) / usual if usual else 0.0)
