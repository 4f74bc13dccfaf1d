"""The process tree around a process, from creation events: Sysmon 1 by GUID, Security 4688 by process id and time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

#: A network event can be stamped a little before the creation of its process.
_EARLY_MS = 2_000
_DEEPEST, _WIDEST = 12, 50

#: What is asked of a creation event: by Sysmon, and by Windows' own audit.
SYSMON_CREATION = ("EventID", "Computer", "ProcessGuid", "Image", "CommandLine", "User", "ParentProcessGuid", "ParentImage")
SECURITY_CREATION = ("EventID", "Computer", "ProcessId", "CommandLine", "NewProcessId", "NewProcessName", "ParentProcessName",
                     "SubjectUserName")  # fmt: skip


class Process(Struct):
    """A process: its key (GUID, or id and time), when it began, and what it is. ``own``: the one that is investigated."""

    key: str
    parent: str
    time: int | None
    image: str
    command: str
    user: str
    started_by: str = ""
    own: bool = False
    children: list[Process] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The process and those below it."""
        return {"time": self.time, "image": self.image, "command_line": self.command, "user": self.user, "own": self.own,
                "started_by": self.started_by,
                "children": [c.as_json() for c in self.children]}  # fmt: skip


class Forest:
    """The processes that creation events tell of. ``rows``: oldest first, with the fields of :data:`SYSMON_CREATION` or
    :data:`SECURITY_CREATION`."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        processes = [*_sysmon(rows), *_security(rows)]
        self._by_key = {p.key: p for p in processes}
        self._below: dict[str, list[Process]] = {}
        self._by_id: dict[str, list[Process]] = {}
        for process in processes:
            if process.parent != process.key:
                self._below.setdefault(process.parent, []).append(process)
            self._by_id.setdefault(process.key.partition("@")[0], []).append(process)

    def around(self, event: Mapping[str, Any]) -> Process | None:
        """The topmost known ancestor of the event's process, with the line down to it and all below it; ``None`` when no
        creation event of the process is there."""
        found = self._by_key.get(str(event.get("ProcessGuid"))) or self._of_id(event)
        if found is None:
            return None
        top = self._down(found, {found.key}, 0)
        top.own = True
        line = {found.key}
        while (above := self._by_key.get(found.parent)) is not None and above.key not in line and len(line) < _DEEPEST:
            top = replace(above, children=[top])  # of an ancestor only the line to the process is shown
            line.add(above.key)
            found = above
        return top

    def _down(self, process: Process, seen: set[str], depth: int) -> Process:
        below = [c for c in self._below.get(process.key, ()) if c.key not in seen][:_WIDEST] if depth < _DEEPEST else []
        seen |= {c.key for c in below}
        return replace(process, children=[self._down(c, seen, depth + 1) for c in below])

    def _of_id(self, event: Mapping[str, Any]) -> Process | None:
        """The last process of the event's id and host that began before it, or a moment after."""
        number, moment = _number(event.get("ProcessId")), event.get("_messageTime")
        if number is None or not isinstance(moment, int):
            return None
        known = self._by_id.get(f"{event.get('Computer') or ''}/{number}", ())
        fits = [p for p in known if isinstance(p.time, int) and p.time <= moment + _EARLY_MS]
        return fits[-1] if fits else None


def _sysmon(rows: Sequence[Mapping[str, Any]]) -> Iterator[Process]:
    for r in rows:
        if r.get("EventID") == "1" and r.get("ProcessGuid"):
            yield Process(str(r["ProcessGuid"]), str(r.get("ParentProcessGuid")), r.get("_messageTime"), _text(r, "Image"),
                          _text(r, "CommandLine"), _text(r, "User"), _text(r, "ParentImage"))  # fmt: skip


def _security(rows: Sequence[Mapping[str, Any]]) -> Iterator[Process]:
    """Security 4688: a parent is the last process of its id that began before. Left out of hosts of which Sysmon tells more."""
    told = {r.get("Computer") for r in rows if r.get("EventID") == "1"}
    last: dict[str, str] = {}
    for number, r in enumerate(rows):
        own = _number(r.get("NewProcessId"))
        if r.get("EventID") == "4688" and own is not None and r.get("Computer") not in told:
            place, parent = f"{r.get('Computer') or ''}/{own}", f"{r.get('Computer') or ''}/{_number(r.get('ProcessId'))}"
            yield Process(f"{place}@{number}", last.get(parent, ""), r.get("_messageTime"), _text(r, "NewProcessName"),
                          _text(r, "CommandLine"), _text(r, "SubjectUserName"), _text(r, "ParentProcessName"))  # fmt: skip
            last[place] = f"{place}@{number}"


def _number(value: Any) -> int | None:
    text = str(value or "")
    try:
        return int(text, 16) if text.lower().startswith("0x") else int(text)
    except ValueError:
        return None


def _text(row: Mapping[str, Any], name: str) -> str:
    return str(row.get(name) or "")
