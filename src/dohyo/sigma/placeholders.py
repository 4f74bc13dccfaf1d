"""Values for placeholders (``%name%`` with ``expand``): from a file, else a lookup in a table of the placeholder's name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sigma.exceptions import SigmaValueError
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import QueryExpressionPlaceholderTransformation, ValueListPlaceholderTransformation
from sigma.rule import SigmaRule

from dohyo.sigma.documents import Unreadable, documents
from dohyo.sigma.notsaid import NotSaid

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


def fill(rule: SigmaRule, values: Values) -> None:
    """Puts values, or tables, in the place of a rule's placeholders. Raises :class:`NotSaid`."""
    tables = QueryExpressionPlaceholderTransformation(expression="{id}")
    items = [ProcessingItem(ValueListPlaceholderTransformation(include=list(values)))] if values else []
    pipeline = ProcessingPipeline(items=[*items, ProcessingItem(tables)], vars={k: list(v) for k, v in values.items()})
    try:
        pipeline.apply(rule)
    except SigmaValueError as error:
        if "placeholder-only" not in str(error):
            raise
        raise NotSaid("`expand` of a part of a text: only given values can say that, not a table: `--placeholders FILE`") from None
