"""What a store holds, as its commits say: data files, the logs they were made of, and which fields events have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

_REMEMBERED = 30 * 86_400_000  # ms


class Schema(Struct, frozen=True):
    """Which fields a data file answers for. ``columns``: those that some event has. ``known``: the names that were looked
    for, in all their spellings. ``others``: names that some event may have but that are no column: they are read from the
    raw event. ``shapes``: the forms of the raw events."""

    columns: tuple[str, ...]
    known: tuple[str, ...]
    others: tuple[str, ...]
    shapes: tuple[str, ...]

    def as_json(self) -> dict[str, list[str]]:
        """JSON-ready data."""
        return {"columns": [*self.columns], "known": [*self.known], "others": [*self.others], "shapes": [*self.shapes]}

    @classmethod
    def of(cls, data: Mapping[str, list[str]]) -> Schema:
        """The inverse of :meth:`as_json`."""
        return cls(*(tuple(data[k]) for k in ("columns", "known", "others", "shapes")))


class DataFile(Struct, frozen=True):
    """One Parquet file. ``first``, ``last``: the times of its events (epoch ms), ``None`` when none has one; ``untimed``:
    how many have none. ``kinds``: (category, event id or type, count). ``values``: for some columns all their values, where
    they are few. ``schema``: the name of its :class:`Schema`."""

    path: str
    day: str | None
    category: str
    size: int
    rows: int
    first: int | None
    last: int | None
    untimed: int
    kinds: tuple[tuple[str, str, int], ...]
    values: dict[str, tuple[str | None, ...]]
    schema: str

    @property
    def partition(self) -> tuple[str | None, str]:
        """Day and category."""
        return self.day, self.category

    def action(self, change: bool = True) -> dict[str, Any]:
        """The file as an ``add`` action of the Delta protocol; ``change``: it brings events that were not there before."""
        low = {} if self.first is None else {"_messageTime": self.first}
        high = {} if self.last is None else {"_messageTime": self.last}
        stats = {"numRecords": self.rows, "minValues": low, "maxValues": high, "nullCount": {"_messageTime": self.untimed}}
        own = {"kinds": self.kinds, "values": self.values, "schema": self.schema}
        return {
            "path": self.path,
            "partitionValues": {"__day": self.day, "__category": self.category},
            "size": self.size,
            "modificationTime": 0,
            "dataChange": change,
            "stats": json.dumps(stats),
            "tags": {"dohyo": json.dumps(own, ensure_ascii=False)},
        }

    @classmethod
    def of(cls, action: Mapping[str, Any]) -> DataFile:
        """The inverse of :meth:`action`."""
        stats, own = json.loads(action["stats"]), json.loads(action["tags"]["dohyo"])
        values = action["partitionValues"]
        return cls(
            action["path"], values["__day"], values["__category"], action["size"], stats["numRecords"],
            stats["minValues"].get("_messageTime"), stats["maxValues"].get("_messageTime"),
            stats["nullCount"]["_messageTime"], tuple((c, k, n) for c, k, n in own["kinds"]),
            {n: tuple(v) for n, v in own["values"].items()}, own["schema"],
        )  # fmt: skip


class Origin(Struct, frozen=True):
    """A log that was read. ``count``: so many of its records are in the store; ``digest``: of their text; ``head``: of the
    first one; ``stamp``: size and time of the file when all of it was read, else ``None``; ``last``, ``tail``: number and digest
    of the last record."""

    id: int
    name: str
    format: str
    count: int
    broken: int
    head: str
    digest: str
    stamp: tuple[int, int] | None
    last: int = 0
    tail: str = ""

    def as_json(self) -> dict[str, Any]:
        """JSON-ready data."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Origin:
        """The inverse of :meth:`as_json`."""
        return cls(**{**data, "stamp": tuple(data["stamp"]) if data["stamp"] else None})


class State(Struct):
    """All of it, after the commit ``version`` (-1: there is no store yet)."""

    version: int = -1
    id: str = ""
    files: dict[str, DataFile] = field(default_factory=dict)
    origins: dict[int, Origin] = field(default_factory=dict)
    schemas: dict[str, Schema] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)  # all columns of the table, by lower-cased name
    reserved: int = 0  # numbers of origins that are given out
    gone: dict[str, int] = field(default_factory=dict)  # files that were taken out, and when (epoch ms)

    def apply(self, version: int, actions: Iterable[Mapping[str, Any]]) -> None:
        """What a commit changes."""
        for action in actions:
            if "add" in action:
                self._add(action["add"])
            elif "remove" in action:
                self.files.pop(action["remove"]["path"], None)
                self.gone[action["remove"]["path"]] = action["remove"]["deletionTimestamp"]
            elif "metaData" in action:
                self.id = action["metaData"]["id"]
                fields = json.loads(action["metaData"]["schemaString"])["fields"]
                self.columns = {f["name"].lower(): f["name"] for f in fields}
            elif "commitInfo" in action:
                self._own(action["commitInfo"].get("dohyo") or {})
        self.version = version

    def _add(self, action: Mapping[str, Any]) -> None:
        if "dohyo" in (action.get("tags") or {}):
            file = DataFile.of(action)
            self.files[file.path] = file

    def _own(self, info: Mapping[str, Any]) -> None:
        self.reserved = max(self.reserved, info.get("reserved", 0))
        self.schemas |= {name: Schema.of(data) for name, data in info.get("schemas", {}).items()}
        self.origins |= {data["id"]: Origin.of(data) for data in info.get("origins", [])}

    def as_json(self) -> dict[str, Any]:
        """JSON-ready data, for a snapshot."""
        return {
            "version": self.version,
            "id": self.id,
            "files": [f.action() for f in self.files.values()],
            "origins": [o.as_json() for o in self.origins.values()],
            "schemas": {name: s.as_json() for name, s in self.schemas.items()},
            "columns": self.columns,
            "reserved": self.reserved,
            "gone": {path: at for path, at in self.gone.items() if at > max(self.gone.values()) - _REMEMBERED},
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> State:
        """The inverse of :meth:`as_json`."""
        state = cls(data["version"], data["id"], columns=dict(data["columns"]), reserved=data["reserved"], gone=dict(data["gone"]))
        state.files = {f.path: f for f in map(DataFile.of, data["files"])}
        state.origins = {o.id: o for o in map(Origin.of, data["origins"])}
        state.schemas = {name: Schema.of(s) for name, s in data["schemas"].items()}
        return state
