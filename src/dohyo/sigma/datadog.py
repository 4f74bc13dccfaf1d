"""Datadog's log search on pySigma's base class: the published backend (pysigma-backend-datadog 0.3.1) asks for pySigma below
0.12, and its pipeline's conditions take one argument less than pySigma 1.5 gives."""

from __future__ import annotations

import re
from typing import ClassVar

from sigma.conditions import (
    ConditionFieldEqualsValueExpression,
    ConditionValueExpression,
)
from sigma.conversion.state import ConversionState
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule
from sigma.types import SigmaCIDRExpression, SigmaString, SpecialChars

from dohyo.sigma.grammar import Grammar
from dohyo.sigma.logsources import places
from dohyo.sources.shapes.categories import CHANNELS

#: Letters that stand for more than themselves.
_SPECIAL = re.compile(r"([\s=\-!&|><(){}\[\]^\"“”~*?:\\/+#,;'%@$`]|\A(?:AND|OR|NOT)\Z)")
#: The Agent's own names of an event's header; all else is the event's data.
_HEADER = {"EventID": "Event.System.EventID", "Channel": "Event.System.Channel", "Computer": "Event.System.Computer",
           "Provider_Name": "Event.System.Provider.Name", "Level": "Event.System.Level"}  # fmt: skip


def pipeline() -> ProcessingPipeline:
    """Fields are named where the query is made."""
    return ProcessingPipeline(name="Datadog")


class Backend(Grammar):
    """Datadog's search syntax. Attributes are compared with case, as Datadog does; there are no regexes."""

    name: ClassVar[str] = "Datadog"
    formats: ClassVar[dict[str, str]] = {"default": "Log search"}
    eq_token: ClassVar[str] = ":"
    compare_op_expression: ClassVar[str] = "{field}:{operator}{value}"
    field_null_expression: ClassVar[str] = "(NOT {field}:*)"
    field_exists_expression: ClassVar[str] = "{field}:*"
    field_not_exists_expression: ClassVar[str] = "NOT {field}:*"
    bool_values: ClassVar[dict[bool, str | None]] = {True: "true", False: "false"}

    def escape_and_quote_field(self, field_name: str) -> str:
        return "@" + _HEADER.get(field_name, f"Event.EventData.Data.{field_name}")

    def convert_condition_field_eq_val_str(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        assert isinstance(cond.value, SigmaString)
        field = self.escape_and_quote_field(cond.field)
        return f"NOT {field}:*" if not str(cond.value) else f"{field}:{_text(cond.value)}"

    convert_condition_field_eq_val_str_case_sensitive = convert_condition_field_eq_val_str

    def convert_condition_field_eq_val_re(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        raise SigmaFeatureNotSupportedByBackendError(f"a regex (`{cond.field}`): Datadog's search has none")

    def convert_condition_field_eq_val_cidr(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        assert isinstance(cond.value, SigmaCIDRExpression)
        return f"CIDR({self.escape_and_quote_field(cond.field)},{cond.value.cidr})"

    def convert_condition_val_str(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        assert isinstance(cond.value, SigmaString)
        return f"*:*{_text(cond.value)}*"

    def convert_condition_val_num(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        return f"*:*{cond.value}*"

    def finalize_query_default(self, rule: SigmaRule, query: str, index: int, state: ConversionState) -> str:
        if rule.logsource.product not in (None, "windows"):
            raise SigmaFeatureNotSupportedByBackendError(f"log sources of {rule.logsource.product}: only Windows' are mapped")
        channels = {
            c
            for p in places("windows", None, rule.logsource.service) or ()
            for c in ([p.channel] if p.channel else CHANNELS[p.category][:1])
        }
        named = " OR ".join("@Event.System.Channel:" + _text(SigmaString(c)) for c in sorted(channels))
        return f"source:windows.events ({named}) ({query})" if named else f"source:windows.events ({query})"


def _text(value: SigmaString) -> str:
    if value.contains_placeholder():
        raise SigmaFeatureNotSupportedByBackendError(f"a placeholder without values (`{value}`)")
    wild = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
    return "".join(_SPECIAL.sub(r"\\\1", p) if isinstance(p, str) else wild[p] for p in value.s)  # type: ignore[index]  # wildcards
