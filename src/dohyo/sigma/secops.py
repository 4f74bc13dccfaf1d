"""Google SecOps, YARA-L 2: a backend of our own. The published one loses ``not`` before several tests and makes regexes of numbers;
its mapping of fields to the Unified Data Model is good and is used (the extra ``platforms``)."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from sigma.conditions import ConditionFieldEqualsValueExpression, ConditionValueExpression
from sigma.conversion.state import ConversionState
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule
from sigma.types import SigmaCIDRExpression, SigmaRegularExpression, SigmaRegularExpressionFlag, SigmaString, SpecialChars

from dohyo.sigma.grammar import Grammar

#: The event of a rule.
_EVENT = "$e"
_NUMBERS = ("port", "pid", "ppid", "size")
#: Fields whose values are names of a fixed list.
_ENUMS = ("network.direction", "network.ip_protocol", "metadata.event_type")


def pipeline() -> ProcessingPipeline:
    """The published mapping of fields, without its own output."""
    from sigma.pipelines.secops import secops_udm_pipeline

    made: ProcessingPipeline = secops_udm_pipeline(prepend_metadata=False)
    made.allowed_backends = frozenset()
    return made


class Backend(Grammar):
    """YARA-L 2. Texts are compared without case by ``nocase``."""

    name: ClassVar[str] = "Google SecOps YARA-L"
    formats: ClassVar[dict[str, str]] = {"default": "YARA-L 2"}
    or_token: ClassVar[str] = "or"
    and_token: ClassVar[str] = "and"
    not_token: ClassVar[str] = "not"
    eq_token: ClassVar[str] = "="
    compare_op_expression: ClassVar[str] = "{field} {operator} {value}"
    field_null_expression: ClassVar[str] = '{field} = ""'
    field_exists_expression: ClassVar[str] = '{field} != ""'
    field_not_exists_expression: ClassVar[str] = '{field} = ""'
    bool_values: ClassVar[dict[bool, str | None]] = {True: "true", False: "false"}

    def escape_and_quote_field(self, field_name: str) -> str:
        return f"{_EVENT}.{field_name}"

    def convert_condition_field_eq_val_str(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        assert isinstance(cond.value, SigmaString)
        if cond.field.rpartition(".")[2] in _NUMBERS and str(cond.value).isdecimal():
            return f"{self.escape_and_quote_field(cond.field)} = {cond.value}"
        return _text(self.escape_and_quote_field(cond.field), cond.value, "" if cond.field in _ENUMS else " nocase")

    def convert_condition_field_eq_val_num(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        return f"{self.escape_and_quote_field(cond.field)} = {cond.value}"

    def convert_condition_field_eq_val_cidr(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        assert isinstance(cond.value, SigmaCIDRExpression)
        return f'net.ip_in_range_cidr({self.escape_and_quote_field(cond.field)}, "{cond.value.cidr}")'

    def convert_condition_field_eq_val_str_case_sensitive(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        assert isinstance(cond.value, SigmaString)
        return _text(self.escape_and_quote_field(cond.field), cond.value, "")

    def convert_condition_field_eq_val_re(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        assert isinstance(cond.value, SigmaRegularExpression)
        flags = "i" if SigmaRegularExpressionFlag.IGNORECASE in cond.value.flags else ""
        pattern = cond.value.regexp.original
        if "`" in pattern:
            raise SigmaFeatureNotSupportedByBackendError(f"a regex with a backtick: `{pattern}`")
        return f"re.regex({self.escape_and_quote_field(cond.field)}, `{'(?i)' if flags else ''}{pattern}`)"

    def convert_condition_val_str(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        raise SigmaFeatureNotSupportedByBackendError("a keyword: a rule compares fields")

    def convert_condition_val_num(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        raise SigmaFeatureNotSupportedByBackendError("a keyword: a rule compares fields")

    def finalize_query_default(self, rule: SigmaRule, query: str, index: int, state: ConversionState) -> str:
        types = sorted(rule.custom_attributes.get("event_types") or ())
        tests = [f'{_EVENT}.metadata.event_type = "{t}"' for t in types]
        where = [f"({' or '.join(tests)})"] if len(tests) > 1 else tests
        lines = "\n    ".join([*where, f"({query})"])
        meta = "\n    ".join(f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in _meta(rule))
        name = re.sub(r"\W+", "_", rule.title.lower(), flags=re.ASCII).strip("_")
        name = name if name[:1].isalpha() else f"rule_{name}"
        return f"rule {name} {{\n  meta:\n    {meta}\n\n  events:\n    {lines}\n\n  condition:\n    {_EVENT}\n}}"


def _meta(rule: SigmaRule) -> list[tuple[str, str]]:
    """What the rule says of itself; what it does not say is left out."""
    found: list[tuple[str, Any]] = [
        ("id", rule.id), ("title", rule.title), ("description", rule.description), ("author", rule.author),
        ("reference", ", ".join(rule.references or ())), ("date", rule.date), ("tags", ", ".join(map(str, rule.tags))),
        ("severity", rule.level.name.lower() if rule.level else None),
    ]  # fmt: skip
    return [(name, " ".join(str(value).split())) for name, value in found if value]


def _text(field: str, value: SigmaString, suffix: str) -> str:
    if value.contains_placeholder():
        raise SigmaFeatureNotSupportedByBackendError(f"a placeholder without values (`{value}`)")
    if not value.contains_special():
        return f"{field} = {json.dumps(''.join(map(str, value.s)), ensure_ascii=False)}{suffix}"
    parts = list(value.s)
    begins, ends = parts[0] is not SpecialChars.WILDCARD_MULTI, parts[-1] is not SpecialChars.WILDCARD_MULTI
    inner = parts[0 if begins else 1 : None if ends else -1]
    wild: dict[Any, str] = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    body = "".join(re.escape(p).replace("/", r"\/") if isinstance(p, str) else wild[p] for p in inner)
    return f"{field} = /{'^' if begins else ''}{body}{'$' if ends else ''}/{suffix}"
