"""QRadar AQL on pySigma's base class: the published backend (pysigma-backend-qradar-aql 0.3.2) asks for pySigma below 0.12."""

from __future__ import annotations

import re
from typing import ClassVar

from sigma.conditions import (
    ConditionFieldEqualsValueExpression,
    ConditionValueExpression,
)
from sigma.conversion.state import ConversionState
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import FieldMappingTransformation
from sigma.rule import SigmaRule
from sigma.types import SigmaRegularExpression, SigmaRegularExpressionFlag, SigmaString, SpecialChars

from dohyo.sigma.grammar import Grammar

#: Properties of QRadar's own extension for Microsoft Windows, and the columns that every event has.
FIELDS: dict[str | None, str | list[str]] = {
    "Image": "Process Path", "NewProcessName": "Process Path", "CommandLine": "Command", "ParentImage": "Parent Process Path",
    "ParentCommandLine": "Parent Command", "ProcessId": "Process ID", "ParentProcessId": "Parent Process ID", "EventID": "Event ID",
    "DestinationPort": "destinationport", "SourcePort": "sourceport", "DestinationIp": "destinationip", "SourceIp": "sourceip",
    "User": "username", "TargetFilename": "Filename", "ImageLoaded": "Loaded Image", "TargetObject": "Registry Key",
    "Details": "Registry Value Data", "QueryName": "DNS Request", "PipeName": "Pipe Name", "ServiceName": "Service Name",
    "ServiceFileName": "Service Filename", "IntegrityLevel": "Integrity Level", "GrantedAccess": "Granted Access",
    "SourceImage": "Source Process Path", "TargetImage": "Target Process Path", "LogonType": "Logon Type",
    "TargetUserName": "Target Username", "OriginalFileName": "Original Filename", "Hashes": "Hashes",
}  # fmt: skip
_SOURCE = "LOGSOURCETYPENAME(devicetype) ILIKE '%Microsoft Windows%'"


def pipeline() -> ProcessingPipeline:
    """The fields as QRadar names them; others keep their name, as custom properties have it."""
    return ProcessingPipeline(name="QRadar", items=[ProcessingItem(FieldMappingTransformation(dict(FIELDS)))])


class Backend(Grammar):
    """AQL. Texts are compared without case, by ``ILIKE``; what its wildcards would take for more than itself, by ``IMATCHES``."""

    name: ClassVar[str] = "QRadar AQL"
    formats: ClassVar[dict[str, str]] = {"default": "AQL"}
    eq_token: ClassVar[str] = "="
    field_quote: ClassVar[str] = '"'
    field_quote_pattern: ClassVar[re.Pattern[str]] = re.compile("^[a-z_]+$")
    str_quote: ClassVar[str] = "'"
    compare_op_expression: ClassVar[str] = "{field} {operator} {value}"
    field_null_expression: ClassVar[str] = "{field} IS NULL"
    field_exists_expression: ClassVar[str] = "{field} IS NOT NULL"
    field_not_exists_expression: ClassVar[str] = "{field} IS NULL"
    cidr_expression: ClassVar[str] = "INCIDR('{value}', {field})"
    bool_values: ClassVar[dict[bool, str | None]] = {True: "'true'", False: "'false'"}

    def convert_condition_field_eq_val_str(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        assert isinstance(cond.value, SigmaString)
        return _text(self.escape_and_quote_field(cond.field), cond.value, cased=False)

    def convert_condition_field_eq_val_str_case_sensitive(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        assert isinstance(cond.value, SigmaString)
        return _text(self.escape_and_quote_field(cond.field), cond.value, cased=True)

    def convert_condition_field_eq_val_re(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        """``IMATCHES`` is without case; both look anywhere in the text."""
        assert isinstance(cond.value, SigmaRegularExpression)
        word = "IMATCHES" if SigmaRegularExpressionFlag.IGNORECASE in cond.value.flags else "MATCHES"
        return f"{self.escape_and_quote_field(cond.field)} {word} '{_quoted(cond.value.regexp.original)}'"

    def convert_condition_val_str(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        assert isinstance(cond.value, SigmaString)
        return _text("UTF8(payload)", SigmaString("*") + cond.value + SigmaString("*"), cased=False)

    def convert_condition_val_num(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        return f"UTF8(payload) ILIKE '%{cond.value}%'"

    def finalize_query_default(self, rule: SigmaRule, query: str, index: int, state: ConversionState) -> str:
        if rule.logsource.product not in (None, "windows"):
            raise SigmaFeatureNotSupportedByBackendError(f"log sources of {rule.logsource.product}: only Windows' are mapped")
        return f"SELECT UTF8(payload) FROM events WHERE {_SOURCE} AND ({query})"


def _text(field: str, value: SigmaString, cased: bool) -> str:
    if value.contains_placeholder():
        raise SigmaFeatureNotSupportedByBackendError(f"a placeholder without values (`{value}`)")
    texts = [p for p in value.s if isinstance(p, str)]
    if not cased and not any("%" in t or "_" in t for t in texts):
        wild = {SpecialChars.WILDCARD_MULTI: "%", SpecialChars.WILDCARD_SINGLE: "_"}
        return f"{field} ILIKE '{''.join(_quoted(p) if isinstance(p, str) else wild[p] for p in value.s)}'"  # type: ignore[index]  # wildcards
    wild = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    body = "".join(re.escape(p) if isinstance(p, str) else wild[p] for p in value.s)  # type: ignore[index]  # wildcards
    return f"{field} {'MATCHES' if cased else 'IMATCHES'} '^{_quoted(body)}$'"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
