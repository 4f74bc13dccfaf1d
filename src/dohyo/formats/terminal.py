"""A table that fits a terminal: one line a row. What is the same in all rows stands above it, long texts are cut, and columns
for which there is no room are named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

#: No column is cut to less than this; a time is never cut.
_LEAST, _TIME = 10, 24
_GAP = 2


class Fitted(Struct, frozen=True):
    """How a table is shown: the columns with their widths, those that are the same in all rows with their value, and those for
    which there is no room."""

    widths: dict[int, int]
    same: dict[int, str]
    left_out: list[int]


def fitted(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> Fitted:
    """The layout for so many character cells."""
    from rich.cells import cell_len

    natural = {i: max([cell_len(n), *(cell_len(row[i]) for row in cells)]) for i, n in enumerate(names)}
    if _whole(natural) <= width or not cells:
        return Fitted(natural, {}, [])
    constant = {i: cells[0][i] for i in natural if len({row[i] for row in cells}) == 1}
    same = {i: value for i, value in constant.items() if not value or len(cells) > 1}
    shown = {i: w for i, w in natural.items() if i not in same} or natural
    left_out: list[int] = []
    while (cap := _cap(shown, width)) < _LEAST and len(shown) > 1:
        left_out.insert(0, max(shown))
        del shown[left_out[0]]
    cap = max(cap, 1)
    first = min(shown)
    return Fitted({i: w if i == first and w <= _kept(width) else min(w, cap) for i, w in shown.items()}, same, left_out)


def _kept(width: int) -> int:
    """How wide a first column may be that is not cut: a time, or a name that leaves room for others."""
    return max(_TIME, width * 3 // 5)


def _whole(widths: dict[int, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


def _cap(widths: dict[int, int], width: int) -> int:
    """The largest width to which columns can be cut so that all fit. The first one, mostly a time or a name, stays whole."""
    first = min(widths)
    kept = widths[first] if widths[first] <= _kept(width) else 0
    room = width - _GAP * (len(widths) - 1) - kept
    left = sorted(w for i, w in widths.items() if i != first or not kept)
    for number, w in enumerate(left):
        share = room // (len(left) - number)
        if w > share:
            return share
        room -= w
    return max(left, default=room)


def show(names: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool]) -> None:
    """Prints the table."""
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for text, style in lines(names, cells, right, console.width):
        console.print(Text(text, style=style), soft_wrap=True)


def lines(names: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], width: int) -> Iterator[tuple[str, str]]:
    """The lines of the table in a terminal of this width, each with its style."""
    layout = fitted(names, cells, width)
    same = [f"{names[i]} {value}" for i, value in layout.same.items() if value]
    if same:
        yield "all rows: " + ", ".join(same), "dim"
    yield _line(names, layout.widths, right), "bold"
    yield "  ".join("─" * w for w in layout.widths.values()), "dim"
    for row in cells:
        yield _line(row, layout.widths, right), ""
    if layout.left_out:
        told = ", ".join(names[i] for i in layout.left_out)
        yield f"no room for {told}; a wider terminal or --format json shows them", "dim"


def _line(cells: Sequence[str], widths: dict[int, int], right: Sequence[bool]) -> str:
    return (" " * _GAP).join(_cell(cells[i], w, right[i]) for i, w in widths.items()).rstrip()


def _cell(text: str, width: int, right: bool) -> str:
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    pad = " " * (width - cell_len(text))
    return pad + text if right else text + pad
