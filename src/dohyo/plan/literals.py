"""Texts that an event must hold for a condition to be true: with many queries a matcher for all texts at once says which
few of them need to look at an event at all."""

from __future__ import annotations

from dohyo.plan.expr import TRUE, Call, Column, Expr, Literal, all_of, columns

#: Fields that say what kind of event it is: tests of these alone choose what is read.
KIND_FIELDS = frozenset({"eventid", "event_type", "channel", "_sourcecategory"})
#: A shorter text is found nearly everywhere.
SHORTEST = 3
#: A condition with more alternatives than this is tested without the matcher.
MOST = 400
#: Functions that give the same text in another case.
_SAME_TEXT = frozenset({"folded", "tolowercase", "touppercase", "tolower", "toupper"})
_HOLDS = frozenset({"=", "starts_with", "ends_with", "has", "contains"})

Texts = frozenset[str]


def needed_texts(condition: Expr) -> Texts | None:
    """Lower-cased texts of which an event must hold at least one; ``None``: nothing is known."""
    if not isinstance(condition, Call):
        return None
    if condition.function == "and":
        return _best([t for a in condition.args if (t := needed_texts(a)) is not None])
    if condition.function == "or":
        return _union([needed_texts(a) for a in condition.args])
    if condition.function in _HOLDS and len(condition.args) == 2:
        return _held(condition.args[0], condition.args[1:])
    if condition.function == "in":
        return _held(condition.args[0], condition.args[1:])
    return None


def _held(subject: Expr, items: tuple[Expr, ...]) -> Texts | None:
    if not _is_field(subject):
        return None
    texts = [str(i.value).lower() for i in items if isinstance(i, Literal) and isinstance(i.value, str)]
    plain = len(texts) == len(items) and all(len(t) >= SHORTEST and t.isascii() for t in texts)
    return frozenset(texts) if plain and len(texts) <= MOST else None


def _is_field(expr: Expr) -> bool:
    while isinstance(expr, Call) and expr.function.lower() in _SAME_TEXT:
        expr = expr.args[0]
    if not isinstance(expr, Column):
        return False
    return expr.name.lower() not in KIND_FIELDS and (not expr.name.startswith("_") or expr.name.lower() == "_raw")


def _best(found: list[Texts]) -> Texts | None:
    """Of several sets the one that will be met least: the one whose shortest text is longest, then the smaller one."""
    return max(found, key=lambda texts: (min(map(len, texts)), -len(texts)), default=None)


def _union(found: list[Texts | None]) -> Texts | None:
    out: set[str] = set()
    for texts in found:
        if texts is None:
            return None
        out |= texts
    return frozenset(out) if 0 < len(out) <= MOST else None


def kind_condition(condition: Expr) -> Expr:
    """The part of a condition that looks only at what kind of event it is; true when there is none."""
    parts = condition.args if isinstance(condition, Call) and condition.function == "and" else (condition,)
    return all_of([p for p in parts if p != TRUE and {c.name.lower() for c in columns(p)} <= KIND_FIELDS])
