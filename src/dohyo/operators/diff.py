"""``diff``: the value of a numeric field minus the one before it (spec §7.3)."""

from __future__ import annotations

from dohyo.operators.running import Kind, Running, operator
from dohyo.plan.expr import Call
from dohyo.plan.nodes import WindowCall
from dohyo.plan.types import Type


class Diff(Running, frozen=True):
    """See ``Running``."""


OPERATOR = operator(
    Kind(
        word="diff",
        stage=Diff,
        doc="The value of a numeric field minus the one before it.",
        example="* | timeslice 1h | count by _timeslice | sort by _timeslice asc | diff _count",
        calls=lambda value, keys, window: {"__before": WindowCall("last_value_of", (value,), Type.DOUBLE, keys, ends_before=True)},
        value=lambda value, made: Call("-", (value, made["__before"]), Type.DOUBLE),
    )
)
