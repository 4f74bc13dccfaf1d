"""Where the keys of a YAML file stand, and what is wrong with its values, said with file, line and column."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import yaml
from msgspec import Struct, ValidationError, convert

from dohyo.diagnostics import closest


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


_Keys = tuple[str | int, ...]
#: What the library says of a value, and where it stands.
_SAID = re.compile(r"(?P<what>.*?)(?: - at `(?:key` in `)?\$(?P<at>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_MISSING = re.compile(r"Object missing required field `(.*)`")


def wrong(data: Any, kind: type) -> Iterator[tuple[_Keys, str]]:
    """All that keeps ``data`` from being a ``kind``: the library stops at the first thing, so what was told is taken
    out, until nothing is wrong or something is missing."""
    data, gone = copy.deepcopy(data), set[str]()
    while True:
        try:
            convert(data, kind)
            return
        except ValidationError as error:
            said = _SAID.fullmatch(str(error))
        assert said is not None
        keys: _Keys = tuple(int(n) if n else key for key, n in _STEP.findall(said["at"] or ""))
        unknown, missing = _UNKNOWN.fullmatch(said["what"]), _MISSING.fullmatch(said["what"])
        if missing:
            if missing[1] not in gone:
                yield keys, f"`{_dotted((*keys, missing[1]))}` is missing"
            return
        keys = (*keys, unknown[1]) if unknown else keys
        yield keys, _unknown(keys, kind) if unknown else f"`{_dotted(keys)}`: {_lowered(said['what'])}"
        if not keys or not _removed(data, keys):
            return
        gone.add(str(keys[-1]))


def _removed(data: Any, keys: _Keys) -> bool:
    """Takes the value at ``keys`` out; False when there is none."""
    try:
        for key in keys[:-1]:
            data = data[key]
        del data[keys[-1]]
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _unknown(keys: _Keys, kind: type) -> str:
    near = closest(str(keys[-1]), _names(kind))
    return f"unknown key `{_dotted(keys)}`" + (f"; did you mean `{near}`?" if near else "")


def _names(kind: Any) -> set[str]:
    """The keys of a record, and of the records inside it."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        hints = get_type_hints(kind)
        return {n for name in kind.__struct_fields__ for n in (name, *_names(hints[name]))}
    return {n for part in get_args(kind) for n in _names(part)}


def _dotted(keys: _Keys) -> str:
    return ".".join(map(str, keys))


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
