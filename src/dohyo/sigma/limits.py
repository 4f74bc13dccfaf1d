"""What a rule may cost: rules come from strangers, and some short ones would fill any memory when written out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dohyo.sigma.notsaid import NotSaid

#: Letters of a condition, and brackets and `not`s inside each other; public rules have some hundred and 5.
_LONGEST_CONDITION = 20_000
_DEEPEST_CONDITION = 50
#: A value with n dashes stands for 5ⁿ with `windash`.
_MOST_DASHES = 5
_DASH = re.compile(r"\B[-/]\b")
#: Letters of a query; Sumo Logic takes 15,000.
LONGEST_QUERY = 1_000_000


def check(document: dict[str, Any]) -> None:
    """Raises :class:`NotSaid` for a rule that would become too large."""
    detection = document.get("detection")
    if not isinstance(detection, dict):
        return
    for condition in _texts(detection.get("condition")):
        if len(condition) > _LONGEST_CONDITION:
            raise NotSaid(f"a condition of {len(condition):,} letters; at most {_LONGEST_CONDITION:,}")
        if _depth(condition) > _DEEPEST_CONDITION:
            raise NotSaid(f"a condition that is nested more than {_DEEPEST_CONDITION} deep")
    for key, value in _items(detection):
        if "windash" in key.split("|")[1:]:
            for text in _texts(value):
                if len(_DASH.findall(text)) > _MOST_DASHES:
                    raise NotSaid(f"`{key}`: a value with more than {_MOST_DASHES} dashes: `{text[:60]}`")


def checked(query: str) -> str:
    """The query, unless it is too long. Raises :class:`NotSaid`."""
    if len(query) > LONGEST_QUERY:
        raise NotSaid(f"a query of {len(query):,} letters; at most {LONGEST_QUERY:,}")
    return query


def _depth(condition: str) -> int:
    """Brackets and ``not``s that are open at the same place, at most."""
    deepest = depth = nots = 0
    for word in re.findall(r"[()]|[^\s()]+", condition):
        nots = nots + 1 if word.lower() == "not" else 0 if word != "(" else nots
        depth += (word == "(") - (word == ")")
        deepest = max(deepest, depth + nots)
    return deepest


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a detection with their values."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield str(key), part
            yield from _items(part)
    elif isinstance(value, list):
        for part in value:
            yield from _items(part)
