"""The one call behind ``dohyo sample``: generate, write, and write down which records are the attacks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from msgspec import Struct, field

from .generate import ATTACK_RATE, HOSTS, SPAN, START, check, generate
from .model import Event
from .shapes import renderer
from .write import check_format, format_of, label_line, labels_path, write, write_to


class Summary(Struct):
    """What was written: numbers of records, by attack too (name to records), and where the labels are."""

    events: int = 0
    attack_records: int = 0
    alerts: int = 0  # records that T1043's rule should report
    attacks: dict[str, int] = field(default_factory=dict)
    labels: Path | None = None


def run(
    out: Path | None,
    events: int,
    seed: int = 0,
    attack_rate: float = ATTACK_RATE,
    shape: str = "flat",
    format: str = "",
    start: datetime = START,
    span: timedelta = SPAN,
    hosts: int = HOSTS,
) -> Summary:
    """Writes a sample to ``out`` (``None``: standard output, without labels) and its labels beside it.

    ``format`` empty: what the name of ``out`` asks for, NDJSON on standard output. The other arguments are those of
    :func:`~dohyo.sample.generate.generate` and :func:`~dohyo.sample.write.write`. Raises ``ValueError`` for an argument
    out of range, before anything is written, and ``OSError`` when a file cannot be written.
    """
    format = format or (format_of(out) if out else "ndjson")
    check(events, attack_rate, start, span, hosts)
    check_format(shape, format)
    renderer(shape)
    made = generate(events, seed, attack_rate, start, span, hosts)
    if out is None:
        summary = Summary()
        summary.events = write_to(sys.stdout.buffer, _counted(made, summary, None), shape, format)
        return summary
    summary = Summary(labels=labels_path(out))
    with labels_path(out).open("w", encoding="utf-8", newline="\n") as labels:
        summary.events = write(out, _counted(made, summary, labels), shape, format)
    return summary


def _counted(events: Iterable[Event], summary: Summary, labels: TextIO | None) -> Iterator[Event]:
    for record, event in enumerate(events, 1):
        if event.label:
            summary.attack_records += 1
            summary.alerts += event.label.fires
            summary.attacks[event.label.attack] = summary.attacks.get(event.label.attack, 0) + 1
            if labels:
                labels.write(label_line(record, event, event.label))
        yield event
