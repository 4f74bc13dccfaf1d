"""Other platforms' query languages, through Sigma and the published pySigma backends (the extra ``platforms``)."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError
from sigma.processing.conditions import ExcludeFieldCondition
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.transformations import ReplaceStringTransformation
from sigma.types import SigmaString, SpecialChars

from dohyo.sigma import cse
from dohyo.sigma.limits import check
from dohyo.sigma.notsaid import NotSaid


class Platform(Struct, frozen=True):
    """A pySigma backend, the pipelines that map fields for its data, and the output format.

    ``note``: what its queries never say. ``own_fields``: fields that a pipeline's own conditions have and that its check of
    the rule's fields would refuse. ``values``: of fields that hold other values there. ``names``: of fields that a pipeline drops,
    where there is another one for them; ``lost``: where there is none. ``unsaid``: fields whose events
    are not there, and what a pipeline takes them for.
    """

    module: str
    backend: str
    pipelines: tuple[str, ...] = ()
    format: str = "default"
    title: str = ""
    own_fields: tuple[str, ...] = ()
    note: str = ""
    values: Mapping[str, Mapping[str, str]] = {}
    names: Mapping[str, str] = {}
    lost: tuple[str, ...] = ()
    unsaid: Mapping[str, str] = {}


#: What a mapped field holds where Sigma's has a truth value.
_ECS = {"Initiated": {"true": "egress", "false": "ingress"}}
_ASIM = {"Initiated": {"true": "Outbound", "false": "Inbound"}}
_ACTIONS = {"Initiated": {"true": "ConnectionSuccess", "false": "InboundConnectionAccepted"}}
_OBJECTS = {"ObjectName": "access to an object (`ObjectName`) is in none of its tables, but taken for a registry change"}
_SERVER = {"Initiated": {"true": "false", "false": "true"}}
#: Adds the event id that a category stands for, where fields alone would find it in any event.
_SYSMON = "sysmon:sysmon_pipeline"
_SPLUNK = (_SYSMON, "dohyo.sigma.channels:splunk", "splunk:splunk_windows_pipeline")
_ELASTIC = (_SYSMON, "dohyo.sigma.channels:elastic", "elasticsearch:ecs_windows")
_POWERSHELL = "dohyo.sigma.channels:powershell"
#: Target name -> platform.
PLATFORMS: dict[str, Platform] = {
    "splunk": Platform("splunk", "SplunkBackend", _SPLUNK, title="Splunk SPL"),
    "sentinel": Platform(
        "dohyo.sigma.kql",
        "Backend",
        ("dohyo.sigma.kql:sentinel",),
        title="Microsoft Sentinel (KQL, ASIM)",
        values=_ASIM,
        unsaid=_OBJECTS,
    ),
    "kusto": Platform(
        "dohyo.sigma.kql", "Backend", ("azuremonitor:azure_monitor_pipeline",), title="Azure Monitor (KQL)", lost=("Initiated",)
    ),
    "defender": Platform(
        "dohyo.sigma.kql",
        "Backend",
        ("microsoftxdr:microsoft_xdr_pipeline",),
        title="Microsoft Defender XDR (KQL)",
        values=_ACTIONS,
        names={"Initiated": "ActionType"},
        unsaid=_OBJECTS,
    ),
    "esql": Platform(
        "dohyo.sigma.elastic_esql",
        "Backend",
        _ELASTIC,
        title="Elastic ES|QL",
        values=_ECS,
        note="texts are compared with letter case, which a Sigma rule is not",
    ),
    "eql": Platform("dohyo.sigma.elastic_eql", "Backend", _ELASTIC, title="Elastic EQL", values=_ECS),
    "lucene": Platform("dohyo.sigma.lucene_regex", "Elastic", _ELASTIC, title="Elastic Lucene", values=_ECS),
    "opensearch": Platform("dohyo.sigma.lucene_regex", "Opensearch", _ELASTIC, title="OpenSearch", values=_ECS),
    "ppl": Platform(
        "dohyo.sigma.ppl",
        "Backend",
        _ELASTIC,
        title="OpenSearch PPL",
        values=_ECS,
        note="a backslash, a quote, `%` and `_` of a value are written as `_`, which is any one letter",
    ),
    "loki": Platform("dohyo.sigma.loki", "Backend", ("loki:loki_promtail_sysmon",), title="Grafana Loki"),
    "logscale": Platform("dohyo.sigma.logscale", "Backend", ("crowdstrike:crowdstrike_falcon_pipeline",), title="CrowdStrike LogScale"),
    "secops": Platform("dohyo.sigma.secops", "Backend", ("dohyo.sigma.secops:pipeline",), title="Google SecOps (YARA-L)"),
    "sentinelone": Platform(
        "dohyo.sigma.sentinelone",
        "Backend",
        ("sentinelone:sentinelone_pipeline",),
        title="SentinelOne",
        own_fields=("EndpointOS",),
        note="its backend writes numbers as texts, which a longer one may hold: 3389 in 23389",
    ),
    "qradar": Platform(
        "dohyo.sigma.qradar", "Backend", (_SYSMON, _POWERSHELL, "dohyo.sigma.qradar:pipeline"), title="IBM QRadar (AQL)"
    ),
    "datadog": Platform(
        "dohyo.sigma.datadog",
        "Backend",
        (_SYSMON, _POWERSHELL, "dohyo.sigma.datadog:pipeline"),
        title="Datadog",
        note="attributes are compared with letter case, which a Sigma rule is not",
    ),
    "cortex": Platform(
        "dohyo.sigma.cortex",
        "Backend",
        ("cortexxdr:CortexXDR_pipeline",),
        title="Palo Alto Cortex XDR (XQL)",
        values=_SERVER,
        note="how a text begins or ends is not told: `contains` stands for both",
    ),
}


def _mended(pipeline: ProcessingPipeline) -> ProcessingPipeline:
    """Without what breaks a value: names of registry roots are replaced in its texts, not in how it is written, where the end of
    `\\Run\\*` is a star that stands for itself."""
    for item in pipeline.items:
        if isinstance(item.transformation, ReplaceStringTransformation) and "registry" in str(item.identifier):
            item.transformation.skip_special = True
    return pipeline


def _admit(pipeline: ProcessingPipeline, fields: tuple[str, ...]) -> None:
    """Adds fields to those that the pipeline's check of field names lets pass."""
    for item in pipeline.items:
        for condition in item.field_name_conditions if isinstance(item.field_name_conditions, list) else ():
            if fields and isinstance(condition, ExcludeFieldCondition):
                condition.fields = [*condition.fields, *fields]


def convert(rule: dict[str, Any], target: str) -> str:
    """A Sigma rule in the language of a platform. Raises :class:`NotSaid` with the reason when that cannot be."""
    return translated([rule], target)[0]


def translated(rules: Sequence[dict[str, Any]], target: str) -> tuple[str, tuple[str, ...]]:
    """The rules of a file, with what the platform's query does not say as they do. A correlation is among the rules that it
    counts. Raises :class:`NotSaid`."""
    for rule in rules:
        check(rule)
    if target == "cse":
        return cse.convert(rules), ()
    platform = PLATFORMS[target]
    rules = [_valued(r, platform.values) for r in rules] if platform.values else rules
    used = {f for rule in rules for f in _fields(rule.get("detection"))}
    for field in used & platform.unsaid.keys():
        raise NotSaid(f"{platform.title}: {platform.unsaid[field]}")
    rules = [_named(r, platform.names) for r in rules] if platform.names else rules
    notes = [f"{platform.title}: {platform.note}"] if platform.note else []
    if target == "splunk" and any(map(_has_any_letter, rules)):
        notes.append(f"{platform.title}: a `?` is written as `*`, for there is no sign for any one letter")
    notes += (f"{platform.title}: `{f}` is lost: its table has no such column" for f in platform.lost if f in used)
    try:
        return _made(rules, platform), tuple(notes)
    except _Lacking:  # to compare with letter case, perhaps
        loose = _uncased(list(rules))
        if loose == list(rules):
            raise
    lost = (
        () if "with letter case" in platform.note else (f"{platform.title}: `cased` is lost: the query compares without letter case",)
    )
    return _made(loose, platform), (*notes, *lost)


class _Lacking(NotSaid):
    """The platform's language has nothing for what a rule asks."""


def _made(rules: Sequence[dict[str, Any]], platform: Platform) -> str:
    try:
        module = importlib.import_module(_place("backends", platform.module))
        pipeline = None
        for place in platform.pipelines:
            name, _, function = place.partition(":")
            one = _mended(getattr(importlib.import_module(_place("pipelines", name)), function)())
            _admit(one, platform.own_fields)
            pipeline = one if pipeline is None else pipeline + one
    except ImportError as error:
        raise NotSaid(f"{platform.title} needs the extra `platforms` (pip install 'dohyo[platforms]'): {error}") from None
    try:
        backend = getattr(module, platform.backend)(processing_pipeline=pipeline)
        found = backend.convert(SigmaCollection.from_dicts(copy.deepcopy(list(rules))), output_format=platform.format)
    except SigmaError as error:
        raise NotSaid(f"{platform.title}: {_first_line(error)}") from None
    except NotImplementedError as error:  # pySigma's base class says so of what a language lacks
        raise _Lacking(f"{platform.title}: {_first_line(error)}") from None
    except Exception as error:  # published backends raise errors of their own on rules that they are not made for
        raise NotSaid(f"{platform.title}: its backend cannot take the rule ({type(error).__name__}: {_first_line(error)})") from None
    return "\n".join(found if isinstance(found, list) else [str(found)]) + "\n"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].removesuffix(" (while converting rule None)")


def _place(kind: str, module: str) -> str:
    """Published backends live in pySigma's own package, Dohyo's in Dohyo's."""
    return module if module.startswith("dohyo.") else f"sigma.{kind}.{module}"


def _valued(value: Any, table: Mapping[str, Mapping[str, str]], own: Mapping[str, str] | None = None) -> Any:
    """A rule with the values that a platform's fields have."""
    if isinstance(value, dict):
        return {k: _valued(v, table, table.get(str(k).split("|")[0])) for k, v in value.items()}
    if isinstance(value, list):
        return [_valued(v, table, own) for v in value]
    return own.get(str(value).lower(), value) if own else value


def _has_any_letter(rule: Mapping[str, Any]) -> bool:
    """Whether a wildcard for one letter stands in a rule, regexes left out."""
    return any(SpecialChars.WILDCARD_SINGLE in SigmaString(text).s for text in _texts(rule.get("detection")))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if "re" not in str(key).split("|") and key != "condition":
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def _fields(value: Any) -> Iterator[str]:
    """The fields that a rule names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key).split("|")[0]
            yield from _fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _fields(inner)


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """A rule with the names that a platform's fields have."""
    if isinstance(value, dict):
        parts = ((str(k).partition("|"), v) for k, v in value.items())
        return {names.get(field, field) + bar + rest: _named(v, names) for (field, bar, rest), v in parts}
    return [_named(v, names) for v in value] if isinstance(value, list) else value


def _uncased(value: Any) -> Any:
    """A rule without the modifier that asks for the letter case."""
    if isinstance(value, dict):
        return {(k.replace("|cased", "") if isinstance(k, str) else k): _uncased(v) for k, v in value.items()}
    return [_uncased(v) for v in value] if isinstance(value, list) else value
