"""Proof of a conversion: the query and its round trip through Sigma, over real logs, event by event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dohyo.detections.model import Detection
from dohyo.diagnostics import QueryError
from dohyo.run import Query, RunOptions, run_queries
from dohyo.sigma import out
from dohyo.sigma.convert import convert
from dohyo.sigma.notsaid import NotSaid

#: Events on which the two differ that are named.
_NAMED = 20


@dataclass(frozen=True)
class Proof:
    """How many events both find, and where those are that only one of them finds."""

    both: int
    only_query: tuple[str, ...]
    only_sigma: tuple[str, ...]

    @property
    def same(self) -> bool:
        """True when the two find the same events."""
        return not self.only_query and not self.only_sigma


def round_trip(detection: Detection) -> str:
    """The query that a detection becomes by way of Sigma. Raises :class:`NotSaid`."""
    entry = convert([out.rule(detection)])
    if entry.broken:
        raise NotSaid(entry.broken[0].lstrip(": "))
    return entry.rules[0].query


def verify(detection: Detection, paths: Sequence[str | Path], options: RunOptions) -> Proof:
    """Runs a detection and its round trip over the same logs. Raises :class:`NotSaid`, and ``QueryError`` when one of the
    two cannot run."""
    queries = [Query(detection.query, f"{detection.id}/query.sumo"), Query(round_trip(detection), "round trip", "strict")]
    found: list[set[str]] = []
    for result in run_queries(queries, paths, replace(options, evidence=True)):
        if isinstance(result, QueryError):
            raise result
        found.append({f"{e.file}:{e.record}" for e in result.evidence() if e})
    first, second = found
    return Proof(len(first & second), tuple(sorted(first - second)[:_NAMED]), tuple(sorted(second - first)[:_NAMED]))
