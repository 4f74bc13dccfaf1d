"""What the files of a run share: filters that are in files of their own, rules that correlations of other files count, and
the values of placeholders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from dohyo.sigma.documents import Unreadable, documents

#: Bytes of a rule file; all public rules together are not much more.
LARGEST = 4_000_000
#: To be raised when the converter gives another query for the same rule.
_CONVERTER = b"14\n"
_FILTER = re.compile(rb"^filter:", re.M)
_CORRELATION = re.compile(rb"^correlation:", re.M)
_EXPAND = re.compile(rb"\|expand\b")
_NAMES = re.compile(rb"^(?:id|name):[ \t]*[\"']?([^\"'\n#]*[^\"'\s#])", re.M)


class Shared(Struct, frozen=True):
    """``filters`` apply to the rules of all files; ``known``: rules by name and id. The bytes are those that they are from."""

    filters: tuple[dict[str, Any], ...] = ()
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    filter_bytes: bytes = b""
    known_bytes: bytes = b""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Sequence[Path], values: Mapping[str, tuple[str, ...]]) -> Shared:
        """Reads what is shared; a file that cannot be read is told when its rules are."""
        filters: list[dict[str, Any]] = []
        data = b""
        counting: list[Any] = []
        for path in files:
            text = _bytes(path)
            if _CORRELATION.search(text):
                counting += _documents(text)
            if _FILTER.search(text):
                own = _documents(text)
                if own and all(isinstance(d, dict) and "filter" in d for d in own):
                    filters += own
                    data += text
        known, known_bytes = _counted(files, counting)
        return cls(tuple(filters), known, data, known_bytes, values)

    def key(self, data: bytes) -> bytes:
        """All that the conversion of a file depends on."""
        parts = [_CONVERTER, data, self.filter_bytes]
        if _CORRELATION.search(data):
            parts.append(self.known_bytes)
        if self.values and _EXPAND.search(b"".join(parts)):
            parts.append(json.dumps(sorted(self.values.items())).encode())
        return b"".join(parts)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.stat().st_size <= LARGEST else b""
    except OSError:
        return b""


def _documents(text: bytes) -> list[Any]:
    try:
        return [d.data for d in documents(text)]
    except Unreadable:
        return []


def _counted(files: Sequence[Path], counting: Iterable[Any]) -> tuple[dict[str, dict[str, Any]], bytes]:
    """The rules that correlations name, also by way of others, from whatever file they are in."""
    if not counting:
        return {}, b""
    from dohyo.sigma.family import by_name, references

    homes: dict[str, Path] = {}
    for path in files:
        for name in _NAMES.findall(_bytes(path)):
            homes.setdefault(name.decode("utf-8", "replace"), path)
    known: dict[str, dict[str, Any]] = {}
    data = b""
    todo = [r for d in counting for r in references(d)]
    read: set[Path] = set()
    while todo:
        home = homes.get(todo.pop())
        if home is None or home in read:
            continue
        read.add(home)
        text = _bytes(home)
        data += text
        found = by_name(_documents(text))
        for name, one in found.items():
            known.setdefault(name, one)
        todo += [r for d in found.values() for r in references(d)]
    return known, data
