"""Operators on records (spec §7.4–§7.8, §8.2): what stands in rows becomes columns, missing rows are added, slices compared."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from reference.aggregates import stddev
from reference.rows import groups
from reference.values import Row, number, text


def transpose(rows: Sequence[Row], row: Sequence[str], column: Sequence[str], value: str, listed: Sequence[str] = (),
         others: bool = True) -> list[Row]:
    """A row for each combination of the row fields, a column for each of the column fields: the listed ones, then the
    others by their names."""
    cells = {k: {_name(r, column): r[value] for r in g} for k, g in groups(rows, row).items()}
    dynamic = sorted({c for r in cells.values() for c in r} - set(listed)) if others else []
    return [{**dict(zip(row, k, strict=True)), **{c: found.get(c) for c in (*listed, *dynamic)}} for k, found in cells.items()]


def _name(row: Row, column: Sequence[str]) -> str:
    return "_".join("null" if row[c] is None else text(row[c]) or "empty" for c in column)


def fillmissing(rows: list[Row], keys: dict[str, Sequence[object]], defaults: Row) -> list[Row]:
    """Each combination of the keys' values that no row has is added."""
    there = {tuple(r[k] for k in keys) for r in rows}
    missing = [c for c in itertools.product(*keys.values()) if c not in there]
    return [*rows, *({**defaults, **dict(zip(keys, c, strict=True))} for c in missing)]


def merge(rows: Sequence[Row], items: Sequence[tuple[str, str, str]]) -> list[Row]:
    """All rows, in the order of time, become one: ``(result, field, strategy)``."""
    ordered = sorted(rows, key=lambda r: int(str(r["_messageTime"])))
    return [{name: _merged([r[field] for r in ordered], how) for name, field, how in items}] if ordered else []


def _merged(found: list[object], how: str) -> object:
    given = [str(text(v)) for v in found if v is not None]
    if how == "takeFirst":
        return found[0]
    if how == "takeLast":
        return found[-1]
    if how == "takeDistinct":
        return "\n".join(sorted(set(given))[:100]) if given else None
    return ("," if "with" in how else "\n").join(given) if given else None


def outlier(rows: Sequence[Row], field: str, by: Sequence[str], window: int, threshold: float, consecutive: int,
         direction: str) -> list[Row]:
    """In the order of time, from the ``window`` values before (spec §12.35); the newest slice is not judged."""
    out: list[Row] = []
    for group in groups(rows, by).values():
        ordered = sorted(group, key=lambda r: int(str(r["_timeslice"])))
        run = 0
        for i, row in enumerate(ordered):
            value = float(number(row[field]) or 0)
            before = [float(number(r[field]) or 0) for r in ordered[max(0, i - window) : i]]
            made: Row = dict.fromkeys(f"{field}_{n}" for n in ("error", "lower", "upper"))
            outside = False
            if len(before) >= 2:
                mean, spread = math.fsum(before) / len(before), stddev(before) * threshold
                made = {f"{field}_error": value - mean, f"{field}_lower": mean - spread, f"{field}_upper": mean + spread}
                outside = (value > mean + spread and "+" in direction) or (value < mean - spread and "-" in direction)
            outside = outside and i < len(ordered) - 1
            run = run + 1 if outside else 0
            out.append({**row, **made, f"{field}_indicator": int(outside), f"{field}_violation": int(run >= consecutive)})
    return out


def predict(rows: Sequence[Row], field: str, step: int, forecast: int) -> list[Row]:
    """A straight line through the slices, missing ones counting 0 (spec §7.5)."""
    if not rows:
        return []
    known = {int(str(r["_timeslice"])): float(number(r[field]) or 0) for r in rows}
    times = list(range(min(known), max(known) + 1, step))
    y = [known.get(t, 0.0) for t in times]
    n = len(y)
    mean_x, mean_y = (n - 1) / 2, math.fsum(y) / n
    slope = math.fsum((i - mean_x) * (v - mean_y) for i, v in enumerate(y)) / (math.fsum((i - mean_x) ** 2 for i in range(n)) or 1)
    line = [mean_y + slope * (i - mean_x) for i in range(n + forecast)]
    return [
        {"_timeslice": times[0] + i * step, field: y[i] if i < n else None, f"{field}_predicted": p,
         f"{field}_error": p - y[i] if i < n else None}
        for i, p in enumerate(line)
    ]


def compare(now: Sequence[Row], before: Sequence[Row], shift: int, keys: Sequence[str], value: str, name: str) -> list[Row]:
    """Both sides by their keys, slices of the past moved forward; what one side lacks is null (spec §7.8)."""
    moved = [{**r, "_timeslice": int(str(r["_timeslice"])) + shift} if "_timeslice" in r else r for r in before]
    sides = [{tuple(r[k] for k in keys): r[value] for r in rows} for rows in (now, moved)]
    every = list(dict.fromkeys([*sides[0], *sides[1]]))
    return [{**dict(zip(keys, k, strict=True)), value: sides[0].get(k), name: sides[1].get(k)} for k in every]
