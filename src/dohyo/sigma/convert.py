"""Sigma documents → queries, through pySigma's parser and our own backend."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import QueryExpressionPlaceholderTransformation
from sigma.rule import SigmaRule

from dohyo.sigma import backend, correlations
from dohyo.sigma.cache import Converted, Entry
from dohyo.sigma.values import NotSaid

_TACTICS = frozenset((
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "stealth",
    "defense-evasion", "defense-impairment", "credential-access", "discovery", "lateral-movement", "collection",
    "command-and-control", "exfiltration", "impact",
))  # fmt: skip


def convert(documents: list[dict[str, Any]], shared: Sequence[dict[str, Any]] = ()) -> Entry:
    """The rules of one file. A rule that cannot be converted is in ``broken``, with the reason.

    Filters of the file, and the ``shared`` ones of files that hold nothing else, apply to its rules. A rule that a
    correlation of the file counts is no rule of its own, unless the correlation says ``generate``.
    """
    rules: list[Converted] = []
    broken: list[str] = []
    kept = [d for d in documents if isinstance(d, dict)]
    filters = [*shared, *(d for d in kept if "filter" in d and d not in shared)]
    plain = [d for d in kept if "filter" not in d and "correlation" not in d]
    counted = {name for d in kept if "correlation" in d for name in _counted(d)}
    for document in documents:
        if not isinstance(document, dict):
            broken.append(": not a Sigma rule: a mapping is needed")
            continue
        if "filter" in document or ("correlation" not in document and counted & {document.get("name"), document.get("id")}):
            continue
        others = [*(plain if "correlation" in document else ()), *filters]
        try:
            rules.append(_one(document, others))
        except (SigmaError, NotSaid) as error:
            broken.append(f": {_title(document)}: {_reason(error)}")
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:  # pySigma on odd documents
            broken.append(f": {_title(document)}: not a Sigma rule ({type(error).__name__}: {error})")
    return Entry(tuple(rules), tuple(broken))


def _counted(document: dict[str, Any]) -> list[str]:
    """The names of the rules that a correlation counts and that give no alerts themselves."""
    correlation = document["correlation"]
    if not isinstance(correlation, dict) or correlation.get("generate"):
        return []
    names = correlation.get("rules")
    return [n for n in (names if isinstance(names, list) else [names]) if isinstance(n, str)]


def _title(document: dict[str, Any]) -> str:
    return str(document.get("title", "a rule without a title"))


def _reason(error: Exception) -> str:
    text = str(error).split("\n")[0]
    return f"cannot be said in the search language: {text}" if isinstance(error, NotSaid) else text


def _one(document: dict[str, Any], others: list[dict[str, Any]]) -> Converted:
    collection = SigmaCollection.from_dicts(copy.deepcopy([*others, document]))
    rule = next(r for r in collection.rules if isinstance(r, SigmaCorrelationRule) == ("correlation" in document))
    for one in collection.rules:
        if isinstance(one, SigmaRule):
            _with_tables(one)
    tags = tuple(str(t) for t in rule.tags)
    names = [t.name for t in rule.tags if t.namespace == "attack"]
    return Converted(
        id=str(rule.id) if rule.id else _title(document),
        title=rule.title,
        query=backend.query(rule) if isinstance(rule, SigmaRule) else correlations.query(rule),
        level=rule.level.name.lower() if rule.level else "informational",
        status=rule.status.name.lower() if rule.status else "experimental",
        description=rule.description or "",
        tags=tags,
        tactics=tuple(n.replace("_", "-") for n in names if n.replace("_", "-") in _TACTICS),
        techniques=tuple(n.upper() for n in names if n[:1] == "t" and n[1:2].isdecimal()),
        falsepositives=tuple(map(str, rule.falsepositives or ())),
        references=tuple(map(str, rule.references or ())),
        author=rule.author or "",
        date=str(rule.date or ""),
    )


def _with_tables(rule: SigmaRule) -> None:
    """A placeholder (``%name%``) stands for the values of a table of that name."""
    placeholders = QueryExpressionPlaceholderTransformation(expression="{id}")
    ProcessingPipeline(items=[ProcessingItem(placeholders)]).apply(rule)
