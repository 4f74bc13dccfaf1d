"""Operators that look at one row, or at rows in their order (spec §5, §7). Each takes rows and gives rows."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Sequence

from reference.aggregates import stddev
from reference.values import Row, get, is_number, number, text, whole


def messages(events: Sequence[Row]) -> list[Row]:
    """The newest first (spec §1.1)."""
    return sorted(events, key=lambda e: -int(str(e["_messageTime"])))


def keep(rows: list[Row], names: Sequence[str]) -> list[Row]:
    """``fields a, b``."""
    return [{n: get(r, n) for n in names} for r in rows]


def drop(rows: list[Row], names: Sequence[str]) -> list[Row]:
    """``fields - a, b``."""
    return [{k: v for k, v in r.items() if k not in names} for r in rows]


def key_of(row: Row, names: Sequence[str]) -> tuple[object, ...]:
    return tuple(row[n] for n in names)


def groups(rows: Sequence[Row], names: Sequence[str]) -> dict[tuple[object, ...], list[Row]]:
    """Rows by the values of some fields; null is a value; a group stands where its first row stands."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(key_of(row, names), []).append(row)
    return found


def dedup(rows: list[Row], count: int, names: Sequence[str], consecutive: bool) -> list[Row]:
    """The first rows of each combination; of each run of equal neighbours."""
    out: list[Row] = []
    seen: dict[object, int] = {}
    for i, row in enumerate(rows):
        key = key_of(row, names)
        if consecutive and i and key_of(rows[i - 1], names) != key:
            seen.clear()
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= count:
            out.append(row)
    return out


def _before(a: object, b: object) -> int:
    if is_number(a) and is_number(b):
        return (a > b) - (a < b)  # type: ignore[operator,no-any-return]
    return (str(a) > str(b)) - (str(a) < str(b))


def sort(rows: list[Row], keys: Sequence[tuple[str, bool]]) -> list[Row]:
    """By field and whether it ascends; text by code point, numbers as numbers, null last; stable (spec §7.1, §12.32)."""

    def compare(x: Row, y: Row) -> int:
        for name, ascending in keys:
            a, b = x[name], y[name]
            if a is None or b is None:
                order = (a is None) - (b is None)
            else:
                order = _before(a, b) * (1 if ascending else -1)
            if order:
                return order
        return 0

    return sorted(rows, key=functools.cmp_to_key(compare))


def timeslice(rows: list[Row], width: int, name: str = "_timeslice") -> list[Row]:
    """The start of the slice of time a message is in."""
    return [{**r, name: int(str(r["_messageTime"])) // width * width} for r in rows]


def bucket_width(span: int, buckets: int) -> int:
    """The smallest usual width that gives no more buckets (spec §5.6)."""
    seconds = [1, 2, 5, 10, 15, 30]
    widths = seconds + [60 * s for s in seconds] + [3600 * h for h in (1, 2, 3, 4, 6, 12)] + [86400 * d for d in (1, 2, 7)]
    return next(w * 1000 for w in widths if span / (w * 1000) <= buckets)


def bins(rows: list[Row], field: str, width: float, least: float | None, most: float | None) -> list[Row]:
    """Classes [lower, upper) from ``min`` on; what is outside goes to the first or last (spec §5.7)."""
    out = []
    for row in rows:
        n, start = number(row[field]), least or 0.0
        if n is None:
            out.append({**row, "_bin_label": None, "_bin_lower": None, "_bin_upper": None})
            continue
        if least is not None:
            n = max(n, least)
        place = math.floor((n - start) / width)
        if most is not None and most > start:
            place = min(place, math.ceil((most - start) / width) - 1)
        lower = start + place * width
        out.append({**row, "_bin_label": f"{text(lower)}-{text(lower + width)}", "_bin_lower": lower, "_bin_upper": lower + width})
    return out


def withtime(rows: list[Row], field: str) -> list[Row]:
    made = [json.dumps({"value": text(r[field]), "time": r["_messageTime"]}, separators=(",", ":"), ensure_ascii=False) for r in rows]
    return [{**r, f"{field}_withtime": m} for r, m in zip(rows, made, strict=True)]


# --- running values (spec §7.3): a row without a number passes with null --------------------------------------------

Running = Callable[[list[float], int], object]


def _running(rows: list[Row], field: str, name: str, by: Sequence[str], call: Running, size: int = 0) -> list[Row]:
    """``call`` gets the group's numbers so far, this row's last."""
    seen: dict[tuple[object, ...], list[float]] = {}
    out = []
    for row in rows:
        n, before = number(row[field]), seen.setdefault(key_of(row, by), [])
        if n is not None:
            before.append(float(n))
        out.append({**row, name: None if n is None else call(before, size)})
    return out


def accum(rows: list[Row], field: str, name: str, by: Sequence[str]) -> list[Row]:
    return _running(rows, field, name, by, lambda seen, size: math.fsum(seen))


def diff(rows: list[Row], field: str, name: str, by: Sequence[str]) -> list[Row]:
    return _running(rows, field, name, by, lambda seen, size: seen[-1] - seen[-2] if len(seen) > 1 else None)


def smooth(rows: list[Row], field: str, name: str, by: Sequence[str], size: int = 10) -> list[Row]:
    return _running(rows, field, name, by, lambda seen, n: math.fsum(seen[-n:]) / len(seen[-n:]), size)


def rollingstd(rows: list[Row], field: str, name: str, by: Sequence[str], size: int = 10) -> list[Row]:
    return _running(rows, field, name, by, lambda seen, n: stddev(seen[-n:]), size)


def backshift(rows: list[Row], field: str, name: str, by: Sequence[str], size: int = 1) -> list[Row]:
    """The value so many rows earlier, whatever it is."""
    seen: dict[tuple[object, ...], list[object]] = {}
    out = []
    for row in rows:
        before = seen.setdefault(key_of(row, by), [])
        out.append({**row, name: before[-size] if len(before) >= size else None})
        before.append(row[field])
    return out


def total(rows: list[Row], field: str, name: str, by: Sequence[str]) -> list[Row]:
    """The group's sum on every row of it that has a number."""
    sums = {k: math.fsum(n for r in g if (n := number(r[field])) is not None) for k, g in groups(rows, by).items()}
    return [{**r, name: None if number(r[field]) is None else sums[key_of(r, by)]} for r in rows]


def topk(rows: list[Row], count: int, field: str, by: Sequence[str]) -> list[Row]:
    """The rows with the largest values of each group, by group, then rank (spec §7.2, §12.31)."""
    numbered = sort([{**r, "__n": number(r[field])} for r in rows], [("__n", False)])
    kept = [{**r, "_rank": i} for g in groups(numbered, by).values() for i, r in enumerate(g, 1) if i <= count]
    return drop(sort(kept, [*((b, True) for b in by), ("_rank", True)]), ["__n"])


def top(rows: list[Row], count: int, field: str) -> list[Row]:
    """On messages: the most frequent values."""
    counted: list[Row] = [{field: k[0], "_count": len(g)} for k, g in groups(rows, [field]).items()]
    return sort(counted, [("_count", False), (field, True)])[:count]


def trace(rows: list[Row], field: str, links: Callable[[str], list[str]], start: str) -> list[Row]:
    """In time order: a row that holds a known value is kept, and its values are known from then on (spec §8.5)."""
    known, out = {start}, []
    for row in sorted(rows, key=lambda r: whole(r["_messageTime"]) or 0):
        found = links(text(row[field]) or "")
        if known & set(found):
            known |= set(found)
            out.append(row)
    return out
