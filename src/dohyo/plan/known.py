"""Conditions as far as they are settled by the values of some fields that are known before an event is looked at."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from dohyo.plan.expr import FALSE, TRUE, Call, Column, Expr, Literal, all_of, any_of, negation

#: Values by lower-cased field name; ``None``: the field is not there.
Known = Mapping[str, str | None]

#: Tests that no missing value meets.
_STRICT = frozenset({"=", "<", "<=", ">", ">=", "in", "starts_with", "ends_with", "has", "contains", "search", "glob_search"})
_FOLDS = frozenset({"folded", "tolowercase"})


def may_be(condition: Expr, known: Known) -> bool:
    """False when no event with these values meets the condition."""
    return truth(condition, known) is not False


def truth(expr: Expr, known: Known) -> bool | None:
    """What a condition is for events with these values; ``None``: it depends on more than that (spec §2.9: a test of a
    missing value is false)."""
    if isinstance(expr, Literal):
        return bool(expr.value)
    if not isinstance(expr, Call):
        return None
    if expr.function in ("and", "or"):
        deciding = expr.function == "or"
        found = [truth(a, known) for a in expr.args]
        return deciding if deciding in found else None if None in found else not deciding
    if expr.function == "not":
        inner = truth(expr.args[0], known)
        return None if inner is None else not inner
    return _leaf(expr, known)


def _leaf(test: Call, known: Known) -> bool | None:
    told, value = _value(test.args[0], known) if test.args else (False, None)
    if not told:
        return None
    if test.function in ("is_null", "isNull"):
        return value is None
    items = [i.value for i in test.args[1:] if isinstance(i, Literal) and isinstance(i.value, str)]
    if test.function == "!=" and len(items) == len(test.args) - 1:  # a missing value is none of them
        return value not in items
    if value is None:
        return False if test.function in _STRICT else None
    if test.function in ("=", "in") and len(items) == len(test.args) - 1:
        return value in items
    return None


def _value(expr: Expr, known: Known) -> tuple[bool, str | None]:
    """Whether a value is known, and the value."""
    if isinstance(expr, Column) and expr.name.lower() in known:
        return True, known[expr.name.lower()]
    if isinstance(expr, Call) and expr.function.lower() in _FOLDS:
        told, value = _value(expr.args[0], known)
        return told, value.lower() if value is not None else None
    return False, None


def settled(condition: Expr, known: Known) -> Expr:
    """The condition with the parts left out that these values decide."""
    decided = truth(condition, known)
    if decided is not None:
        return TRUE if decided else FALSE
    if not isinstance(condition, Call) or condition.function not in ("and", "or", "not"):
        return condition
    parts = [settled(a, known) for a in condition.args]
    if condition.function == "not":
        return negation(parts[0])
    if condition.function == "and":
        return all_of(parts)
    left = [p for p in parts if p != FALSE]
    return replace(condition, args=tuple(left)) if len(left) > 1 else any_of(left)
