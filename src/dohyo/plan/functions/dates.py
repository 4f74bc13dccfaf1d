"""Dates (spec §3.6): ``SimpleDateFormat`` patterns, in SQL where the engine has the field, else in Python."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlglot import exp

from dohyo.plan.expr import Call, Expr, Literal, text, whole
from dohyo.plan.functions import simpledate
from dohyo.plan.functions.model import Arg, D, Function, L, S, Settings, Sql, Udf, apply, cast, lit, try_cast
from dohyo.plan.functions.zones import zone_name
from dohyo.plan.types import Type

#: Spec §12.46.
DEFAULT_PATTERN = "MM/dd/yyyy HH:mm:ss"


def _local(time: Sql, zone: Sql) -> Sql:
    return apply("timezone", zone, cast(apply("make_timestamp_ms", time), "TIMESTAMPTZ"))


def _shown(time: Sql, pattern: Sql, zone: Sql) -> Sql:
    return apply("try", apply("strftime", _local(time, zone), pattern))


def _read(value: Sql, shape: Sql, pattern: Sql, zone: Sql) -> Sql:
    """The date that the text begins with; what follows it does not matter."""
    start = apply("regexp_extract", value, shape)
    moment = apply("timezone", zone, apply("try_strptime", start, pattern))
    return apply("try", apply("epoch_ms", moment))


def _zone(args: Sequence[Expr], settings: Settings) -> Expr:
    if len(args) < 3:
        return text(settings.timezone)
    known = zone_name(str(args[2].value)) if isinstance(args[2], Literal) else None
    return text(known) if known else args[2]


def _format(args: Sequence[Expr], settings: Settings) -> Expr:
    pattern = args[1] if len(args) > 1 else text(DEFAULT_PATTERN)
    zone = _zone(args, settings)
    if isinstance(pattern, Literal) and isinstance(pattern.value, str):
        spelled = simpledate.strftime(pattern.value)
        if spelled is not None:
            return Call("date_text", (args[0], text(spelled), zone), Type.STRING)
    return Call("date_text_any", (args[0], pattern, zone), Type.STRING)


def _parse(args: Sequence[Expr], settings: Settings) -> Expr:
    pattern = args[1]
    zone = _zone(args, settings)
    if isinstance(pattern, Literal) and isinstance(pattern.value, str):
        spelled = simpledate.strptime(pattern.value)
        if spelled is not None:
            shape, form = spelled
            return Call("date_read", (args[0], text(shape), text(form), zone), Type.LONG)
    return Call("date_read_any", (args[0], pattern, zone), Type.LONG)


def _check(args: Sequence[Expr]) -> tuple[int, str] | None:
    if len(args) > 1 and isinstance(args[1], Literal) and isinstance(args[1].value, str):
        wrong = simpledate.problem(args[1].value)
        if wrong:
            return 1, wrong
    if len(args) > 2 and isinstance(args[2], Literal) and zone_name(str(args[2].value)) is None:
        return 2, f"unknown time zone `{args[2].value}`; write one such as `Europe/Berlin` or `UTC`"
    return None


def _shown_any(time: int | None, pattern: str | None, zone: str | None) -> str | None:
    if time is None or pattern is None or zone is None:
        return None
    try:
        return simpledate.show(datetime.fromtimestamp(time / 1000, UTC).astimezone(zoneinfo.ZoneInfo(zone)), pattern)
    except (ValueError, OverflowError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None


def _read_any(value: str | None, pattern: str | None, zone: str | None) -> int | None:
    if value is None or pattern is None or zone is None:
        return None
    try:
        return simpledate.read(value, pattern, zone)
    except (ValueError, OverflowError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None


def _now(args: Sequence[Expr], settings: Settings) -> Expr:
    return whole(settings.now) if settings.now is not None else Call("clock", (), Type.LONG)


def _start(args: Sequence[Expr], settings: Settings) -> Expr:
    """Without a time range the query covers everything: it starts with the epoch."""
    return whole(settings.start or 0)


def _end(args: Sequence[Expr], settings: Settings) -> Expr:
    return whole(settings.end) if settings.end is not None else _now(args, settings)


def _range(args: Sequence[Expr], settings: Settings) -> Expr:
    return Call("-", (_end(args, settings), _start(args, settings)), Type.LONG)


def _clock() -> Sql:
    return apply("epoch_ms", apply("now"))


def _same(x: Sql) -> Sql:
    return x


_time, _tz = Arg("ms", L), Arg("timezone", optional=True)

ROWS: tuple[Function, ...] = (
    Function("now", (), L, doc="The time now, in milliseconds.", spec="3.6", rewrite=_now),
    Function("clock", (), L, _clock, "The clock.", internal=True, volatile=True),
    Function("queryStartTime", (), L, doc="Start of the query's time range.", spec="3.6", rewrite=_start),
    Function("queryEndTime", (), L, doc="End of the query's time range.", spec="3.6", rewrite=_end),
    Function("queryTimeRange", (), L, doc="Length of the query's time range, in milliseconds.", spec="3.6", rewrite=_range),
    Function("formatDate", (_time, Arg("format", optional=True), _tz), S, doc="A time as text, by a SimpleDateFormat pattern.",
             spec="3.6", example=('formatDate(1709208000000, "EEE dd", "UTC")', "Thu 29"), check=_check, rewrite=_format),
    Function("parseDate", (Arg("s"), Arg("format"), _tz), L,
             doc="The time (ms) that a text begins with; null when it begins with none.", spec="3.6",
             example=('parseDate("2024-02-29 12:00:00 tail", "yyyy-MM-dd HH:mm:ss", "UTC")', "1709208000000"),
             check=_check, rewrite=_parse),
    Function("fromMillis", (_time,), L, _same, "A time in milliseconds, for `formatDate`.", "3.6", ("fromMillis(7)", "7")),
    Function("toMillis", (_time,), L, _same, "A time as milliseconds: times are that already.", "3.6", ("toMillis(7)", "7")),
    Function("fromSeconds", (Arg("seconds", D),), L,
             lambda x: try_cast(exp.Mul(this=x, expression=lit(1000)), "BIGINT"), "A time in seconds as milliseconds.", "3.6",
             ("fromSeconds(7)", "7000")),
    Function("date_text", (_time, Arg("pattern"), Arg("zone")), S, _shown, "A time as text, by an strftime pattern.", internal=True),
    Function("date_read", (Arg("s"), Arg("shape"), Arg("pattern"), Arg("zone")), L, _read, "The time a text begins with.",
             internal=True),
    Function("date_text_any", (_time, Arg("pattern"), Arg("zone")), S, doc="As `date_text`, any SimpleDateFormat.", internal=True,
             udf=Udf(_shown_any, (L, S, S), S)),
    Function("date_read_any", (Arg("s"), Arg("pattern"), Arg("zone")), L, doc="As `date_read`, any SimpleDateFormat.",
             internal=True, udf=Udf(_read_any, (S, S, S), L)),
)  # fmt: skip
