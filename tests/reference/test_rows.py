"""Operators on rows and aggregates agree with their references (spec §5, §6, §7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import rows as r
from reference.aggregates import AGGREGATES, Aggregate, aggregate, of_numbers, percentile
from reference.engine import END, START, differences, run, unordered
from reference.generate import KINDS, rows
from reference.profile import often
from reference.values import Row, number

#: Few values, so that groups have several rows.
GROUPS = st.sampled_from(["a", "b", "A", "", "é", None])
NUMBERS = st.one_of(KINDS["finite"], st.sampled_from(["1", "2", "n/a", None, ""]))


@st.composite
def events(draw: st.DrawFn, least: int = 0) -> list[Row]:
    """Messages at different times, in any order."""
    made = draw(st.lists(st.fixed_dictionaries({"h": GROUPS, "k": GROUPS, "v": NUMBERS, "s": KINDS["text"]}), min_size=least,
        max_size=12))
    times = draw(st.lists(st.integers(START, END - 1), min_size=len(made), max_size=len(made), unique=True))
    return [{"_messageTime": t, "i": str(i), **m} for i, (t, m) in enumerate(zip(times, made, strict=True))]


BY = st.lists(st.sampled_from(["h", "k"]), unique=True, max_size=2)


def by_text(by: list[str]) -> str:
    return " by " + ", ".join(by) if by else ""


def check(query: str, wanted: list[Row], made: list[Row], ordered: bool = True) -> None:
    """The engine's rows are these."""
    got = run(query, made)
    if not ordered:
        got, wanted = unordered(got), unordered(wanted)
    assert differences(got, wanted) == [], query


@often(60)
@given(events(), st.lists(st.tuples(st.sampled_from(sorted(AGGREGATES)), st.sampled_from("vshk")), min_size=1, max_size=5), BY)
def test_aggregates(made: list[Row], chosen: list[tuple[str, str]], by: list[str]) -> None:
    """Any aggregates together, over the same groups, null keys a group of their own."""
    timed, items, texts = r.messages(made), [], []
    for i, (name, field) in enumerate(chosen):
        source = f"{field}_withtime" if "recent" in name else field
        timed = r.withtime(timed, field) if "recent" in name and timed and source not in timed[0] else timed
        items.append((f"r{i}", AGGREGATES[name], source))
        texts.append(f"{name}({source}) as r{i}")
    wanted = aggregate(timed, items, by)
    check(f"* | withtime h | withtime k | withtime v | withtime s | {', '.join(texts)}{by_text(by)}", wanted, made, ordered=False)


@often(30)
@given(events(), BY, st.sampled_from(["count by {}", "count {}", "count(*) by {}", "count group by {}", "COUNT as _count {}"]))
def test_count_and_its_spellings(made: list[Row], by: list[str], spelling: str) -> None:
    """``by`` may be left out."""
    query = spelling.format(", ".join(by)) if by else "count"
    rowwise: Aggregate = len
    check(f"* | {query}", aggregate(made, [("_count", rowwise, None)], by), made, ordered=False)


@often(30)
@given(events(), st.lists(st.sampled_from([0.5, 1, 25, 50, 90, 99, 99.9, 100]), min_size=1, max_size=4, unique=True), BY)
def test_percentiles(made: list[Row], ps: list[float], by: list[str]) -> None:
    """A column for each."""
    wanted = aggregate(made, [(f"_v_pct_{p}", of_numbers(percentile(p)), "v") for p in ps], by)
    check(f"* | pct(v, {', '.join(str(p) for p in ps)}){by_text(by)}", wanted, made, ordered=False)


@often(40)
@given(events(), st.lists(st.tuples(st.sampled_from(["h", "k", "s", "v", "n"]), st.booleans()), min_size=1, max_size=3,
         unique_by=lambda k: k[0]))
def test_sort(made: list[Row], keys: list[tuple[str, bool]]) -> None:
    """Stable, text by code point, numbers as numbers, null last."""
    timed = [{**e, "n": number(e["v"])} for e in r.messages(made)]
    shown = ", ".join(f"{n} {'asc' if up else 'desc'}" for n, up in keys)
    check(f"* | num(v) as n | sort by {shown} | fields i", r.keep(r.sort(timed, keys), ["i"]), made)


RUNNING: dict[str, tuple[Callable[..., list[Row]], bool]] = {
    "accum": (r.accum, False), "diff": (r.diff, False), "smooth": (r.smooth, True), "rollingstd": (r.rollingstd, True),
    "backshift": (r.backshift, True), "total": (r.total, False),
}


@often(40)
@pytest.mark.parametrize("name", RUNNING)
@given(events(), BY, st.one_of(st.none(), st.integers(1, 4)))
def test_running(name: str, made: list[Row], by: list[str], size: int | None) -> None:
    """In the order of the rows, each group by itself, rows without a number passed on."""
    call, sized = RUNNING[name]
    window = [size] if sized and size else []
    wanted = call(r.messages(made), "v", "x", by, *window)
    check(f"* | {name} v{', ' + str(size) if window else ''} as x{by_text(by)} | fields i, x", r.keep(wanted, ["i", "x"]), made)


@often(40)
@given(events(), st.integers(1, 3), BY, st.booleans())
def test_dedup(made: list[Row], count: int, by: list[str], consecutive: bool) -> None:
    """The first rows of each combination, or of each run of neighbours."""
    keys = by or ["s"]
    wanted = r.dedup(r.messages(made), count, keys, consecutive)
    check(f"* | dedup {'consecutive ' * consecutive}{count} by {', '.join(keys)} | fields i", r.keep(wanted, ["i"]), made)


@often(30)
@given(events(), st.integers(1, 4), BY)
def test_topk(made: list[Row], count: int, by: list[str]) -> None:
    """The largest of each group."""
    wanted = r.topk(r.messages(made), count, "v", by)
    check(f"* | topk({count}, v){by_text(by)} | fields i, _rank", r.keep(wanted, ["i", "_rank"]), made)


@often(30)
@given(events(), st.integers(1, 4))
def test_top_and_count_frequent(made: list[Row], count: int) -> None:
    """The most frequent values; those with the same count by their value."""
    check(f"* | top {count} h", r.top(made, count, "h"), made)
    every = [{"h": row["h"], "_approxcount": row["_count"]} for row in r.top(made, 100, "h")]
    check("* | count_frequent h", every, made)


@often(20)
@given(events(), st.integers(1, 4), st.sampled_from(["asc", "desc"]))
def test_top_of_records(made: list[Row], count: int, direction: str) -> None:
    """After an aggregate the rows with the largest values, all their columns (spec §12.30)."""
    counted = aggregate(made, [("_count", len, None)], ["h", "k"])
    wanted = r.sort(counted, [("_count", direction == "asc"), ("h", True), ("k", True)])[:count]
    check(f"* | count by h, k | top {count} h, k by _count {direction}", wanted, made)


@often(20)
@given(events(), st.integers(1, 5))
def test_limit_and_fields(made: list[Row], count: int) -> None:
    """The first rows; only the named columns, in the order named; or all but those."""
    check(f"* | fields s, i | limit {count}", r.keep(r.messages(made)[:count], ["s", "i"]), made)
    counted = aggregate(made, [("_count", len, None), ("n", of_numbers(max), "v")], ["h", "k"])
    check("* | count, max(v) as n by h, k | fields - k, n", r.drop(counted, ["k", "n"]), made, ordered=False)


@often(20)
@given(events(), st.sampled_from([("1s", 1000), ("90s", 90_000), ("5m", 300_000), ("1h", 3_600_000), ("1d", 86_400_000)]),
         st.integers(1, 40))
def test_timeslice(made: list[Row], width: tuple[str, int], buckets: int) -> None:
    """The start of the slice, by the clock; of a number of buckets the smallest usual width."""
    timed = r.messages(made)
    check(f"* | timeslice {width[0]} | fields i, _timeslice", r.keep(r.timeslice(timed, width[1]), ["i", "_timeslice"]), made)
    sliced = r.timeslice(timed, r.bucket_width(END - START, buckets), "t")
    check(f"* | timeslice {buckets} buckets as t | fields i, t", r.keep(sliced, ["i", "t"]), made)


@often(30)
@given(events(), st.sampled_from([1, 2.5, 10]), st.one_of(st.none(), st.integers(-5, 5)), st.one_of(st.none(), st.integers(6, 30)))
def test_bin(made: list[Row], width: float, least: int | None, most: int | None) -> None:
    """The class of a number."""
    options = f"width={width}" + (f", min={least}" if least is not None else "") + (f", max={most}" if most is not None else "")
    names = ["i", "_bin_label", "_bin_lower", "_bin_upper"]
    wanted = r.bins(r.messages(made), "v", width, least, most)
    check(f"* | bin v {options} | fields {', '.join(names)}", r.keep(wanted, names), made)


@often(20)
@given(rows({"s": "text"}, most=8))
def test_withtime(made: list[Row]) -> None:
    """The value and its time as JSON."""
    timed = [{"_messageTime": END - 1 - i, **e} for i, e in enumerate(made)]
    check("* | withtime s | fields s_withtime", r.keep(r.withtime(timed, "s"), ["s_withtime"]), timed)


@often(20)
@given(events(), st.integers(0, 4))
def test_filter(made: list[Row], least: int) -> None:
    """The rows whose values occur in what the inner pipeline gives of them (spec §5.5)."""
    counted = aggregate(made, [("_count", len, None)], ["h", "k"])
    sums = {row["h"]: row["n"] for row in aggregate(counted, [("n", of_numbers(sum), "_count")], ["h"])}
    wanted = [row for row in counted if row["h"] is not None and sums[row["h"]] > least]  # type: ignore[operator]
    check(f"* | count by h, k | filter h in (sum(_count) as n by h | where n > {least})", wanted, made, ordered=False)


WORDS = st.sampled_from(["a b", "b c", "c d", "x y", "d", "b", "", "y a"])


@often(20)
@given(st.lists(WORDS, max_size=8), st.sampled_from("abx"))
def test_trace(texts: list[str], start: str) -> None:
    """A chain of connected values, in time order."""
    made: list[Row] = [{"_messageTime": START + i, "_raw": t, "i": str(i)} for i, t in enumerate(texts)]
    wanted = r.trace(made, "_raw", lambda s: s.split(), start)
    got = run(f'* | trace + "([a-z])" "{start}" | fields i', made)
    assert unordered(got) == unordered(r.keep(wanted, ["i"]))
