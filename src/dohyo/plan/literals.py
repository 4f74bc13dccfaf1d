"""Texts that an event must hold for a condition to be true: with many queries a matcher for all texts at once says which
few of them need to look at an event at all."""

from __future__ import annotations

from dohyo.patterns.regex import quote
from dohyo.plan.expr import TRUE, Call, Column, Expr, Literal, all_of, any_of, boolean, columns, text
from dohyo.plan.types import Type

#: Fields that say what kind of event it is: tests of these alone choose what is read.
KIND_FIELDS = frozenset({"eventid", "event_type", "channel", "_sourcecategory"})
#: A shorter text is found nearly everywhere.
SHORTEST = 3
#: A condition with more alternatives than this is tested without the matcher.
MOST = 5_000
#: Functions that give the same text in another case.
_SAME_TEXT = frozenset({"folded", "tolowercase", "touppercase", "tolower", "toupper"})
_HOLDS = frozenset({"=", "starts_with", "ends_with", "has", "contains"})

Text = tuple[str, str]
"""A field and a text that it must hold, both in lower case."""
Texts = frozenset[Text]


def needed_texts(condition: Expr) -> list[Texts]:
    """Sets of texts: of each set an event must hold at least one. Empty: nothing is known."""
    if not isinstance(condition, Call):
        return []
    if condition.function == "and":
        return [texts for a in condition.args for texts in needed_texts(a)]
    if condition.function == "or":
        found = _union([_rarest(needed_texts(a)) for a in condition.args])
    elif (condition.function in _HOLDS and len(condition.args) == 2) or condition.function == "in":
        found = _held(condition.args[0], condition.args[1:])
    else:
        return []
    return [found] if found else []


def _held(subject: Expr, items: tuple[Expr, ...]) -> Texts | None:
    name = _field(subject)
    if name is None:
        return None
    texts = [str(i.value).lower() for i in items if isinstance(i, Literal) and isinstance(i.value, str)]
    plain = len(texts) == len(items) and all(_distinct(t) for t in texts)
    return frozenset((name, t) for t in texts) if plain and len(texts) <= MOST else None


def _distinct(text: str) -> bool:
    """Long enough to be rare, and of characters whose lower case is beyond doubt."""
    return (len(text) >= SHORTEST or not text.isascii()) and all(c.isascii() or c.lower() == c.upper() for c in text)


def _field(expr: Expr) -> str | None:
    """The field whose text is tested, ``None`` when it is no field that the matcher reads."""
    while isinstance(expr, Call) and expr.function.lower() in _SAME_TEXT:
        expr = expr.args[0]
    if not isinstance(expr, Column) or expr.name.lower() in KIND_FIELDS:
        return None
    name = expr.name.lower()
    return name if not name.startswith("_") or name == "_raw" else None


def _rarest(found: list[Texts]) -> Texts | None:
    """Of several sets the one that will be met least, as far as their lengths tell."""
    return max(found, key=lambda texts: (min(len(t) for _, t in texts), -len(texts)), default=None)


def _union(found: list[Texts | None]) -> Texts | None:
    out: set[Text] = set()
    for texts in found:
        if texts is None:
            return None
        out |= texts
    return frozenset(out) if 0 < len(out) <= MOST else None


def raw_texts(sets: list[Texts]) -> Texts | None:
    """Of sets of texts of each of which an event must hold one, the set that is rarest in raw texts, as far as their lengths
    tell; ``None``: none looks there alone."""
    return _rarest([texts for texts in sets if all(name == "_raw" for name, _ in texts)])


def raw_condition(kind: Expr, texts: Texts) -> Expr:
    """An event of a ``kind`` whose raw text holds one of these texts, if there are any."""
    if not texts:
        return kind
    pattern = "(?i)" + "|".join(sorted(quote(t) for _, t in texts))
    return all_of([kind, boolean("search", Column("_raw", Type.STRING), text(pattern))])


def kind_condition(condition: Expr, fields: frozenset[str] = KIND_FIELDS) -> Expr:
    """What a condition asks of the kind of event (of these ``fields``) alone: every event that meets the condition meets
    this."""
    if {c.name.lower() for c in columns(condition)} <= fields:
        return condition
    if isinstance(condition, Call) and condition.function in ("and", "or"):
        parts = list(dict.fromkeys(kind_condition(a, fields) for a in condition.args))
        if condition.function == "and":
            return all_of(parts)
        return TRUE if TRUE in parts else any_of(parts)
    return TRUE
