"""``dohyo list`` and ``dohyo show``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dohyo.cli import output
from dohyo.cli.commands.hunt import chosen_detections, selected
from dohyo.cli.errors import shown
from dohyo.detections.load import load
from dohyo.detections.model import Detection
from dohyo.detections.select import Selection, coverage


def list_detections(folders: Sequence[Path], sigma: Sequence[Path], selection: Selection, covered: bool, format: str) -> None:
    """Prints one row a detection, or one a technique."""
    with shown():
        output.check(format, None)
        detections, broken = chosen_detections((), folders, sigma)
        found = selected(detections, selection)
        rows: list[dict[str, Any]] = coverage(found) if covered else [_row(d) for d in found]
        output.emit(format, list(rows[0]) if rows else [], rows, None)
        for line in broken:
            print(f"broken detection: {line}", file=sys.stderr)


def _row(d: Detection) -> dict[str, str]:
    meta = d.metadata
    return {
        "id": d.id,
        "title": meta.title,
        "status": meta.status.value,
        "severity": meta.severity.value,
        "confidence": meta.confidence.value,
        "techniques": ", ".join(meta.attack.techniques),
        "tactics": ", ".join(meta.attack.tactics),
    }


def show_detection(name: str, folders: Sequence[Path]) -> None:
    """Prints the page of a detection: as text in a pipe, with colour on a terminal."""
    with shown():
        page = _page(load(folders).find(name))
        if not sys.stdout.isatty():
            print(page)
            return
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(page))


def _page(d: Detection) -> str:
    meta = d.metadata
    attack = meta.attack
    retired = f" (retired in favour of {', '.join(attack.deprecated_in_favour_of)})" if attack.deprecated_in_favour_of else ""
    parts = [
        f"# {d.id}: {meta.title}",
        meta.description,
        f"- **ATT&CK**: {', '.join(attack.techniques)}{retired}; tactics: {', '.join(attack.tactics)}\n"
        f"- **Severity**: {meta.severity.value}, **confidence**: {meta.confidence.value}, **status**: {meta.status.value}",
        _section("Data sources", meta.data_sources),
        _section("Required tables", meta.required_tables),
        f"## Query\n\n```sql\n{d.query.strip()}\n```",
        _section("False positives", meta.false_positives),
        _tests(d),
        *(f"## Hunting: {name}\n\n```sql\n{text.strip()}\n```" for name, text in d.hunting().items()),
        *(text.strip().replace("\n# ", "\n## ").replace("# ", "## ", 1) for text in d.pages().values()),
        _section("References", meta.references),
    ]
    return "\n\n".join(p for p in parts if p)


def _section(title: str, items: Sequence[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {i}" for i in items) if items else ""


def _tests(d: Detection) -> str:
    if not d.metadata.tests:
        return ""
    lines = ["## Atomic Red Team tests", ""]
    for test in d.metadata.tests:
        lines.append(f"{test.number}. **{test.name}**: {test.behaviour}")
        lines += [f"   - expect {e.count}× {e.name}" for e in test.expect]
    return "\n".join(lines)
