"""The language's value types and what may stand for what (spec §2.1, §2.2). Nothing here knows an engine."""

from __future__ import annotations

import functools
from enum import StrEnum

from msgspec import Struct


class Type(StrEnum):
    """A value type, under the name that Sumo Logic's API gives it. ``NULL`` is the type of a bare ``null``."""

    STRING = "string"
    BOOLEAN = "boolean"
    INT = "int"
    LONG = "long"
    DOUBLE = "double"
    NULL = "null"

    @property
    def numeric(self) -> bool:
        """True for int, long and double."""
        return self in (Type.INT, Type.LONG, Type.DOUBLE)

    @property
    def whole(self) -> bool:
        """True for int and long."""
        return self in (Type.INT, Type.LONG)


def common(types: list[Type]) -> Type:
    """The type that values of all these types can be shown as: the branches of an ``if`` (spec §2.8)."""
    known = {t for t in types if t is not Type.NULL}
    if not known:
        return Type.NULL
    if len(known) == 1:
        return known.pop()
    if all(t.whole for t in known):
        return Type.LONG
    return Type.DOUBLE if all(t.numeric for t in known) else Type.STRING


class Field(Struct, frozen=True):
    """A column of a plan node. ``hidden`` columns (order keys, evidence, built-ins that ``fields`` lets pass) can be
    used by later stages but are not shown."""

    name: str
    type: Type
    hidden: bool = False


class Schema(Struct, frozen=True, dict=True):
    """The columns after a node. Names compare without case (spec §1.2).

    ``open``: more columns than the listed ones may exist, because the rows are still messages of the source (any
    field may be asked of them) or because an operator's columns depend on the data (``transpose``, ``json auto``).
    ``messages``: the rows are still messages, with their built-in fields; after an aggregate they are records.
    """

    fields: tuple[Field, ...]
    open: bool = False
    messages: bool = False
    open_type: Type = Type.STRING  # of a column that is not listed

    def get(self, name: str) -> Field | None:
        """The field of this name in any case, or ``None``."""
        place = self._places.get(name.lower())
        return None if place is None else self.fields[place]

    @functools.cached_property
    def _places(self) -> dict[str, int]:
        """Where each field stands, by its lower-cased name; the first one of a name counts."""
        return {f.name.lower(): i for i, f in reversed(list(enumerate(self.fields)))}

    @property
    def visible(self) -> tuple[Field, ...]:
        """The fields that are shown."""
        return tuple(f for f in self.fields if not f.hidden)

    def with_fields(self, new: tuple[Field, ...]) -> Schema:
        """This schema with ``new`` added; a field of the same name is replaced where it stands."""
        places, fields = dict(self._places), list(self.fields)
        for f in new:
            place = places.setdefault(f.name.lower(), len(fields))
            fields[place : place + 1] = [f]
        made = Schema(tuple(fields), self.open, self.messages, self.open_type)
        made.__dict__["_places"] = places  # a long query makes hundreds of schemas: none counts its fields anew
        return made
