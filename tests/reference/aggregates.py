"""Aggregates (spec §6): a group's rows in their order give one value."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence

from reference.values import Row, number, text

Aggregate = Callable[[list[object]], object]


def _numbers(values: list[object]) -> list[float]:
    return [float(n) for v in values if (n := number(v)) is not None]


def _given(values: list[object]) -> list[object]:
    return [v for v in values if v is not None]


def of_numbers(call: Callable[[list[float]], object]) -> Aggregate:
    """Over the numbers; what is none is ignored; nothing when there are none."""
    return lambda values: call(_numbers(values)) if _numbers(values) else None


def stddev(numbers: Sequence[float]) -> float:
    """n - 1; 0 for one (spec §12.9)."""
    mean = math.fsum(numbers) / len(numbers)
    return math.sqrt(math.fsum((n - mean) ** 2 for n in numbers) / (len(numbers) - 1)) if len(numbers) > 1 else 0.0


def percentile(p: float) -> Callable[[list[float]], float]:
    """Linear between the closest ranks (spec §12.10)."""

    def call(numbers: list[float]) -> float:
        ordered = sorted(numbers)
        place = p / 100 * (len(ordered) - 1)
        low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
        return low + (high - low) * (place - math.floor(place))

    return call


def values(found: list[object]) -> str | None:
    """The first hundred, in code-point order, a line each."""
    return "\n".join(sorted({str(text(v)) for v in _given(found)})[:100]) if _given(found) else None


def recent(pick: Callable[..., dict[str, object]]) -> Aggregate:
    """Of ``withtime`` values the one with the latest (earliest) time."""

    def call(found: list[object]) -> object:
        timed = [json.loads(str(v)) for v in _given(found)]
        timed = [t for t in timed if t["value"] is not None]
        return pick(timed, key=lambda t: t["time"])["value"] if timed else None

    return call


#: Over the values of one field.
AGGREGATES: dict[str, Aggregate] = {
    "count": lambda v: len(_given(v)),
    "count_distinct": lambda v: len({str(x) for x in _given(v)}),
    "sum": of_numbers(math.fsum),
    "avg": of_numbers(lambda n: math.fsum(n) / len(n)),
    "min": of_numbers(min),
    "max": of_numbers(max),
    "stddev": of_numbers(stddev),
    "pct": of_numbers(percentile(50)),
    "first": lambda v: v[0],
    "last": lambda v: v[-1],
    "values": values,
    "most_recent": recent(max),
    "least_recent": recent(min),
}
AGGREGATES |= {"median": AGGREGATES["pct"], "pct_sampling": AGGREGATES["pct"], "dcount": AGGREGATES["count_distinct"]}


def aggregate(rows: list[Row], items: Sequence[tuple[str, Aggregate, str | None]], by: Sequence[str]) -> list[Row]:
    """``items``: the result's name, what makes it, and of which field (``None``: of the rows themselves). Without rows
    there is no record (spec §12.29)."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[b] for b in by), []).append(row)
    return [
        {**dict(zip(by, key, strict=True)), **{name: call([r[f] if f else True for r in group]) for name, call, f in items}}
        for key, group in found.items()
    ]
