"""CrowdStrike LogScale by the published backend, which puts quotes into the regexes of `cased`, and leaves Sigma's field names where
it knows no events of Falcon."""

from __future__ import annotations

import re
from typing import Any

from sigma.backends.crowdstrike.logscale import LogScaleBackend
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError as NotSupported
from sigma.types import SpecialChars

_WILD = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}


class Backend(LogScaleBackend):
    """A text with letter case is a regex without flags."""

    def convert_rule(self, rule: Any, *args: Any, **kwargs: Any) -> Any:
        """Of connections the pipeline knows the fields, and the kind of event only where a rule says who began them."""
        found = super().convert_rule(rule, *args, **kwargs)
        if rule.logsource.category != "network_connection" and not all("#event_simpleName" in str(q) for q in found):
            raise NotSupported("its pipeline knows no events of Falcon for this log source")
        return found

    def convert_condition_field_eq_val_str_case_sensitive(self, cond: Any, state: Any) -> Any:
        body = "".join(re.escape(p).replace("/", r"\/") if isinstance(p, str) else _WILD[p] for p in cond.value.s)
        return f"{self.escape_and_quote_field(cond.field)}=/^{body}$/"
