"""Sigma correlation rules as queries.

All is computed event by event, in the order of time, with windows that slide: an event completes a correlation when what
it asks for lies within the time span that ends with this event. A flag (1 or 0) on each event says whether it meets a
rule; a correlation is a flag made of others, so correlations of correlations need nothing of their own. What can only be
told of a whole span (fewer than so many, a mean) is counted in fixed slices of time, and the query says so.
"""

from __future__ import annotations

from msgspec import Struct, field
from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaCorrelationType,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.rule import SigmaRule

from dohyo.sigma import backend, slices
from dohyo.sigma.backend import ANYWHERE, Parts
from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.slices import Limits
from dohyo.sigma.values import name

#: The largest shift that `backshift` takes; more is reached in steps.
_SHIFT = 1_000
#: Stages of events that a count reaches back over.
_MOST = 20 * _SHIFT


def query(rule: SigmaCorrelationRule, limits: Limits) -> str:
    """The query of a correlation. ``limits``: what its count is compared with. Raises :class:`NotSaid`."""
    return _Writer().query(rule, limits)


class _Writer(Struct):
    """The stages so far. ``flags``: the field of each rule that says which events meet it; ``None``: all that are left do."""

    stages: list[str] = field(default_factory=list)
    flags: dict[int, str | None] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    made: int = 0
    order: str = ""

    def query(self, rule: SigmaCorrelationRule, limits: Limits) -> str:
        bases = _bases(rule)
        found = [backend.parts(b) for b in bases]
        self.fields = [f for p in found for f in p.fields]
        head = self._one(bases[0], found[0]) if len(bases) == 1 else self._several(bases, found)
        self._nested(rule)
        if slices.needed(rule, limits):
            groups = self._groups(rule)
            lines = slices.stages(rule, limits, groups)
            return "\n".join([slices.note(rule), head, *self.stages, *lines]) + "\n"
        self._sort()
        self.stages.append(f"| where {self._condition(rule, limits)}")
        return "\n".join([head, *self.stages, backend.shown([*self.fields, *self._groups_of(rule)])]) + "\n"

    def _one(self, rule: SigmaRule, found: Parts) -> str:
        self.stages = [f"| where {t}" for t in (backend.where(found.places), *found.stages) if t]
        self.flags[id(rule)] = None
        return backend.scope(found.places)

    def _several(self, bases: list[SigmaRule], found: list[Parts]) -> str:
        """Each rule's condition as a flag; an event without any of them is out."""
        everywhere = [p.places or ANYWHERE for p in found]
        places = tuple(dict.fromkeys(p for some in everywhere for p in some))
        apart = len({p.category for p in places}) > 1
        for rule, own, part in zip(bases, everywhere, found, strict=True):
            tests = [t for t in (backend.where(own, apart), *part.stages) if t]
            flag = self._new("rule")
            self.flags[id(rule)] = flag
            self.stages.append(f"| if({' and '.join(f'({t})' for t in tests) or 'true'}, 1, 0) as {flag}")
        self.stages.append("| where " + " or ".join(f"{self.flags[id(b)]} = 1" for b in bases))
        return backend.scope(places)

    def _nested(self, rule: SigmaCorrelationRule) -> None:
        """The flags of the correlations that a correlation is made of, innermost first."""
        for inner in _rules(rule):
            if isinstance(inner, SigmaCorrelationRule) and id(inner) not in self.flags:
                self._nested(inner)
                limits = Limits.of(inner)
                if slices.needed(inner, limits):
                    raise NotSaid(f"a correlation of `{inner.title}`, which can only be counted in slices of time")
                self._sort()
                condition = self._condition(inner, limits)
                flag = self._new("rule")
                self.stages.append(f"| if({condition}, 1, 0) as {flag}")
                self.flags[id(inner)] = flag

    # --- one correlation ----------------------------------------------------------------------------------------------

    def _condition(self, rule: SigmaCorrelationRule, limits: Limits) -> str:
        groups = self._groups(rule)
        span = rule.timespan.seconds * 1000
        if rule.type is SigmaCorrelationType.TEMPORAL:
            return self._together(rule, limits, groups, span)
        if rule.type is SigmaCorrelationType.TEMPORAL_ORDERED:
            return self._in_order(rule, limits, groups, span)
        least = limits.least
        if rule.type is SigmaCorrelationType.EVENT_COUNT:
            return self._so_many(self._any(rule), least, groups, span)
        return self._sliding(rule, self._any(rule), least, groups, span)

    def _so_many(self, flag: str | None, count: int, groups: list[str], span: int) -> str:
        """The event ``count - 1`` before it in its group is within the time span."""
        if count < 1 or count > _MOST:
            raise NotSaid(f"a correlation of {count:,} events" + (": that is always so" if count < 1 else f": more than {_MOST:,}"))
        first, left = "_messageTime", count - 1
        by = _by([*groups, *([flag] if flag else [])])
        while left:
            step = min(left, _SHIFT)
            before = self._new("first")
            self.stages.append(f"| backshift {first}, {step} as {before}{by}")
            first, left = before, left - step
        return _all(f"{flag} = 1" if flag else "", f"!isNull({first})", f"_messageTime - {first} <= {span}")

    def _together(self, rule: SigmaCorrelationRule, limits: Limits, groups: list[str], span: int) -> str:
        """The last event of each rule is within the time span."""
        rules = _rules(rule)
        recent = {}
        for reference, one in zip(rule.referenced_rules, rules, strict=True):
            flag = self.flags[id(one)]
            last = self._last("_messageTime", flag, groups)
            recent[reference.reference] = f"({last} > 0 and _messageTime - {last} <= {span})"
        if isinstance(rule.condition, SigmaExtendedCorrelationCondition):
            met = _extended(rule.condition.parsed, recent)
        elif limits.least >= len(rules):
            met = " and ".join(recent.values())
        else:
            met = f"({' + '.join(f'if({r}, 1, 0)' for r in recent.values())}) >= {limits.least}"
        mine = self._any(rule)
        return _all(f"{mine} = 1" if mine else "", met)

    def _in_order(self, rule: SigmaCorrelationRule, limits: Limits, groups: list[str], span: int) -> str:
        """A chain of the rules' events ends here, whose first event is within the time span. The latest beginning of a chain
        is handed on from rule to rule."""
        if isinstance(rule.condition, SigmaExtendedCorrelationCondition):
            if not _only_and(rule.condition.parsed):
                raise NotSaid(f"the condition `{rule.condition.expression}` of rules in an order: only `and` has one")
        elif limits.least < len(rule.referenced_rules):
            raise NotSaid(f"{limits.least} of {len(rule.referenced_rules)} rules in an order")
        if len({id(r) for r in _rules(rule)}) < len(_rules(rule)):
            raise NotSaid("the same rule twice in an order")
        start = "_messageTime"
        *before, final = (self.flags[id(r)] for r in _rules(rule))
        for flag in before:
            start = self._last(start, flag, groups)
        return _all(f"{final} = 1" if final else "", f"{start} > 0", f"_messageTime - {start} <= {span}")

    def _last(self, value: str, flag: str | None, groups: list[str]) -> str:
        """The value at the last event of a rule so far, 0 where there is none: the sum of the steps from event to event."""
        if flag is None:
            return value
        mine, before, step, last = (self._new(w) for w in ("at", "before", "step", "last"))
        self.stages += [
            f"| if({flag} = 1, {value}, 0) as {mine}",
            f"| backshift {mine}, 1 as {before}{_by([*groups, flag])}",
            f"| if({flag} = 1, {mine} - if(isNull({before}), 0, {before}), 0) as {step}",
            f"| accum {step} as {last}{_by(groups)}",
        ]
        return last

    def _sliding(self, rule: SigmaCorrelationRule, flag: str | None, least: int, groups: list[str], span: int) -> str:
        """How many values, or what sum, a window that ends with each event holds. Each event becomes two rows: one where it
        enters the window, and one where it leaves it; the running sum of what enters and leaves is what the window holds."""
        condition = rule.condition
        assert isinstance(condition, SigmaCorrelationCondition)
        wanted = [condition.fieldref] if isinstance(condition.fieldref, str) else list(condition.fieldref or ())
        values = [name(f) for f in wanted]
        self.fields += wanted
        counts = rule.type is SigmaCorrelationType.VALUE_COUNT
        before, after, end, time, step, now = (self._new(w) for w in ("before", "after", "end", "time", "step", "now"))
        known = _all(f"{flag} = 1" if flag else "", *(f"!isNull({v})" for v in values))
        enters, leaves, amount = f'{end} = "+"', f'{end} = "-"', "1"
        if counts:
            by = _by([*groups, *values, *([flag] if flag else [])])
            self.stages.append(f"| backshift _messageTime, 1 as {before}{by}")
            self.stages += ["| sort by _messageTime desc", f"| backshift _messageTime, 1 as {after}{by}"]
            enters += f" and (isNull({before}) or _messageTime - {before} > {span})"
            leaves += f" and (isNull({after}) or {after} - _messageTime > {span})"
        else:
            amount = f"num({values[0]})"
        self.stages += [
            f'| "+-" as {end}',
            f'| parse regex field={end} "(?<{end}>[+-])" multi',
            f'| if({end} = "+", _messageTime, _messageTime + {span}) as {time}',
            f"| if({known} and {enters}, {amount}, if({known} and {leaves}, 0 - {amount}, 0)) as {step}",
            f"| sort by {time} asc, {end} asc",
            f"| accum {step} as {now}{_by(groups)}",
            f'| where {end} = "+"',
        ]
        self.order = f"{time} asc, {end} asc"
        return _all(f"{flag} = 1" if flag else "", f"{now} >= {least}")

    # --- what the kinds share -----------------------------------------------------------------------------------------

    def _new(self, word: str) -> str:
        self.made += 1
        return f"sigma_{word}{self.made}"

    def _sort(self) -> None:
        """The order of time; of events of the same millisecond those of the rule that is named first come first."""
        order = ", ".join(["_messageTime asc", *(f"{f} desc" for f in self.flags.values() if f)])
        if order != self.order:
            self.stages.append(f"| sort by {order}")
            self.order = order

    def _any(self, rule: SigmaCorrelationRule) -> str | None:
        """The flag of the events of any rule of a correlation."""
        flags = [self.flags[id(r)] for r in _rules(rule)]
        if None in flags or set(flags) == set(self.flags.values()):
            return None
        if len(flags) == 1:
            return flags[0]
        either = self._new("rule")
        self.stages.append(f"| if({' or '.join(f'{f} = 1' for f in flags)}, 1, 0) as {either}")
        return either

    def _groups_of(self, rule: SigmaCorrelationRule) -> list[str]:
        return [self._aliased(g, rule) for g in rule.group_by or ()]

    def _aliased(self, group: str, rule: SigmaCorrelationRule) -> str:
        """The field of a group; one that would hide a field of the events gets a name of its own."""
        known = {a.alias for a in rule.aliases}
        return f"sigma_{group}" if group in known and group.lower() in {f.lower() for f in self.fields} else group

    def _groups(self, rule: SigmaCorrelationRule) -> list[str]:
        """The fields to group by; an alias is the field of the rule that the event meets."""
        for alias in rule.aliases:
            value = name(alias.alias)
            mapping = {r.reference: f for r, f in alias.mapping.items()}
            for reference, one in list(zip(rule.referenced_rules, _rules(rule), strict=True))[::-1]:
                own, flag = name(mapping.get(reference.reference, alias.alias)), self.flags[id(one)]
                value = own if flag is None or value == name(alias.alias) else f"if({flag} = 1, {own}, {value})"
            self.stages.append(f"| {value} as {name(self._aliased(alias.alias, rule))}")
        return [name(g) for g in self._groups_of(rule)]


def _rules(rule: SigmaCorrelationRule) -> list[SigmaRule | SigmaCorrelationRule]:
    return [r.rule for r in rule.referenced_rules]


def _bases(rule: SigmaCorrelationRule) -> list[SigmaRule]:
    """The rules that look at events, each once."""
    found: dict[int, SigmaRule] = {}
    for one in _rules(rule):
        for base in _bases(one) if isinstance(one, SigmaCorrelationRule) else [one]:
            found.setdefault(id(base), base)
    return list(found.values())


def _by(fields: list[str]) -> str:
    return f" by {', '.join(fields)}" if fields else ""


def _all(*tests: str) -> str:
    return " and ".join(t for t in tests if t)


def _extended(node: object, recent: dict[str, str]) -> str:
    if isinstance(node, SigmaRuleReference):
        return recent[node.reference]
    if isinstance(node, CorrelationConditionNOT):
        return f"!({_extended(node.args[0], recent)})"
    if isinstance(node, (CorrelationConditionAND, CorrelationConditionOR)):
        word = " and " if isinstance(node, CorrelationConditionAND) else " or "
        return f"({word.join(_extended(a, recent) for a in node.args)})"
    raise NotSaid(f"a correlation condition of the kind {type(node).__name__}")


def _only_and(node: object) -> bool:
    if isinstance(node, CorrelationConditionAND):
        return all(_only_and(a) for a in node.args)
    return isinstance(node, SigmaRuleReference)
