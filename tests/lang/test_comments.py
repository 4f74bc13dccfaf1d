"""``fmt`` keeps each comment, and keeps it where it stood: after the same word, on the same or on a line of its own."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

import dohyo
from dohyo.lang import printer, tree

QUERIES = [
    '_sourceCategory=prod/* error OR (warn "disk full") | where a = "x // y" and b != 3 | count by c, d | sort by _count',
    "* | parse field=f \"a=*;b=*\" as x, y nodrop | if(x = 1 or y = 2, \"p\", q) as z | fields - z, w | limit 5",
    '* | where (a matches /b\\/c|d"e/ or a in ("1", "2")) and !isNull(x) | timeslice 5m | count as n, sum(v) as s by _timeslice',
    "* | join (where a=1) as t1, (where b=2 | count by a) as t2 on t1.a = t2.a | transpose row a column b as c, *",
    '| json "a.b", "c[0]" as x, y | x * (y + 2) - 1 as z | top 3 z by n asc',
    '* | where (name in ("first one.exe", "second one.exe", "third one.exe", "fourth one.exe", "fifth one.exe") or other in ("a"))'
    ' and length(name) > 2 | if(name = "first, or not", "one", if(name = "second", "two", concat("three", ", ", name))) as label'
    " | sum(connections) as connections, avg(duration) as mean_duration, count_distinct(address) as addresses by computer, user",
]
COMMENTS = ["// why", "/* so */", "//| limit 3", "/* a | b\n   c */", "// \"quoted\" `x` {a}"]


def _shown(query: tree.Query) -> list[str]:
    return [printer.scope(query.scope) if query.scope else "", *(printer.stage(s) for s in query.stages)]


@st.composite
def commented(draw: st.DrawFn) -> str:
    """A query with comments between its words."""
    parts = draw(st.sampled_from(QUERIES)).split(" ")
    out = parts[0]
    for part in parts[1:]:
        gap = " "
        if out.count('"') % 2 == 0 and " matches /b" not in out[-14:] and draw(st.integers(0, 5)) == 0:
            comment = draw(st.sampled_from(COMMENTS))
            after = "\n" if comment.startswith("//") else draw(st.sampled_from([" ", "\n"]))
            gap = draw(st.sampled_from([" ", "\n", "\n  "])) + comment + after
        out += gap + part
    return out


@settings(max_examples=150, derandomize=True, deadline=None)
@given(commented())
def test_comments_stay_at_their_place(text: str) -> None:
    """The same stages, the same comments in their order; what is formatted stays as it is."""
    query = dohyo.parse(text)
    done = printer.query(query)
    again = dohyo.parse(done)
    assert [c.text for c in again.comments] == [c.text for c in query.comments], done
    assert _shown(again) == _shown(query), done
    assert printer.query(again) == done


def test_long_stages_are_divided_between_words() -> None:
    """No line is longer than it must be: the outermost commas and words come first; a text that cannot be divided stays."""
    plain, mixed, long, many = "p" * 30, "q, r" * 9, "or " * 60, ", ".join(map(str, range(40)))
    text = f'* | where a in ("{plain}", "{mixed}") or b in ({many}) | where x = "{long}"'
    assert printer.query(dohyo.parse(text)).splitlines() == [
        "*",
        f'| where a in ("{plain}", "{mixed}")',
        "    or b in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,",
        "    29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39)",
        f'| where x = "{long}"',
    ]


def test_the_layout() -> None:
    """As people write it."""
    text = """// head
_sourceCategory=x error // after scope
| where a == "1" // why
   and /* mid */ b = "2"
// before count
|count by c, // first
 d
| sort by _count // end
//| limit 3
"""
    assert printer.query(dohyo.parse(text)) == """// head
_sourceCategory=x error // after scope
| where a = "1" // why
  and /* mid */ b = "2"
// before count
| count by c, // first
  d
| sort by _count desc // end
//| limit 3
"""


def test_nothing_but_comments() -> None:
    """A query with no stage keeps them too."""
    assert printer.query(dohyo.parse("// a\n/* b */")) == "// a\n/* b */\n"
    assert printer.query(dohyo.parse("")) == "\n"
