"""Window functions that operators are written with (spec §7)."""

from __future__ import annotations

from sqlglot import exp

from dohyo.plan.functions.model import WindowFunction, call

ROWS: tuple[WindowFunction, ...] = (
    WindowFunction("row_number", lambda: exp.RowNumber(), "Position, from 1.", framed=False),
    WindowFunction("lag", call("lag"), "The value some rows before.", framed=False),
    WindowFunction("lead", call("lead"), "The value some rows after.", framed=False),
    WindowFunction("sum", lambda v: exp.Sum(this=v), "Sum over the frame."),
    WindowFunction("avg", lambda v: exp.Avg(this=v), "Mean over the frame."),
    WindowFunction("count", lambda v=None: exp.Count(this=v or exp.Star()), "Rows (with a value) in the frame."),
    WindowFunction("stddev", call("stddev_samp"), "Standard deviation over the frame (n−1)."),
    WindowFunction("max", lambda v: exp.Max(this=v), "Largest over the frame."),
    WindowFunction("min", lambda v: exp.Min(this=v), "Smallest over the frame."),
    WindowFunction("last_value_of", lambda v: exp.IgnoreNulls(this=exp.LastValue(this=v)), "The last that is not null."),
)  # fmt: skip
