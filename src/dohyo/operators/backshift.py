"""``backshift``: the value of a field n rows before (spec §7.3)."""

from __future__ import annotations

from dohyo.operators.running import Kind, Running, operator
from dohyo.plan.expr import whole
from dohyo.plan.nodes import WindowCall


class Backshift(Running, frozen=True):
    """See ``Running``."""


OPERATOR = operator(
    Kind(
        word="backshift",
        stage=Backshift,
        doc="The value of a field n rows before.",
        example="* | timeslice 1h | count by _timeslice | sort by _timeslice asc | backshift _count, 1 as before",
        calls=lambda value, keys, window: {"__back": WindowCall("lag", (value, whole(window)), value.type, keys)},
        value=lambda value, made: made["__back"],
        window=1,
        keeps_text=True,
    )
)
