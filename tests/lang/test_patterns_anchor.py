"""Anchors of ``parse``: reading them, their regexes, and what a first separator really gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dohyo.diagnostics import Span
from dohyo.patterns.anchor import anchor_to_regex, first_separator_note, parse_anchor

duckdb = pytest.importorskip("duckdb")

READ = [
    ("user=*", ("user=", "")),
    (r"\"*\"", ('"', '"')),
    (r"To: *\n", ("To: ", "\n")),
    (r"a\tb\rc*", ("a\tb\rc", "")),
    (r"*\\*", ("", "\\", "")),
    (r"*\\\*", ("", "\\*")),
    (r"a\*b=*", ("a*b=", "")),
    (r"\d=*", (r"\d=", "")),
    (r"*\:*", ("", r"\:", "")),
    ("plain", ("plain",)),
    ("a\\", ("a\\",)),
    ("*", ("", "")),
]


@pytest.mark.parametrize(("raw", "literals"), READ)
def test_reading(raw: str, literals: tuple[str, ...]) -> None:
    """Escapes become their characters, an unknown one keeps both, and stars divide."""
    anchor = parse_anchor(raw)
    assert anchor.literals == literals
    assert not anchor.problems
    assert [raw[s.start : s.end] for s in anchor.stars] == ["*"] * (len(literals) - 1)


def test_two_stars_in_a_row_are_an_error_with_a_place() -> None:
    """``**`` says nothing about where to divide; the place is that of both stars."""
    (problem,) = parse_anchor("a=**;b=*").problems
    assert (problem.kind, problem.span) == ("double-star", Span(2, 4))
    assert parse_anchor(r"*\**").problems == ()


def test_an_empty_anchor_is_an_error() -> None:
    """An empty pattern can only be a mistake."""
    assert [p.kind for p in parse_anchor("").problems] == ["empty-anchor"]


MATCHES = [
    ("user=* role=* note=*", "id=7 user=ann role=ops note=left early", ["ann", "ops", "left early"]),
    ("[*]", "[a] [b]", ["a"]),
    ("* -", "10.0.0.9 - GET - x", ["10.0.0.9"]),
    (r"\"*\"", 'say "hi" now', ["hi"]),
    (r"To: *\n", "To: x\nSub: y", ["x"]),
    ("A*B", "A<\n>B", ["<\n>"]),
    ("a=*", "a=1\nb=2", ["1\nb=2"]),
    ("a=*;", "a=;", [""]),
    (r"*\\*", "C:\\Windows\\cmd.exe", ["C:", "Windows\\cmd.exe"]),
    (r"*\\*\\*", "C:\\Windows\\System32\\cmd.exe", ["C:", "Windows", "System32\\cmd.exe"]),
    ("*", "x\ny\n", ["x\ny\n"]),
    ("* user", "id=7 user=ann", ["id=7"]),
    ("a*b*c", "ab ac abxc", ["", " a"]),
    (r"a\*b=*", "a*b=1", ["1"]),
    ("user=*", "USER=ann", None),
    ("a=* b=*", "a=1", None),
    ("(*)", "f(x)", ["x"]),
    ("*^*]*-*", "a^b]c-d", ["a", "b", "c", "d"]),
    (r"*\n", "a\nb", ["a"]),
]


@pytest.mark.parametrize(("raw", "text", "values"), MATCHES)
def test_values_in_duckdb(raw: str, text: str, values: list[str] | None) -> None:
    """RE2 takes an anchor's regex and gives the values that the language's rules give."""
    assert extract(raw, text) == values


def extract(raw: str, text: str, ignore_case: bool = False) -> list[str] | None:
    """The stars' values in DuckDB; ``None`` when the anchor does not match."""
    pattern = anchor_to_regex(parse_anchor(raw), ignore_case=ignore_case)
    names = [f"p{n + 1}" for n in range(len(parse_anchor(raw).stars))]
    sql = "SELECT CASE WHEN regexp_matches($t, $p) THEN 1 END"
    if not names or duckdb.execute(sql, {"t": text, "p": pattern}).fetchone()[0] is None:
        return None
    groups = range(1, len(names) + 1)
    return [duckdb.execute("SELECT regexp_extract(?, ?, ?)", [text, pattern, n]).fetchone()[0] for n in groups]


def test_case_is_a_switch() -> None:
    """Whether case counts is open in the language; it does unless asked otherwise."""
    assert extract("user=*", "USER=ann", ignore_case=True) == ["ann"]


def naive(literals: tuple[str, ...], text: str) -> list[str] | None:
    """The first place where the whole anchor fits, each star as short as it can be, by plain search."""
    last = literals[-1]
    for start in range(len(text) + 1 if literals[0] else 1):
        if not text.startswith(literals[0], start):
            continue
        at, values = start + len(literals[0]), []
        for number, literal in enumerate(literals[1:], 1):
            end = len(text) if number == len(literals) - 1 and not last else text.find(literal, at)
            if end < 0:
                return None
            values.append(text[at:end])
            at = end + len(literal)
        return values
    return None


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.text("ab;=", min_size=1, max_size=2), min_size=1, max_size=3),
    st.text("ab;=\n", max_size=12),
    st.booleans(),
)
def test_agrees_with_plain_search(literals: list[str], text: str, open_end: bool) -> None:
    """On any text an anchor gives what a search for its literals one after the other gives."""
    raw = "*".join(literals) + ("*" if open_end or len(literals) == 1 else "")
    assert extract(raw, text) == naive(parse_anchor(raw).literals, text)


NOTES = [
    (r"*\\*", "first `\\`"),
    ("*/*", "first `/`"),
    (r"*\\*\\*", "first 2 `\\`"),
    (r"C:\\*\\*", None),
    ("a=*;b=*", None),
    ("*", None),
    ("*=*", None),
    ("**", None),
    (r"*\\*.exe", None),
]


@pytest.mark.parametrize(("raw", "part"), NOTES)
def test_the_first_separator_is_explained(raw: str, part: str | None) -> None:
    """``*\\\\*`` divides at the first backslash, which is said; other anchors get no note."""
    note = first_separator_note(parse_anchor(raw))
    assert (note is None) if part is None else (note is not None and part in note)


def test_the_note_tells_what_duckdb_does() -> None:
    """The example in the note is what the regex really gives."""
    note = first_separator_note(parse_anchor(r"*\\*"))
    assert note is not None
    values = extract(r"*\\*", "C:\\Windows\\cmd.exe")
    assert values is not None
    assert all(f"`{v}`" in note for v in values)


@given(st.text())
def test_any_text_can_be_read(raw: str) -> None:
    """No text makes the anchor functions raise; literals are always one more than stars."""
    anchor = parse_anchor(raw)
    assert len(anchor.literals) == len(anchor.stars) + 1
    anchor_to_regex(anchor)
    first_separator_note(anchor)
