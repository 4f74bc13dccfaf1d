"""KQL by the published backend, where Kusto refuses what it makes or takes it otherwise: numbers in lists of texts, IPv6 networks,
wildcards as regexes with letter case and without ends, texts that are never null, a registry value's name apart from its key."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from sigma.backends.kusto.kusto import KustoBackend
from sigma.pipelines.kusto_common.transformations import DynamicFieldMappingTransformation
from sigma.pipelines.sentinelasim.sentinelasim import sentinel_asim_pipeline
from sigma.processing.pipeline import ProcessingPipeline
from sigma.types import SigmaNumber

#: Tables of registry events -> where the name of the value is.
_VALUE_NAMES = {"DeviceRegistryEvents": "RegistryValueName", "imRegistry": "RegistryValue"}

#: The schema's own names, which the published mapping mistakes: a file's name has no folder there, and its path is no program's.
_ASIM = {
    "imFileEvent": {"TargetFilename": "TargetFilePath", "Image": "ActingProcessName"},
    "imNetworkSession": {"SourceIp": "SrcIpAddr"},
}


def sentinel() -> ProcessingPipeline:
    """The published pipeline for Sentinel's normalised tables, with the fields of files where they are."""
    pipeline: ProcessingPipeline = sentinel_asim_pipeline()
    for item in pipeline.items:
        made = item.transformation
        if isinstance(made, DynamicFieldMappingTransformation):
            known = made.field_mappings
            tables = {name: {**fields, **_ASIM.get(name, {})} for name, fields in known.table_mappings.items()}
            made.field_mappings = dataclasses.replace(known, table_mappings=tables)
    return pipeline


class Backend(KustoBackend):
    """``in~`` is for texts; a list of numbers takes ``in``. A registry path is made of the key and the value's name."""

    wildcard_match_expression: ClassVar[str] = '{field} matches regex "(?is)^{regex}$"'
    field_null_expression: ClassVar[str] = "isempty({field})"

    def convert(self, *args: Any, **kwargs: Any) -> Any:
        found = super().convert(*args, **kwargs)
        return [_with_path(q) for q in found] if isinstance(found, list) else _with_path(str(found))

    def escape_and_quote_field(self, field_name: str) -> str:
        return "RegistryPath" if field_name == "RegistryKey" else str(super().escape_and_quote_field(field_name))

    def convert_condition_as_in_expression(self, cond: Any, state: Any) -> Any:
        values = [a.value for a in cond.args]
        if all(isinstance(v, SigmaNumber) for v in values):
            return f"{self.escape_and_quote_field(cond.args[0].field)} in ({', '.join(map(str, values))})"
        return super().convert_condition_as_in_expression(cond, state)

    def convert_condition_field_eq_val_cidr(self, cond: Any, state: Any) -> Any:
        network = str(cond.value.cidr)
        version = 6 if ":" in network else 4
        return f'ipv{version}_is_in_range({self.escape_and_quote_field(cond.field)}, "{network}")'


def _with_path(query: str) -> str:
    """The query with what Sysmon calls the target: the key, and the value's name where there is one."""
    table, _, condition = query.partition("\n| where ")
    name = _VALUE_NAMES.get(table)
    if name is None or "RegistryPath" not in condition:
        return query
    path = rf'iff(isempty({name}), RegistryKey, strcat(RegistryKey, "\\", {name}))'
    return f"{table}\n| extend RegistryPath = {path}\n| where {condition}"
