"""CrowdStrike LogScale by the published backend, which puts quotes into the regexes of `cased`."""

from __future__ import annotations

import re
from typing import Any

from sigma.backends.crowdstrike.logscale import LogScaleBackend
from sigma.types import SpecialChars

_WILD = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}


class Backend(LogScaleBackend):
    """A text with letter case is a regex without flags."""

    def convert_condition_field_eq_val_str_case_sensitive(self, cond: Any, state: Any) -> Any:
        body = "".join(re.escape(p).replace("/", r"\/") if isinstance(p, str) else _WILD[p] for p in cond.value.s)
        return f"{self.escape_and_quote_field(cond.field)}=/^{body}$/"
