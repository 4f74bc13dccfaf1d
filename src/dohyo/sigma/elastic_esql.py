"""Elastic ES|QL by the published backend: values of lower-cased fields in lower case, regexes of the whole value."""

from __future__ import annotations

import json
from copy import copy
from typing import Any

from sigma.backends.elasticsearch.elasticsearch_esql import ESQLBackend
from sigma.types import SigmaRegularExpressionFlag, SigmaString

from dohyo.sigma.lucene_regex import lucene


class Backend(ESQLBackend):
    """A field ``….caseless`` holds lower case, and ES|QL compares it as it is."""

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


def _lowered(cond: Any) -> Any:
    if not (cond.field.endswith(".caseless") and isinstance(cond.value, SigmaString)):
        return cond
    made = copy(cond)
    made.value = copy(cond.value)
    made.value.s = tuple(p.lower() if isinstance(p, str) else p for p in cond.value.s)
    return made
