"""Shapes that are another shape in other clothes: under a key, with dotted keys, or as JSON text in a field.

The table stays in one file; here only its paths are rewritten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ..model import Inside, Key, Shape, ShapeExpr

Path = tuple[str, ...]

#: No record holds one event under a key and another at its top.
NO_EVENT_BESIDE: Path = ("EventID",)


def rewrite(expr: ShapeExpr, change: Callable[[Key], ShapeExpr]) -> ShapeExpr:
    """``expr`` with every ``Key`` in it replaced by what ``change`` gives for it."""
    if isinstance(expr, Key):
        return change(expr)
    parts: dict[str, Any] = {}
    for part in expr.__struct_fields__:
        value = getattr(expr, part)
        if isinstance(value, ShapeExpr):
            parts[part] = rewrite(value, change)
        elif isinstance(value, tuple) and value and all(isinstance(item, ShapeExpr) for item in value):
            parts[part] = tuple(rewrite(item, change) for item in value)
    return replace(expr, **parts)


def _tables(shape: Shape, change: Callable[[Key], ShapeExpr]) -> dict[str, Any]:
    """The parts of ``shape`` that are made of expressions, rewritten."""
    return {
        "fields": {name: rewrite(expr, change) for name, expr in shape.fields.items()},
        "time": tuple(rewrite(expr, change) for expr in shape.time),
        "category": shape.category and rewrite(shape.category, change),
        "kind": shape.kind and rewrite(shape.kind, change),
        "pair_bags": tuple(rewrite(bag, change) for bag in shape.pair_bags),
        "xml_bags": tuple(rewrite(bag, change) for bag in shape.xml_bags),
        "message_bags": tuple(rewrite(bag, change) for bag in shape.message_bags),
        "inside_bags": tuple(rewrite(bag, change) for bag in shape.inside_bags),
    }


def under(shape: Shape, *outer: str, **differs: Any) -> Shape:
    """``shape`` one level down, under the keys ``outer``. ``differs`` are the parts of the new shape that are its own
    (``name``, ``title``, ``rank``, ``doc``, ``example`` …)."""

    def moved(paths: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(outer + path for path in paths)

    tables = _tables(shape, lambda key: Key(outer + key.keys))
    marks = {
        "marks": moved(shape.marks),
        "any_marks": moved(shape.any_marks),
        "not_marks": (*moved(tuple(path for path in shape.not_marks if path != NO_EVENT_BESIDE)), NO_EVENT_BESIDE),
        "starts": tuple((outer + path, text) for path, text in shape.starts),
        "bags": moved(shape.bags),
        "prefixed_bags": tuple((outer + path, prefix) for path, prefix in shape.prefixed_bags),
    }
    return replace(shape, **tables | marks | differs)


def respelled(shape: Shape, change: Callable[[Path], Path], **differs: Any) -> Shape:
    """``shape`` with other paths: ``change`` gives the new one for each. ``differs``: as in :func:`under`."""
    tables = _tables(shape, lambda key: Key(change(key.keys)))
    marks = {part: tuple(change(path) for path in getattr(shape, part)) for part in ("marks", "any_marks", "not_marks", "bags")}
    return replace(shape, **tables | marks | differs)


def dotted(shape: Shape, **differs: Any) -> Shape:
    """``shape`` whose nested objects were written as one level of keys with dots: ``{"process.executable": …}``.

    ``differs``: as in :func:`under`; the marks are always given, for a path of one key is the same in both.
    """

    def joined(key: Key) -> Key:
        return Key((".".join(key.keys),))

    prefixed = tuple(((), f"{'.'.join(bag)}.") for bag in shape.bags if bag)
    return replace(shape, **_tables(shape, joined) | {"bags": ((),), "prefixed_bags": prefixed} | differs)


def inside(shape: Shape, text: Key, **differs: Any) -> Shape:
    """``shape`` as JSON text in the field ``text`` of another record. ``differs``: as in :func:`under`, the marks are
    the outer record's and always given."""
    tables = _tables(shape, lambda key: Inside(text, key.keys))
    bags = tuple(Inside(text, bag) if bag else text for bag in shape.bags)
    return replace(shape, **tables | {"inside_bags": bags + tables["inside_bags"], "bags": ((),)} | differs)
