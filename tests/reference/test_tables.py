"""Operators on records agree with their references (spec §7, §8)."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reference import rows as r
from reference import tables as t
from reference.aggregates import aggregate, of_numbers
from reference.engine import END, OPTIONS, START, differences, run, unordered
from reference.generate import KINDS
from reference.profile import often
from reference.test_rows import BY, by_text, check, events
from reference.values import Row

COUNT = [("_count", len, None)]
MINUTES = 300_000


def _records(made: list[Row], keys: list[str]) -> list[Row]:
    return r.sort(aggregate(made, [("_count", len, None)], keys), [(k, True) for k in keys])


@often(40)
@given(events(), st.booleans(), st.sampled_from([None, "a, b", "A, *", "zz, a"]))
def test_transpose(made: list[Row], several: bool, listed: str | None) -> None:
    """Values become columns; the listed ones come first."""
    keys, columns = (["_timeslice"], ["h", "k"]) if several else (["k"], ["h"])
    counted = _records(r.timeslice(made, MINUTES), [*keys, *columns])
    names = [n for n in (listed or "").split(", ") if n and n != "*"]
    wanted = t.transpose(counted, keys, columns, "_count", names, listed is None or "*" in listed)
    query = f"* | timeslice 5m | count by {', '.join(keys + columns)} | transpose row {keys[0]} column {', '.join(columns)}"
    got = run(query + (f" as {listed}" if listed else ""), made)
    folded = {c.lower() for row in wanted for c in row}
    if len(folded) == len({c for row in wanted for c in row}) and "" not in folded:  # names that differ by case alone cannot be columns
        assert differences(unordered(got), unordered(wanted)) == [], query


def _values(rows: list[Row], name: str) -> list[object]:
    """Null is no value to make rows of."""
    return list(dict.fromkeys(row[name] for row in rows if row.get(name) is not None))


@often(40)
@given(
    events(),
    st.sampled_from(["values all in h, values all in k", 'values("a", "q") in h', "timeslice, values all in h", "timeslice(10m)"]),
)
def test_fillmissing(made: list[Row], generators: str) -> None:
    """Combinations that did not occur are added, with 0 for numbers and null for text."""
    keys = ["_timeslice", "h"] if "timeslice" in generators else ["h", "k"]
    sliced = r.timeslice(made, MINUTES)
    counted = aggregate(sliced, [("_count", len, None), ("top", of_numbers(max), "v"), ("one", lambda v: v[0], "i")], keys)
    counted = [{**row, "one": None} for row in counted]
    every: dict[str, list[object]] = {
        "h": ["a", "q"] if "q" in generators else _values(counted, "h"),
        "k": _values(counted, "k"),
        "_timeslice": list(range(START, END, 2 * MINUTES if "10m" in generators else MINUTES)),
    }
    used = [k for k in keys if f"in {k}" in generators or (k == "_timeslice" and "timeslice" in generators)]
    defaults: Row = {**dict.fromkeys(keys), "_count": 0, "top": 7.0, "one": None}
    wanted = t.fillmissing(counted, {k: every[k] for k in used}, defaults)
    query = f"* | timeslice 5m | count, max(v) as top by {', '.join(keys)} | null as one | fillmissing {generators} with 7 for top"
    check(query, [{k: row[k] for k in [*keys, "_count", "top", "one"]} for row in wanted], made, ordered=False)


@often(30)
@given(events())
def test_merge(made: list[Row]) -> None:
    """Rows become one, in the order of time."""
    items = [
        ("i", "i", 'join with ","'),
        ("first", "s", "takeFirst"),
        ("last", "h", "takeLast"),
        ("each", "k", "takeDistinct"),
        ("v", "v", "join"),
    ]
    shown = ", ".join(f"{f} {how}" + (f" as {n}" if n != f else "") for n, f, how in items)
    check(f"* | merge {shown}", t.merge(made, items), made)


@often(40)
@given(events(), BY, st.integers(2, 4), st.sampled_from([0.5, 1, 3]), st.integers(1, 2), st.sampled_from(["+", "-", "+-"]))
def test_outlier(made: list[Row], by: list[str], window: int, threshold: float, consecutive: int, direction: str) -> None:
    """Values outside of the bounds that the slices before give."""
    counted = _records(r.timeslice(made, MINUTES), ["_timeslice", *by])
    wanted = t.outlier(counted, "_count", by, window, threshold, consecutive, direction)
    names = ["_timeslice", *by, *(f"_count_{n}" for n in ("error", "lower", "upper", "indicator", "violation"))]
    options = f"window={window}, threshold={threshold}, consecutive={consecutive}, direction={direction}"
    query = f"* | timeslice 5m | count by _timeslice{', ' * bool(by)}{', '.join(by)} | outlier _count{by_text(by)} {options}"
    check(f"{query} | fields {', '.join(names)}", r.keep(wanted, names), made, ordered=False)


@often(30)
@given(events(), st.integers(1, 4))
def test_predict(made: list[Row], forecast: int) -> None:
    """A straight line, and where it goes."""
    counted = _records(r.timeslice(made, MINUTES), ["_timeslice"])
    query = f"* | timeslice 5m | count by _timeslice | predict _count by 5m forecast={forecast}"
    check(query, t.predict(counted, "_count", MINUTES, forecast), made)


@often(40)
@given(events(), events(), st.booleans())
def test_compare(made: list[Row], earlier: list[Row], sliced: bool) -> None:
    """The range before, beside this one."""
    shift = END - START
    past = [{**e, "_messageTime": int(str(e["_messageTime"])) - shift, "i": f"p{e['i']}"} for e in earlier]
    keys = ["_timeslice", "h"] if sliced else ["h"]
    now, before = (aggregate(r.timeslice(m, MINUTES), [("_count", len, None)], keys) for m in (made, past))
    wanted = t.compare(now, before, shift, keys, "_count", "_count_1h")
    check(f"* | timeslice 5m | count by {', '.join(keys)} | compare with timeshift 1h", wanted, [*made, *past], ordered=False)


@often(20)
@given(events())
def test_other_languages_words(made: list[Row]) -> None:
    """``eval`` and ``stats`` of the lenient dialect are an expression and an aggregate."""
    wanted = aggregate(made, [("n", len, None), ("most", of_numbers(lambda v: 2 * max(v)), "v")], ["h"])
    check("* | eval w = v * 2 | stats count as n, max(w) as most by h", wanted, made, ordered=False)


@often(15)
@given(
    rows=st.lists(
        st.fixed_dictionaries({"a": KINDS["text"].filter(lambda s: s.strip() == s != ""), "b": KINDS["number"]}),
        min_size=1,
        max_size=5,
        unique_by=lambda x: x["a"].lower(),
    )
)
def test_save_then_cat(rows: list[dict[str, str]], tmp_path_factory: object) -> None:
    """What ``save`` writes ``cat`` reads, all of it as text."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        options = replace(OPTIONS, tables=(Path(folder),), may_save=True)
        made: list[Row] = [{"_messageTime": END - 1 - i, **row} for i, row in enumerate(rows)]
        run('* | fields a, b | save path://"/T"', made, options)
        got = run('cat path://"/T" | fields a, b', made, options)
    assert unordered(got) == unordered([{"a": row["a"], "b": row["b"]} for row in rows])
