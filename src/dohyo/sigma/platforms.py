"""Other platforms' query languages, through Sigma and the published pySigma backends (the extra ``platforms``)."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError
from sigma.processing.conditions import ExcludeFieldCondition
from sigma.processing.pipeline import ProcessingPipeline

from dohyo.sigma.notsaid import NotSaid


@dataclass(frozen=True, slots=True)
class Platform:
    """A pySigma backend, the pipelines that map fields for its data, and the output format.

    ``own_fields``: fields that a pipeline's own conditions have and that its check of the rule's fields would refuse.
    """

    module: str
    backend: str
    pipelines: tuple[str, ...] = ()
    format: str = "default"
    title: str = ""
    own_fields: tuple[str, ...] = ()


#: Target name -> platform.
PLATFORMS: dict[str, Platform] = {
    "splunk": Platform("splunk", "SplunkBackend", ("splunk:splunk_windows_pipeline",), title="Splunk SPL"),
    "sentinel": Platform("kusto", "KustoBackend", ("sentinelasim:sentinel_asim_pipeline",), title="Microsoft Sentinel (KQL, ASIM)"),
    "kusto": Platform("kusto", "KustoBackend", ("azuremonitor:azure_monitor_pipeline",), title="Azure Monitor (KQL)"),
    "defender": Platform("kusto", "KustoBackend", ("microsoftxdr:microsoft_xdr_pipeline",), title="Microsoft Defender XDR (KQL)"),
    "esql": Platform("elasticsearch", "ESQLBackend", ("elasticsearch:ecs_windows",), title="Elastic ES|QL"),
    "eql": Platform("elasticsearch", "EqlBackend", ("elasticsearch:ecs_windows",), title="Elastic EQL"),
    "lucene": Platform("elasticsearch", "LuceneBackend", ("elasticsearch:ecs_windows",), title="Elastic Lucene"),
    "opensearch": Platform("opensearch", "OpensearchLuceneBackend", ("elasticsearch:ecs_windows",), title="OpenSearch"),
    "ppl": Platform("opensearch", "OpenSearchPPLBackend", ("elasticsearch:ecs_windows",), title="OpenSearch PPL"),
    "loki": Platform("loki", "LogQLBackend", ("loki:loki_promtail_sysmon",), title="Grafana Loki"),
    "logscale": Platform("crowdstrike", "LogScaleBackend", ("crowdstrike:crowdstrike_falcon_pipeline",), title="CrowdStrike LogScale"),
    "secops": Platform("secops", "SecOpsBackend", ("secops:secops_udm_pipeline",), "yara_l", title="Google SecOps (YARA-L)"),
    "sentinelone": Platform("sentinelone", "SentinelOneBackend", ("sentinelone:sentinelone_pipeline",), title="SentinelOne",
                            own_fields=("EndpointOS",)),
    "cortex": Platform("cortexxdr", "CortexXDRBackend", ("cortexxdr:CortexXDR_pipeline",), title="Palo Alto Cortex XDR (XQL)"),
}


def _admit(pipeline: ProcessingPipeline, fields: tuple[str, ...]) -> None:
    """Adds fields to those that the pipeline's check of field names lets pass."""
    for item in pipeline.items:
        for condition in item.field_name_conditions if isinstance(item.field_name_conditions, list) else ():
            if fields and isinstance(condition, ExcludeFieldCondition):
                condition.fields = [*condition.fields, *fields]


def convert(rule: dict[str, Any], target: str) -> str:
    """A Sigma rule in the language of a platform. Raises :class:`NotSaid` with the reason when that cannot be."""
    platform = PLATFORMS[target]
    try:
        module = importlib.import_module(f"sigma.backends.{platform.module}")
        pipeline = None
        for place in platform.pipelines:
            name, _, function = place.partition(":")
            one = getattr(importlib.import_module(f"sigma.pipelines.{name}"), function)()
            _admit(one, platform.own_fields)
            pipeline = one if pipeline is None else pipeline + one
    except ImportError as error:
        raise NotSaid(f"{platform.title} needs the extra `platforms` (pip install 'dohyo[platforms]'): {error}") from None
    try:
        backend = getattr(module, platform.backend)(processing_pipeline=pipeline)
        found = backend.convert(SigmaCollection.from_dicts([rule]), output_format=platform.format)
    except SigmaError as error:
        raise NotSaid(f"{platform.title}: {str(error).splitlines()[0]}") from None
    return "\n".join(found if isinstance(found, list) else [str(found)]) + "\n"
