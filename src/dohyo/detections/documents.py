"""YAML files as records."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from msgspec import ValidationError, convert

_T = TypeVar("_T")


class Unreadable(Exception):
    """A YAML file that cannot be read; says file, place and reason."""


def read_yaml(path: Path) -> Any:
    """What a YAML file holds. Raises :class:`Unreadable`."""
    import yaml  # most files are known from the last run (see ``kept``)

    try:
        return _loaded(path.read_text("utf-8"))
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{path}: not UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise Unreadable(f"{path}{place}: no valid YAML: {getattr(error, 'problem', error)}") from None


def _loaded(text: str) -> Any:
    """The document, by the quick parser where there is one; the other one says better what is wrong."""
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return yaml.safe_load(text)


def read_as(kind: type[_T], path: Path) -> _T:
    """What a YAML file holds, as a ``kind`` of record. Raises :class:`Unreadable` with all that is wrong, one after
    another, each with its place and what to write."""
    data = read_yaml(path)
    data = {} if data is None else data
    try:
        return convert(data, kind)
    except ValidationError:
        from dohyo.detections.places import Places, wrong

        places = Places(path)
        raise Unreadable("; ".join(f"{places.of(*keys)}: {told}" for keys, told in wrong(data, kind))) from None
