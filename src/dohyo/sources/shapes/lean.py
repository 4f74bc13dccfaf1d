"""A shape's table with no more in it than the records of one file need, as far as some of its records show: whatever is looked
for in a record costs time, be it there or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from ..model import Enough, First, Shape, ShapeExpr, Time, Uniform
from .recognise import evaluate, read_time, there

#: A time that an engine reads as it stands, and the zone that it names.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def lean(shape: Shape, records: Sequence[dict[str, Any]], timed: Sequence[dict[str, Any]]) -> Shape:
    """The table for records like these, which have this shape. It claims fewer records than the whole one: those that lack a
    value in the places that are left (``Enough``), the mark or the time that is left, or that have a key which tells other
    shapes and none of these records has (``keys``), are to be read by the whole table. ``timed``: those of the records whose time
    is asked for."""
    fields = {name: _enough(expr, records) for name, expr in shape.fields.items()}
    time = _time(shape, timed)
    return replace(
        shape,
        fields=fields,
        any_marks=_marks(shape, fields, records),
        keys=frozenset(key for record in records for key in record),
        time=time,
        time_left=time != shape.time,
    )


def _time(shape: Shape, records: Sequence[dict[str, Any]]) -> tuple[ShapeExpr, ...]:
    """The first places of the time, which give each record one."""
    kept = (shape.time[:count] for count in range(1, len(shape.time)))
    enough = (time for time in kept if all(read_time(replace(shape, time=time), record) is not None for record in records))
    found = next(enough, shape.time)
    return (_uniform(found[0], records),) if len(found) == 1 else found


def _uniform(time: ShapeExpr, records: Sequence[dict[str, Any]]) -> ShapeExpr:
    """The time as all records write it, where that is one form."""
    texts = [evaluate(time.value, record) or "" for record in records] if isinstance(time, Time) else []
    forms = {(len(text), bool(found[1])) if (found := _INSTANT.fullmatch(text)) else None for text in texts}
    form = forms.pop() if len(forms) == 1 else None
    return Uniform(time.value, *form) if form is not None and isinstance(time, Time) else time


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
