"""What the console does with a line: runs a query, helps with a word, or leaves."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

from dohyo.compile import parse
from dohyo.console.chart import chart
from dohyo.diagnostics import QueryError
from dohyo.formats import table
from dohyo.formats.values import counted, safe
from dohyo.ide.words import about, fields
from dohyo.lang.comments import without_comments
from dohyo.lang.wrapping import PIECE
from dohyo.results import ReadReport
from dohyo.run import Query, RunOptions, search

_HELP = """A query over the logs runs when you press Enter; a line that ends in | goes on.
An open bracket or quote goes on too; an empty line runs what there is.
Tab completes, Alt-Enter begins a line, Ctrl-C stops a query.
?timeslice   what an operator, a function or a field is
:fields      the fields of these logs
:logs        what is read
:quit        leave (Ctrl-D)
"""
#: Rows that are shown; the rest is counted.
_MOST_ROWS = 200
#: Problems of the logs that are told below an answer.
_MOST_PROBLEMS = 4
#: Events that are looked at for the names of fields.
_LOOKED_AT = 500


class Leave(Exception):
    """The console is to end."""


class Console:
    """A set of logs, and queries over them."""

    def __init__(self, paths: Sequence[str], options: RunOptions | None = None) -> None:
        self.paths = list(paths)
        self.options = options or RunOptions()
        self._fields: list[str] | None = None

    @property
    def fields(self) -> list[str]:
        """The fields that some of the logs' first events have."""
        if self._fields is None:
            try:
                rows = search(Query(f"* | limit {_LOOKED_AT} | fields _raw"), self.paths, self.options).rows
            except (QueryError, OSError):
                rows = []
            self._fields = sorted({n for row in rows for n in _keys(row.get("_raw"))})
        return self._fields

    def answer(self, line: str) -> str:
        """What is printed for a line. Raises :class:`Leave`."""
        text = line.strip()
        if not text:
            return ""
        if text in (":quit", ":q", "exit", "quit"):
            raise Leave
        if text in ("?", ":help", "help"):
            return _HELP
        if text.startswith("?"):
            return self._help(text[1:].strip())
        if text == ":fields":
            return _wrapped(", ".join(map(safe, self.fields)))
        if text == ":logs":
            return "".join(f"{safe(p)}\n" for p in self.paths)
        return self._query(text)

    def _help(self, word: str) -> str:
        found = about(word)
        if found:
            return "\n".join(f"{w.kind} {w.text}\n" + "".join(_wrapped(t, "  ") for t in (w.detail, w.doc) if t) for w in found)
        known = [*self.fields, *(f.text for f in fields())]
        name = next((safe(n) for n in known if n.lower() == word.lower()), "")
        if name:
            return f"field {name}\n  `* | count by {name}` counts its values.\n"
        return f"nothing is called `{safe(word)}`; `?` alone helps with the console\n"

    def _query(self, text: str) -> str:
        try:
            result = search(Query(text, "query"), self.paths, self.options)
        except QueryError as error:
            return "".join(d.render(error.source) + "\n" for d in error.diagnostics)
        out = "".join(d.render(result.source) + "\n" for d in result.diagnostics if d.severity != "note")
        rows = result.rows
        width = shutil.get_terminal_size().columns
        drawn = chart(result.names, rows, width)
        shown = table.text(result.names, rows[:_MOST_ROWS], width) if rows else ""
        more = f"… and {len(rows) - _MOST_ROWS:,} more rows\n" if len(rows) > _MOST_ROWS else ""
        events = counted(result.read.records, "event")
        read = f"{counted(len(rows), 'row')}; read {events} in {result.read.seconds:.2f} s\n"
        return out + (f"{drawn}\n" if drawn else "") + shown + more + read + _not_read(result.read)


def _not_read(read: ReadReport) -> str:
    """What could not be read of the logs, a line each, as far as a few lines tell it."""
    told = [f"{safe(p.told)}\n" for p in read.problems[:_MOST_PROBLEMS]]
    more = len(read.problems) - len(told)
    return "".join(told) + (f"… and {more:,} more that could not be read\n" if more else "")


def _wrapped(text: str, indent: str = "") -> str:
    """The text in lines that fit the terminal, broken between words."""
    width = shutil.get_terminal_size().columns
    wrapper = textwrap.TextWrapper(width, indent, indent, break_long_words=False, break_on_hyphens=False)
    return wrapper.fill(text) + "\n"


def _keys(raw: object) -> list[str]:
    """The names in a raw event, at its top and one level below."""
    import json

    try:
        found = json.loads(str(raw))
    except (ValueError, RecursionError):
        return []
    if not isinstance(found, dict):
        return []
    below = [k for v in found.values() if isinstance(v, dict) for k in v]
    return [*found, *below]


def goes_on(text: str) -> bool:
    """True when a line is not the end of a query: it ends in a pipe or a comma, or a bracket or a quote is open; what stands in
    texts, regexes and comments is none of these. An empty line ends a query in any case."""
    if not text.strip() or text.strip().startswith(("?", ":")) or text.endswith("\n"):
        return False
    pieces = [m[0].strip() for m in PIECE.finditer(without_comments(text, parse(text).comments))]
    return '"' in pieces or pieces[-1:] in (["|"], [","]) or pieces.count("(") > pieces.count(")")
