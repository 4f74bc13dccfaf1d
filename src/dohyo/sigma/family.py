"""Which rules a correlation counts, by name or id, in its own file or another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from sigma.correlations import SigmaExtendedCorrelationCondition
from sigma.exceptions import SigmaError

from dohyo.sigma.notsaid import NotSaid


class Family(Struct, frozen=True):
    """Documents by their name and id."""

    known: Mapping[str, dict[str, Any]]

    def of(self, document: dict[str, Any]) -> list[dict[str, Any]]:
        """All rules that a correlation is made of, each once; of a plain rule none. Raises :class:`NotSaid` for a rule that
        is nowhere, and for a correlation that counts itself."""
        found: dict[int, dict[str, Any]] = {}
        self._collect(document, {id(document): 0}, [], found)
        return list(found.values())

    def _collect(self, document: dict[str, Any], path: dict[int, int], names: list[str], found: dict[int, dict[str, Any]]) -> None:
        for wanted in references(document):
            one = self.known.get(wanted)
            if one is None:
                raise NotSaid(f"the rule `{wanted}`, which it counts, is in none of the files")
            way = [*names, wanted]
            if id(one) in path:
                circle = " → ".join(f"`{n}`" for n in way[path[id(one)] :])
                raise NotSaid(f"a circle: a correlation counts itself by way of {circle}")
            if id(one) not in found:
                self._collect(one, {**path, id(one): len(way)}, way, found)
                found[id(one)] = one


def by_name(documents: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Documents that a correlation can count, by name and by id."""
    named = [d for d in documents if isinstance(d, dict) and "filter" not in d]
    return {str(d[key]): d for key in ("id", "name") for d in named if d.get(key) is not None}


def references(document: Any) -> list[str]:
    """The names and ids of the rules that a correlation counts; where it lists none, those of its condition."""
    correlation = document.get("correlation") if isinstance(document, dict) else None
    if not isinstance(correlation, dict):
        return []
    listed = correlation.get("rules")
    if isinstance(listed, str):
        return [listed]
    if isinstance(listed, list):
        return [r for r in listed if isinstance(r, str)]
    condition = correlation.get("condition")
    if not isinstance(condition, str):
        return []
    try:
        return SigmaExtendedCorrelationCondition(condition).get_referenced_rules()
    except SigmaError:
        return []  # told when the correlation is read
