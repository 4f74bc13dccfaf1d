"""The channels and event ids of log sources that the published pipelines for Splunk and Elastic do not know: without them an
event id is found in any channel."""

from __future__ import annotations

from collections.abc import Iterator

from sigma.pipelines.common import windows_logsource_mapping
from sigma.processing.conditions import LogsourceCondition
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import AddConditionTransformation

from dohyo.sigma.logsources import CATEGORIES, POWERSHELL, SERVICES, Place

Tests = dict[str, int | str | list[str]]
#: Services that are alone in their source category, which needs no channel.
_ALONE = {"ldap": ("Microsoft-Windows-LDAP-Client/Debug",)}


def splunk() -> ProcessingPipeline:
    """For the add-on for Windows, which names a channel as the source."""
    return _pipeline("source", "WinEventLog:")


def elastic() -> ProcessingPipeline:
    """For Winlogbeat and the Elastic agent."""
    return _pipeline("Channel", "")


def powershell() -> ProcessingPipeline:
    """For platforms whose own pipelines know the channels of services."""
    return _conditions([(source, {"EventID": list(places[0].ids)}) for source, places in _categories()])


def _pipeline(field: str, prefix: str) -> ProcessingPipeline:
    found: list[tuple[LogsourceCondition, Tests]] = []
    for source, channels in _services():
        found.append((source, {field: [prefix + c for c in channels]}))
    for source, places in _categories():
        found.append((source, {field: [prefix + p.channel for p in places], "EventID": list(places[0].ids)}))
    return _conditions(found)


def _conditions(found: list[tuple[LogsourceCondition, Tests]]) -> ProcessingPipeline:
    return ProcessingPipeline(items=[ProcessingItem(AddConditionTransformation(t), rule_conditions=[s]) for s, t in found])


def _services() -> Iterator[tuple[LogsourceCondition, tuple[str, ...]]]:
    for service, places in SERVICES.items():
        channels = _ALONE.get(service) or tuple(p.channel for p in places)
        if service not in windows_logsource_mapping and all(channels):
            yield LogsourceCondition(product="windows", service=service), channels


def _categories() -> Iterator[tuple[LogsourceCondition, tuple[Place, ...]]]:
    for category, places in CATEGORIES.items():
        if all(p.category == POWERSHELL and p.channel for p in places):
            yield LogsourceCondition(product="windows", category=category), places
