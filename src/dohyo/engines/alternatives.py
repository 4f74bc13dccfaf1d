"""Long lists of alternatives about one text, as one regex: a regex looks for all of them in one pass over the text."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from dohyo.patterns.regex import quote
from dohyo.plan.expr import Call, Expr, Literal, boolean, text

#: From this many alternatives on one regex is quicker; and how long a regex becomes.
_FEWEST, _LONGEST = 12, 20_000

_AS_REGEX: dict[str, Callable[[str], str]] = {
    "has": quote,
    "starts_with": lambda t: "^" + quote(t),
    "ends_with": lambda t: quote(t) + "$",
}


def alternatives(expr: Call) -> list[Expr]:
    """The arguments of an ``and`` or ``or``; of an ``or`` those that look for a text in the same value are put together,
    where they are many."""
    if expr.function != "or" or len(expr.args) < _FEWEST:
        return list(expr.args)
    found: list[Expr] = []
    by_subject: dict[Expr, list[Call]] = {}
    for arg in expr.args:
        if isinstance(arg, Call) and arg.function in _AS_REGEX and isinstance(arg.args[1], Literal) and arg.args[1].value:
            by_subject.setdefault(arg.args[0], []).append(arg)
        else:
            found.append(arg)
    for subject, tests in by_subject.items():
        found += _searches(subject, tests) if len(tests) >= _FEWEST else tests
    return found


def _searches(subject: Expr, tests: list[Call]) -> list[Expr]:
    """As few searches as hold all the tests."""
    parts = [_AS_REGEX[t.function](str(t.args[1].value)) for t in tests if isinstance(t.args[1], Literal)]
    ends, total = [], 0
    for part in parts:
        total += len(part)
        ends.append(total // _LONGEST)
    groups = groupby(zip(ends, parts, strict=True), key=lambda pair: pair[0])
    return [boolean("search", subject, text("|".join(p for _, p in group))) for _, group in groups]
