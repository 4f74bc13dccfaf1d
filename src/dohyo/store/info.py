"""What a store holds, for people and scripts."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from dohyo.store.state import State


class DayRow(Struct, frozen=True):
    """The events of a day and category."""

    day: str | None
    category: str
    events: int
    files: int
    bytes: int


class Info(Struct, frozen=True):
    """A store at one moment. ``first``, ``last``: event times (epoch ms)."""

    version: int
    events: int
    files: int
    bytes: int
    first: int | None
    last: int | None
    logs: int
    broken: int
    columns: int
    categories: dict[str, int]
    days: list[DayRow]


def info(state: State) -> Info:
    """The facts of a state."""
    files = list(state.files.values())
    categories: Counter[str] = Counter()
    for file in files:
        for category, _, count in file.kinds:
            categories[category] += count
    return Info(
        state.version, sum(f.rows for f in files), len(files), sum(f.size for f in files),
        min((f.first for f in files if f.first is not None), default=None),
        max((f.last for f in files if f.last is not None), default=None),
        len(state.origins), sum(o.broken for o in state.origins.values()), len(state.columns),
        dict(categories.most_common()), _days(state),
    )  # fmt: skip


def _days(state: State) -> list[DayRow]:
    groups = sorted({f.partition for f in state.files.values()}, key=lambda p: (p[0] or "", p[1]))
    rows = []
    for partition in groups:
        own = [f for f in state.files.values() if f.partition == partition]
        rows.append(DayRow(*partition, sum(f.rows for f in own), len(own), sum(f.size for f in own)))
    return rows
