"""A Sigma rule as a Sumo Logic query: the scope and event ids of its log source, then its condition as ``where`` stages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaRule
from sigma.types import SigmaNumber, SigmaRegularExpression, SigmaString

from dohyo.sigma import values
from dohyo.sigma.logsources import Place, places
from dohyo.sigma.names import spread
from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.values import exact, name, quoted

#: What every alert shows, before the fields that the rule names.
_SHOWN = ("_messageTime", "Computer", "User", "EventID")


class Parts(Struct, frozen=True):
    """What a rule's query is made of: where its events are, and its conditions, of which one must hold."""

    places: tuple[Place, ...]
    conditions: tuple[Any, ...]

    @property
    def stages(self) -> list[str]:
        """The condition's tests, which must all hold."""
        return _stages(list(self.conditions))

    @property
    def fields(self) -> list[str]:
        """The fields that the conditions name."""
        return [f for c in self.conditions for f in _fields(c)]


def parts(rule: SigmaRule) -> Parts:
    """What a rule's query is made of. Raises :class:`NotSaid` for what the language cannot say."""
    source = rule.logsource
    found = places(source.product, source.category, source.service)
    if found is None:
        parts = [
            f"{k} `{v}`" for k, v in (("product", source.product), ("category", source.category), ("service", source.service)) if v
        ]
        raise NotSaid(f"the log source ({', '.join(parts)}) is not known")
    return Parts(found, tuple(spread(c.parse(), found) for c in rule.detection.parsed_condition))


def query(rule: SigmaRule) -> str:
    """The query of a rule. Raises :class:`NotSaid` for what the language cannot say."""
    found = parts(rule)
    tests = [w for w in (where(found.places), *found.stages) if w]
    return "\n".join([scope(found.places), *(f"| where {t}" for t in tests), shown(found.fields)]) + "\n"


def shown(fields: Iterable[str]) -> str:
    """The last stage: what an alert shows."""
    return "| fields " + ", ".join(map(name, dict.fromkeys((*_SHOWN, *fields))))


def scope(found: tuple[Place, ...]) -> str:
    """The scope of a search in these places; none: anywhere on Windows."""
    terms = [f"_sourceCategory={c}" for c in dict.fromkeys(p.category for p in found)]
    if not terms:
        return "_sourceCategory=windows/* OR _sourceCategory=endpoint/*"
    return terms[0] if len(terms) == 1 else "(" + " OR ".join(terms) + ")"


#: Anywhere on Windows, as places.
ANYWHERE = (Place("windows/*"), Place("endpoint/*"))


def where(found: tuple[Place, ...], several: bool = False) -> str:
    """Which events of the sources: by id, type and channel; the category too where ``several`` are searched."""
    several = several or len({p.category for p in found}) > 1
    tests = []
    channels: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for place in found:
        channels.setdefault((place.category, place.ids, place.event_type), []).append(place.channel.lower())
    for (category, ids, event_type), own in channels.items():
        parts = [_in_category(category)] if several else []
        if ids:
            parts.append(_list("EventID", list(ids)))
        if event_type:
            parts.append(f"event_type = {quoted(event_type)}")
        if all(own):
            parts.append(_in_channels(own))
        if not parts:
            return ""
        tests.append(" and ".join(parts))
    return tests[0] if len(tests) == 1 else " or ".join(f"({t})" if " and " in t else t for t in dict.fromkeys(tests))


def _in_category(category: str) -> str:
    return f"_sourceCategory {'matches' if '*' in category else '='} {quoted(category)}"


def _in_channels(channels: list[str]) -> str:
    if any("*" in c for c in channels):
        return " or ".join(f"toLowerCase(Channel) matches {quoted(c)}" for c in channels)
    return f"(isNull(Channel) or {_list('Channel', channels)})"


def _stages(conditions: list[Any]) -> list[str]:
    """The condition: each part of a conjunction is a stage of its own; several conditions are alternatives."""
    if len(conditions) == 1 and isinstance(conditions[0], ConditionAND):
        return [_text(part, top=True) for part in _flat(conditions[0], ConditionAND)]
    if len(conditions) == 1:
        return [_text(conditions[0], top=True)]
    return [" or ".join(_text(c) for c in conditions)]


def _flat(node: Any, kind: type) -> Iterator[Any]:
    for arg in node.args:
        if isinstance(arg, kind):
            yield from _flat(arg, kind)
        else:
            yield arg


def _text(node: Any, top: bool = False) -> str:
    if isinstance(node, ConditionAND):
        return _joined([_text(a) for a in _flat(node, ConditionAND)], "and", top)
    if isinstance(node, ConditionOR):
        return _joined(_alternatives(node), "or", top)
    if isinstance(node, ConditionNOT):
        return f"!({_text(node.args[0], top=True)})"
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return values.test(node.field, node.value)
    if isinstance(node, ConditionValueExpression):
        return _keyword(node.value)
    if node is None:
        raise NotSaid("a condition with a pattern (`1 of name*`) that no selection's name fits")
    raise NotSaid(f"a condition of the kind {type(node).__name__}")


def _joined(parts: list[str], word: str, top: bool) -> str:
    unique = list(dict.fromkeys(parts))
    text = f" {word} ".join(unique)
    return text if top or len(unique) == 1 else f"({text})"


def _alternatives(node: ConditionOR) -> list[str]:
    """Values of one field that are compared whole become one list."""
    lists: dict[str, list[str]] = {}
    out: list[str] = []
    for arg in _flat(node, ConditionOR):
        whole = exact(arg.value) if isinstance(arg, ConditionFieldEqualsValueExpression) else None
        if whole is None:
            out.append(_text(arg))
        elif arg.field in lists:
            lists[arg.field].append(whole)
        else:
            lists[arg.field] = [whole]
            out.append(f"\0{arg.field}")
    return [_list(t[1:], lists[t[1:]]) if t.startswith("\0") else t for t in out]


def _list(field: str, texts: list[str]) -> str:
    unique = list(dict.fromkeys(texts))
    subject = name(field) if all(t.isdecimal() for t in unique) else f"toLowerCase({name(field)})"
    if len(unique) == 1:
        return f"{subject} = {quoted(unique[0])}"
    return f"{subject} in ({', '.join(map(quoted, unique))})"


def _keyword(value: Any) -> str:
    """A value of no field: anywhere in the event. Raw events hold backslashes and quotes as they are, or escaped (JSON)."""
    if isinstance(value, SigmaRegularExpression):
        return values.test("_raw", value)
    if isinstance(value, SigmaNumber):
        value = SigmaString(str(value))
    if not isinstance(value, SigmaString):
        raise NotSaid(f"a keyword of the kind {type(value).__name__}")
    wide = SigmaString("*") + value + SigmaString("*")
    tests = dict.fromkeys(values.test("_raw", v) for v in (wide, _escaped(wide, False), _escaped(wide, True)))
    return " or ".join(tests) if len(tests) == 1 else f"({' or '.join(tests)})"


def _escaped(value: SigmaString, ascii_only: bool) -> SigmaString:
    """A text as JSON writes it; some programs write letters beyond ASCII as numbers."""
    out = SigmaString()
    out.s = [json.dumps(p, ensure_ascii=ascii_only)[1:-1] if isinstance(p, str) else p for p in value.s]
    return out


def _fields(node: Any) -> Iterator[str]:
    if isinstance(node, ConditionFieldEqualsValueExpression):
        yield node.field
    for arg in getattr(node, "args", ()):
        if not isinstance(arg, str):
            yield from _fields(arg)
