"""Fields that a log has under other names than Sigma's: a test of the field becomes a test of each name that it may have.

Which names there are is said by the places of a log source; what holds of all logs is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.types import SigmaExists, SigmaNull, SigmaString, SigmaType

from dohyo.sigma.logsources import Place

#: Names that the System part of an event has too: the event's own value is beside it.
_OWN = {"channel": ("UserData.Channel",), "provider": ("UserData.Provider",)}
#: Fields that are a part of ``Hashes``, and the label there.
_HASHES = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "imphash": "IMPHASH"}


def spread(condition: Any, places: Iterable[Place]) -> Any:
    """The condition with all names that its fields have in these places."""
    others: dict[str, tuple[str, ...]] = dict(_OWN)
    for place in places:
        for field, other in place.names:
            others[field.lower()] = (*others.get(field.lower(), ()), other)
    return _spread(condition, others)


def _spread(node: Any, others: Mapping[str, tuple[str, ...]]) -> Any:
    if isinstance(node, (ConditionAND, ConditionOR, ConditionNOT)):
        return type(node)([_spread(a, others) for a in node.args])
    if not isinstance(node, ConditionFieldEqualsValueExpression) or not node.field:
        return node
    tests: list[Any] = [node, *_elsewhere(node.field, node.value, others)]
    joined = ConditionAND if _asks_for_nothing(node.value) else ConditionOR
    return joined(tests) if len(tests) > 1 else node


def _elsewhere(field: str, value: SigmaType, others: Mapping[str, tuple[str, ...]]) -> list[ConditionFieldEqualsValueExpression]:
    """The same test of the other names of a field."""
    found = [ConditionFieldEqualsValueExpression(o, value) for o in others.get(field.lower(), ())]
    label = _HASHES.get(field.lower())
    if label and type(value) is SigmaString and str(value):
        part = SigmaString(f"*{label}=") + value + SigmaString("*")
        found.append(ConditionFieldEqualsValueExpression("Hashes", part))
    return found


def _asks_for_nothing(value: SigmaType) -> bool:
    """True for a value that no name may have: none, or an empty text."""
    if isinstance(value, SigmaExists):
        return not value.exists
    return isinstance(value, SigmaNull) or (isinstance(value, SigmaString) and not value.s)
