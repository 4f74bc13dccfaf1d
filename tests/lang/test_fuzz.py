"""Any text, however wrong, is read, printed, formatted and compiled without anything but an error of the query."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

import dohyo
from dohyo.lang import printer
from dohyo.operators import OPERATORS
from dohyo.plan.functions import FUNCTIONS

WORDS = [
    *sorted(OPERATORS.names), *sorted(n for n, f in FUNCTIONS.items() if not f.internal), "as", "by", "with", "in", "on",
        "from", "and", "or",
    "not", "matches", "contains", "nodrop", "multi", "field=", "row", "column", "auto", "keys", "infer", "regex", "timeshift",
        "states", "results",
    "values", "all", "for", "takelast", "takeFirst", "join", "model=ar", "window=5", "width=10", "extract", "delim=','",
        "maxdepth", "group",
]
SIGNS = ["|", "|", "|", "(", ")", "[", "]", ",", "=", "==", "!=", "<", ">=", "*", "/", "%", "+", "-", "!", "?", ":", ";", "'",
         '"', "`", "\\", "{{p}}",
         "{{", "}}", "$$p", "${p}", "//", "/*", "*/", "\n", "\t", "“", "”", "\x00", "é", "😀", "%\"a b\"", "[subquery:", "| compose a]"]
VALUES = ["a", "b.c", "_raw", "_timeslice", "_count", "x1", "1", "5m", "3.5", "2K", "1e+3", "99999999999999999999", '"a*b"',
         '"(?<x>a)"', '"a.b[0]"',
          '""', '"\\"', "/a+/", "/(/", "geo://location", 'path://"/t"', "true", "null", "-24h", "_sourceCategory=a/*"]
PIECE = st.one_of(st.sampled_from(WORDS), st.sampled_from(SIGNS), st.sampled_from(VALUES), st.text(max_size=3))
SOUP = st.tuples(st.sampled_from(["", "* | ", "* | count by a | "]), st.lists(st.tuples(PIECE, st.sampled_from(["", " ",
         " "])), max_size=25)).map(
    lambda t: t[0] + "".join(p + gap for p, gap in t[1]))


@settings(max_examples=250, derandomize=True, deadline=None, database=None)
@given(SOUP)
def test_any_text_is_read(text: str) -> None:
    """The parser reports, the printer prints, and the compiler stops with an error or gives a plan."""
    query = dohyo.parse(text)
    printed = printer.query(query)
    again = dohyo.parse(printed)
    if not any(d.severity == "error" for d in query.diagnostics):
        assert (again.scope, again.stages) == (query.scope, query.stages), (text, printed)
    for dialect in (dohyo.Query(text, dialect="lenient"), dohyo.Query(text, dialect="strict")):
        with contextlib.suppress(dohyo.QueryError):
            dohyo.explain(dialect)
