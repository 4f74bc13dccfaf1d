"""Globs: their classes and their regexes, against a matcher written out by hand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dohyo.patterns.glob import (
    Anything,
    Contains,
    EndsWith,
    Equals,
    StartsWith,
    Wild,
    classify_glob,
    glob_to_regex,
    scope_glob_to_regex,
)

duckdb = pytest.importorskip("duckdb")

CLASSES = [
    ("", Equals("")),
    ("web", Equals("web")),
    ("w?b", Equals("w?b")),
    ("web*", StartsWith("web")),
    ("web**", StartsWith("web")),
    ("*web", EndsWith("web")),
    ("*web*", Contains("web")),
    ("**web***", Contains("web")),
    ("*", Anything()),
    ("***", Anything()),
    ("a*b", Wild(("a", "b"))),
    ("*a*b", Wild(("", "a", "b"))),
    ("a*b*", Wild(("a", "b", ""))),
    ("*a*b*c*", Wild(("", "a", "b", "c", ""))),
    ("*C:\\Windows\\*", Contains("C:\\Windows\\")),
    ("*(x86)*", Contains("(x86)")),
    ("*[*]*", Wild(("", "[", "]", ""))),
]


@pytest.mark.parametrize(("glob", "expected"), CLASSES)
def test_class_of_a_glob(glob: str, expected: object) -> None:
    """Each shape of glob gets the plain text test that does its work."""
    assert classify_glob(glob) == expected


def naive(glob: str, text: str, one: str = "") -> bool:
    """A glob matcher by dynamic programming, as plain as can be."""
    row = [True] + [False] * len(text)
    for char in glob:
        new = [row[0] and char == "*"] + [False] * len(text)
        for i, c in enumerate(text, 1):
            new[i] = (row[i] or new[i - 1]) if char == "*" else row[i - 1] and (char in (c, one))
        row = new
    return row[-1]


def by_class(glob: str, text: str) -> bool | None:
    """What the class of a glob says of a text; ``None`` when the class needs a regex."""
    match classify_glob(glob):
        case Equals(t):
            return text == t
        case StartsWith(t):
            return text.startswith(t)
        case EndsWith(t):
            return text.endswith(t)
        case Contains(t):
            return t in text
        case Anything():
            return True
    return None


ALPHABET = st.text("ab*?.\\\n(|)[]$^+{}é", max_size=8)


def python(pattern: str) -> re.Pattern[str]:
    """RE2's end of text in Python's spelling."""
    return re.compile(pattern.removesuffix(r"\z") + r"\Z")


@given(ALPHABET, st.text("ab*?.\\\n(|é", max_size=8))
def test_regex_and_class_agree_with_a_naive_matcher(glob: str, text: str) -> None:
    """A glob's regex and its class say of any text what the definition of a glob says."""
    wanted = naive(glob, text)
    assert (python(glob_to_regex(glob)).search(text) is not None) == wanted
    assert by_class(glob, text) in (None, wanted)


@given(ALPHABET, st.text("abAB*?.\n", max_size=8))
def test_scope_glob_agrees_with_a_naive_matcher(glob: str, text: str) -> None:
    """In the scope ``?`` is one character and case does not count."""
    wanted = naive(glob.lower(), text.lower(), one="?")
    assert (python(scope_glob_to_regex(glob)).search(text) is not None) == wanted


@settings(max_examples=60, deadline=None)
@given(ALPHABET, st.text("ab*?.\\\n(|é", max_size=8))
def test_duckdb_agrees(glob: str, text: str) -> None:
    """RE2 in DuckDB takes the regex of any glob and reads it as meant, line breaks included."""
    sql = "SELECT regexp_matches(?, ?), regexp_matches(?, ?)"
    plain, scope = duckdb.execute(sql, [text, glob_to_regex(glob), text, scope_glob_to_regex(glob)]).fetchone()
    assert plain == naive(glob, text)
    assert scope == naive(glob.lower(), text.lower(), one="?")


@given(st.text())
def test_any_text_is_a_glob(text: str) -> None:
    """No text makes the glob functions raise."""
    assert isinstance(classify_glob(text), Equals | StartsWith | EndsWith | Contains | Anything | Wild)
    re.compile(glob_to_regex(text).removesuffix(r"\z"))
