"""One self-contained HTML page of a hunt. Everything from a log is data for a script that sets text, never markup."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from dohyo import attack
from dohyo.results import Alert, ReadReport

#: Longer texts are cut: a page of fifty thousand alerts must stay small.
_LONGEST, _LONGEST_RAW = 2_000, 20_000
_MOST_COLUMNS, _MOST_PROBLEMS = 10, 500


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
    columns = _columns(alerts)
    data = {
        "made": made,
        "columns": columns,
        "alerts": [_row(a, columns) for a in alerts],
        "detections": [asdict(d) for d in detections],
        "matrix": _matrix(alerts, detections),
        "suppressed": [_shown(s, _LONGEST) for s in suppressed[:_MOST_PROBLEMS]],
        "investigations": {k: _shown(v, _LONGEST_RAW) for k, v in investigations.items()},
        **_numbered(trees),
        "more": {k: {n: _shown(v, _LONGEST) for n, v in values.items()} for k, values in more.items()},
        "read": f"{read.records:,} events from {len(read.files):,} files; {len(read.problems):,} problems",
        "problems": [str(p) for p in read.problems[:_MOST_PROBLEMS]],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    template = resources.files("dohyo.reports").joinpath("page.html").read_text("utf-8")
    return template.replace("__DATA__", _inert(text))


def _numbered(trees: Mapping[str, str]) -> dict[str, Any]:
    """The trees, each once, and by evidence the number of its tree: many alerts are about one process."""
    numbers = {text: i for i, text in enumerate(dict.fromkeys(trees.values()))}
    return {"trees": [_shown(t, _LONGEST_RAW) for t in numbers], "tree_of": {k: numbers[t] for k, t in trees.items()}}


def _matrix(alerts: Sequence[Alert], detections: Sequence[Entry]) -> list[dict[str, Any]]:
    """The techniques of the detections that ran, under their tactics, with the alerts of each."""
    fired = Counter((tactic, technique) for a in alerts for tactic in a.tactics for technique in a.techniques)
    cells = {(tactic, technique): 0 for d in detections for tactic in d.tactics for technique in d.techniques} | dict(fired)
    rows: dict[str, list[dict[str, Any]]] = {}
    for (tactic, technique), count in sorted(cells.items()):
        known = attack.techniques().get(technique) or attack.retired().get(technique)
        rows.setdefault(tactic, []).append({"id": technique, "name": known.name if known else "", "alerts": count})
    return [{"tactic": tactic, "techniques": techniques} for tactic, techniques in rows.items()]


def _inert(text: str) -> str:
    """JSON that cannot end its script element, whatever it holds; direction marks and controls are shown as escapes."""
    out = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return "".join(c if not _hidden(c) else f"\\u{ord(c):04x}" for c in out)


def _hidden(c: str) -> bool:
    return c < " " or "\x7f" <= c <= "\x9f" or "\u2028" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" or "\ud800" <= c <= "\udfff"


#: Marks that turn the direction of text around: shown as what they are.
_MARKS = {ord(c): f"\u27e8U+{ord(c):04X}\u27e9" for c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"}


def _columns(alerts: Sequence[Alert]) -> list[str]:
    """The fields that most alerts have, in the order in which they first come."""
    counts: dict[str, int] = {}
    for a in alerts:
        for name, value in a.fields.items():
            if name != "_messageTime" and value is not None:
                counts[name] = counts.get(name, 0) + 1
    most = set(sorted(counts, key=lambda n: -counts[n])[:_MOST_COLUMNS])
    return [n for n in counts if n in most]


def _row(alert: Alert, columns: Sequence[str]) -> list[Any]:
    evidence = alert.evidence
    fields = [_shown(alert.fields.get(c), _LONGEST) for c in columns]
    place = [_shown(evidence.file, _LONGEST), evidence.record, _shown(evidence.raw, _LONGEST_RAW)] if evidence else [None, None, None]
    return [alert.time, alert.severity, alert.detection, *fields, *place]


def _shown(value: Any, longest: int) -> str | None:
    if value is None:
        return None
    text = str(value)
    text = text if len(text) <= longest else f"{text[:longest]}… ({len(text):,} characters)"
    return text.translate(_MARKS)
