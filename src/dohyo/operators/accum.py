"""``accum``: running sum of a numeric field, in the order of the rows (spec §7.3)."""

from __future__ import annotations

from dohyo.operators.running import Kind, Running, operator, where_number
from dohyo.plan.nodes import WindowCall
from dohyo.plan.types import Type


class Accum(Running, frozen=True):
    """See ``Running``."""


OPERATOR = operator(
    Kind(
        word="accum",
        stage=Accum,
        doc="Running sum of a numeric field, in the order of the rows.",
        example="* | timeslice 1h | count by _timeslice | sort by _timeslice asc | accum _count",
        calls=lambda value, keys, window: {"__sum": WindowCall("sum", (value,), Type.DOUBLE, keys)},
        value=lambda value, made: where_number(value, made["__sum"]),
    )
)
