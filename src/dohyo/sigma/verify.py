"""Proof of a conversion: the query and what it became find the same events, of real logs and of events made for the query.

What can be run here is run: a query of the search language (also by way of Sigma and back), and SQL on DuckDB and SQLite.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from dohyo.analysis.invent import Event, events
from dohyo.compile import compile_query
from dohyo.detections.model import Detection
from dohyo.diagnostics import QueryError
from dohyo.plan.passes import scan_predicate
from dohyo.run import Query, RunOptions, run_queries
from dohyo.sigma import out
from dohyo.sigma.convert import convert
from dohyo.sigma.logsources import ENDPOINT
from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.out_tree import SAME_FIELD, paths_of

#: Events on which the two differ that are named.
_NAMED = 20
#: Source categories for which made events are run; a made event of another one says little that is new.
_CATEGORIES = 3
_WHEN = "2024-01-01 00:00:00.000"


class Proof(Struct, frozen=True):
    """How many events were looked at and how many both find, and those that only one of them finds: a place in a log, or a
    made event. ``assumed``: made events on which they differ because a path in them is none as Windows writes it, with a
    folder and backslashes; a Sigma rule for the last part of a path asks for that."""

    looked_at: int
    both: int
    only_query: tuple[str, ...]
    only_other: tuple[str, ...]
    assumed: int = 0

    @property
    def same(self) -> bool:
        """True when the two find the same events."""
        return not self.only_query and not self.only_other


def round_trip(detection: Detection) -> str:
    """The query that a detection becomes by way of Sigma. Raises :class:`NotSaid`."""
    entry = convert([out.rule(detection)])
    if entry.broken:
        raise NotSaid(entry.broken[0].lstrip(": "))
    return entry.rules[0].query


def verify(detection: Detection, paths: Sequence[str | Path], options: RunOptions) -> Proof:
    """Runs a detection and its round trip over the same logs. Raises :class:`NotSaid`, and ``QueryError`` when one of the
    two cannot run."""
    return on_logs(detection.query, round_trip(detection), paths, options)


def on_logs(query: str, other: str, paths: Sequence[str | Path], options: RunOptions) -> Proof:
    """Two queries over logs. Raises ``QueryError``."""
    results = _both(query, other, paths, options)
    places = [{f"{e.file}:{e.record}" for e in r.evidence() if e} for r in results]
    return proof(results[0].read.records, *places)


def on_made(query: str, other: str, options: RunOptions) -> Proof:
    """Two queries over events that are made for the first one. Raises ``QueryError``."""
    looked_at, first, second = 0, set[str](), set[str]()
    fields = paths_of(scan_predicate(compile_query(query).plan, whole=True))
    odd = set[str]()
    with tempfile.TemporaryDirectory() as scratch:
        for made in logs_of(query, Path(scratch)):
            looked_at += len(made.events)
            results = _both(query, other, [made.path], made.options(options))
            found = [{e.record for e in r.evidence() if e and e.record} for r in results]
            odd |= {made.shown(i) for i in found[0] ^ found[1] if not made.paths_are_usual(i, fields)}
            first |= {made.shown(i) for i in found[0]}
            second |= {made.shown(i) for i in found[1]}
    return replace(proof(looked_at, first - odd, second - odd), assumed=len(odd))


def _both(query: str, other: str, paths: Sequence[str | Path], options: RunOptions) -> list[Any]:
    queries = [Query(query, "the query"), Query(other, "what it became", "strict")]
    results = []
    for result in run_queries(queries, paths, replace(options, evidence=True)):
        if isinstance(result, QueryError):
            raise result
        results.append(result)
    return results


def proof(looked_at: int, first: set[str], second: set[str]) -> Proof:
    """What two sets of found events say."""
    return Proof(looked_at, len(first & second), tuple(sorted(first - second)[:_NAMED]), tuple(sorted(second - first)[:_NAMED]))


# --- made events --------------------------------------------------------------------------------------------------------


class Made(Struct, frozen=True):
    """Made events of one source category, and the log that holds them, one a line."""

    path: Path
    category: str | None
    events: tuple[Event, ...]

    def options(self, options: RunOptions) -> RunOptions:
        """The log is read as of its category."""
        return replace(options, source_category=self.category) if self.category else options

    def paths_are_usual(self, line: int, fields: Iterable[str]) -> bool:
        """True when each of the fields is a path with a folder and backslashes in the event of a line."""
        values = [str(v) for f in fields for k, v in self.events[line - 1].items() if k.lower() == f.lower()]
        return all("\\" in v and "/" not in v for v in values)

    def shown(self, line: int) -> str:
        """The event of a line."""
        return json.dumps(self.events[line - 1], ensure_ascii=False, sort_keys=True)


def logs_of(query: str, folder: Path) -> Iterator[Made]:
    """The events made for a query, as logs. Raises ``QueryError`` when it cannot run."""
    condition = scan_predicate(compile_query(query).plan, whole=True)
    homes: dict[str | None, dict[str, Event]] = {}
    for event in map(_as_its_source_writes, events(condition)):
        homes.setdefault(event.get("_sourceCategory"), {}).setdefault(json.dumps(event, sort_keys=True), event)
    most = [c for c, _ in Counter({c: len(e) for c, e in homes.items()}).most_common(_CATEGORIES)]
    for number, category in enumerate(most):
        path = folder / f"made-{number}.ndjson"
        made = tuple(homes[category].values())
        path.write_text("".join(json.dumps(_record(e), ensure_ascii=False) + "\n" for e in made), "utf-8")
        yield Made(path, category, made)


def _as_its_source_writes(event: Event) -> Event:
    """Windows events have an id, endpoint events a type; a field that both kinds have under two names has one value."""
    category = str(event.get("_sourceCategory", "")).lower()
    foreign = ("eventid", "channel") if category == ENDPOINT else ("event_type",) if category.startswith("windows/") else ()
    made = {k: v for k, v in event.items() if k.lower() not in foreign}
    for other, usual in SAME_FIELD.items():
        value = made.get(usual, made.get(other))
        if value is not None:
            made |= {usual: value, other: value}
    return made


def _record(event: Event) -> Event:
    """A made event as a log has it: the raw text is its message."""
    own = {("Message" if k == "_raw" else k): v for k, v in event.items() if k == "_raw" or not k.startswith("_")}
    return {"UtcTime": _WHEN, **own}
