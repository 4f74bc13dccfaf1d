"""One self-contained HTML page of a hunt. Everything from a log is data for a script that sets text, never markup.

``page.html`` is the frame, ``page.css`` its looks, ``page.js`` its life; the page allows those two texts and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from dohyo import attack
from dohyo.formats.table import TIMES
from dohyo.formats.values import iso_time, plain
from dohyo.results import Alert, ReadReport

#: Longer texts are cut: a page of fifty thousand alerts must stay small.
_LONGEST, _LONGEST_RAW = 2_000, 20_000
_MOST_PROBLEMS, _MOST_FILES, _MOST_KINDS = 500, 500, 100
#: Tactics in the order of an attack.
_TACTICS = (
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "stealth",
    "defense-impairment", "defense-evasion", "credential-access", "discovery", "lateral-movement", "collection",
    "command-and-control", "exfiltration", "impact",
)  # fmt: skip


class Entry(Struct, frozen=True):
    """A detection on the page: its name, title, techniques, what became of it, how many alerts, and its playbook."""

    id: str
    title: str
    attack: str
    state: str
    alerts: int
    playbook: str = ""
    tactics: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()


def page(
    alerts: Sequence[Alert], detections: Sequence[Entry], read: ReadReport, made: str, suppressed: Sequence[str] = (),
    investigations: Mapping[str, str] = MappingProxyType({}), trees: Mapping[str, str] = MappingProxyType({}),
    more: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> str:  # fmt: skip
    """The page. ``made``: a line that says when and by what it was made. ``suppressed``: what tuning let pass, a line each.
    By evidence (``file:record``) ``investigations``: what was found out about an alert; ``trees``: its process tree; ``more``:
    values of its event for the playbook, by lower-cased name."""
    fields = _fields(alerts)
    files = {name: i for i, name in enumerate(dict.fromkeys(a.evidence.file for a in alerts if a.evidence))}
    data = {
        "made": made,
        "fields": fields,
        "files": [_shown(f, _LONGEST) for f in files],
        "alerts": [_row(a, fields[a.detection], files) for a in alerts],
        "detections": [_entry(d) for d in detections],
        "matrix": _matrix(alerts, detections),
        "suppressed": _some([_shown(s, _LONGEST) for s in suppressed], _MOST_PROBLEMS),
        "investigations": {k: _shown(v, _LONGEST_RAW) for k, v in investigations.items()},
        **_numbered(trees),
        "more": {k: {n: _shown(v, _LONGEST) for n, v in values.items()} for k, values in more.items()},
        "read": _read(read),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    style, script = _part("css"), _part("js")
    parts = {"STYLE_HASH": _hash(style), "SCRIPT_HASH": _hash(script), "STYLE": style, "SCRIPT": script, "DATA": _inert(text)}
    out = _part("html")
    for name, part in parts.items():  # the data come last: nothing is looked for in them
        out = out.replace(f"__{name}__", part)
    return out


def _part(kind: str) -> str:
    return resources.files("dohyo.reports").joinpath(f"page.{kind}").read_text("utf-8")


def _hash(text: str) -> str:
    """The text as a browser's policy names it: it runs no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _some(lines: list[Any], most: int) -> list[Any]:
    """The first ones, and how many are left out."""
    return lines if len(lines) <= most else [*lines[:most], f"… and {len(lines) - most:,} more"]


def _entry(detection: Entry) -> dict[str, Any]:
    """A detection's texts, which may come from anywhere, as they are shown."""
    return {
        k: _shown(v, _LONGEST_RAW if k == "playbook" else _LONGEST) if isinstance(v, str) else v for k, v in asdict(detection).items()
    }


def _read(read: ReadReport) -> dict[str, Any]:
    """What was read and what was not."""
    files = sorted(read.files, key=lambda f: -f.records)
    notes = {
        "No event had": read.missing,
        "No Windows event, in a form that is known, in": read.foreign,
        "Events without a time, which are in no time range, in": list(read.untimed),
        "Times taken with the month first in": list(read.month_first),
        "Ports and ids written as 443.0, which is not 443 to a query, in": list(read.fractions),
        "Empty": read.empty,
        "Skipped, being no logs": [name for name, _ in read.skipped],
        "Not in the table of files": [f"{len(files) - _MOST_FILES:,} smaller ones"] if len(files) > _MOST_FILES else [],
    }
    return {
        "told": f"{read.records:,} events from {len(read.files):,} file{'s' * (len(read.files) != 1)}"
        f" ({read.size / 1e6:,.1f} MB), {len(read.problems):,} problem{'s' * (len(read.problems) != 1)}",
        "events": read.records,
        "lost": len(read.problems),
        "problems": [_shown(p.told, _LONGEST) for p in read.problems[:_MOST_PROBLEMS]],
        "notes": [[what, _shown(", ".join(_some(list(names), _MOST_FILES)), _LONGEST_RAW)] for what, names in notes.items() if names],
        "files": [[_shown(f.name, _LONGEST), f.format, f.records, f.broken] for f in files[:_MOST_FILES]],
        "kinds": [[_shown(c, _LONGEST), _shown(k, _LONGEST), n] for (c, k), n in read.kinds.most_common(_MOST_KINDS)],
    }


def _numbered(trees: Mapping[str, str]) -> dict[str, Any]:
    """The trees, each once, and by evidence the number of its tree: many alerts are about one process."""
    numbers = {text: i for i, text in enumerate(dict.fromkeys(trees.values()))}
    return {"trees": [_shown(t, _LONGEST_RAW) for t in numbers], "tree_of": {k: numbers[t] for k, t in trees.items()}}


def _matrix(alerts: Sequence[Alert], detections: Sequence[Entry]) -> list[dict[str, Any]]:
    """The techniques of the detections that ran, under their tactics, with the alerts of each."""
    fired = Counter(place for a in alerts for place in _places(a.tactics, a.techniques))
    cells = {place: 0 for d in detections for place in _places(d.tactics, d.techniques)} | dict(fired)
    rows: dict[str, list[dict[str, Any]]] = {}
    for (tactic, technique), count in sorted(cells.items()):
        known = attack.techniques().get(technique) or attack.retired().get(technique)
        rows.setdefault(tactic, []).append({"id": technique, "name": known.name if known else "", "alerts": count})
    order = {tactic: i for i, tactic in enumerate(_TACTICS)}
    return [{"tactic": t, "techniques": rows[t]} for t in sorted(rows, key=lambda t: (order.get(t, len(order)), t))]


def _places(tactics: Sequence[str], techniques: Sequence[str]) -> list[tuple[str, str]]:
    """Where techniques stand: under those of the detection's tactics that are theirs, under all if ATT&CK knows of none."""
    out = []
    for technique in techniques:
        known = attack.techniques().get(technique)
        own = [t for t in tactics if known is not None and t in known.tactics]
        out += [(tactic, technique) for tactic in own or tactics]
    return out


def _inert(text: str) -> str:
    """JSON that cannot end its script element, whatever it holds; direction marks and controls are shown as escapes."""
    out = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return "".join(c if not _hidden(c) else f"\\u{ord(c):04x}" for c in out)


def _hidden(c: str) -> bool:
    return c < " " or "\x7f" <= c <= "\x9f" or "\u2028" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" or "\ud800" <= c <= "\udfff"


#: Marks that turn the direction of text around: shown as what they are.
_MARKS = {ord(c): f"\u27e8U+{ord(c):04X}\u27e9" for c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"}


def _fields(alerts: Sequence[Alert]) -> dict[str, list[str]]:
    """For each detection the fields that any of its alerts has, in its own order; the time stands for itself."""
    out: dict[str, dict[str, None]] = {}
    for a in alerts:
        of = out.setdefault(a.detection, {})
        of.update((name, None) for name, value in a.fields.items() if value is not None and name != "_messageTime")
    return {detection: list(names) for detection, names in out.items()}


def _row(alert: Alert, fields: Sequence[str], files: Mapping[str, int]) -> list[Any]:
    evidence = alert.evidence
    place = [files[evidence.file], evidence.record, _shown(evidence.raw, _LONGEST_RAW)] if evidence else [None, None, None]
    return [alert.time, alert.severity, alert.detection, [_shown(_as_time(f, alert.fields.get(f)), _LONGEST) for f in fields], *place]


def _as_time(name: str, value: Any) -> Any:
    """The language's own times, which are numbers, as ISO 8601."""
    return iso_time(value) if name.lower() in TIMES and isinstance(value, int) else value


def _shown(value: Any, longest: int) -> str | None:
    if value is None:
        return None
    text = plain(value)
    text = text if len(text) <= longest else f"{text[:longest]}… ({len(text):,} characters)"
    return text.translate(_MARKS)
