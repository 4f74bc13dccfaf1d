"""What a Sigma rule means, in plain Python, after the Sigma specification: over pySigma's parsed condition, one event at a time.

Change it with the specification, never to please the converter. An empty value is as good as none: few log formats tell the two
apart, and rules name both.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Mapping
from typing import Any

from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

#: Every name and value of an event, also of its System part.
Event = Mapping[str, Any]
_COMPARE = {"LT": operator.lt, "LTE": operator.le, "GT": operator.gt, "GTE": operator.ge}
_FLAGS = {"IGNORECASE": re.I, "MULTILINE": re.M, "DOTALL": re.S}
_LABELS = ("md5", "sha1", "sha256", "imphash")


def holds(node: Any, event: Event) -> bool:
    """Whether an event meets a condition."""
    if isinstance(node, ConditionAND):
        return all(holds(a, event) for a in node.args)
    if isinstance(node, ConditionOR):
        return any(holds(a, event) for a in node.args)
    if isinstance(node, ConditionNOT):
        return not holds(node.args[0], event)
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return any(_meets(node.value, v, event) for v in _values(event, node.field))
    return _anywhere(node.value, event)


def _anywhere(value: Any, event: Event) -> bool:
    """A keyword: a part of any value."""
    wanted = SigmaString(str(value)) if isinstance(value, SigmaNumber) else value
    if isinstance(wanted, SigmaString):
        wanted = SigmaString("*") + wanted + SigmaString("*")
    return any(_meets(wanted, _text(v), event) for v in event.values() if v is not None)


def _values(event: Event, field: str) -> list[str | None]:
    """The values of a field; a hash that stands among ``Hashes`` only; of a cleared log's name and the log's own both."""
    found = [_text(v) for k, v in event.items() if k.lower() in (field.lower(), f"system.{field.lower()}")]
    if not found and field.lower() in _LABELS:
        parts = [p.partition("=") for p in str(event.get("Hashes", "")).split(",")]
        return [after for label, _, after in parts if label.lower() == field.lower()] or [None]
    return [*found] or [None]


def _text(value: Any) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)


def _meets(value: Any, text: str | None, event: Event) -> bool:
    if isinstance(value, SigmaExpansion):
        return any(_meets(v, text, event) for v in value.values)
    if isinstance(value, SigmaExists):
        return bool(text) == bool(value.exists)
    if isinstance(value, SigmaNull) or (isinstance(value, SigmaString) and not str(value)):
        return not text
    return bool(text) and _TESTS[type(value)](value, str(text), event)


def _string(value: SigmaString, text: str, event: Event) -> bool:
    return _pattern(value, re.I).fullmatch(text) is not None


def _cased(value: SigmaString, text: str, event: Event) -> bool:
    return _pattern(value, re.NOFLAG).fullmatch(text) is not None


def _pattern(value: SigmaString, flags: re.RegexFlag) -> re.Pattern[str]:
    wild = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    return re.compile("".join(re.escape(p) if isinstance(p, str) else wild[p] for p in value.s), re.S | flags)  # type: ignore[index]


def _regular(value: SigmaRegularExpression, text: str, event: Event) -> bool:
    flags = re.NOFLAG
    for flag in value.flags:
        flags |= _FLAGS[flag.name]
    return re.search(value.regexp.original.replace("[[:alpha:]]", "[A-Za-z]"), text, flags) is not None


def _cidr(value: SigmaCIDRExpression, text: str, event: Event) -> bool:
    try:
        return ipaddress.ip_address(text) in ipaddress.ip_network(value.cidr, strict=False)
    except ValueError:
        return False


def _compared(value: SigmaCompareExpression, text: str, event: Event) -> bool:
    try:
        return bool(_COMPARE[value.op.name](float(text), float(str(value.number))))
    except ValueError:
        return False


def _reference(value: SigmaFieldReference, text: str, event: Event) -> bool:
    (other,) = _values(event, value.field)[:1]
    if not other:
        return False
    mine, other = text.lower(), other.lower()
    if value.starts_with and value.ends_with:
        return other in mine
    return mine.startswith(other) if value.starts_with else mine.endswith(other) if value.ends_with else mine == other


_TESTS: dict[type, Any] = {
    SigmaString: _string,
    SigmaCasedString: _cased,
    SigmaRegularExpression: _regular,
    SigmaNumber: lambda value, text, event: text == str(value),
    SigmaBool: lambda value, text, event: text.lower() == str(value.boolean).lower(),
    SigmaCIDRExpression: _cidr,
    SigmaCompareExpression: _compared,
    SigmaFieldReference: _reference,
}
