"""Sigma correlation rules as queries: so many events of a rule within a time, for each group."""

from __future__ import annotations

from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule, SigmaCorrelationType
from sigma.rule import SigmaRule

from dohyo.sigma import backend
from dohyo.sigma.values import NotSaid, name

#: How many more events than its number a comparison asks for.
_MORE = {"GTE": 0, "GT": 1}


def query(rule: SigmaCorrelationRule) -> str:
    """The query of a correlation. Raises :class:`NotSaid` for kinds that the language cannot say without missing some.

    An event completes a group when the one ``count - 1`` before it in its group is within the time span: windows slide,
    so that no edge of a fixed time slice hides a group.
    """
    count = _count(rule)
    head = backend.query(_base(rule)).splitlines()
    lines = [*head[:-1], "| sort by _messageTime asc"]
    groups = [name(g) for g in rule.group_by or ()]
    if count > 1:
        lines += [
            f"| backshift _messageTime, {count - 1} as _first" + (f" by {', '.join(groups)}" if groups else ""),
            f"| where !isNull(_first) and _messageTime - _first <= {rule.timespan.seconds * 1000}",
        ]
    shown = head[-1].removeprefix("| fields ").split(", ")
    return "\n".join([*lines, "| fields " + ", ".join(dict.fromkeys([*shown, *groups]))]) + "\n"


def _count(rule: SigmaCorrelationRule) -> int:
    if rule.type is not SigmaCorrelationType.EVENT_COUNT:
        raise NotSaid(f"correlations of the type {rule.type.name.lower()}: fixed time slices would miss what lies across their edges")
    condition = rule.condition
    if not isinstance(condition, SigmaCorrelationCondition) or condition.op.name not in _MORE:
        raise NotSaid("a number of events that must not be reached: only gte and gt can be told event by event")
    count = condition.count + _MORE[condition.op.name]
    if count < 1:
        raise NotSaid(f"a correlation of {count} events: that is always so")
    return count


def _base(rule: SigmaCorrelationRule) -> SigmaRule:
    """The one rule whose events are counted."""
    rules = [r.rule for r in rule.rules or ()]
    if len(rules) != 1:
        raise NotSaid("a correlation that counts the events of several rules together")
    if len(rule.aliases):
        raise NotSaid("the aliases of group-by fields")
    if not isinstance(rules[0], SigmaRule):
        raise NotSaid("a correlation of correlations")
    return rules[0]
