"""OpenSearch PPL by the published backend, which drops backslashes, moves wildcards into quotes, and takes a search for words for
one by regex."""

from __future__ import annotations

import re
from typing import Any

from sigma.backends.opensearch.opensearch_ppl import OpenSearchPPLBackend
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError
from sigma.types import SpecialChars

_WILD = {SpecialChars.WILDCARD_MULTI: "%", SpecialChars.WILDCARD_SINGLE: "_"}
#: What is written in several ways, as the version has it: any one letter stands for it.
_UNSURE = re.compile(r"[\\\"'%_]")


class Backend(OpenSearchPPLBackend):
    """A text with wildcards, or with a sign that may need another one before it, is a pattern; a regex is refused."""

    def convert_condition_field_eq_val_str(self, cond: Any, state: Any) -> Any:
        field, parts = self.escape_and_quote_field(cond.field), cond.value.s
        if cond.value.contains_special() or any(_UNSURE.search(p) for p in parts):
            return f'LIKE({field}, "{"".join(_UNSURE.sub("_", p) if isinstance(p, str) else _WILD[p] for p in parts)}")'
        return f'{field}="{cond.value}"'

    def decide_convert_condition_as_in_expression(self, cond: Any, state: Any) -> bool:
        plain = not any(_UNSURE.search(str(getattr(a, "value", ""))) for a in cond.args)
        return plain and bool(super().decide_convert_condition_as_in_expression(cond, state))

    def convert_condition_field_eq_val_re(self, cond: Any, state: Any) -> Any:
        raise SigmaFeatureNotSupportedByBackendError(f"a regex (`{cond.field}`): its backend writes a search for words")
