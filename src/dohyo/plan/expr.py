"""Expressions of the plan: names resolved, types known. Whatever was written (an operator sign, a function, a regex)
is a :class:`Call` of a row of ``plan.functions``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from dohyo.plan.types import Type


class Column(Struct, frozen=True):
    """A column of the node below. ``spare``: it is read where a parse gave nothing, and need not be there."""

    name: str
    type: Type
    spare: bool = False


class Literal(Struct, frozen=True):
    """A constant. ``None`` is null."""

    value: str | int | float | bool | None
    type: Type


class Call(Struct, frozen=True):
    """A row of the function table applied to arguments."""

    function: str
    args: tuple[Expr, ...]
    type: Type


Expr = Column | Literal | Call

TRUE = Literal(True, Type.BOOLEAN)
FALSE = Literal(False, Type.BOOLEAN)
NULL = Literal(None, Type.NULL)


def text(value: str) -> Literal:
    """A string constant."""
    return Literal(value, Type.STRING)


def whole(value: int) -> Literal:
    """A whole-number constant."""
    return Literal(value, Type.LONG)


def boolean(function: str, *args: Expr) -> Call:
    """A call that gives a boolean."""
    return Call(function, args, Type.BOOLEAN)


def all_of(conditions: Sequence[Expr]) -> Expr:
    """The conjunction of the conditions."""
    kept = [c for c in conditions if c != TRUE]
    return kept[0] if len(kept) == 1 else (boolean("and", *kept) if kept else TRUE)


def any_of(conditions: Sequence[Expr]) -> Expr:
    """The disjunction of the conditions."""
    return conditions[0] if len(conditions) == 1 else (boolean("or", *conditions) if conditions else FALSE)


def negation(condition: Expr) -> Expr:
    """``not condition``: true where the condition is false or null (two-valued logic, spec §2.9)."""
    return boolean("not", condition)


def columns(expr: Expr) -> Iterator[Column]:
    """The columns an expression reads."""
    todo = [expr]
    while todo:
        e = todo.pop()
        if isinstance(e, Column):
            yield e
        elif isinstance(e, Call):
            todo.extend(e.args)


def calls(expr: Expr) -> Iterator[Call]:
    """The calls in an expression, itself included."""
    todo = [expr]
    while todo:
        e = todo.pop()
        if isinstance(e, Call):
            yield e
            todo.extend(e.args)


def substitute(expr: Expr, values: dict[str, Expr]) -> Expr:
    """The expression with columns (by lower-cased name) replaced."""
    if isinstance(expr, Column):
        return values.get(expr.name.lower(), expr)
    if isinstance(expr, Call):
        return Call(expr.function, tuple(substitute(a, values) for a in expr.args), expr.type)
    return expr
