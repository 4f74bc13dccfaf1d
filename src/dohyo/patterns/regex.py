"""Regular expressions: what a pattern holds, what is wrong with it, and its spelling for RE2 and for Python.

Sumo Logic takes Java or RE2 syntax. DuckDB has RE2, which lacks look-around, back-references and a few more; a pattern
that needs those is run row by row by the third-party ``regex`` package, whose ``search(text, timeout=seconds)`` stops a
pattern that backtracks without end (Python's own ``re`` cannot be stopped).

Both spellings mean the same: ``.`` matches all but a line feed, ``$`` is the end of the input, ``\\d \\w \\s \\b`` are
ASCII, ``(?i)`` in the middle reaches to the end of its group.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from msgspec import Struct

from dohyo.diagnostics import Span
from dohyo.patterns import tokens as t
from dohyo.patterns.problem import Problem
from dohyo.patterns.runaway import is_risky
from dohyo.patterns.scanner import Scanner
from dohyo.patterns.size import MOST, size
from dohyo.patterns.spelling import Python, Re2


class RegexInfo(Struct, frozen=True):
    """A scanned pattern. All places are offsets into ``pattern``.

    ``groups`` are the capturing groups in order, named or not. ``features`` are what RE2 lacks and the Python engine
    has; ``problems`` are what neither can run.
    """

    pattern: str
    groups: tuple[t.Group, ...]
    features: tuple[t.Feature, ...]
    problems: tuple[Problem, ...]
    tokens: tuple[t.Token, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the named groups, in order."""
        return tuple(g.name for g in self.groups if g.name)

    @property
    def unnamed(self) -> tuple[Span, ...]:
        """The places of the capturing groups without a name."""
        return tuple(g.span for g in self.groups if not g.name)

    @property
    def valid(self) -> bool:
        """Whether some engine can run it."""
        return not self.problems

    @property
    def runs_on_re2(self) -> bool:
        """Whether RE2 can run what :func:`to_re2` makes of it."""
        return not self.problems and not self.features


class PatternError(ValueError):
    """A pattern cannot be spelled for an engine; ``problems`` says why, with places in the pattern."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(p.message for p in problems))


@functools.lru_cache(maxsize=512)
def scan(pattern: str) -> RegexInfo:
    """Read a regular expression in Java's or RE2's syntax. Never raises; linear in the pattern's length."""
    done = Scanner(pattern).run()
    by_place = sorted(done.problems, key=lambda p: p.span)
    features = tuple(done.features)
    if not features and not by_place and size(done.tokens) > MOST:
        features = (t.Feature("too-large", "room for so large a pattern", Span(0, len(pattern))),)
    return RegexInfo(pattern, tuple(done.groups), features, tuple(by_place), tuple(done.tokens))


def parse_regex_problems(info: RegexInfo) -> tuple[Problem, ...]:
    """What ``parse regex`` objects to beyond syntax: no named group, unnamed groups, named groups inside each other."""
    return tuple(_group_problems(info))


def _group_problems(info: RegexInfo) -> Iterator[Problem]:
    for group in info.groups:
        if not group.name:
            yield Problem("unnamed-group", "this group has no name", group.span, "write `(?:…)` or `(?<name>…)`")
        elif group.inside_named:
            yield Problem("nested-group", f"group `{group.name}` is inside another named group", group.span)
    if not info.names:
        hint = "name the part to keep: `(?<name>…)`"
        yield Problem("no-named-group", "no group has a name, so there is no field", Span(0, len(info.pattern)), hint)


def to_re2(pattern: str, *, capture_unnamed: bool = True) -> str:
    """The pattern as RE2 in DuckDB takes it; what RE2 reads the same stays as it is written.

    ``capture_unnamed=False`` makes ``(…)`` a plain group, so that only named groups count. Raises
    :class:`PatternError` when RE2 cannot run it; RE2 itself may still find it too large once compiled.
    """
    info = scan(pattern)
    lacking = (Problem(f.kind, f"RE2 has not got {f.what}", f.span) for f in info.features)
    if not info.runs_on_re2:
        raise PatternError((*info.problems, *lacking))
    return Re2(pattern, capture_unnamed).spell(info.tokens)


def to_python(pattern: str, *, capture_unnamed: bool = True) -> str:
    """The pattern for the third-party ``regex`` package (not for Python's ``re``), meaning what RE2 would mean by it.

    ``capture_unnamed=False`` as with :func:`to_re2`, unless the pattern refers to a group by its number. Raises
    :class:`PatternError` when the pattern is wrong. Run it with a time limit.
    """
    info = scan(pattern)
    if info.problems:
        raise PatternError(info.problems)
    by_number = any(str(t.reference(token) or "").isdecimal() for token in info.tokens)
    return Python(pattern, capture_unnamed or by_number).spell(info.tokens)


def runaway(pattern: str) -> bool:
    """Whether a pattern is prone to take endless time on the Python engine; says nothing of RE2, which cannot.

    Takes a regex; a wrong one gives ``False``. A judgement by shape, for a diagnostic.
    """
    info = scan(pattern)
    return info.valid and is_risky(info.tokens)


def quote(text: str) -> str:
    """A text as a regex that matches just it, in either engine."""
    return re.escape(text)
