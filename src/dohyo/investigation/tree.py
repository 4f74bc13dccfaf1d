"""The process tree around a process, from creation events: Sysmon 1 by GUID, Security 4688 by process id and time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

#: A network event can be stamped a little before the creation of its process.
_EARLY_MS = 2_000
_DEEPEST, _WIDEST = 12, 50


@dataclass
class Process:
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


def tree(event: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Process | None:
    """The topmost known ancestor of the event's process, with the line down to it and all below it; ``None`` when no
    creation event of the process, nor of a child, is there."""
    processes = [*_sysmon(rows), *_security(rows)]
    by_key: dict[str, Process] = {p.key: p for p in processes}
    own = by_key.get(str(event.get("ProcessGuid"))) or _by_id(event, processes)
    if own is None:
        return None
    own.own = True
    for process in processes:
        parent = by_key.get(process.parent)
        if parent is not None and parent is not process:
            parent.children.append(process)
    top = own
    line = {own.key}
    while (above := by_key.get(top.parent)) is not None and above.key not in line and len(line) < _DEEPEST:
        above.children = [top]  # of an ancestor only the line to the process is shown
        line.add(above.key)
        top = above
    _cut(own, set(), 0)
    return top


def _cut(process: Process, seen: set[str], depth: int) -> None:
    seen.add(process.key)
    process.children = [c for c in process.children if c.key not in seen][:_WIDEST] if depth < _DEEPEST else []
    for child in process.children:
        _cut(child, seen, depth + 1)


def _sysmon(rows: Sequence[dict[str, Any]]) -> Iterator[Process]:
    for r in rows:
        if r.get("EventID") == "1" and r.get("ProcessGuid"):
            yield Process(str(r["ProcessGuid"]), str(r.get("ParentProcessGuid")), r.get("_messageTime"), _text(r, "Image"),
                          _text(r, "CommandLine"), _text(r, "User"), _text(r, "ParentImage"))  # fmt: skip


def _security(rows: Sequence[dict[str, Any]]) -> Iterator[Process]:
    """Security 4688: a parent is the last process of its id that began before. Left out where Sysmon tells more."""
    if any(r.get("EventID") == "1" for r in rows):
        return
    last: dict[int, str] = {}
    for number, r in enumerate(rows):
        own, parent = _number(r.get("NewProcessId")), _number(r.get("ProcessId"))
        if r.get("EventID") == "4688" and own is not None:
            key = f"{own}@{number}"
            yield Process(key, last.get(parent, "") if parent is not None else "", r.get("_messageTime"), _text(r, "NewProcessName"),
                          _text(r, "CommandLine"), _text(r, "SubjectUserName"), _text(r, "ParentProcessName"))  # fmt: skip
            last[own] = key


def _by_id(event: dict[str, Any], processes: Sequence[Process]) -> Process | None:
    """The last process of the event's id and program that began before it, or a moment after."""
    number, moment = _number(event.get("ProcessId")), event.get("_messageTime")
    if number is None or not isinstance(moment, int):
        return None
    fits = [p for p in processes if p.key.startswith(f"{number}@") and isinstance(p.time, int) and p.time <= moment + _EARLY_MS]
    return fits[-1] if fits else None


def _number(value: Any) -> int | None:
    text = str(value or "")
    try:
        return int(text, 16) if text.lower().startswith("0x") else int(text)
    except ValueError:
        return None


def _text(row: dict[str, Any], name: str) -> str:
    return str(row.get(name) or "")
