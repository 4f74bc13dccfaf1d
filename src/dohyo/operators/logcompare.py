"""``logcompare timeshift -24h``: signatures now against signatures then (spec §10)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import duration, inline
from dohyo.lang.tree import Name, Query, Stage
from dohyo.operators.base import Operator
from dohyo.operators.compare import moved
from dohyo.operators.templates import signature_id, signatures
from dohyo.plan.convert import to_text
from dohyo.plan.expr import FALSE, TRUE
from dohyo.plan.nodes import Batch, Extend, Node, Project, Union
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = (("_signature_id", Type.STRING), ("_signature", Type.STRING), ("_count", Type.INT), ("_deltaPercentage", Type.DOUBLE),
            ("_anomalyScore", Type.DOUBLE), ("_isNew", Type.BOOLEAN))  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogCompare(Stage):
    """How far back the other range is, and the query that it is read with."""

    shift: int
    baseline: Query | None = None


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    shift, baseline = 86_400_000, None
    while not p.at_stage_end():
        if p.word("timeshift"):
            shift = abs(p.duration())
        elif p.word("baseline"):
            baseline = p.pipeline()
        elif p.word("start_time", "end_time"):
            p.cursor.fail("DH2771", "`logcompare` with fixed times is not supported", start, hint="write `logcompare timeshift -24h`")
        else:
            p.unexpected(p.cursor.peek(), "`timeshift -24h`")
    return LogCompare(shift, baseline, span=Span(start.start, max(start.end, p.cursor.last_end)))


def _print(stage: LogCompare) -> str:
    return f"logcompare timeshift -{duration(stage.shift)}" + (f" baseline ({inline(stage.baseline)})" if stage.baseline else "")


def _lower(stage: LogCompare, plan: Node, ctx: Context) -> Node:
    text = to_text(ctx.column(Name("_raw", span=stage.span), plan))
    now = Project(Extend(plan, (("__text", text), ("__now", TRUE)), hidden=True), (), ("__text", "__now"), unordered=True)
    past = moved(plan, stage.shift)
    if stage.baseline is not None and ctx.lower_query is not None:
        past = ctx.lower_query(stage.baseline, past)
    then = Project(Extend(past, (("__text", text), ("__now", FALSE)), hidden=True), (), ("__text", "__now"), unordered=True)
    both = Union((now, then))
    return Batch(both, "logcompare", ("__text", "__now"), tuple(Field(n, t) for n, t in _COLUMNS), _compared)


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
    synopsis="logcompare timeshift -24h [baseline (query)]",
    doc="The signatures of the messages, how their share has changed since an earlier range, and which are new.",
    spec="10",
    stage=LogCompare,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | logcompare timeshift -24h",
    category="pattern",
)
