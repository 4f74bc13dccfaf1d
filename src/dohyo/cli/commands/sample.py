"""``dohyo sample``."""

from __future__ import annotations

import sys
from pathlib import Path

from dohyo.cli.errors import UsageError, shown
from dohyo.sample import run as generate


def run(out: Path | None, events: int, seed: int, attack_rate: float, shape: str, hosts: int) -> None:
    """Writes the events and says which records are attacks."""
    with shown():
        try:
            done = generate(out, events, seed=seed, attack_rate=attack_rate, shape=shape, hosts=hosts)
        except ValueError as error:
            raise UsageError(str(error)) from None
        except OSError as error:
            raise UsageError(f"{out or 'stdout'}: {error.strerror}") from None
        where = f"; {done.labels} says which" if done.labels else ""
        print(f"{done.events:,} events, {done.attack_records:,} of them of attacks, {done.alerts:,} that T1043 "
              f"reports{where}", file=sys.stderr)  # fmt: skip
