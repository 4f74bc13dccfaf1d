"""``predict field by 1h``: the line, or an autoregressive model, through the slices and beyond (spec §7.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.lexer import SUFFIXES
from dohyo.lang.parser import Parser
from dohyo.lang.printer import duration, name
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.convert import to_number, to_type
from dohyo.plan.expr import Column
from dohyo.plan.nodes import Batch, Extend, Node
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import pyarrow as pa

_SLICE = "_timeslice"
#: Input points, slices with the missing ones, and forecast rows (spec appendix C).
MOST_POINTS, MOST_SLICES, MOST_FORECAST = 10_000, 20_000, 100


class Predict(Stage, frozen=True):
    """The field, the distance of the slices, the model and how many slices to add."""

    field: Name
    step: int
    model: str
    window: int | None
    forecast: int
    span_ms: int | None = None  # the forecast as a length of time


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    field = p.field("a numeric field")
    step = p.duration() if p.word("by") else 3_600_000
    model, window, forecast, length = "linear", None, 3, None
    while not p.at_stage_end():
        p.symbol(",")
        token = p.word("model", "ar.window", "forecast")
        if token is None:
            p.unexpected(p.cursor.peek(), "`model=`, `ar.window=` or `forecast=`")
            raise AssertionError
        p.symbol("=")
        if token.word == "forecast":
            forecast, length = _forecast(p)
        elif token.word == "ar.window":
            window = p.integer()
        else:
            model = (p.option_value() or "linear").lower()
    return Predict(field, step, model, window, forecast, length, span=start.to(Span(0, p.cursor.last_end)))


def _forecast(p: Parser) -> tuple[int, int | None]:
    mark = p.cursor.mark()
    token = p.cursor.peek()
    if token.text.rstrip("smhdw") != token.text and token.text[-1:] in SUFFIXES:
        p.cursor.back(mark)
        return 0, p.duration()
    return p.integer("how many slices to add"), None


def _print(stage: Predict) -> str:
    window = f", ar.window={stage.window}" if stage.window else ""
    length = duration(stage.span_ms) if stage.span_ms else str(stage.forecast)
    return f"predict {name(stage.field)} by {duration(stage.step)} model={stage.model}{window}, forecast={length}"


def _lower(stage: Predict, plan: Node, ctx: Context) -> Node:
    if plan.schema.get(_SLICE) is None:
        raise ctx.fail("DH2681", "`predict` needs `_timeslice` and an aggregate by it", stage.span,
                       hint="`| timeslice 1h | count by _timeslice | predict _count by 1h`")  # fmt: skip
    if stage.model not in ("linear", "ar"):
        raise ctx.fail("DH2682", f"no model is called `{stage.model}`", stage.span, hint="models are `linear` and `ar`")
    count = stage.forecast if stage.span_ms is None else max(1, stage.span_ms // stage.step)
    if count > MOST_FORECAST:
        raise ctx.fail("DH2683", f"a forecast has at most {MOST_FORECAST} slices", stage.span)
    column = ctx.column(stage.field, plan)
    value = to_type(to_number(column), Type.DOUBLE)
    slices = plan.schema.get(_SLICE) or Field(_SLICE, Type.LONG)
    plan = Extend(Extend(plan, (("__value", value),), hidden=True), ((_SLICE, to_type(Column(_SLICE, slices.type), Type.LONG)),))
    job = _Job(column.name, stage.step, stage.model == "ar", stage.window, count)
    made = [Field(_SLICE, Type.LONG), Field(column.name, Type.DOUBLE), Field(f"{column.name}_predicted", Type.DOUBLE),
            Field(f"{column.name}_error", Type.DOUBLE)]  # fmt: skip
    if job.ar:
        made.append(Field(f"{column.name}_linear", Type.DOUBLE))
    return Batch(plan, "predict", (_SLICE, "__value"), tuple(made), job.run)


class _Job(Struct, frozen=True):
    field: str
    step: int
    ar: bool
    window: int | None
    forecast: int

    def run(self, table: pa.Table) -> pa.Table:
        """The slices in order, missing ones as 0, and the forecast after them."""
        import numpy as np
        import pyarrow as pa

        points = {t: v or 0.0 for t, v in zip(table[_SLICE].to_pylist(), table["__value"].to_pylist(), strict=True) if t is not None}
        if not points:
            return pa.table({n: pa.array([], pa.int64() if n == _SLICE else pa.float64()) for n in self._names()})
        first, last = min(points), max(points)
        times = list(range(first, last + 1, self.step))[:MOST_SLICES]
        actual = np.array([points.get(t, 0.0) for t in times])
        x = np.arange(len(times) + self.forecast, dtype=float)
        line = _line(actual, x)
        fitted = _autoregressive(actual, self.window, self.forecast) if self.ar else line
        shown: list[float | None] = [*actual.tolist(), *[None] * self.forecast]
        errors = [None if a is None else f - a for a, f in zip(shown, fitted.tolist(), strict=True)]
        later = [times[-1] + self.step * i for i in range(1, self.forecast + 1)]
        columns: list[Any] = [[*times, *later], shown, fitted.tolist(), errors]
        if self.ar:
            columns.append(line.tolist())
        kinds = [pa.int64(), *[pa.float64()] * (len(columns) - 1)]
        return pa.table({n: pa.array(c, k) for n, c, k in zip(self._names(), columns, kinds, strict=True)})

    def _names(self) -> list[str]:
        f = self.field
        return [_SLICE, f, f"{f}_predicted", f"{f}_error", *([f"{f}_linear"] if self.ar else [])]


def _line(actual: Any, x: Any) -> Any:
    """Least squares through the slices."""
    import numpy as np

    n = len(actual)
    if n < 2:
        return np.full(len(x), actual[0] if n else 0.0)
    slope, start = np.polyfit(x[:n], actual, 1)
    return start + slope * x


def _autoregressive(actual: Any, window: int | None, forecast: int) -> Any:
    """Each slice from the ``window`` before it, by least squares; the first ones are predicted as they are."""
    import numpy as np

    n = len(actual)
    order = min(window or max(1, n // 4), max(1, n - 2))
    if n < 3:
        return np.concatenate([actual, np.full(forecast, actual[-1])])
    rows = np.array([np.append(actual[i - order : i], 1.0) for i in range(order, n)])
    weights, *_ = np.linalg.lstsq(rows, actual[order:], rcond=None)
    series = list(actual)
    for _ in range(forecast):
        series.append(float(np.append(series[-order:], 1.0) @ weights))
    return np.concatenate([actual[:order], rows @ weights, series[n:]])


OPERATOR = Operator(
    names=("predict",),
    synopsis="predict field by 1h [model=ar[, ar.window=n]] [, forecast=n]",
    doc="Adds `field_predicted` and `field_error`, and slices after the last one.",
    spec="7.5",
    stage=Predict,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | timeslice 1h | count by _timeslice | predict _count by 1h",
    category="time",
)
