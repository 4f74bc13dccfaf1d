"""Slices of time for ``timeslice`` (spec §5.6)."""

from __future__ import annotations

from sqlglot import exp

from dohyo.plan.functions.model import Arg, Function, L, Sql, apply, cast, paren


def _slice(time: Sql, width: Sql) -> Sql:
    """``floor(time / width) * width``; a week begins on Monday: 1970-01-01 was a Thursday."""
    return exp.Sub(this=time, expression=paren(_modulo(time.copy(), width)))


def _modulo(a: Sql, b: Sql) -> Sql:
    """The remainder that is never negative."""
    rest = exp.Mod(this=paren(a), expression=paren(b))
    return exp.Mod(this=paren(exp.Add(this=paren(rest), expression=b.copy())), expression=paren(b.copy()))


def _slice_local(time: Sql, width: Sql, zone: Sql) -> Sql:
    """The slice by the local clock of a time zone: local times are sliced, and the start is turned back to UTC."""
    utc = cast(apply("make_timestamp_ms", time), "TIMESTAMPTZ")
    local = apply("epoch_ms", apply("timezone", zone, utc))
    start = apply("make_timestamp_ms", _slice(local, width))
    return apply("epoch_ms", apply("timezone", zone.copy(), start))


def _steps(first: Sql, last: Sql, width: Sql) -> Sql:
    """The numbers from ``first`` to ``last``, both included, as a list."""
    return apply("generate_series", first, last, width)


_time, _width = Arg("time", L), Arg("width", L, literal=True)

ROWS: tuple[Function, ...] = (
    Function("slice", (_time, _width), L, _slice, "The start of the slice of time (ms).", internal=True),
    Function("steps", (Arg("first", L), Arg("last", L), Arg("width", L)), L, _steps, "Numbers at a distance, as a list.",
             internal=True),
    Function("slice_local", (_time, _width, Arg("zone", literal=True)), L, _slice_local,
             "The start of the slice by the clock of a time zone.", internal=True),
)  # fmt: skip
