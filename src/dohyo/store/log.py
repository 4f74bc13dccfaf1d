"""The commits of a store, in the form of a Delta table (protocol: reader version 1, writer version 2).

A commit is a file of its own with the next number, made at once and only if there is none of that number: whoever loses
reads what the other one wrote and tries again. What no commit names is not there, whenever a writer was killed. What
Delta has no action for — which logs were read and how far — stands in the commit's ``commitInfo``; other readers of the
table ignore it. Now and then the whole state is written as a snapshot, so that no reader goes through all commits."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import zstandard
from msgspec import Struct, field

from dohyo.store.files import Files, StoreError, files_at
from dohyo.store.state import DataFile, Origin, Schema, State

_COMMITS, _SNAPSHOTS = "_delta_log", "_dohyo"
MARKER = f"{_SNAPSHOTS}/store.json"
_EVERY = 25  # so many commits between two snapshots
_TRIES = 1000
_PARTITIONS = ("__day", "__category")
_LONG = {"_messageTime", "_size", "__id"}
_PROTOCOL = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}


class Change(Struct):
    """What one commit does. ``moved``: files are replaced by others with the same events."""

    operation: str
    add: list[DataFile] = field(default_factory=list)
    remove: list[DataFile] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    schemas: dict[str, Schema] = field(default_factory=dict)
    reserved: int = 0
    moved: bool = False


class Conflict(Exception):
    """Somebody else did what this change wanted to do."""


class Log:
    """The commits of the store at ``files``."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.state = State()

    @property
    def exists(self) -> bool:
        """True when there is a store; reads it up to its last commit."""
        return self.refresh().version >= 0

    def refresh(self) -> State:
        """Reads the commits since the last time. Raises :class:`StoreError` when one is gone or cannot be read."""
        if self.state.version < 0:
            self._load_snapshot()
        versions = sorted(int(n[:-5]) for n in self.files.names(_COMMITS) if n.endswith(".json") and n[:-5].isdigit())
        for version in (v for v in versions if v > self.state.version):
            if version != self.state.version + 1:
                raise StoreError(f"{self.files.root}: commit {self.state.version + 1} is gone; the store was changed by hand")
            self.state.apply(version, self._commit(version))
        return self.state

    def _commit(self, version: int) -> list[dict[str, Any]]:
        path = _numbered(version)
        try:
            return [json.loads(line) for line in self.files.read(path).splitlines() if line.strip()]
        except (ValueError, OSError) as error:
            raise StoreError(f"{self.files.root}: {path} cannot be read ({error})") from None

    def _load_snapshot(self) -> None:
        """The newest snapshot that can be read; without one the commits are read from the first."""
        for name in sorted((n for n in self.files.names(_SNAPSHOTS) if n.startswith("state-")), reverse=True):
            try:
                data = zstandard.ZstdDecompressor().decompress(self.files.read(f"{_SNAPSHOTS}/{name}"))
                self.state = State.of(json.loads(data))
            except (ValueError, OSError, KeyError, zstandard.ZstdError):
                continue
            return

    def commit(self, make: Callable[[State], Change | None]) -> bool:
        """Makes a change on top of the newest state: ``make`` is asked again whenever somebody was quicker. ``False``: it
        gave ``None``, for there is nothing to do any more. Raises what ``make`` raises."""
        for attempt in range(_TRIES):
            state = self.refresh()
            change = make(state)
            if change is None:
                return False
            actions = self._actions(state, change)
            data = "".join(json.dumps(a, ensure_ascii=False) + "\n" for a in actions).encode()
            if self.files.create(_numbered(state.version + 1), data):
                state.apply(state.version + 1, actions)
                self._snapshot()
                return True
            time.sleep(min(0.2, 0.002 * (attempt + 1)))
        raise StoreError(f"{self.files.root}: other writers are too busy here; try again")

    def _actions(self, state: State, change: Change) -> list[dict[str, Any]]:
        now = int(time.time() * 1000)
        own: dict[str, Any] = {"origins": [o.as_json() for o in change.origins],
                               "schemas": {n: s.as_json() for n, s in change.schemas.items() if n not in state.schemas},
                               "reserved": change.reserved}  # fmt: skip
        info = {"timestamp": now, "operation": change.operation, "operationParameters": {}, "engineInfo": "dohyo", "dohyo": own}
        actions: list[dict[str, Any]] = [{"commitInfo": info}]
        columns = _columns(state, change)
        if state.version < 0:
            actions.append(_PROTOCOL)
        if state.version < 0 or columns != state.columns:
            actions.append(_metadata(state.id or str(uuid.uuid4()), columns.values(), now))
        actions += [{"remove": {"path": f.path, "deletionTimestamp": now, "dataChange": not change.moved,
                                "partitionValues": {"__day": f.day, "__category": f.category}, "size": f.size}}
                    for f in change.remove]  # fmt: skip
        return actions + [{"add": f.action(not change.moved) | {"modificationTime": now}} for f in change.add]

    def _snapshot(self) -> None:
        if self.state.version == 0:
            self.files.create(MARKER, b'{"store": 1, "about": "a store of Dohyo; the files belong to it alone"}\n')
        if self.state.version and self.state.version % _EVERY == 0:
            data = zstandard.ZstdCompressor().compress(json.dumps(self.state.as_json(), ensure_ascii=False).encode())
            self.files.create(f"{_SNAPSHOTS}/state-{self.state.version:020d}.json.zst", data)
            for name in [n for n in self.files.names(_SNAPSHOTS) if n.startswith("state-")][:-3]:
                self.files.remove(f"{_SNAPSHOTS}/{name}")


def _numbered(version: int) -> str:
    return f"{_COMMITS}/{version:020d}.json"


def _columns(state: State, change: Change) -> dict[str, str]:
    """The columns of the table with this change, by lower-cased name."""
    fresh = (c for schema in change.schemas.values() for c in schema.columns)
    return {n.lower(): n for n in (*_PARTITIONS, *fresh)} | state.columns


def _metadata(identity: str, columns: Iterable[str], now: int) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {"name": n, "type": "long" if n in _LONG else "string", "nullable": True, "metadata": {}} for n in columns
    ]
    return {"metaData": {
        "id": identity, "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": fields}, ensure_ascii=False),
        "partitionColumns": [*_PARTITIONS], "configuration": {"delta.enableExpiredLogCleanup": "false"},
        "createdTime": now}}  # fmt: skip


def open_log(root: str) -> Log:
    """The log of the store at a folder or URL, read to its end; without a store it is empty. Raises :class:`StoreError`."""
    log = Log(files_at(root))
    log.refresh()
    return log
