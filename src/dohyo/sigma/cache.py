"""Conversions kept between runs, by the content of the rule file and the version of the converter."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from dohyo.caching import JsonCache, folder, key

#: To be raised when the converter gives another query for the same rule.
VERSION = 5


class Converted(Struct, frozen=True):
    """A rule as a query, with what an alert says of it."""

    id: str
    title: str
    query: str
    level: str = "informational"
    status: str = "experimental"
    description: str = ""
    tags: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    author: str = ""
    date: str = ""
    path: str = ""

    def numbered(self, number: int) -> Converted:
        """The same rule, one of several with its id: each but the first has its number behind it."""
        return self if number == 1 else replace(self, id=f"{self.id}-{number}")

    def at(self, path: str) -> Converted:
        """The same rule, with the file that it is from."""
        return replace(self, path=path)


class Entry(Struct, frozen=True):
    """The rules of a file, and what was wrong with it, each beginning with the place in the file."""

    rules: tuple[Converted, ...]
    broken: tuple[str, ...] = ()


class Cache(JsonCache):
    """Entries by the content of a file."""

    @classmethod
    def of_user(cls) -> Cache:
        """The cache in the user's cache folder."""
        home = folder()
        return cls(home / f"sigma-{VERSION}.json" if home else None)

    def get(self, data: bytes) -> Entry | None:
        """What a file of this content was converted to."""
        found = self.entries.get(key(data))
        try:
            return None if found is None else Entry(tuple(_rule(r) for r in found["rules"]), tuple(found["broken"]))
        except (KeyError, TypeError):
            return None

    def put(self, data: bytes, entry: Entry) -> None:
        """Keeps what a file was converted to."""
        self.keep(key(data), to_builtins(entry))


def _rule(found: dict[str, Any]) -> Converted:
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
    return Converted(**given)
