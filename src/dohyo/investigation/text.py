"""An investigation as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dohyo.formats.values import counted, iso_time, plain, safe
from dohyo.investigation.tree import Process

if TYPE_CHECKING:
    from dohyo.investigation.gather import Investigation

_SHOWN = 10


def lines(found: Investigation) -> Iterator[str]:
    """The event, its process tree, what the process did, who else talked to the address, what to do, what is missing."""
    yield f"event  {safe(found.place)}"
    for key, value in found.event.items():
        yield f"  {key:20} {_shown(key, value)}"
    if found.process is not None:
        yield "\nprocess tree"
        yield from (f"  {line}" for line in tree_lines(found.process))
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


def tree_lines(top: Process) -> Iterator[str]:
    """A process and those below it, a line each; an arrow points at the one that is asked about."""
    if top.started_by:
        yield f"(started by {safe(top.started_by)}, whose creation is not in these logs)"
    yield from _branch(top, "")


def _branch(process: Process, indent: str) -> Iterator[str]:
    mark = "→ " if process.own else ""
    yield f"{indent}{mark}{iso_time(process.time) or ''}  {safe(process.image)}  {safe(process.command)[:160]}  ({safe(process.user)})"
    for child in process.children:
        yield from _branch(child, indent + "  ")


def _address(found: Investigation) -> Iterator[str]:
    if not found.talked:
        return
    yield f"\nconnections to {_shown('', found.event.get('DestinationIp'))}"
    yield f"  first {iso_time(found.first_seen)}, last {iso_time(found.last_seen)}"
    for row in found.talked[:_SHOWN]:
        yield "  " + "  ".join(_shown(k, v) for k, v in row.items() if k != "connections") + f"  {row['connections']:,}×"
    if found.pair is not None:
        p = found.pair
        yield (
            f"  this program talked to it {p.connections:,}× from {counted(p.hosts, 'host')}; "
            f"it talks to {counted(p.addresses, 'address', 'es')} in all"
        )
    if found.beat is not None:
        b = found.beat
        told = "like a clock: a beacon?" if b.regular else "no beat"
        yield f"  every {b.interval / 1000:,.1f} s, give or take {b.jitter:.0%}, {b.connections:,} connections: {told}"


def _shown(key: str, value: Any) -> str:
    if key == "_messageTime" and isinstance(value, int):
        return iso_time(value) or ""
    return "" if value is None else safe(plain(value))[:300]
