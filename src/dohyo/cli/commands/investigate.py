"""``dohyo investigate``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dohyo.cli.commands.why import event_place
from dohyo.cli.errors import UsageError, shown
from dohyo.cli.options import Settings, one_of
from dohyo.detections.load import load
from dohyo.formats.values import iso_time, plain, safe
from dohyo.investigation.gather import Investigation, NoSuchEvent, investigate
from dohyo.investigation.tree import Process

_SHOWN = 10


def run(event: str, paths: list[str] | None, name: str | None, folders: Sequence[Path], settings: Settings) -> None:
    """Prints what the logs say around an event."""
    with shown():
        one_of("--format", settings.format, ("table", "json"))
        detection = load(folders).find(name) if name else None
        file, record = event_place(event)
        try:
            found = investigate(file, record, paths or [file], detection, settings.options())
        except NoSuchEvent as error:
            raise UsageError(str(error)) from None
        as_json = settings.format == "json"
        told = json.dumps(found.as_json(), ensure_ascii=False, indent=2) if as_json else "\n".join(_text(found))
        sys.stdout.write(told + "\n")


def _text(found: Investigation) -> Iterator[str]:
    yield f"event  {safe(found.place)}"
    for key, value in found.event.items():
        yield f"  {key:20} {_shown(key, value)}"
    if found.process is not None:
        yield "\nprocess tree"
        if found.process.started_by:
            yield f"  (started by {safe(found.process.started_by)}, whose creation is not in these logs)"
        yield from _tree(found.process, "  ")
    for name, rows in found.did.items():
        yield f"\n{name}  ({len(rows):,})"
        for row in rows[:_SHOWN]:
            values = "  ".join(_shown(k, v) for k, v in row.items() if v is not None and k != "EventID")
            yield f"  {values}"
        if len(rows) > _SHOWN:
            yield f"  … and {len(rows) - _SHOWN:,} more"
    yield from _address(found)
    if found.steps:
        yield "\nwhat to do"
        yield from (f"  {safe(line)}" for line in found.steps.splitlines() if line.strip())
    for line in found.missing:
        yield f"missing  {safe(line)}"


def _tree(process: Process, indent: str) -> Iterator[str]:
    mark = "→ " if process.own else ""
    yield f"{indent}{mark}{iso_time(process.time) or ''}  {safe(process.image)}  {safe(process.command)[:160]}  ({safe(process.user)})"
    for child in process.children:
        yield from _tree(child, indent + "  ")


def _address(found: Investigation) -> Iterator[str]:
    if not found.talked:
        return
    yield f"\nconnections to {_shown('', found.event.get('DestinationIp'))}"
    yield f"  first {iso_time(found.first_seen)}, last {iso_time(found.last_seen)}"
    for row in found.talked[:_SHOWN]:
        yield "  " + "  ".join(_shown(k, v) for k, v in row.items() if k != "connections") + f"  {row['connections']:,}×"
    if found.pair is not None:
        p = found.pair
        yield f"  this program talked to it {p.connections:,}× from {p.hosts:,} hosts; it talks to {p.addresses:,} addresses in all"
    if found.beat is not None:
        b = found.beat
        told = "like a clock: a beacon?" if b.regular else "no beat"
        yield f"  every {b.interval / 1000:,.1f} s, give or take {b.jitter:.0%}, {b.connections:,} connections: {told}"


def _shown(key: str, value: Any) -> str:
    if key == "_messageTime" and isinstance(value, int):
        return iso_time(value) or ""
    return "" if value is None else safe(plain(value))[:300]
