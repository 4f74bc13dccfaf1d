"""Whether ``matches`` can run a regex: Sumo Logic's and DuckDB's are RE2."""

from __future__ import annotations

import functools
from typing import Any

from dohyo.patterns.regex import scan, to_re2
from dohyo.sigma.notsaid import NotSaid

#: Letters of a regex that a reason shows.
_SHOWN = 120


def check_regex(pattern: str) -> None:
    """Raises :class:`NotSaid` with what of a regex is not in RE2, or that RE2 finds it too large."""
    info = scan(pattern)
    lacking = [f"RE2 has not got {f.what}" for f in info.features] + [p.message for p in info.problems]
    if not lacking and "{" in pattern:  # only counted repeats make a short regex a large program
        lacking = _too_large(to_re2(pattern))
    if lacking:
        shown = pattern if len(pattern) <= _SHOWN else pattern[:_SHOWN] + "…"
        raise NotSaid(f"the regex `{shown}`: {lacking[0]}")


def _too_large(pattern: str) -> list[str]:
    import duckdb

    try:
        _connection().execute("SELECT regexp_matches('', ?)", [pattern])
    except duckdb.InvalidInputException as error:
        return [str(error).splitlines()[0].removeprefix("Invalid Input Error: ")]
    return []


@functools.lru_cache(maxsize=1)
def _connection() -> Any:
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1})
