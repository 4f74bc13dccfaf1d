"""Values for placeholders (``%name%`` with ``expand``): from a file, else a lookup in a table of the placeholder's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import (
    QueryExpressionPlaceholderTransformation,
    ValueListPlaceholderTransformation,
    WildcardPlaceholderTransformation,
)
from sigma.rule import SigmaDetection, SigmaRule
from sigma.types import Placeholder, SigmaString

from dohyo.sigma.documents import Unreadable, documents

#: Placeholder -> the texts that it stands for.
Values = Mapping[str, tuple[str, ...]]


class BadPlaceholders(Exception):
    """A file of placeholders that cannot be used; says where and why."""


def read(path: Path) -> Values:
    """The values of a file: ``name: [value, …]``, or a pySigma pipeline with ``vars``. Raises :class:`BadPlaceholders`."""
    try:
        found = documents(path.read_bytes())
    except OSError as error:
        raise BadPlaceholders(f"{path}: {error.strerror}") from None
    except Unreadable as error:
        raise BadPlaceholders(f"{path}{error.place}: {error}") from None
    data = found[0].data if len(found) == 1 else None
    given = data.get("vars", data) if isinstance(data, dict) else None
    if not isinstance(given, dict):
        raise BadPlaceholders(f"{path}: a mapping is needed: `name: [value, …]`")
    return {str(name): _texts(path, str(name), value) for name, value in given.items()}


def _texts(path: Path, name: str, value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(v, (str, int, float)) and not isinstance(v, bool) for v in values):
        raise BadPlaceholders(f"{path}: `{name}`: a list of texts or numbers is needed")
    return tuple(map(str, values))


def fill(rule: SigmaRule, values: Values) -> tuple[str, ...]:
    """Puts values in the place of a rule's placeholders. One without values is a table of its name; where it is a part of a
    text, which no table can say, any text: the names of those are given back."""
    any_text = tuple(n for n in _parts_of_texts(rule.detection.detections.values()) if n not in values)
    items: list[ProcessingItem] = []
    if values:
        items.append(ProcessingItem(ValueListPlaceholderTransformation(include=list(values))))
    if any_text:
        items.append(ProcessingItem(WildcardPlaceholderTransformation(include=list(any_text))))
    items.append(ProcessingItem(QueryExpressionPlaceholderTransformation(expression="{id}")))
    ProcessingPipeline(items=items, vars={k: list(v) for k, v in values.items()}).apply(rule)
    return any_text


def note(names: Iterable[str]) -> str:
    """The comment of a query in which placeholders stand for any text; empty when none does."""
    listed = ", ".join(f"`%{n}%`" for n in dict.fromkeys(names))
    return f"// {listed}: taken for any text, for no values are given: `--placeholders FILE`\n" if listed else ""


def _parts_of_texts(items: Iterable[Any]) -> Iterator[str]:
    """The placeholders beside which there is more in a value."""
    for item in items:
        if isinstance(item, SigmaDetection):
            yield from _parts_of_texts(item.detection_items)
            continue
        for value in item.value:
            parts = value.s if isinstance(value, SigmaString) else ()
            if len(parts) > 1:
                yield from (p.name for p in parts if isinstance(p, Placeholder))
