"""Alerts in a terminal: those of a detection together, as a table where it fits, else each alert in a few lines, whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dohyo.formats import terminal
from dohyo.formats.table import cell
from dohyo.formats.values import safe

if TYPE_CHECKING:
    from dohyo.results import Alert

#: A table whose columns would be cut to less than this is none.
_LEAST = 16
_COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "informational": "dim"}
_RANKS = list(_COLOURS)


def show(alerts: Sequence[Alert]) -> None:
    """Prints the alerts, those of the most severe detections first; those of a detection stay in their order."""
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for number, (detection, own) in enumerate(_grouped(alerts)):
        title, severity = safe(own[0].title), own[0].severity
        head = Text.assemble("\n" if number else "", (severity, _COLOURS.get(severity, "")), "  ", (title, "bold"),
                             (f"  {safe(detection)}  {len(own):,} alert{'s' * (len(own) != 1)}", "dim"))  # fmt: skip
        console.print(head, soft_wrap=True)
        names, cells = _table(own)
        if _fits(names, cells, console.width):
            terminal.show(names, cells, [False] * len(names))
            continue
        for row in cells:
            for line in _lines(names, row, console.width):
                console.print(line, soft_wrap=True)


def _grouped(alerts: Sequence[Alert]) -> list[tuple[str, list[Alert]]]:
    groups: dict[tuple[str, str], list[Alert]] = {}
    for alert in alerts:
        groups.setdefault((alert.severity, alert.detection), []).append(alert)
    ordered = sorted(groups.items(), key=lambda g: _RANKS.index(g[0][0]) if g[0][0] in _RANKS else len(_RANKS))
    return [(detection, own) for (_, detection), own in ordered]


def _table(alerts: Sequence[Alert]) -> tuple[list[str], list[list[str]]]:
    """Time and evidence, then the fields that any of the alerts has."""
    fields = list(dict.fromkeys(n for a in alerts for n, v in a.fields.items() if n != "_messageTime" and v is not None))
    rows = [[a.time or "", _evidence(a), *(cell(n, a.fields.get(n)) for n in fields)] for a in alerts]
    if any(a.evidence and a.evidence.raw is not None for a in alerts):
        rows = [[*row, safe(a.evidence.raw or "") if a.evidence else ""] for row, a in zip(rows, alerts, strict=True)]
        fields = [*fields, "raw"]
    return ["time", "evidence", *map(safe, fields)], rows


def _evidence(alert: Alert) -> str:
    """As ``dohyo investigate`` takes it."""
    evidence = alert.evidence
    if evidence is None:
        return ""
    return safe(evidence.file if evidence.record is None else f"{evidence.file}:{evidence.record}")


def _fits(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> bool:
    """True when all columns are there, and none is cut to very little."""
    from rich.cells import cell_len

    layout = terminal.fitted(names, cells, width)
    natural = {i: max(cell_len(names[i]), *(cell_len(row[i]) for row in cells)) for i in layout.widths}
    least = {i: w if i <= 1 else min(w, _LEAST) for i, w in natural.items()}  # time and evidence are never cut
    return not layout.left_out and all(w >= least[i] for i, w in layout.widths.items())


def _lines(names: Sequence[str], row: Sequence[str], width: int) -> Iterator[object]:
    """Time and evidence, and below them the values with their names, filled to the width."""
    from rich.cells import cell_len
    from rich.text import Text

    yield Text.assemble(row[0] or "no time", "  ", (row[1], "dim"))
    line, used = Text(), 0
    for name, value in zip(names[2:], row[2:], strict=True):
        if not value:
            continue
        size = cell_len(name) + 1 + cell_len(value) + 2
        if used and used + size > width:
            yield line
            line, used = Text(), 0
        line.append("  ").append(f"{name} ", "dim").append(value)
        used += size
    if used:
        yield line
