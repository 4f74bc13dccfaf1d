"""Gathers the answers about one event, all from one reading of the logs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from dohyo.compile import compile_query
from dohyo.detections.event import only_record
from dohyo.detections.model import Detection
from dohyo.diagnostics import QueryError
from dohyo.investigation.beacon import Beat, beat
from dohyo.investigation.questions import DEEDS, FIELDS, MOST_DEEDS, QUESTIONS, Deed
from dohyo.investigation.tree import Forest, Process
from dohyo.investigation.values import values_of
from dohyo.results import ReadReport
from dohyo.run import Query, RunOptions, Session, run_queries
from dohyo.sources import limits
from dohyo.sources.find import find_inputs
from dohyo.sources.model import Format
from dohyo.sources.readers.nth_line import Looking, nth_line
from dohyo.sources.unfold import wraps

#: ``{{Computer}}`` in a playbook is the event's value.
PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


#: The pages of a detection that say what to do, in this order.
_STEPS = ("investigation", "playbook")
#: So many programs on hosts that talked to the address are told.
_MOST_TALKED = 100


class NoSuchEvent(Exception):
    """The file has no record of that number."""


class Pair(Struct):
    """How rare it is that this program talks to this address: its connections there, the hosts that have them, and how
    many addresses the program talks to in all."""

    connections: int
    hosts: int
    addresses: int


class Investigation(Struct):
    """What was found out. ``missing``: in words, what could not be asked or had no answer because the logs lack it."""

    place: str
    event: dict[str, Any]
    process: Process | None = None
    did: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    talked: list[dict[str, Any]] = field(default_factory=list)
    first_seen: int | None = None
    last_seen: int | None = None
    pair: Pair | None = None
    beat: Beat | None = None
    steps: str = ""
    missing: list[str] = field(default_factory=list)
    read: ReadReport = field(default_factory=ReadReport)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON data."""
        return {
            "event": {"place": self.place, **self.event}, "process_tree": self.process.as_json() if self.process else None,
            "did": self.did, "talked_to_address": self.talked, "first_seen": self.first_seen, "last_seen": self.last_seen,
            "pair": asdict(self.pair) if self.pair else None,
            "beacon": {**asdict(self.beat), "regular": self.beat.regular} if self.beat else None,
            "playbook": self.steps, "missing": self.missing,
        }  # fmt: skip


def investigate(
    file: str, record: int, paths: Sequence[str], detection: Detection | None, options: RunOptions, looking: Looking | None = None
) -> Investigation:
    """All answers about the event ``record`` of ``file``, from the logs ``paths``. ``looking``: the search for that record as
    a line, if it has been begun. Raises :class:`NoSuchEvent`."""
    if looking is not None:
        with suppress(NoSuchEvent):  # the line that was found may be a blank one
            found = _investigate(file, record, paths, detection, options, looking)
            read = [f.records for f in found.read.files if f.name == file]
            if not looking.mistaken(read[0] if len(read) == 1 else None):
                return found
    return _investigate(file, record, paths, detection, options, None)


def _investigate(
    file: str, record: int, paths: Sequence[str], detection: Detection | None, options: RunOptions, looking: Looking | None
) -> Investigation:
    pages = detection.pages() if detection is not None else {}
    steps = "\n".join(pages[p] for p in _STEPS if p in pages)
    event = _event(file, record, paths, _fields(steps), options, looking)
    found = Investigation(f"{file}:{record}", {k: v for k, v in event.items() if v is not None})
    asked = [q for q in QUESTIONS if q.fits(event)]
    results = run_queries([Query(q.query(event), q.name) for q in asked], paths, options)
    answers = {}
    for question, result in zip(asked, results, strict=True):
        if isinstance(result, QueryError):
            raise result
        answers[question.name], found.read = result.rows, result.read
    found.process = Forest(answers.get("processes", [])).around(event)
    found.did = {n: did for n, deed in DEEDS.items() if (did := _deeds(deed, answers.get("own", [])))}
    _address(found, answers.get("address", []))
    found.beat = beat([int(r["_messageTime"]) for r in answers.get("times", []) if r["_messageTime"] is not None])
    _pair(found, event, answers.get("program", []))
    _missing(found, event)
    found.steps = filled(steps, event)
    return found


def _fields(steps: str) -> tuple[str, ...]:
    """What is asked of the event: the fields that are always looked at, and those that the steps name."""
    known = {n.lower() for n in ("_messageTime", *FIELDS)}
    return (*FIELDS, *dict.fromkeys(n for n in PLACE.findall(steps) if n.lower() not in known))


def _deeds(deed: Deed, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of the process that tell of such a deed."""
    own = [r for r in rows if r["EventID"] in deed.kinds]
    return [{n: r[n] for n in ("_messageTime", *deed.fields)} for r in own[:MOST_DEEDS]]


def _event(
    file: str, record: int, paths: Sequence[str], fields: Sequence[str], options: RunOptions, looking: Looking | None
) -> dict[str, Any]:
    """The values of ``fields`` in the record."""
    line = _line(file, record, looking) if _there(file) else _stored(paths, file, record)
    found = values_of(line, fields) if line is not None else _read(file, record, fields, options)
    if found is None:
        raise NoSuchEvent(f"there is no record {record} in {file}")
    return found


def _read(file: str, record: int, fields: Sequence[str], options: RunOptions) -> dict[str, Any] | None:
    """The same by reading the log."""
    query = "* | fields _messageTime, " + ", ".join(f'%"{n}"' for n in fields)
    compiled = compile_query(query, "event", replace(options.compiler(None), evidence=True))
    only = replace(compiled, plan=only_record(compiled.plan, record))
    (result,) = Session(replace(options, evidence=True), [only]).run([file])
    return None if isinstance(result, QueryError) or not result.rows else dict(result.rows[0])


def _stored(paths: Sequence[str], file: str, record: int) -> str | None:
    """The record's text from a store."""
    from dohyo.store.read import record_text

    return record_text(paths, file, record)


def _there(file: str) -> bool:
    """True when the log itself is at its place; of others a store may have the records."""
    return Path(file.split("!")[0]).exists()


def _line(file: str, record: int, looking: Looking | None) -> str | None:
    """The record's own line where it can be had without reading all the others as events: in a large NDJSON file, whose
    records are numbered as its lines are. ``None`` for any other file."""
    inputs = list(find_inputs([file], lambda problem: None))
    if len(inputs) != 1 or inputs[0].format is not Format.NDJSON or inputs[0].path is None or (inputs[0].size or 0) < limits.NATIVE:
        return None
    if wraps(inputs[0].head):  # a line is not the event then
        return None
    return (looking.text() if looking is not None else nth_line(inputs[0].path, record)) or ""


def _address(found: Investigation, rows: Sequence[dict[str, Any]]) -> None:
    """Who talked to the address, and when first and last."""
    firsts = [int(r["first_seen"]) for r in rows if r["first_seen"] is not None]
    lasts = [int(r["last_seen"]) for r in rows if r["last_seen"] is not None]
    found.first_seen, found.last_seen = min(firsts, default=None), max(lasts, default=None)
    found.talked = [
        {"computer": r["Computer"], "user": r["User"], "image": r["Image"], "port": r["DestinationPort"],
         "connections": int(r["connections"])} for r in rows[:_MOST_TALKED]
    ]  # fmt: skip


def _pair(found: Investigation, event: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    own = [r for r in rows if r["DestinationIp"] == event.get("DestinationIp")]
    if own:
        hosts = max(int(r["hosts"]) for r in own)
        found.pair = Pair(sum(int(r["connections"]) for r in own), hosts, len({r["DestinationIp"] for r in rows}))


def _missing(found: Investigation, event: dict[str, Any]) -> None:
    asked = {q.name for q in QUESTIONS if q.fits(event)}
    lacking: dict[tuple[str, ...], list[str]] = {}
    for question in QUESTIONS:
        gone = tuple(n for n in question.needs if not event.get(n))
        if gone and question.name not in asked:
            lacking.setdefault(gone, []).append(question.about)
    found.missing += [f"{', '.join(about)}: the event has no {', '.join(gone)}" for gone, about in lacking.items()]
    kinds = {kind for (_, kind) in found.read.kinds}
    if not kinds & {"1", "4688"}:
        found.missing.append("process tree: these logs have no process creations (Sysmon 1, Security 4688)")
    elif found.process is None:
        found.missing.append("process tree: the creation of this process is not in these logs")
    for name, deed in DEEDS.items():
        if not kinds & set(deed.kinds):
            found.missing.append(f"{name}: these logs have no events of Sysmon {', '.join(deed.kinds)}")


def filled(text: str, event: dict[str, Any]) -> str:
    """The text with the event's values in place of ``{{names}}``; a value that is not there stays named."""
    values = {k.lower(): v for k, v in event.items() if v is not None}
    return PLACE.sub(lambda m: str(values.get(m[1].lower(), f"({m[1]} unknown)")), text)
