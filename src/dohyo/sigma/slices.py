"""Correlations that only a whole span of time can answer (fewer than so many, a mean): counted in fixed slices of time."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule, SigmaCorrelationType

from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.values import name

#: Sigma's comparison -> the language's.
SIGNS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "=", "neq": "!="}
_SLIDING = ("EVENT_COUNT", "VALUE_COUNT", "VALUE_SUM", "TEMPORAL", "TEMPORAL_ORDERED")
_AGGREGATES = {
    "EVENT_COUNT": "count", "VALUE_COUNT": "count_distinct({0})", "VALUE_SUM": "sum({0})", "VALUE_AVG": "avg({0})",
    "VALUE_MEDIAN": "pct({0}, 50)", "VALUE_PERCENTILE": "pct({0}, {1})",
}  # fmt: skip


class Limits(Struct, frozen=True):
    """What a count is compared with: (comparison, number) pairs, which must all hold."""

    tests: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, rule: SigmaCorrelationRule) -> Limits:
        """The one comparison that pySigma reads of a rule; a range has more, see :func:`ranged`."""
        condition = rule.condition
        return cls(((condition.op.name.lower(), condition.count),) if isinstance(condition, SigmaCorrelationCondition) else ())

    @property
    def upward(self) -> bool:
        """True when more events can only help: then each event can be asked whether it completes the count."""
        return all(sign in ("gte", "gt") for sign, _ in self.tests)

    @property
    def least(self) -> int:
        """The smallest number that meets all comparisons that ask for more."""
        return max((n + (sign == "gt") for sign, n in self.tests if sign in ("gte", "gt")), default=0)


def ranged(document: dict[str, Any]) -> tuple[dict[str, Any], Limits | None]:
    """A correlation as pySigma reads it, which takes one comparison, and all comparisons where there are several."""
    correlation = document.get("correlation")
    condition = correlation.get("condition") if isinstance(correlation, dict) else None
    signs = [s for s in SIGNS if s in condition] if isinstance(condition, dict) else []
    if not isinstance(correlation, dict) or not isinstance(condition, dict) or len(signs) < 2:
        return document, None
    try:
        limits = Limits(tuple((s, int(condition[s])) for s in signs))
    except (TypeError, ValueError):
        raise NotSaid(f"a range with a limit that is no number: {', '.join(f'`{condition[s]}`' for s in signs)}") from None
    one = {k: v for k, v in condition.items() if k not in signs[1:]}
    return {**document, "correlation": {**correlation, "condition": one}}, limits


def needed(rule: SigmaCorrelationRule, limits: Limits) -> bool:
    """True when a correlation cannot be told event by event. Raises :class:`NotSaid` for rules that must not come."""
    temporal = rule.type.name.startswith("TEMPORAL")
    if temporal and not limits.upward:
        raise NotSaid("rules of which fewer than so many may be met: write `not` in the condition")
    return rule.type.name not in _SLIDING or not limits.upward


def note(rule: SigmaCorrelationRule) -> str:
    """The comment that says what is approximate."""
    slices = f"// Counted in fixed slices of {rule.timespan.spec}:"
    return f"{slices} a group across the edge of two is not seen as one, one without events not at all."


def stages(rule: SigmaCorrelationRule, limits: Limits, groups: list[str]) -> list[str]:
    """The stages that count by slice and group, and compare."""
    condition = rule.condition
    assert isinstance(condition, SigmaCorrelationCondition)
    fields = [condition.fieldref] if isinstance(condition.fieldref, str) else list(condition.fieldref or ())
    lines = []
    if len(fields) > 1 and rule.type is not SigmaCorrelationType.VALUE_COUNT:
        raise NotSaid(f"one number of several fields ({', '.join(fields)})")
    field = name(fields[0]) if fields else ""
    if len(fields) > 1:
        parts = ', "\\t", '.join(name(f) for f in fields)
        lines.append(f"| concat({parts}) as sigma_value")
        field = "sigma_value"
    call = _AGGREGATES[rule.type.name].format(field, condition.percentile if condition.percentile is not None else 50)
    tests = " and ".join(f"sigma_count {SIGNS[sign]} {number}" for sign, number in limits.tests)
    span = rule.timespan
    width = f"{span.count}{span.unit}" if span.unit in "smhdw" else f"{span.seconds}s"
    return [
        *lines,
        f"| timeslice {width}",
        f"| {call} as sigma_count by {', '.join(['_timeslice', *groups])}",
        f"| where {tests}",
    ]  # fmt: skip
