"""A shape's table with no more in it than the records of one file need, as far as some of its records show: whatever is looked
for in a record costs time, be it there or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from ..model import Enough, First, Shape, ShapeExpr
from .recognise import evaluate, read_time, there


def lean(shape: Shape, records: Sequence[dict[str, Any]]) -> Shape:
    """The table for records like these, which have this shape. It claims fewer records than the whole one: those that lack a
    value in the places that are left (``Enough``), the mark or the time that is left, or that have a key which tells other
    shapes and none of these records has (``keys``), are to be read by the whole table."""
    fields = {name: _enough(expr, records) for name, expr in shape.fields.items()}
    time = _time(shape, records)
    return replace(
        shape,
        fields=fields,
        any_marks=_marks(shape, fields, records),
        keys=frozenset(key for record in records for key in record),
        time=time,
        time_left=len(time) < len(shape.time),
    )


def _time(shape: Shape, records: Sequence[dict[str, Any]]) -> tuple[ShapeExpr, ...]:
    """The first places of the time, which give each record one."""
    kept = (shape.time[:count] for count in range(1, len(shape.time)))
    enough = (time for time in kept if all(read_time(replace(shape, time=time), record) is not None for record in records))
    return next(enough, shape.time)


def _enough(expr: ShapeExpr, records: Sequence[dict[str, Any]]) -> ShapeExpr:
    """Of several places the first ones, which give each record a value."""
    if isinstance(expr, First):
        for count in range(1, len(expr.options)):
            kept = First(expr.options[:count])
            if all(evaluate(kept, record) for record in records):
                return Enough(kept)
    return expr


def _marks(shape: Shape, fields: dict[str, ShapeExpr], records: Sequence[dict[str, Any]]) -> tuple[tuple[str, ...], ...]:
    """One mark that each record has, if there is one; one that is read anyway, if possible."""
    common = [mark for mark in shape.any_marks if all(there(record, mark) for record in records)]
    channel = fields.get("Channel")
    read = channel.value.options[0] if isinstance(channel, Enough) else channel
    common.sort(key=lambda mark: mark != getattr(read, "keys", ()))
    return tuple(common[:1]) or shape.any_marks
