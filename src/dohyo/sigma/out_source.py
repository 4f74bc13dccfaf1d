"""Sigma out: the log source that a condition tells."""

from __future__ import annotations

from collections.abc import Sequence

from dohyo.sigma.logsources import CATEGORIES, ENDPOINT, SERVICES, Place
from dohyo.sigma.out_tree import Both, Test, Tree


def parts_of(tree: Tree) -> tuple[Tree, ...]:
    """The parts of a condition that must all hold."""
    return tree.parts if isinstance(tree, Both) and tree.word == "and" else (tree,)


#: A place: category, event ids, event type, channel, in lower case.
_Place = tuple[str, frozenset[str], str, str]


def without_source(tree: Tree) -> tuple[dict[str, str], tuple[Tree, ...]]:
    """The log source, and the condition without the parts that only tell it."""
    for part in parts_of(tree):
        found = _places(part)
        name = next((n for n, places in CATEGORIES.items() if found and found == _known(places)), None)
        if name is not None:
            rest = tuple(p for p in parts_of(tree) if p is not part and not _only_category(p))
            return {"product": "windows", "category": name}, rest
    told = [(p, _told(p)) for p in parts_of(tree)]
    categories, ids, channels = (
        [v for _, t in told if t for v in t[field]] for field in ("_sourcecategory", "eventid", "channel")
    )  # fmt: skip
    rest = tuple(p for p, t in told if t is None)
    by_channel = tuple(p for p, t in told if t and t["channel"])
    local = [c for c in categories if c != ENDPOINT]
    for name, places in CATEGORIES.items():
        own = [p for p in places if p.category != ENDPOINT]
        if ids and own and own[0].category in local and sorted(own[0].ids) == sorted(ids) and _same_channel(own, channels):
            return {"product": "windows", "category": name}, rest
    by_id: list[Tree] = [Test("EventID", tuple(int(i) if i.isdecimal() else i for i in ids))] if ids else []
    for name, places in SERVICES.items():
        if local and places[0].category == local[0] and _same_channel(places, channels):
            return {"product": "windows", "service": name}, (*by_id, *rest)
    return {"product": "windows"}, (*by_id, *by_channel, *rest)


def _same_channel(places: Sequence[Place], channels: Sequence[str]) -> bool:
    return {p.channel.lower() for p in places if p.channel} == {c.lower() for c in channels} - {"none"}


def _known(places: Sequence[Place]) -> frozenset[_Place] | None:
    """The places of a log source that is in several categories."""
    if len({p.category for p in places}) < 2:
        return None
    return frozenset((p.category, frozenset(p.ids), p.event_type, p.channel.lower()) for p in places)


def _places(part: Tree) -> frozenset[_Place] | None:
    """The places that a part names, each with its category; ``None`` when it says anything else."""
    found = []
    for option in part.parts if isinstance(part, Both) and part.word == "or" else (part,):
        told: dict[str, list[str]] = {}
        for t in parts_of(option):
            one = _told(t)
            if one is None:
                return None
            told |= {k: v for k, v in one.items() if v}
        categories, types, channels = (told.get(k, []) for k in ("_sourcecategory", "event_type", "channel"))
        if len(categories) != 1 or len(types) > 1:
            return None
        channel = next((c.lower() for c in channels if c != "None"), "")
        found.append((categories[0], frozenset(told.get("eventid", [])), next(iter(types), ""), channel))
    return frozenset(found)


def _only_category(part: Tree) -> bool:
    told = _told(part)
    return told is not None and not any(v for k, v in told.items() if k != "_sourcecategory")


def _told(part: Tree) -> dict[str, list[str]] | None:
    """What a part says of the log source alone: categories, event ids and types, channels; ``None`` when it says more."""
    tests = part.parts if isinstance(part, Both) and part.word == "or" else (part,)
    out: dict[str, list[str]] = {"_sourcecategory": [], "eventid": [], "event_type": [], "channel": []}
    for t in tests:
        field = t.field.lower().removesuffix("|cased") if isinstance(t, Test) else ""
        if not isinstance(t, Test) or field not in out:
            return None
        out[field] += map(str, t.values)
    return out
