"""Internal functions for regexes and globs (spec §2.5, §4.2, §4.3).

RE2 runs in the engine. What RE2 lacks (look-around, back-references) is run by Python's ``regex`` package under a time
limit: a pattern that backtracks without end gives null for that value."""

from __future__ import annotations

import functools
from typing import Any

from sqlglot import exp

from dohyo.plan.functions.model import Arg, B, Function, L, S, Sql, Udf, apply, group_of, lit

#: Seconds that one value may take.
TIME_LIMIT = 0.5


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import regex  # late: few queries have such a pattern

    return regex.compile(pattern)


def _match(text: str | None, pattern: str | None) -> Any:
    if text is None or pattern is None:
        return None
    try:
        return _compiled(pattern).search(text, timeout=TIME_LIMIT)
    except TimeoutError:
        return None


def _found(text: str | None, pattern: str | None) -> bool | None:
    return None if text is None else _match(text, pattern) is not None


def _group(text: str | None, pattern: str | None, group: str | None) -> str | None:
    found = _match(text, pattern)
    return found.group(group) if found else None


def _numbers(text: str | None, pattern: str | None) -> list[str]:
    return [str(i) for i in range(len(_all(text, pattern)))]


def _all(text: str | None, pattern: str | None) -> list[Any]:
    if text is None or pattern is None:
        return []
    try:
        return list(_compiled(pattern).finditer(text, timeout=TIME_LIMIT))
    except TimeoutError:
        return []


def _nth(text: str | None, pattern: str | None, group: str | None, number: str | None) -> str | None:
    found = _all(text, pattern)
    return found[int(number)].group(group) if number is not None and int(number) < len(found) else None


def _glob(text: Sql, glob: Sql) -> Sql:
    """A glob from a field: everything but ``*`` is quoted, row by row."""
    escaped = apply("replace", apply("regexp_escape", glob), lit("\\*"), lit(".*"))
    return apply("regexp_full_match", text, exp.DPipe(this=lit("(?s)"), expression=escaped))


def _match_numbers(text: Sql, pattern: Sql) -> Sql:
    count = apply("len", apply("regexp_extract_all", text, pattern))
    return apply("list_transform", apply("range", count), _as_text())


def _as_text() -> Sql:
    x = exp.column("x")
    return exp.Lambda(this=exp.Cast(this=x, to=exp.DataType.build("VARCHAR")), expressions=[exp.to_identifier("x")])


def _match_group(text: Sql, pattern: Sql, group: Sql, number: Sql) -> Sql:
    place = exp.Add(this=exp.Cast(this=number, to=exp.DataType.build("BIGINT")), expression=lit(1))
    return apply("list_extract", apply("regexp_extract_all", text, pattern, group), place)


def _optional(text: Sql, pattern: Sql, group: Sql) -> Sql:
    return apply("nullif", group_of(text, pattern, group), lit(""))


_s, _p = Arg("s"), Arg("regex", literal=True)

ROWS: tuple[Function, ...] = (
    Function("glob_search", (_s, Arg("glob")), B, _glob, "The whole value fits a glob given by a field.", internal=True),
    Function("optional_capture", (_s, _p, Arg("group", L)), S, _optional,
             "A group that need not take part in the match: null when it gives nothing.", internal=True),
    Function("match_numbers", (_s, _p), S, _match_numbers, "The matches' numbers, as a list.", internal=True),
    Function("match_group", (_s, _p, Arg("group", L), Arg("number")), S, _match_group,
             "A group of the match with this number.", internal=True),
    Function("backtrack_search", (_s, _p), B, internal=True, doc="As `search`, with look-around.",
             udf=Udf(_found, (S, S), B)),
    Function("backtrack_capture", (_s, _p, Arg("group")), S, internal=True, doc="A named group, with look-around.",
             udf=Udf(_group, (S, S, S), S)),
    Function("backtrack_numbers", (_s, _p), S, internal=True, doc="As `match_numbers`, with look-around.",
             udf=Udf(_numbers, (S, S), "VARCHAR[]")),
    Function("backtrack_group", (_s, _p, Arg("group"), Arg("number")), S, internal=True,
             doc="As `match_group`, with look-around.", udf=Udf(_nth, (S, S, S, S), S)),
)  # fmt: skip
