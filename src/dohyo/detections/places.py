"""Where the keys of a YAML file stand, and what is wrong with its values, said with file, line and column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dohyo.diagnostics import closest


class Unreadable(Exception):
    """A YAML file that cannot be read; says file, place and reason."""


def read_yaml(path: Path) -> Any:
    """What a YAML file holds. Raises :class:`Unreadable`."""
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
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return yaml.safe_load(text)


class Places:
    """Where the keys of a YAML file stand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._root = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)

    def of(self, *keys: str | int) -> str:
        """``file:line:column`` of a value, or of the last key on the way to it that is there."""
        node: Any = self._root
        for key in keys:
            below = _below(node, key)
            if below is None:
                break
            node = below
        return f"{self.path}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"

    def doubled(self) -> Iterator[tuple[str, str]]:
        """Keys that stand twice in one mapping, with their places: YAML takes the last one without a word."""
        todo = [self._root]
        while todo:
            node = todo.pop()
            todo += node.value if isinstance(node, yaml.SequenceNode) else []
            if isinstance(node, yaml.MappingNode):
                seen: set[str] = set()
                for key, value in node.value:
                    if key.value in seen:
                        yield key.value, f"{self.path}:{key.start_mark.line + 1}:{key.start_mark.column + 1}"
                    seen.add(key.value)
                    todo.append(value)


def _below(node: Any, key: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((v for k, v in node.value if k.value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key]
    return None


def explained(path: Path, error: ValidationError, known: Iterable[str]) -> str:
    """All that a model refused in a file, one after another, each with its place and what to write."""
    try:
        places = Places(path)
    except (OSError, yaml.YAMLError):
        return "; ".join(f"{path}: {_told(e, known)}" for e in error.errors())
    return "; ".join(f"{places.of(*e['loc'])}: {_told(e, known)}" for e in error.errors())


def _told(error: Any, known: Iterable[str]) -> str:
    place = ".".join(str(p) for p in error["loc"])
    if error["type"] == "extra_forbidden":
        near = closest(str(error["loc"][-1]), known)
        return f"unknown key `{place}`" + (f"; did you mean `{near}`?" if near else "")
    if error["type"] == "missing":
        return f"`{place}` is missing"
    return f"`{place}`: {error['msg']}"
