"""Sigma documents → queries, through pySigma's parser and our own backend."""

from __future__ import annotations

import copy
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaConditionError, SigmaError
from sigma.rule import SigmaRule

from dohyo.sigma import backend, correlations
from dohyo.sigma.actions import merged
from dohyo.sigma.cache import Converted, Entry
from dohyo.sigma.family import Family, by_name, references
from dohyo.sigma.limits import check, checked
from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.placeholders import Values, fill, note
from dohyo.sigma.slices import Limits, ranged
from dohyo.sigma.tidy import tidied

#: ATT&CK's tactics, as tags name them.
TACTICS = frozenset((
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "stealth",
    "defense-evasion", "defense-impairment", "credential-access", "discovery", "lateral-movement", "collection",
    "command-and-control", "exfiltration", "impact",
))  # fmt: skip


#: A document that is not a mapping, and what is wrong with one: its place in the list, and the sentence.
Wrong = tuple[int, str]


def convert(documents: list[Any], shared: Sequence[dict[str, Any]] = (), known: Mapping[str, dict[str, Any]] | None = None) -> Entry:
    """The rules of one file. A rule that cannot be converted is in ``broken``, with the reason.

    Filters of the file, and the ``shared`` ones of files that hold nothing else, apply to its rules. A correlation counts
    rules of the file and ``known`` ones, by name and id, of other files. A rule of the file that a correlation of the file
    counts is no rule of its own, unless the correlation says ``generate``.
    """
    rules, wrong = convert_each(documents, shared, known or {}, {})
    return Entry(tuple(rules), tuple(f": {text}" for _, text in wrong))


def convert_each(
    documents: Sequence[Any], shared: Sequence[dict[str, Any]], known: Mapping[str, dict[str, Any]], values: Values
) -> tuple[list[Converted], list[Wrong]]:
    """As :func:`convert`, with the place in the list of each document that is wrong. ``values``: of placeholders."""
    rules: list[Converted] = []
    placed, wrong = merged(documents)
    kept = [d for _, d in placed if isinstance(d, dict)]
    filters = [*shared, *(d for d in kept if "filter" in d and d not in shared)]
    family = Family({**known, **by_name(kept)})
    counted = {name for d in kept if "correlation" in d for name in _counted(d)}
    ids: Counter[str] = Counter()
    for place, document in placed:
        if not isinstance(document, dict):
            wrong.append((place, "not a Sigma rule: a mapping is needed"))
            continue
        if "filter" in document or ("correlation" not in document and counted & {document.get("name"), document.get("id")}):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python's own on regexes that are not for it
                made = _one(document, [*family.of(document), *filters], values)
            ids[made.id] += 1
            rules.append(made if document is documents[place] else made.numbered(ids[made.id]))
        except (SigmaError, NotSaid) as error:
            wrong.append((place, f"{_title(document)}: {_reason(error)}"))
        except RecursionError:
            wrong.append((place, f"{_title(document)}: nested too deeply"))
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # pySigma on odd documents
            wrong.append((place, f"{_title(document)}: not a Sigma rule ({type(error).__name__}: {error})"))
    return rules, wrong


def _counted(document: dict[str, Any]) -> list[str]:
    """The names of the rules that a correlation counts and that give no alerts themselves."""
    correlation = document["correlation"]
    return [] if isinstance(correlation, dict) and correlation.get("generate") else references(document)


def _title(document: dict[str, Any]) -> str:
    return str(document.get("title", "a rule without a title"))


def _reason(error: Exception) -> str:
    text = str(error).split("\n")[0]
    return f"cannot be said in the search language: {text}" if isinstance(error, NotSaid) else text


def _one(document: dict[str, Any], others: list[dict[str, Any]], values: Values) -> Converted:
    document, others = tidied(document), [tidied(o) for o in others]
    for one in (document, *others):
        check(one)
        _check_condition(one)
    kept, limits = ranged(document)
    collection = SigmaCollection.from_dicts(copy.deepcopy([*(ranged(o)[0] for o in others), kept]))
    rule = _itself(document, collection)
    unknown = [n for made in collection.rules if isinstance(made, SigmaRule) for n in fill(made, values)]
    tags = (*(str(t) for t in rule.tags), *_of_source(rule))
    names = [t.name for t in rule.tags if t.namespace == "attack"]
    query = backend.query(rule) if isinstance(rule, SigmaRule) else correlations.query(rule, limits or Limits.of(rule))
    return Converted(
        id=str(rule.id) if rule.id else _title(document),
        title=rule.title,
        query=checked(note(unknown) + query),
        level=rule.level.name.lower() if rule.level else "informational",
        status=rule.status.name.lower() if rule.status else "experimental",
        description=rule.description or "",
        tags=tags,
        tactics=tuple(n.replace("_", "-") for n in names if n.replace("_", "-") in TACTICS),
        techniques=tuple(n.upper() for n in names if n[:1] == "t" and n[1:2].isdecimal()),
        falsepositives=tuple(map(str, rule.falsepositives or ())),
        references=tuple(map(str, rule.references or ())),
        author=rule.author or "",
        date=str(rule.date or ""),
    )


def _check_condition(document: dict[str, Any]) -> None:
    """Raises :class:`SigmaConditionError` for a condition that is no text, on which pySigma breaks off with an error of Python's."""
    detection = document.get("detection")
    given = detection.get("condition", "") if isinstance(detection, dict) else ""
    for each in given if isinstance(given, list) else [given]:
        if not isinstance(each, str):
            said = "nothing" if each is None else str(each)
            raise SigmaConditionError(f"condition: {said} is no text, as `selection and not filter` is")


def _of_source(rule: SigmaRule | SigmaCorrelationRule) -> list[str]:
    """The log source as tags, so that rules can be chosen by it."""
    if not isinstance(rule, SigmaRule):
        return []
    parts = (("product", rule.logsource.product), ("category", rule.logsource.category), ("service", rule.logsource.service))
    return [f"{part}.{name}" for part, name in parts if name]


def _itself(document: dict[str, Any], collection: SigmaCollection) -> SigmaRule | SigmaCorrelationRule:
    """The rule that was made of a document, among those that it counts."""
    if "correlation" not in document:
        return next(r for r in collection.rules if isinstance(r, SigmaRule))
    made = [r for r in collection.rules if isinstance(r, SigmaCorrelationRule)]
    counted = {id(i.rule) for r in made for i in r.referenced_rules}
    return next(r for r in made if id(r) not in counted)
