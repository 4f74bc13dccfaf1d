"""``logcompare timeshift -24h``: signatures now against signatures then (spec §10)."""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from typing import TYPE_CHECKING

from dohyo.binding.context import Context
from dohyo.binding.scope import bind_scope
from dohyo.binding.times import query_time
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import duration, inline, quoted
from dohyo.lang.tree import Name, Query, Stage
from dohyo.operators.base import Operator
from dohyo.operators.compare import moved
from dohyo.operators.templates import signature_id, signatures
from dohyo.plan.convert import to_text
from dohyo.plan.expr import FALSE, TRUE, Column, all_of, boolean, whole
from dohyo.plan.names import TIME
from dohyo.plan.nodes import Batch, Extend, Filter, Node, Project, Scan, Union
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = (("_signature_id", Type.STRING), ("_signature", Type.STRING), ("_count", Type.INT), ("_deltaPercentage", Type.DOUBLE),
            ("_anomalyScore", Type.DOUBLE), ("_isNew", Type.BOOLEAN))  # fmt: skip

_TIME = re.compile(r'"[^"|]*"|[^\s|,"]+')


class LogCompare(Stage, frozen=True):
    """How far back the other range is, or the times it is between, and the query that it is read with."""

    shift: int
    times: tuple[str, str] | None = None
    baseline: Query | None = None


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    shift, baseline = 86_400_000, None
    given: dict[str, str] = {}
    while not p.at_stage_end():
        if p.word("timeshift"):
            p.symbol("=")
            p.symbol("-")
            shift = abs(p.duration())
        elif p.word("baseline"):
            baseline = _baseline(p)
        elif token := p.word("start_time", "end_time"):
            p.symbol("=")
            given[token.word] = _time(p)
        elif not p.symbol(","):
            p.unexpected(p.cursor.peek(), "`timeshift -24h`")
    times = (given.get("start_time", ""), given.get("end_time", "")) if given else None
    return LogCompare(shift, times, baseline, span=Span(start.start, max(start.end, p.cursor.last_end)))


def _baseline(p: Parser) -> Query:
    opened = p.need_symbol("(", "`baseline`")
    query = p.query(closers=(")",))
    if not p.symbol(")"):
        p.cursor.fail("DH1005", "a parenthesis that is never closed", opened.span)
    return query


def _time(p: Parser) -> str:
    m = p.cursor.matching(_TIME)
    if m is None:
        p.unexpected(p.cursor.peek(), "a time, such as `-2d` or `2024-01-31 10:00:00`")
        raise AssertionError
    return m[0].strip('"')


def _print(stage: LogCompare) -> str:
    times = f"start_time {quoted(stage.times[0])} end_time {quoted(stage.times[1])}" if stage.times else ""
    shown = times or f"timeshift -{duration(stage.shift)}"
    return f"logcompare {shown}" + (f" baseline ({inline(stage.baseline)})" if stage.baseline else "")


# --- meaning ----------------------------------------------------------------------------------------------------------


def _lower(stage: LogCompare, plan: Node, ctx: Context) -> Node:
    text = to_text(ctx.column(Name("_raw", span=stage.span), plan))
    past = _earlier(stage, _read(stage.baseline, plan, ctx), ctx)
    both = Union(tuple(
        Project(Extend(part, (("__text", text), ("__now", now)), hidden=True), (), ("__text", "__now"), unordered=True)
        for part, now in ((plan, TRUE), (past, FALSE))
    ))  # fmt: skip
    return Batch(both, "logcompare", ("__text", "__now"), tuple(Field(n, t) for n, t in _COLUMNS), _compared)


def _read(baseline: Query | None, plan: Node, ctx: Context) -> Node:
    """What the earlier messages are: those of this query, or of the baseline's own scope and stages."""
    if baseline is None or ctx.lower_query is None:
        return plan
    scan: Node = next(n for n in plan.walk() if isinstance(n, Scan))
    limits = ((">=", ctx.options.start), ("<", ctx.options.end))
    tests = [boolean(sign, Column(TIME, Type.LONG), whole(at)) for sign, at in limits if at is not None]
    condition = all_of([*tests, bind_scope(ctx, baseline.scope, scan)])
    return ctx.lower_query(Query(None, baseline.stages, span=baseline.span), Filter(scan, condition))


def _earlier(stage: LogCompare, plan: Node, ctx: Context) -> Node:
    """The same over events moved forward by the distance of the two ranges, and no later than the other one's end."""
    if stage.times is None:
        return moved(plan, stage.shift)
    now = ctx.options.now if ctx.options.now is not None else int(time.time() * 1000)
    start, end = (query_time(t, now) for t in stage.times)
    if start is None or end is None:
        raise ctx.fail("DH2771", "`logcompare` with fixed times needs `start_time` and `end_time`", stage.span,
                       hint="`start_time \"2024-01-31\" end_time \"2024-02-01\"`, or `timeshift -24h`")  # fmt: skip
    distance = ctx.options.start - start if ctx.options.start is not None else 0
    past = moved(plan, distance)
    at = Column(TIME, Type.LONG)
    return Filter(past, all_of([boolean(">=", at, whole(start + distance)), boolean("<", at, whole(end + distance))]))


def _compared(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    shown = signatures(table["__text"].to_pylist())
    now, then = Counter[str](), Counter[str]()
    for signature, is_now in zip(shown, table["__now"].to_pylist(), strict=True):
        (now if is_now else then)[signature] += 1
    rows = []
    for signature in sorted(now, key=lambda s: -now[s]):
        share, before = now[signature] / now.total(), then[signature] / max(then.total(), 1)
        delta = (share - before) / before * 100 if before else math.inf
        score = (share - before) * math.log(share / before) if before else math.inf
        rows.append((signature_id(signature), signature, now[signature], delta, score, before == 0))
    columns = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    kinds = (pa.string(), pa.string(), pa.int64(), pa.float64(), pa.float64(), pa.bool_())
    return pa.table({n: pa.array(c, k) for (n, _), c, k in zip(_COLUMNS, columns, kinds, strict=True)})


OPERATOR = Operator(
    names=("logcompare",),
    synopsis="logcompare timeshift -24h | start_time t end_time t [baseline (query)]",
    doc="The signatures of the messages, how their share has changed since an earlier range, and which are new.",
    spec="10",
    stage=LogCompare,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | logcompare timeshift -24h",
    category="pattern",
)
