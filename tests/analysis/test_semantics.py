"""Each check of a query's meaning finds its kind, with a proof, and is silent where there is nothing to find."""

from __future__ import annotations

import time

import pytest

from dohyo.analysis.semantics import check
from dohyo.compile import compile_query

#: Query, the codes that must be found, and what the proof must name.
CASES = [
    ('* | where !(p in ("a.exe", "b.exe")) | where p in ("c.exe", "d.exe")', {"DH4001"}, "a.exe"),
    ('* | where !(p in ("a.exe", "c.exe")) | where p in ("c.exe", "d.exe")', {"DH4005"}, "a.exe"),
    ('* | where p in ("a", "b") | where p in ("a", "b", "c")', {"DH4001"}, "nothing else"),
    ('* | where p = "a" | if (p = "a", "one", if (p = "b", "two", "none")) as label', {"DH4002"}, "is one of a"),
    ('* | toLowerCase(p) as Q | where Q = "a" | if (Q = "a", "one", "none") as Label', {"DH4002"}, "rows whose `Q` is one of a"),
    ('* | if (p = "a", "one", "none") as label', set(), ""),
    ('* | toLowerCase(p) as q | where q = "CMD.exe"', {"DH4003"}, "cmd.exe"),
    ('* | toLowerCase(p) as q | where q matches "*\\\\CMD.exe"', {"DH4003"}, "\\cmd.exe"),
    ("* | where ip matches /^(10\\.|172\\.(1[6-9]|2\\d|3[01])\\.|192\\.168\\.)/", {"DH4004"}, "127.0.0.1"),
    ("* | where ip matches /^10\\./", set(), ""),
    ('* | where !(p in ("svchost.exe"))', {"DH4005"}, r"C:\Users\Public\svchost.exe"),
    ('* | where !(p in ("c:\\\\windows\\\\svchost.exe"))', set(), ""),
    ('* | where Image matches "*\\\\cmd.exe"', {"DH4006"}, "CMD.EXE"),
    ('* | where toLowerCase(Image) matches "*\\\\cmd.exe"', set(), ""),
    # a value that is set twice, or depends on more than one field, proves nothing
    ('* | where !(p = "a.txt") | toLowerCase(p) as p | where p = "b"', set(), ""),
    ('* | where p = "a" or q = "b" | where !(p = "c")', set(), ""),
    ('* | where p = "a" | if (q = "b", "a", "c") as p | where p = "a"', set(), ""),
    # names that change places are no circle
    ('* | q as p | toLowerCase(r) as q | where p = "A" and q = "b"', set(), ""),
    ('* | join (where a = "1") as x, (where a = "2") as y on x.k = y.k | x_p as p | where p = "A"', set(), ""),
]


@pytest.mark.parametrize(("query", "codes", "proof"), CASES)
def test_findings(query: str, codes: set[str], proof: str) -> None:
    """The codes are these, and the proof names the clause or the value."""
    found = check(compile_query(query))
    assert {f.code for f in found} == codes, found
    assert not codes or any(proof in f.proof for f in found), found


def test_a_long_list_is_looked_at_in_time_that_grows_with_its_length() -> None:
    """As an editor asks for it at each letter that is typed."""
    items = ", ".join(f'"v{i}"' for i in range(8000))
    query = compile_query(f'* | where a in ({items}) | where !(a in ("v7999", "x.exe"))')
    began = time.process_time()
    assert {f.code for f in check(query)} == set()
    assert time.process_time() - began < 5
