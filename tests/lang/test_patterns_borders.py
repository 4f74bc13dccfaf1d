"""What is looked for before a keyword's regex, which is dear, is looked for."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dohyo.binding.keywords import either, phrase_regex
from dohyo.patterns.borders import without_borders

WORDS = ["error", "fail*", "*.exe", "a b", "x-y", "-x", "x-", "ſtrasse", "K", "1", "a?c", "10.0.0.1"]


@pytest.mark.parametrize(("word", "left"), [("error", "(?i)error"), ("-x", r"(?i)\-x"), ("x-", r"(?i)x\-")])
def test_what_is_left_of_a_keyword(word: str, left: str) -> None:
    """The keyword itself; a regex of another kind is left as it is."""
    assert without_borders(phrase_regex(word, quoted=False) or "") == left
    assert without_borders(r"^a\b") == r"^a\b"


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.booleans(), st.text("aebrofilx.-1 ſKſ\n", max_size=30))
def test_it_matches_wherever_the_keyword_does(words: list[str], quoted: bool, text: str) -> None:
    """So that no event is lost: of one keyword, of several together, of phrases."""
    for regex in either([r for w in words if (r := phrase_regex(w, quoted)) is not None]):
        values = [text, regex, text, without_borders(regex)]
        row = duckdb.execute("SELECT regexp_matches(?, ?), regexp_matches(?, ?)", values).fetchone()
        assert row is not None and (row[1] or not row[0])
