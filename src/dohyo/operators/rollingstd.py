"""``rollingstd``: standard deviation of the last n values of a numeric field, 0 for one (spec §7.3)."""

from __future__ import annotations

from dohyo.operators.running import Kind, Running, operator, where_number
from dohyo.plan.expr import Call, Literal
from dohyo.plan.nodes import WindowCall
from dohyo.plan.types import Type


class RollingStd(Running, frozen=True):
    """See ``Running``."""


OPERATOR = operator(
    Kind(
        word="rollingstd",
        stage=RollingStd,
        doc="Standard deviation of the last n values of a numeric field, 0 for one.",
        example="* | timeslice 1h | count by _timeslice | sort by _timeslice asc | rollingstd _count, 3",
        calls=lambda value, keys, window: {"__std": WindowCall("stddev", (value,), Type.DOUBLE, keys, preceding=window - 1)},
        value=lambda value, made: where_number(value, Call("first_value_of", (made["__std"], Literal(0.0, Type.DOUBLE)), Type.DOUBLE)),
        window=10,
        over_numbers=True,
    )
)
