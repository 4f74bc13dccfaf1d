"""``dohyo update-rules``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from click.exceptions import Exit

from dohyo.cli.errors import CHECK_FAILED, UsageError, shown
from dohyo.cli.options import one_of

if TYPE_CHECKING:
    from dohyo.sigma.update import Step, Update


def run(folder: Path, newer: Path, dry: bool, format: str, quiet: bool) -> None:
    """Merges, or says what a merge would do; conflicts make the exit code 1."""
    with shown():
        from dohyo.sigma import update as rules

        one_of("--format", format, ("text", "json"))
        if not newer.is_dir():
            raise UsageError(f"--from {newer}: no such folder")
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder}: not a folder")
        if folder.resolve() == newer.resolve():
            raise UsageError(f"--from {newer}: the same folder")
        found = rules.plan(folder, newer)
        if not dry:
            folder.mkdir(parents=True, exist_ok=True)
            rules.apply(folder, found)
        told = [s for s in found.steps if s.kind != rules.OWN]
        if format == "json":
            print(json.dumps([_plain(s) for s in told], ensure_ascii=False, indent=2))
        else:
            for step in told:
                print(f"{step.kind:<11}{step.path}" + (f"  {step.title}" if step.title else ""))
                for line in step.details:
                    print(f"           {line}")
        for note in found.notes:
            print(note, file=sys.stderr)
        if not quiet:
            _summary(found, dry)
    raise Exit(CHECK_FAILED if found.of(rules.CONFLICT) else 0)


def _plain(step: Step) -> dict[str, object]:
    return {"kind": step.kind, "path": step.path, "title": step.title, "details": list(step.details)}


def _summary(found: Update, dry: bool) -> None:
    counts = Counter(s.kind for s in found.steps)
    told = ", ".join(f"{n:,} {kind}" for kind, n in counts.items()) or "nothing to do"
    print(f"{told}{'; nothing was written' if dry else ''}", file=sys.stderr)
