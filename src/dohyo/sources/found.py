"""What is at some paths, looked up once; large event logs among it are being parsed from then on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dohyo.sources.archives import Skipped
from dohyo.sources.find import find_inputs
from dohyo.sources.model import Input, Problem
from dohyo.sources.readers.evtx_apart import Apart


class Found:
    """The inputs at some paths, what is wrong with them, and what was skipped. To be closed."""

    def __init__(self, paths: Sequence[str], wanted: Callable[[Input], bool] = lambda log: True) -> None:
        """Looks now; raises nothing. ``wanted``: which of the logs will be read."""
        self.paths = list(paths)
        self.problems: list[Problem] = []
        self.skipped = Skipped()
        self.inputs: list[Input] = list(find_inputs(self.paths, self.problems.append, skipped=self.skipped))
        self.apart = Apart([log for log in self.inputs if wanted(log)])
        self._taken = False

    def take(self, paths: Sequence[str]) -> bool:
        """True when it is of these paths and nobody has taken it: its logs are parsed once."""
        free = not self._taken and self.paths == list(paths)
        self._taken = self._taken or free
        return free

    def close(self) -> None:
        """Ends the parsing of what nobody wants any more."""
        self.apart.close()
