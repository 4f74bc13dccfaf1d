"""Results over time as a chart in the terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dohyo.formats.values import iso_time, safe

#: What plotext writes to reset the terminal's colours, of which there are none.
_PAINT = re.compile(r"\x1b\[[0-9;]*m")
#: A chart with more lines than this is a tangle, and one with fewer points shows nothing.
_MOST_LINES, _FEWEST_POINTS = 8, 3


def chart(names: Sequence[str], rows: Sequence[dict[str, Any]], width: int, height: int = 16) -> str | None:
    """A chart of the numeric columns over ``_timeslice``; ``None`` when the rows are not of that kind."""
    if "_timeslice" not in names or len(rows) < _FEWEST_POINTS:
        return None
    lines = [n for n in names if n != "_timeslice" and all(isinstance(r[n], (int, float, type(None))) for r in rows)]
    times = [r["_timeslice"] for r in rows]
    if not lines or len(lines) > _MOST_LINES or len(set(times)) != len(rows) or not all(isinstance(t, int) for t in times):
        return None
    import plotext

    ordered = sorted(rows, key=lambda r: r["_timeslice"])
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(width, height)
    for name in lines:
        points = [(i, r[name]) for i, r in enumerate(ordered) if r[name] is not None]
        plotext.plot([i for i, _ in points], [v for _, v in points], label=safe(name))
    step = max(1, len(ordered) // 5)
    marks = list(range(0, len(ordered), step))
    plotext.xticks(marks, [(iso_time(ordered[i]["_timeslice"]) or "")[5:16].replace("T", " ") for i in marks])
    return _PAINT.sub("", plotext.build())
