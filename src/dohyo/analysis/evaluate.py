"""Plan expressions over a few known values. What depends on anything else is ``UNKNOWN``."""

from __future__ import annotations

import functools
import ipaddress
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

import regex

from dohyo.plan.expr import Call, Column, Expr, Literal


class _Sign:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


#: Depends on more than is known.
UNKNOWN: Final = _Sign("UNKNOWN")
#: Some text that the query does not name.
OTHER: Final = _Sign("OTHER")

_REGEX_SECONDS = 0.1
_DEPTH = 200


def value(expr: Expr, known: Mapping[str, Any], made: Mapping[str, Expr], depth: int = 0) -> Any:
    """The value of an expression. ``known``: values by lower-cased column; ``made``: the definitions of computed columns.

    A test of a missing value is false (spec §2.9).
    """
    if isinstance(expr, Literal):
        return expr.value
    if depth > _DEPTH:
        return UNKNOWN
    if isinstance(expr, Column):
        name = expr.name.lower()
        if name in known:
            return known[name]
        return value(made[name], known, made, depth + 1) if name in made else UNKNOWN
    if not isinstance(expr, Call):
        return UNKNOWN
    if expr.function in _LAZY:
        return _LAZY[expr.function](lambda e: value(e, known, made, depth + 1), expr.args)
    function = _FUNCTIONS.get(expr.function.lower())
    if function is None:
        return UNKNOWN
    args = [value(a, known, made, depth + 1) for a in expr.args]
    return UNKNOWN if UNKNOWN in args else function(*args)


Eval = Callable[[Expr], Any]


def _and(of: Eval, args: tuple[Expr, ...]) -> Any:
    found = [of(a) for a in args]
    return False if False in found else UNKNOWN if UNKNOWN in found else True


def _or(of: Eval, args: tuple[Expr, ...]) -> Any:
    found = [of(a) for a in args]
    return True if any(f is True for f in found) else UNKNOWN if UNKNOWN in found else False


def _not(of: Eval, args: tuple[Expr, ...]) -> Any:
    found = of(args[0])
    return UNKNOWN if found is UNKNOWN else not found


def _case(of: Eval, args: tuple[Expr, ...]) -> Any:
    test = of(args[0])
    if test is UNKNOWN:
        a, b = of(args[1]), of(args[2])
        return a if a == b and a is not OTHER else UNKNOWN
    return of(args[1]) if test else of(args[2])


def _first(of: Eval, args: tuple[Expr, ...]) -> Any:
    for arg in args:
        found = of(arg)
        if found is not None:
            return found
    return None


class _Items:
    """The items of a list, known by being the same object: their own hash takes as long as the list."""

    def __init__(self, args: tuple[Expr, ...]) -> None:
        self.args = args

    def __hash__(self) -> int:
        return id(self.args)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Items) and self.args is other.args


@functools.lru_cache(maxsize=64)
def _constants(items: _Items) -> frozenset[Any] | None:
    """The values of a list of constants, which is asked of again for each of its values; ``None`` for any other list."""
    values = [a.value for a in items.args[1:] if isinstance(a, Literal)]
    return frozenset(values) if len(values) == len(items.args) - 1 else None


def _in(of: Eval, args: tuple[Expr, ...]) -> Any:
    subject, items = of(args[0]), _constants(_Items(args))
    if subject is UNKNOWN:
        return UNKNOWN
    if items is None:
        found = [of(a) for a in args[1:]]
        if UNKNOWN in found:
            return UNKNOWN
        items = frozenset(found)
    return subject is not None and subject is not OTHER and subject in items


_LAZY: dict[str, Callable[[Eval, tuple[Expr, ...]], Any]] = {
    "and": _and, "or": _or, "not": _not, "case": _case, "first_value_of": _first, "in": _in,
}  # fmt: skip


def _compared(sign: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def compare(a: Any, b: Any) -> Any:
        if a is None or b is None:
            return False
        if OTHER in (a, b):
            return {operator.eq: False, operator.ne: True}.get(sign, UNKNOWN) if a is not b else UNKNOWN
        try:
            return sign(a, b)
        except TypeError:
            return UNKNOWN

    return compare


def _on_text(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(text: Any, *more: Any) -> Any:
        if text is None:
            return None
        return function(text, *more) if isinstance(text, str) else UNKNOWN

    return run


def _test(function: Callable[..., bool]) -> Callable[..., Any]:
    on_text = _on_text(function)
    return lambda text, *more: False if text is None else on_text(text, *more)


def _search(text: str, pattern: str) -> Any:
    try:
        return regex.search(pattern, text, timeout=_REGEX_SECONDS) is not None
    except (regex.error, TimeoutError):
        return UNKNOWN


def _captured(text: str, pattern: str, group: int) -> Any:
    try:
        found = regex.search(pattern, text, timeout=_REGEX_SECONDS)
    except (regex.error, TimeoutError):
        return UNKNOWN
    return (found[group] or "") if found else ""


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return None


def _address(text: str) -> int:
    """The version of an IP address; 0 for other texts."""
    try:
        return ipaddress.ip_address(text).version
    except ValueError:
        return 0


def _lowered(text: Any) -> Any:
    return text if text is None or text is OTHER else str(text).lower()


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "=": _compared(operator.eq), "!=": _compared(operator.ne), "<": _compared(operator.lt), "<=": _compared(operator.le),
    ">": _compared(operator.gt), ">=": _compared(operator.ge),
    "is_null": lambda v: v is None, "isnull": lambda v: v is None,
    "isempty": lambda v: v is None or v == "", "isblank": lambda v: v is None or (isinstance(v, str) and not v.strip()),
    "folded": _lowered, "tolowercase": _lowered, "touppercase": _on_text(str.upper),
    "has": _test(lambda t, p: p in t), "starts_with": _test(str.startswith), "ends_with": _test(str.endswith),
    "search": _test(_search), "captures": _on_text(_captured), "num": lambda v: v, "number_of": _on_text(_number),
    "isvalidipv4": _test(lambda t: _address(t) == 4), "isvalidipv6": _test(lambda t: _address(t) == 6),
    "isvalidip": _test(lambda t: _address(t) > 0),
}  # fmt: skip
