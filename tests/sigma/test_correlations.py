"""Correlation rules and filters of a file: windows slide, groups are apart, what cannot be said is named."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import Struct

from dohyo.run import Query, RunOptions, search
from dohyo.sigma.cache import Cache
from dohyo.sigma.convert import convert
from dohyo.sigma.load import load

BASE: dict[str, Any] = {
    "title": "Base", "name": "base", "id": "5f1d0cb2-7a3c-4b8e-9a1e-0d6f3c2b1a00", "level": "low", "status": "test",
    "logsource": {"product": "windows", "category": "process_creation"},
    "detection": {"sel": {"Image|endswith": "x.exe"}, "condition": "sel"},
}  # fmt: skip


def correlation(**more: Any) -> dict[str, Any]:
    how = {"type": "event_count", "rules": ["base"], "group-by": ["User"], "timespan": "5m", "condition": {"gte": 3}, **more}
    return {"title": "Often", "id": "5f1d0cb2-7a3c-4b8e-9a1e-0d6f3c2b1a01", "level": "high", "status": "test", "correlation": how}


def found(query: str, events: list[tuple[str, str, str]], log: Path) -> list[int]:
    rows = [{"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "UtcTime": f"2024-01-01 00:{t}.000", "User": u,
             "Image": i} for t, u, i in events]  # fmt: skip
    log.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return sorted(e.record or 0 for e in search(Query(query, dialect="strict"), [log], RunOptions(evidence=True)).evidence() if e)


def test_events_are_counted_in_a_sliding_window_by_group(tmp_path: Path) -> None:
    """Three of one user within five minutes, across the edge of a time slice; another user's do not count, nor older ones."""
    entry = convert([BASE, correlation()])
    assert not entry.broken and [r.title for r in entry.rules] == ["Often"]
    events = [("03:00", "a", "x.exe"), ("04:00", "b", "x.exe"), ("04:30", "a", "y.exe"), ("05:30", "a", "x.exe"),
              ("08:00", "a", "x.exe"), ("10:31", "a", "x.exe"), ("20:00", "b", "x.exe"), ("20:01", "b", "x.exe")]  # fmt: skip
    assert found(entry.rules[0].query, events, tmp_path / "log.ndjson") == [5]


def test_generate_keeps_the_rule_that_is_counted() -> None:
    """``generate``: the counted rule gives alerts too."""
    assert [r.title for r in convert([BASE, correlation(generate=True)]).rules] == ["Base", "Often"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"rules": ["absent"]}, "absent"),
        ({"type": "nonsense"}, "nonsense"),
        ({"type": "value_count"}, "field"),
        ({"condition": {"gte": 0}}, "always so"),
        ({"condition": {"gte": "many", "lt": 5}}, "many"),
        ({"type": "temporal", "condition": {"lt": 2}}, "not"),
    ],
)
def test_what_cannot_be_said_is_named(more: dict[str, Any], reason: str) -> None:
    """A rule that is not there, an unknown kind, a count that nothing can miss: refused with the reason."""
    broken = convert([BASE, correlation(**more)]).broken
    assert len(broken) == 1 and reason in broken[0]


# --- every kind against the plainest program for it ---------------------------------------------------------------------

MINUTES = 4 * 60 * 1000
RULES = [
    {"title": n, "name": n, "logsource": BASE["logsource"], "level": "low",
     "detection": {"sel": {"CommandLine|contains": f"<{n}>"}, "condition": "sel"}}
    for n in "abc"
]  # fmt: skip


def kind(**how: Any) -> dict[str, Any]:
    return {"title": "Top", "name": "top", "level": "high", "correlation": {"group-by": ["User"], "timespan": "4m", **how}}


class Event(Struct, frozen=True):
    """An event of the random logs: its time in milliseconds, who, which rules it meets, and a value."""

    time: int
    user: str
    rules: str
    value: str
    size: int


def random_events(seed: int) -> list[Event]:
    """Times come in bursts, at whole seconds, so that windows end exactly where events are."""
    chance = random.Random(seed)
    times = sorted(chance.randrange(0, 40 * 60, chance.choice((1, 20))) * 1000 for _ in range(120))
    return [Event(t + i, chance.choice("uv"), "".join(r for r in "abc" if chance.random() < 0.3), chance.choice("wxyz"),
                  chance.randrange(10)) for i, t in enumerate(times)]  # fmt: skip


def fired(query: str, events: list[Event], log: Path) -> list[int]:
    """The places of the events that complete the correlation."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    rows = [{"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "User": e.user, "Image": e.value,
             "UtcTime": (start + timedelta(milliseconds=e.time)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3], "ParentProcessId": str(e.size),
             "CommandLine": "".join(f"<{r}>" for r in e.rules)} for e in events]  # fmt: skip
    log.write_text("".join(json.dumps(r) + "\n" for r in rows))
    found = search(Query(query, dialect="strict"), [log], RunOptions(evidence=True))
    return sorted(e.record - 1 for e in found.evidence() if e and e.record)


def before(events: list[Event], i: int, rule: str) -> list[Event]:
    """The events of a rule in the window that ends with an event, of its group, itself too."""
    now = events[i]
    return [e for e in events[: i + 1] if e.user == now.user and rule in e.rules and now.time - e.time <= MINUTES]


def chain(events: list[Event], i: int) -> bool:
    """a, then b, then c, within the span, ending here."""
    window = [e for e in events[: i + 1] if e.user == events[i].user and events[i].time - e.time <= MINUTES]
    wanted = list("abc")
    for e in window:
        while wanted and wanted[0] in e.rules:
            wanted.pop(0)
    return not wanted and "c" in events[i].rules


KINDS: dict[str, tuple[dict[str, Any], Any]] = {
    "event_count": (
        {"type": "event_count", "rules": ["a"], "condition": {"gt": 3}},
        lambda es, i: "a" in es[i].rules and len(before(es, i, "a")) > 3),
    "event_count of two rules": (
        {"type": "event_count", "rules": ["a", "b"], "condition": {"gte": 6}},
        lambda es, i: bool(set("ab") & set(es[i].rules))
        and len({e for r in "ab" for e in before(es, i, r)}) >= 6),
    "value_count": (
        {"type": "value_count", "rules": ["a"], "condition": {"gte": 3, "field": "Image"}},
        lambda es, i: "a" in es[i].rules and len({e.value for e in before(es, i, "a")}) >= 3),
    "value_sum": (
        {"type": "value_sum", "rules": ["b"], "condition": {"gt": 15, "field": "ParentProcessId"}},
        lambda es, i: "b" in es[i].rules and sum(e.size for e in before(es, i, "b")) > 15),
    "temporal": (
        {"type": "temporal", "rules": ["a", "b", "c"]},
        lambda es, i: bool(es[i].rules) and all(before(es, i, r) for r in "abc")),
    "temporal, two of three": (
        {"type": "temporal", "rules": ["a", "b", "c"], "condition": {"gte": 2}},
        lambda es, i: bool(es[i].rules) and sum(bool(before(es, i, r)) for r in "abc") >= 2),
    "temporal, a condition": (
        {"type": "temporal", "condition": "a and (b or not c)"},
        lambda es, i: bool(es[i].rules) and bool(before(es, i, "a")) and (bool(before(es, i, "b")) or not before(es, i, "c"))),
    "temporal_ordered": (
        {"type": "temporal_ordered", "rules": ["a", "b", "c"]}, chain),
}  # fmt: skip


@pytest.mark.parametrize("name", list(KINDS))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_windows_slide(name: str, seed: int, tmp_path: Path) -> None:
    """Each kind fires at just those events where a program that looks at every window would."""
    how, wanted = KINDS[name]
    entry = convert([*RULES, kind(**how)])
    assert not entry.broken
    query = next(r.query for r in entry.rules if r.title == "Top")
    events = random_events(seed)
    expected = [i for i in range(len(events)) if wanted(events, i)]
    assert 0 < len(expected) < len(events)
    assert fired(query, events, tmp_path / "log.ndjson") == expected


@pytest.mark.parametrize(
    ("condition", "how", "fires"),
    [
        ({"lt": 3}, {}, [2]),
        ({"gte": 2, "lte": 3}, {}, [2]),
        ({"eq": 5}, {}, [5]),
        ({"neq": 5}, {}, [2]),
        ({"gte": 3, "field": "ParentProcessId"}, {"type": "value_avg"}, [4.5]),
        ({"gte": 3, "field": "ParentProcessId"}, {"type": "value_median"}, [4.5]),
        ({"lt": 3, "field": "ParentProcessId"}, {"type": "value_median"}, [1]),
        ({"gt": 4, "field": "ParentProcessId", "percentile": 90}, {"type": "value_percentile"}, [4.9]),
    ],
)
def test_what_only_a_whole_span_can_tell_is_counted_in_slices(
    condition: dict[str, Any], how: dict[str, Any], fires: list[float], tmp_path: Path
) -> None:
    """Upper limits, ranges, means: fixed slices, and the query's first line says so."""
    entry = convert([*RULES, kind(**{"type": "event_count", "rules": ["a"], "condition": condition, **how})])
    assert not entry.broken
    query = next(r.query for r in entry.rules if r.title == "Top")
    assert query.startswith("// Counted in fixed slices of 4m")
    log = tmp_path / "log.ndjson"
    rows = [{"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "CommandLine": "<a>", "User": u,
             "UtcTime": f"2024-01-01 00:0{minute}:{second}.000", "ParentProcessId": str(size)}
            for u, minute, second, size in [("u", 1, 10, 4), ("u", 2, 20, 5), *(("v", 4, 10 + i, 1) for i in range(5))]]  # fmt: skip
    log.write_text("".join(json.dumps(r) + "\n" for r in rows))
    found = search(Query(query, dialect="strict"), [log], RunOptions()).rows
    assert [r["sigma_count"] for r in found] == pytest.approx(fires)


def test_a_correlation_of_correlations(tmp_path: Path) -> None:
    """Many failures and then a success, in this order; the many failures alone are no alert."""
    counted = kind(type="event_count", rules=["a"], condition={"gte": 3})
    many = {**counted, "title": "Many", "name": "many"}
    entry = convert([*RULES, many, kind(type="temporal_ordered", rules=["many", "b"], timespan="5m")])
    assert not entry.broken
    query = next(r.query for r in entry.rules if r.title == "Top")
    minutes = [
        (0, "u", "a"),
        (1, "u", "b"),
        (2, "u", "a"),
        (3, "u", "a"),
        (3.5, "v", "b"),
        (4, "u", "b"),
        (20, "u", "a"),
        (21, "u", "b"),
    ]
    events = [Event(int(m * 60_000), u, r, "w", 1) for m, u, r in minutes]
    assert fired(query, events, tmp_path / "log.ndjson") == [5]


def test_aliases_name_the_field_of_each_rule(tmp_path: Path) -> None:
    """The group is the parent of one rule's events and the process of the other's."""
    how = kind(type="temporal", rules=["a", "b"], aliases={"proc": {"a": "Image", "b": "User"}})
    how["correlation"]["group-by"] = ["proc"]
    entry = convert([*RULES, how])
    query = next(r.query for r in entry.rules if r.title == "Top")
    events = [Event(0, "u", "a", "x", 1), Event(1, "u", "b", "y", 1), Event(2, "x", "b", "z", 1)]
    assert fired(query, events, tmp_path / "log.ndjson") == [2]


def test_rules_of_several_log_sources(tmp_path: Path) -> None:
    """A process and a connection: each rule looks at its own events only."""
    net = {**RULES[1], "logsource": {"product": "windows", "category": "network_connection"}}
    entry = convert([RULES[0], net, kind(type="temporal", rules=["a", "b"])])
    query = next(r.query for r in entry.rules if r.title == "Top")
    events = [Event(0, "u", "a", "x", 1), Event(1, "u", "b", "y", 1)]
    assert fired(query, events, tmp_path / "log.ndjson") == []
    log = tmp_path / "log.ndjson"
    log.write_text(log.read_text().replace('"1", "User": "u", "Image": "y"', '"3", "User": "u", "Image": "y"'))
    assert len(search(Query(query, dialect="strict"), [log], RunOptions()).rows) == 1


def write(folder: Path, **files: Any) -> None:
    folder.mkdir(exist_ok=True)
    for stem, documents in files.items():
        (folder / f"{stem}.yml").write_text(yaml.safe_dump_all(documents, sort_keys=False))


def test_a_correlation_counts_rules_of_other_files(tmp_path: Path) -> None:
    """By name and by id; the counted rules stay rules of their own, whatever else is loaded; a changed rule is seen."""
    rules = tmp_path / "rules"
    write(rules, a=[{**BASE, "level": "low"}], z=[correlation(rules=[BASE["id"]])])
    cache = tmp_path / "cache.json"
    found = load([rules], Cache(cache))
    assert not found.broken and [r.title for r in found.rules] == ["Base", "Often"]
    assert "x.exe" in found.rules[1].query
    write(rules, a=[{**BASE, "detection": {"sel": {"Image|endswith": "other.exe"}, "condition": "sel"}}])
    assert "other.exe" in load([rules], Cache(cache)).rules[1].query
    (rules / "a.yml").unlink()
    (broken,) = load([rules], Cache(cache)).broken
    assert broken.startswith(f"{rules / 'z.yml'}:8: Often: ") and BASE["id"] in broken


def test_circles_are_named_by_file_and_line(tmp_path: Path) -> None:
    """Two correlations that count each other, and one that counts itself; the rule beside them is used."""
    two = {**kind(type="temporal", rules=["top"]), "name": "two"}
    me = {**kind(type="event_count", rules=["me"], condition={"gte": 2}), "name": "me"}
    write(tmp_path / "r", a=[kind(type="temporal", rules=["two"])], b=[two], c=[me], d=[BASE])
    found = load([tmp_path / "r"], Cache(None))
    assert [r.title for r in found.rules] == ["Base"]
    assert [b.split(": ")[0].rsplit("/", 1)[1] for b in found.broken] == ["a.yml:10", "b.yml:10", "c.yml:10"]
    assert all("counts itself" in b for b in found.broken) and "`two` → `top`" in found.broken[0]


def test_a_filter_narrows_the_rules_of_its_file(tmp_path: Path) -> None:
    """A filter of the same log source takes the events that it names out."""
    narrow = {"title": "Not a", "logsource": BASE["logsource"],
              "filter": {"rules": ["base"], "selection": {"User": "a"}, "condition": "not selection"}}  # fmt: skip
    entry = convert([BASE, narrow])
    assert not entry.broken and len(entry.rules) == 1
    events = [("03:00", "a", "x.exe"), ("04:00", "b", "x.exe")]
    assert found(entry.rules[0].query, events, tmp_path / "log.ndjson") == [2]


def test_a_filter_in_a_file_of_its_own(tmp_path: Path) -> None:
    """It narrows the rules of the other files, not those that it does not name; changing it changes what was kept."""
    source = {"category": "process_creation", "product": "windows"}
    ids = ["5f0d2c9e-0000-4000-8000-000000000001", "5f0d2c9e-0000-4000-8000-000000000002"]
    for number, name in enumerate(ids):
        rule = {"title": f"R{number}", "id": name, "logsource": source, "level": "low",
                "detection": {"sel": {"Image|endswith": r"\a.exe"}, "condition": "sel"}}  # fmt: skip
        (tmp_path / f"r{number}.yml").write_text(yaml.safe_dump(rule))

    def queries(user: str) -> dict[str, str]:
        narrowed = {"title": "F", "id": "5f0d2c9e-0000-4000-8000-000000000009", "logsource": source,
                    "filter": {"rules": ids[:1], "own": {"User": user}, "condition": "not own"}}  # fmt: skip
        (tmp_path / "filter.yml").write_text(yaml.safe_dump(narrowed))
        found = load([tmp_path], Cache(tmp_path / "cache.json"))
        assert not found.broken
        return {r.id: r.query for r in found.rules}

    first = queries("mira")
    assert "mira" in first[ids[0]] and "mira" not in first[ids[1]]
    assert "otto" in queries("otto")[ids[0]]
