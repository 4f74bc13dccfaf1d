"""Complaints about one input: the first few of a kind by their place, all of them by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from dohyo.sources.model import Problem

_SHOWN = 20


class Tally:
    """Passes the first complaints of each reason on, and counts the others until :meth:`tell`."""

    def __init__(self, file: str, report: Callable[[Problem], None]) -> None:
        self._file, self._report = file, report
        self._seen: Counter[str] = Counter()
        self._last: dict[str, tuple[str, int]] = {}

    def add(self, where: str, reason: str, count: int = 1, hint: str = "") -> None:
        """``count`` records at ``where`` were lost for ``reason`` (one of a few texts, without numbers)."""
        self._seen[reason] += 1
        if self._seen[reason] <= _SHOWN:
            self._report(Problem(self._file, where, reason, count, hint))
        else:
            self._last[reason] = (where, self._last.get(reason, ("", 0))[1] + count)

    def tell(self) -> None:
        """Reports what was counted. To be called at the end of the input."""
        for reason, (where, count) in self._last.items():
            self._report(Problem(self._file, f"up to {where}", reason, count))
        self._last.clear()
