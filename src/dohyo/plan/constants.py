"""Conditions whose outcome is known before any event is seen: what can never be, and what always is."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from dohyo.plan.expr import Call, Column, Expr, Literal

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def outcome(condition: Expr) -> bool | None:
    """True or False when the condition is that for every event; ``None`` when it depends on the event."""
    if isinstance(condition, Literal):
        return condition.value if isinstance(condition.value, bool) else None
    if not isinstance(condition, Call):
        return None
    if condition.function == "not":
        inner = outcome(condition.args[0])
        return None if inner is None else not inner
    if condition.function in ("and", "or"):
        return _connected(condition)
    sign = _SIGNS.get(condition.function)
    if sign and len(condition.args) == 2:
        a, b = condition.args
        if isinstance(a, Literal) and isinstance(b, Literal) and type(a.value) is type(b.value) and a.value is not None:
            return sign(a.value, b.value)
    return None


def _connected(condition: Call) -> bool | None:
    deciding = condition.function == "or"
    found = [outcome(a) for a in condition.args]
    if deciding in found:
        return deciding
    if None not in found:
        return not deciding
    return False if not deciding and _contradicts(condition) else None


def _contradicts(condition: Call) -> bool:
    """Two values that one field would have to have at once."""
    wanted: dict[str, frozenset[object]] = {}
    for part in condition.args:
        told = _values(part)
        if told is None:
            continue
        name, values = told
        wanted[name] = wanted[name] & values if name in wanted else values
        if not wanted[name]:
            return True
    return False


def _values(part: Expr) -> tuple[str, frozenset[object]] | None:
    if not (isinstance(part, Call) and part.function in ("=", "in") and isinstance(part.args[0], Column)):
        return None
    items = [a.value for a in part.args[1:] if isinstance(a, Literal)]
    return (part.args[0].name.lower(), frozenset(items)) if len(items) == len(part.args) - 1 else None
