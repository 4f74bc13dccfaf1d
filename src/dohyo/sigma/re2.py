"""Whether ``matches`` can run a regex: Sumo Logic's and DuckDB's are RE2."""

from __future__ import annotations

from dohyo.patterns.regex import scan
from dohyo.sigma.notsaid import NotSaid

#: Letters of a regex that a reason shows.
_SHOWN = 120


def check_regex(pattern: str) -> None:
    """Raises :class:`NotSaid` with what of a regex is not in RE2; one that is too large for it, too."""
    info = scan(pattern)
    lacking = [f"RE2 has not got {f.what}" for f in info.features] + [p.message for p in info.problems]
    if lacking:
        shown = pattern if len(pattern) <= _SHOWN else pattern[:_SHOWN] + "…"
        raise NotSaid(f"the regex `{shown}`: {lacking[0]}")
