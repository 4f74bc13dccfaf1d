"""Many events in one record: tables of rows, answers of interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dohyo.sources.unfold.records import Record, listed, objects


def tables(record: Record) -> Iterator[Record]:
    """``{"tables": [{"columns": [{"name": …}], "rows": [[…]]}]}`` of Azure, ``columns`` and ``values`` of ES|QL."""
    for table in objects(record.get("tables") or record.get("Tables") or [record]):
        columns = [_column(each) for each in listed(table, "columns", "Columns", "fields")]
        for row in listed(table, "rows", "Rows", "values"):
            if columns and isinstance(row, list) and len(row) == len(columns):
                yield {name: value for name, value in zip(columns, row, strict=True) if value is not None}


def _column(told: Any) -> str:
    return str(told.get("name") or told.get("ColumnName") or "") if isinstance(told, dict) else str(told)


def otlp(record: Record) -> Iterator[Record]:
    """OpenTelemetry's logs as its file exporter writes them: values say what they are."""
    for resource in objects(record.get("resourceLogs")):
        for scope in objects(resource.get("scopeLogs")):
            for entry in objects(scope.get("logRecords")):
                yield {"body": _otlp_value(entry.get("body"))}


def _otlp_value(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        return None
    kind, inner = next(iter(value.items()))
    if kind not in ("kvlistValue", "arrayValue") or not isinstance(inner, dict):
        return inner
    values = objects(inner.get("values"))
    if kind == "arrayValue":
        return [_otlp_value(each) for each in values]
    return {str(pair.get("key")): _otlp_value(pair.get("value")) for pair in values}


def any_list(record: Record) -> Iterator[Record]:
    """Lists of objects, whatever they are called; or an object for each event, named by a number."""
    values = list(record.values())
    alone = len(values) > 1 and all(isinstance(value, dict) for value in values)
    for found in [values] if alone else [objects(value) for value in values]:
        yield from found


def loki(record: Record) -> Iterator[Record]:
    """Loki's answer: streams, each with pairs of a time and a line."""
    data = record.get("data")
    for stream in objects(data.get("result")) if isinstance(data, dict) else []:
        for pair in listed(stream, "values"):
            if isinstance(pair, list) and len(pair) > 1:
                yield {"line": pair[1]}
