"""A result as HTML for a notebook: everything that came from a log is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from dohyo.formats.values import plain, safe

if TYPE_CHECKING:
    from dohyo.results import Result

#: A notebook shows this many rows.
ROWS = 50


def html_table(result: Result) -> str:
    """The first rows of a result as a table."""
    return html_rows(result.names, result.rows)


def html_rows(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    """The first rows as a table, with a line that says how many there are."""
    head = "".join(f"<th>{escape(n)}</th>" for n in names)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(r.get(n))}</td>' for n in names)}</tr>" for r in rows[:ROWS])
    note = f"<p>{len(rows):,} rows" + (f", the first {ROWS} are shown</p>" if len(rows) > ROWS else "</p>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def _cell(value: Any) -> str:
    return escape(safe(plain(value)))
