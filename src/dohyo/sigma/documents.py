"""The documents of a Sigma rule file, and the lines where things are. What would exhaust memory is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from msgspec import Struct

#: libyaml's where it is there: ten times as fast, and it refuses deep nesting by itself.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: Values of a document once its aliases are written out; the largest public rule has some hundred.
MOST_VALUES = 100_000
#: Where a rule says what it looks for: the parts that a reason can be about.
_PARTS = ("logsource", "detection", "correlation", "filter")
_QUOTED = re.compile(r"[`'\"]([^`'\"\n]+)[`'\"]")


class Unreadable(Exception):
    """A file that holds no usable YAML; ``place`` is ``:line:column`` or empty."""

    def __init__(self, reason: str, place: str = "") -> None:
        self.place = place
        super().__init__(reason)


class Document(Struct, frozen=True):
    """A document, and its tree with places."""

    data: Any
    node: Any

    @property
    def line(self) -> int:
        """The line where it begins."""
        return int(self.node.start_mark.line) + 1

    def place(self, reason: str) -> int:
        """The line of what a reason quotes of the rule; where it quotes nothing, the line where the rule begins."""
        best, line = 0, self.line
        quoted = set(_QUOTED.findall(reason))
        for text, at in self._scalars():
            parts = {text, *text.split("|"), *text.split()}
            hit = max((len(p) for p in parts if p in quoted or (len(p) > 3 and (p in reason or _begins(p, quoted)))), default=0)
            if hit > best:
                best, line = hit, at
        return line

    def _scalars(self) -> Iterator[tuple[str, int]]:
        tops = self.node.value if isinstance(self.node, yaml.MappingNode) else []
        todo = [v for k, v in tops if k.value in _PARTS][::-1]
        while todo:
            node = todo.pop()
            if isinstance(node, yaml.ScalarNode):
                yield str(node.value), node.start_mark.line + 1
            elif isinstance(node, yaml.MappingNode):
                todo += [part for pair in reversed(node.value) for part in reversed(pair)]
            else:
                todo += reversed(node.value)


def _begins(text: str, quoted: set[str]) -> bool:
    """A reason shows only the beginning of what is long."""
    return any(q.endswith("…") and text.startswith(q[:-1]) for q in quoted)


def documents(data: bytes) -> list[Document]:
    """The documents of a file that are not empty. Raises :class:`Unreadable`."""
    try:
        text = data.decode("utf-8-sig")
        return list(_read(text, _LOADER))
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8 text") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _unreadable(text, error) from None


def _read(text: str, loader_class: Any) -> Iterator[Document]:
    loader = loader_class(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            _check(node, {})
            made = loader.construct_document(node)
            if made is not None:
                yield Document(made, node)
    finally:
        loader.dispose()


#: A larger file is not read a second time for a better place of its error.
_SMALL = 200_000


def _unreadable(text: str, error: Exception) -> Unreadable:
    """Python's own reader says better where the error is than libyaml."""
    if _LOADER is not yaml.SafeLoader and len(text) < _SMALL:
        try:
            list(_read(text, yaml.SafeLoader))
        except yaml.YAMLError as better:
            error = better
        except (RecursionError, ValueError):
            pass
    mark = getattr(error, "problem_mark", None)
    return Unreadable(
        f"no valid YAML: {getattr(error, 'problem', None) or error}", f":{mark.line + 1}:{mark.column + 1}" if mark else ""
    )


def _check(node: Any, sizes: dict[int, int]) -> int:
    """How many values a node holds, with aliases written out. Raises :class:`Unreadable` for more than a rule can have, for
    a value inside itself, and for a key that is there twice."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    place = f":{node.start_mark.line + 1}:{node.start_mark.column + 1}"
    if id(node) in sizes:
        if not sizes[id(node)]:
            raise Unreadable("an alias of a value inside that value", place)
        return sizes[id(node)]
    sizes[id(node)] = 0
    if isinstance(node, yaml.MappingNode):
        _no_key_twice(node)
        parts = [part for pair in node.value for part in pair]
    else:
        parts = node.value
    total = 1
    for part in parts:
        total += _check(part, sizes)
        if total > MOST_VALUES:
            raise Unreadable(f"more than {MOST_VALUES:,} values, with aliases written out", place)
    sizes[id(node)] = total
    return total


def _no_key_twice(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value != "<<":
            if key.value in seen:
                raise Unreadable(f"the key `{key.value}` is there twice", f":{key.start_mark.line + 1}:{key.start_mark.column + 1}")
            seen.add(key.value)
