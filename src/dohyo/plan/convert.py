"""One value shown as another type (spec §2.2): text becomes a number only where a number is plainly needed."""

from __future__ import annotations

from dohyo.plan.expr import FALSE, Call, Expr, Literal, boolean, text
from dohyo.plan.types import Type, common


def to_number(expr: Expr) -> Expr:
    """The value as a number: text is read as one (null if it is none), a boolean counts 1 or 0."""
    if expr.type.numeric:
        return expr
    if expr.type is Type.NULL:
        return _nothing(expr, Type.DOUBLE)
    if isinstance(expr, Literal) and isinstance(expr.value, str):
        return number_literal(expr.value)
    if expr.type is Type.BOOLEAN:
        return Call("case", (expr, Literal(1, Type.INT), Literal(0, Type.INT)), Type.INT)
    return Call("number_of", (expr,), Type.DOUBLE)


def _nothing(expr: Expr, wanted: Type) -> Expr:
    """A null of the type that is wanted, for functions are chosen by type; what a call gives stays that."""
    return expr if isinstance(expr, Call) else Literal(None, wanted)


def number_literal(value: str) -> Literal:
    """A string constant read as a number; null when it is none."""
    try:
        number = float(value)
    except ValueError:
        return Literal(None, Type.DOUBLE)
    return Literal(int(number), Type.LONG) if number.is_integer() and abs(number) < 2**53 else Literal(number, Type.DOUBLE)


def to_text(expr: Expr) -> Expr:
    """The value as text (spec §12.47)."""
    if expr.type is Type.STRING:
        return expr
    if expr.type is Type.NULL:
        return _nothing(expr, Type.STRING)
    if isinstance(expr, Literal):
        return text(literal_as_text(expr))
    row = {Type.BOOLEAN: "boolean_text", Type.DOUBLE: "double_text"}.get(expr.type, "whole_text")
    return Call(row, (expr,), Type.STRING)


def literal_as_text(expr: Literal) -> str:
    """A constant as text: ``true``, ``7``, ``2.5``, without a trailing ``.0``."""
    if isinstance(expr.value, bool):
        return str(expr.value).lower()
    if isinstance(expr.value, float) and expr.value.is_integer():
        return str(int(expr.value))
    return str(expr.value)


def to_type(expr: Expr, wanted: Type | None) -> Expr:
    """The value as the wanted type; ``None`` leaves it as it is."""
    if wanted is None or expr.type is wanted:
        return expr
    if expr.type is Type.NULL:
        return _nothing(expr, wanted)
    if wanted is Type.STRING:
        return to_text(expr)
    if wanted is Type.BOOLEAN:
        return to_boolean(expr)
    number = to_number(expr)
    if wanted is Type.DOUBLE:
        return number if number.type is Type.DOUBLE else widen(number)
    return number if number.type.whole else Call("whole_of", (number,), Type.LONG)


def widen(number: Expr) -> Expr:
    """A whole number as a double."""
    if isinstance(number, Literal) and isinstance(number.value, (int, float)):
        return Literal(float(number.value), Type.DOUBLE)
    return Call("double_of", (number,), Type.DOUBLE)


def to_boolean(expr: Expr) -> Expr:
    """The value as a condition: text counts when it says ``true``, a number when it is not zero."""
    if expr.type is Type.BOOLEAN:
        return expr
    if expr.type is Type.NULL:
        return FALSE
    if expr.type is Type.STRING:
        return boolean("boolean_of", expr)
    return boolean("!=", expr, Literal(0, Type.INT))


def same_type(exprs: list[Expr]) -> list[Expr]:
    """The values as the one type that can show them all."""
    kind = common([e.type for e in exprs])
    return [to_type(e, kind) for e in exprs]
