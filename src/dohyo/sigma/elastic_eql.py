"""Elastic EQL by the published backend, where EQL's parser refuses what it makes: numbers compared as texts, quotes in regexes;
and where regexes are not of the whole value, as EQL takes them."""

from __future__ import annotations

import json
import re
from typing import Any

from sigma.backends.elasticsearch.elasticsearch_eql import EqlBackend
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError as NotSupported
from sigma.types import SigmaNumber, SigmaRegularExpressionFlag, SpecialChars

from dohyo.sigma.lucene_regex import lucene

_WILD = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
#: What means something to Lucene's regexes.
_SIGNS = re.compile(r"[][.?+*|{}()\"\\#@&<>~^$/-]")


def _has_signs(value: Any) -> bool:
    """Whether a text holds a star or a question mark that stands for itself."""
    return any(isinstance(p, str) and {"*", "?"} & set(p) for p in getattr(value, "s", ()))


class Backend(EqlBackend):
    """``:`` and ``like~`` are for texts; a number takes ``==``."""

    def convert_condition_field_eq_val_re(self, cond: Any, state: Any) -> str:
        any_case = SigmaRegularExpressionFlag.IGNORECASE in cond.value.flags
        pattern = json.dumps(lucene(cond.value.regexp.original, any_case), ensure_ascii=False)
        return f"{self.escape_and_quote_field(cond.field)} regex {pattern}"

    def decide_convert_condition_as_in_expression(self, cond: Any, state: Any) -> bool:
        values = [getattr(a, "value", None) for a in cond.args]
        plain = not any(isinstance(v, SigmaNumber) or _has_signs(v) for v in values)
        return plain and bool(super().decide_convert_condition_as_in_expression(cond, state))

    def convert_condition_field_eq_val_num(self, cond: Any, state: Any) -> str:
        return f"{self.escape_and_quote_field(cond.field)} == {cond.value}"

    def convert_condition_val_str(self, cond: Any, state: Any) -> Any:
        raise NotSupported("a keyword of no field: EQL looks at fields only")

    convert_condition_val_num = convert_condition_val_str

    def convert_condition_field_eq_val_str(self, cond: Any, state: Any) -> Any:
        """Wildcards that stand for themselves EQL has in regexes only."""
        if _has_signs(cond.value):
            pattern = json.dumps("".join(_SIGNS.sub(r"\\\g<0>", p) if isinstance(p, str) else _WILD[p] for p in cond.value.s))
            return f"{self.escape_and_quote_field(cond.field)} regex~ {pattern}"
        return super().convert_condition_field_eq_val_str(cond, state)

    def convert_condition_field_eq_val_str_case_sensitive(self, cond: Any, state: Any) -> Any:
        """Wildcards are for ``like`` only: ``==`` takes them for themselves."""
        word = "like" if cond.value.contains_special() else "=="
        return f"{self.escape_and_quote_field(cond.field)} {word} {self.convert_value_str(cond.value, state)}"
