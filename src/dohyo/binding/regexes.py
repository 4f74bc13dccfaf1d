"""Regexes: how they were written, what is wrong with them, and which engine runs them (spec §2.5, §4.3).

RE2 runs what it can. Look-around and back-references, which Sumo Logic allows in ``parse regex``, are run by Python's
``regex`` package under a time limit."""

from __future__ import annotations

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang import tree
from dohyo.patterns import regex as rx
from dohyo.patterns.lenient import read_regex_string
from dohyo.plan.expr import Call, Expr, boolean, text, whole
from dohyo.plan.types import Type


class Pattern(Struct, frozen=True):
    """A regex and where its text begins in the query."""

    text: str
    span: Span
    exact: bool = False  # offsets in the pattern are offsets in the query, from span.start + 1


def read_pattern(ctx: Context, node: tree.Regex | tree.String) -> Pattern:
    """The regex that is meant. A plain string of the lenient dialect follows no one convention for backslashes: how it
    was read is said in the diagnostic."""
    if isinstance(node, tree.Regex):
        return Pattern(node.pattern, node.span, exact="/" not in node.pattern)
    reading = read_regex_string(node.raw)
    if reading.changed:
        ctx.warn("DH2123", f"the backslashes of this regex are read so: {reading.how}", node.span,
                 notes=(f"the regex is `{reading.pattern}`",),
                 hint="in Sumo Logic a regex keeps each backslash as it is written")  # fmt: skip
    return Pattern(reading.pattern, node.span, exact=reading.pattern == node.raw)


def literal_pattern(node: tree.String) -> Pattern:
    """The regex of ``parse regex "…"``: only ``\\"`` is unescaped (spec §1.2)."""
    pattern = node.raw.replace('\\"', '"')
    return Pattern(pattern, node.span, exact=pattern == node.raw)


def checked(ctx: Context, pattern: Pattern) -> rx.RegexInfo:
    """The scanned regex; a wrong one is an error with the position inside the regex."""
    info = rx.scan(pattern.text)
    for problem in info.problems:
        span = pattern.span
        if pattern.exact:
            start = pattern.span.start + 1
            span = Span(start + problem.span.start, start + max(problem.span.end, problem.span.start + 1))
        raise ctx.fail("DH2124", f"the regex cannot be read: {problem.message}", span, hint=problem.hint)
    return info


def search(ctx: Context, value: Expr, pattern: Pattern) -> Expr:
    """True where the regex matches anywhere in the value."""
    info = checked(ctx, pattern)
    if info.runs_on_re2:
        return boolean("search", value, text(rx.to_re2(pattern.text)))
    return boolean("backtrack_search", value, text(rx.to_python(pattern.text)))


def capture(ctx: Context, value: Expr, pattern: Pattern, group: int) -> Expr:
    """The text of a group (by number, counting named groups only) of the first match; '' when there is none."""
    info = checked(ctx, pattern)
    if info.runs_on_re2:
        spelled = rx.to_re2(pattern.text, capture_unnamed=False)
        return Call("captures", (value, text(spelled), whole(group)), Type.STRING)
    spelled = rx.to_python(pattern.text, capture_unnamed=False)
    return Call("backtrack_capture", (value, text(spelled), whole(group)), Type.STRING)
