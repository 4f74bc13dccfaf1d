"""Fields that a plan asks for in some cases only: of events of some categories, or where another field may have the value."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from dohyo.plan.expr import TRUE, Call, Column, Expr, all_of, columns, substitute
from dohyo.plan.literals import KIND_FIELDS, kind_condition
from dohyo.plan.nodes import Aggregate, Node, Window
from dohyo.plan.passes import expressions
from dohyo.plan.types import Type

_CATEGORY = frozenset({"_sourcecategory"})
#: Stands for the field of a test, to compare tests without it.
_ANY = Column("", Type.STRING)


class Ask(Struct, frozen=True):
    """A ``field`` is asked of events whose category meets ``where``; one of the ``others`` serves as well. Names in lower case."""

    field: str
    where: Expr
    others: tuple[str, ...]


def asks(plan: Node) -> tuple[Ask, ...]:
    """What is asked of the fields that are never asked of every event for themselves alone. That a field is shown, too, asks
    nothing more of it."""
    always: set[str] = set()
    found: dict[Ask, None] = {}
    for node in plan.walk():
        always.update(key.lower() for key in _keys(node))
        for expr in expressions(node):
            for name, where, others in _asks(expr, TRUE):
                if others or where is not TRUE:
                    found[Ask(name, where, others)] = None
                else:
                    always.add(name)
    return tuple(a for a in found if a.field not in always)


def _keys(node: Node) -> Iterator[str]:
    if isinstance(node, Aggregate):
        yield from node.keys
    elif isinstance(node, Window):
        yield from (name for _, call in node.new for name in call.partition)
    yield from (key.name for key in node.order)


def _asks(expr: Expr, where: Expr) -> Iterator[tuple[str, Expr, tuple[str, ...]]]:
    """What an expression asks, each as the parts of an :class:`Ask`."""
    if isinstance(expr, Column):
        yield expr.name.lower(), where, ()
    elif isinstance(expr, Call) and expr.function == "or":
        for tests in _alike(expr.args):
            names = dict.fromkeys(n for n, _ in tests)
            if len(names) > 1:
                yield from ((n, where, tuple(o for o in names if o != n)) for n in names)
            else:
                for _, test in tests:
                    yield from _asks(test, where)
    elif isinstance(expr, Call):
        inner = _narrowed(where, expr) if expr.function == "and" else where
        for arg in expr.args:
            yield from _asks(arg, inner)


def _narrowed(where: Expr, both: Call) -> Expr:
    """The categories that are left where all parts of a conjunction hold."""
    own = kind_condition(both, _CATEGORY)
    return own if where is TRUE else where if own is TRUE else all_of([where, own])


def _alike(tests: tuple[Expr, ...]) -> list[list[tuple[str, Expr]]]:
    """Alternatives, each with its field: those together that test different fields in the same way, or what kind of event it is."""
    fields = [{c.name.lower() for c in columns(test)} for test in tests]
    if all(names == fields[0] for names in fields):
        return [[("", test)] for test in tests]
    groups: dict[object, list[tuple[str, Expr]]] = {}
    for place, (test, names) in enumerate(zip(tests, fields, strict=True)):
        key: object = place
        if len(names) == 1:
            key = "kind" if names <= KIND_FIELDS else substitute(test, dict.fromkeys(names, _ANY))
        groups.setdefault(key, []).append((min(names, default=""), test))
    return list(groups.values())
