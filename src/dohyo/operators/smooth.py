"""``smooth``: mean of the last n values of a numeric field, this row included (spec §7.3)."""

from __future__ import annotations

from dohyo.operators.running import Kind, Running, operator, where_number
from dohyo.plan.nodes import WindowCall
from dohyo.plan.types import Type


class Smooth(Running, frozen=True):
    """See ``Running``."""


OPERATOR = operator(
    Kind(
        word="smooth",
        stage=Smooth,
        doc="Mean of the last n values of a numeric field, this row included.",
        example="* | timeslice 1h | count by _timeslice | sort by _timeslice asc | smooth _count, 3",
        calls=lambda value, keys, window: {"__mean": WindowCall("avg", (value,), Type.DOUBLE, keys, preceding=window - 1)},
        value=lambda value, made: where_number(value, made["__mean"]),
        window=10,
        over_numbers=True,
    )
)
