"""Grafana Loki by the published backend, which forgets that Loki's regexes are of the whole value, and takes the backslash before
a star that stands for itself for a part of the text."""

from __future__ import annotations

import re
from typing import Any

from sigma.backends.loki import LogQLBackend
from sigma.conditions import ConditionFieldEqualsValueExpression
from sigma.types import SigmaCasedString, SigmaRegularExpression, SigmaString, SigmaType

from dohyo.sigma.values import regex_text

_FLAGS = re.compile(r"^\(\?[ims]+\)")
_ANY = "(?s:.*)"


class Backend(LogQLBackend):
    """A regex of a rule is looked for anywhere in the value."""

    def update_parsed_conditions(self, condition: Any, negated: bool = False) -> Any:
        if isinstance(condition, ConditionFieldEqualsValueExpression):
            condition.value = _whole(condition.value)
        return super().update_parsed_conditions(condition, negated)


def _whole(value: SigmaType) -> SigmaType:
    """The value, or a regex of the whole text where the published backend would not make one."""
    if isinstance(value, SigmaRegularExpression):
        flags = _FLAGS.match(value.regexp.original)
        body = value.regexp.original[flags.end() if flags else 0 :]
        return SigmaRegularExpression(f"{flags[0] if flags else ''}{_ANY}(?:{body}){_ANY}", value.flags)
    if isinstance(value, SigmaString) and any(isinstance(p, str) and {"*", "?"} & set(p) for p in value.s):
        return SigmaRegularExpression(regex_text(value, cased=isinstance(value, SigmaCasedString)))
    return value
