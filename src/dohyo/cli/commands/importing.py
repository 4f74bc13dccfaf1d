"""``dohyo import sigma``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from click.exceptions import Exit

from dohyo.cli.errors import CHECK_FAILED, shown
from dohyo.cli.options import placeholder_values


def sigma(paths: Sequence[Path], output: Path, placeholders: Path | None, quiet: bool) -> None:
    """Writes a detection folder for each rule; rules that cannot be converted are named, and make the exit code 1."""
    with shown():
        from dohyo.sigma.folders import write
        from dohyo.sigma.load import load, notes

        found = load(paths, values=placeholder_values(placeholders))
        for rule in found.rules:
            write(rule, output)
        for broken in found.broken:
            print(broken, file=sys.stderr)
        if not quiet:
            for note in (n for rule in found.rules for n in notes(rule)):
                print(f"note: {note}", file=sys.stderr)
            print(f"{len(found.rules):,} rules written to {output}, {len(found.broken):,} not converted", file=sys.stderr)
    raise Exit(CHECK_FAILED if found.broken else 0)
