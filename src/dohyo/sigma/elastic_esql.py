"""Elastic ES|QL by the published backend: values of lower-cased fields in lower case, regexes of the whole value, patterns in
which a backslash is one, negations that a field without a value meets."""

from __future__ import annotations

import json
import re
from copy import copy
from typing import Any

from sigma.backends.elasticsearch.elasticsearch_esql import ESQLBackend
from sigma.types import SigmaExists, SigmaNull, SigmaRegularExpressionFlag, SigmaString, SpecialChars

from dohyo.sigma.lucene_regex import lucene

_WILD = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}


class Backend(ESQLBackend):
    """A field ``….caseless`` holds lower case, and ES|QL compares it as it is. What is compared with null is null, and its
    negation too."""

    def convert_value_str(self, s: Any, state: Any, *args: Any, **kwargs: Any) -> str:
        written = _pattern(s) if s.contains_special() else "".join(p for p in s.s if isinstance(p, str))
        return json.dumps(written, ensure_ascii=False)

    def convert_condition_not(self, cond: Any, state: Any) -> Any:
        if isinstance(getattr(cond.args[0], "value", None), (SigmaExists, SigmaNull)):
            return super().convert_condition_not(cond, state)
        return f"not coalesce({self.convert_condition(cond.args[0], state)}, false)"

    def convert_condition_field_eq_val_str(self, cond: Any, state: Any) -> Any:
        return super().convert_condition_field_eq_val_str(_lowered(cond), state)

    def convert_condition_as_in_expression(self, cond: Any, state: Any) -> Any:
        made = copy(cond)
        made.args = [_lowered(a) for a in cond.args]
        return super().convert_condition_as_in_expression(made, state)

    def convert_condition_field_eq_val_re(self, cond: Any, state: Any) -> str:
        any_case = SigmaRegularExpressionFlag.IGNORECASE in cond.value.flags
        pattern = lucene(cond.value.regexp.original, any_case)
        return f"{self.escape_and_quote_field(cond.field)} rlike {json.dumps(pattern, ensure_ascii=False)}"


def _pattern(value: SigmaString) -> str:
    """A text with wildcards as ``like`` takes it, for which a backslash takes the meaning from what follows."""
    return "".join(re.sub(r"([\\*?])", r"\\\1", p) if isinstance(p, str) else _WILD[p] for p in value.s)  # type: ignore[index]


def _lowered(cond: Any) -> Any:
    if not (cond.field.endswith(".caseless") and isinstance(cond.value, SigmaString)):
        return cond
    made = copy(cond)
    made.value = copy(cond.value)
    made.value.s = tuple(p.lower() if isinstance(p, str) else p for p in cond.value.s)
    return made
