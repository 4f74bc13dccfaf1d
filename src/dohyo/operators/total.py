"""``total``: the sum of a numeric field over all rows, on every row (spec §7.3)."""

from __future__ import annotations

from dohyo.operators.running import Kind, Running, operator, where_number
from dohyo.plan.nodes import WindowCall
from dohyo.plan.types import Type


class Total(Running, frozen=True):
    """See ``Running``."""


OPERATOR = operator(
    Kind(
        word="total",
        stage=Total,
        doc="The sum of a numeric field over all rows, on every row.",
        example="* | count by Image | total _count as all",
        calls=lambda value, keys, window: {"__sum": WindowCall("sum", (value,), Type.DOUBLE, keys, whole=True)},
        value=lambda value, made: where_number(value, made["__sum"]),
    )
)
