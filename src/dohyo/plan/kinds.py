"""Which kinds of events many queries need, together: by source category, and by event id within it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dohyo.plan.expr import TRUE, Call, Column, Expr, Literal, all_of, any_of, boolean, calls, text
from dohyo.plan.known import may_be
from dohyo.plan.types import Type

_CATEGORY, _EVENT = Column("_sourceCategory", Type.STRING), Column("EventID", Type.STRING)
#: A category, or an event id, that no query names.
_OTHER = "\0"


def any_kind(conditions: Iterable[Expr], categories: Sequence[str]) -> Expr:
    """What an event must be to meet any of these conditions on its kind, quicker to test than one after another: the
    category comes first, then the event ids that are wanted of it. ``categories``: the known ones. Weaker than the
    conditions, never stronger."""
    distinct = list(dict.fromkeys(conditions))
    anywhere = [c for c in distinct if _beyond(c, categories)]
    if TRUE in anywhere:
        return TRUE
    placed = [c for c in distinct if c not in anywhere]
    by_ids: dict[frozenset[str] | None, list[str]] = {}
    for category in categories:
        met = [c for c in placed if may_be(c, {"_sourcecategory": category})]
        if met:
            by_ids.setdefault(_event_ids(met, category), []).append(category)
    whole = [_is(_CATEGORY, by_ids.pop(None))] if None in by_ids else []
    groups = [all_of([_is(_CATEGORY, named), _is(_EVENT, sorted(ids))]) for ids, named in by_ids.items() if ids]
    return any_of([*whole, *groups, *anywhere])


def _beyond(condition: Expr, categories: Sequence[str]) -> bool:
    """True when an event of none of the known categories may meet a condition."""
    others = (None, _OTHER, *(_compared(condition) - set(categories)))
    return any(may_be(condition, {"_sourcecategory": other}) for other in others)


def _event_ids(conditions: Sequence[Expr], category: str) -> frozenset[str] | None:
    """The event ids that are wanted of a category; ``None``: all."""
    found: set[str] = set()
    for condition in conditions:
        if any(may_be(condition, {"_sourcecategory": category, "eventid": other}) for other in (None, _OTHER)):
            return None
        found |= {i for i in _compared(condition) if may_be(condition, {"_sourcecategory": category, "eventid": i})}
    return frozenset(found)


def _compared(condition: Expr) -> set[str]:
    """All texts that a condition compares something with: the event ids are among them."""
    return {str(a.value) for c in calls(condition) for a in c.args if isinstance(a, Literal)}


def _is(subject: Column, values: Sequence[str]) -> Call:
    return boolean("in", subject, *map(text, values))
