"""The regex scanner and its two spellings, against DuckDB's RE2 and the ``regex`` package."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dohyo.diagnostics import Span
from dohyo.patterns.regex import PatternError, parse_regex_problems, runaway, scan, to_python, to_re2

duckdb = pytest.importorskip("duckdb")
regex = pytest.importorskip("regex")


def on_re2(pattern: str, text: str = "x") -> tuple[str, ...] | None:
    """The whole match and the groups in DuckDB; ``None`` without a match. Raises DuckDB's own error."""
    found = duckdb.execute("SELECT regexp_matches(?, ?)", [text, pattern]).fetchone()[0]
    groups = range(len(scan(pattern).groups) + 1)
    if not found:
        return None
    return tuple(duckdb.execute("SELECT regexp_extract(?, ?, ?)", [text, pattern, n]).fetchone()[0] for n in groups)


def on_python(pattern: str, text: str) -> tuple[str, ...] | None:
    """The same on the other engine; a group that took no part is empty, as DuckDB gives it."""
    found = regex.compile(to_python(pattern)).search(text, timeout=2)
    return None if found is None else (found[0], *(g or "" for g in found.groups()))


def re2_takes(pattern: str) -> bool:
    """Whether DuckDB compiles a pattern as it stands."""
    try:
        duckdb.execute("SELECT regexp_matches('x', ?)", [pattern]).fetchall()
    except duckdb.Error:
        return False
    return True


SPELLINGS = [
    (r"(?<ip>\d+\.\d+)", r"(?P<ip>\d+\.\d+)"),
    (r"(?P<n>a)", r"(?P<n>a)"),
    (r"(?<l>(?i)err)", r"(?P<l>(?i)err)"),
    (r"\u00e9\u0041", r"éA"),
    (r"\ud83d\ude00", "😀"),
    (r"\u0007", r"\x{7}"),
    (r"\e[\e]", r"\x{1B}[\x{1B}]"),
    (r"\cA", r"\x{1}"),
    (r"\p{Alpha}+\p{Upper}", "[[:alpha:]]+[[:upper:]]"),
    (r"\P{Digit}", "[[:^digit:]]"),
    (r"[\p{Punct}a]", "[[:punct:]a]"),
    (r"\p{IsLatin}", r"[\p{Latin}]"),
    (r"\p{Lu}\pL", r"\p{Lu}\pL"),
    (r"\Qa.b\E+", r"a\.b+"),
    (r"[\Q]\E]", r"[\]]"),
    (r"(?x) a b # note" + "\n" + "c", "abc"),
    (r"(?ix: a )", "(?i:a)"),
    (r"(?#note)a", "a"),
    (r"\é", "é"),
    (r"(?d)(?u)a", "a"),
    (r"\<\>\:\,\'\=\/\"\-\_\ \@\#\%\&\~\!", r"\<\>\:\,\'\=\/\"\-\_\ \@\#\%\&\~\!"),
    (r"a{,3}", r"a\{,3}"),
    (r"[^\\]+\\", r"[^\\]+\\"),
    (r"[\s\S]*?x$", r"[\s\S]*?x$"),
]


@pytest.mark.parametrize(("pattern", "expected"), SPELLINGS)
def test_re2_spelling(pattern: str, expected: str) -> None:
    """What RE2 spells differently is rewritten, all else stays, and DuckDB takes the outcome."""
    assert to_re2(pattern) == expected
    assert re2_takes(expected)


FEATURES = [
    (r"(?<n>a)(?=b)", "lookahead", Span(7, 10)),
    (r"a(?!b)", "lookahead", Span(1, 4)),
    (r"(?<=a)b", "lookbehind", Span(0, 4)),
    (r"(?<!a)b", "lookbehind", Span(0, 4)),
    (r"(a)\1", "back-reference", Span(3, 5)),
    (r"(?<q>a)\k<q>", "back-reference", Span(7, 12)),
    (r"(?P<q>a)(?P=q)", "back-reference", Span(8, 14)),
    (r"a++", "possessive", Span(1, 3)),
    (r"a{2,3}+", "possessive", Span(1, 7)),
    (r"(?>a)", "atomic", Span(0, 3)),
    (r"a\Z", "end-escape", Span(1, 3)),
    (r"\Ga", "last-match", Span(0, 2)),
    (r"\X", "grapheme", Span(0, 2)),
    (r"(a)?(?(1)b|c)", "conditional", Span(4, 9)),
    (r"a{1001}", "large-count", Span(1, 7)),
    (r"(a{100}){11}", "large-count", Span(8, 12)),
    (r"[a-z&&[^b]]", "class-intersection", Span(4, 10)),
    (r"\p{IsAlphabetic}", "unicode-property", Span(0, 16)),
]


@pytest.mark.parametrize(("pattern", "kind", "span"), FEATURES)
def test_what_re2_lacks_runs_on_python(pattern: str, kind: str, span: Span) -> None:
    """Each feature RE2 lacks is named with its place, refused for RE2, and compiles for the other engine."""
    info = scan(pattern)
    assert [(f.kind, f.span) for f in info.features] == [(kind, span)]
    assert info.valid
    with pytest.raises(PatternError):
        to_re2(pattern)
    regex.compile(to_python(pattern))


PROBLEMS = [
    ("(a", "unclosed-group", Span(0, 1)),
    ("a)", "unopened-group", Span(1, 2)),
    ("[a", "unclosed-class", Span(0, 1)),
    ("[]", "unclosed-class", Span(0, 1)),
    ("*a", "nothing-to-repeat", Span(0, 1)),
    ("a|*", "nothing-to-repeat", Span(2, 3)),
    ("(?i)+", "nothing-to-repeat", Span(4, 5)),
    ("(?:{2})", "nothing-to-repeat", Span(3, 6)),
    ("a**", "double-repeat", Span(2, 3)),
    ("a{2}{3}", "double-repeat", Span(4, 7)),
    ("a{3,2}", "bad-repeat", Span(1, 6)),
    ("[z-a]", "bad-range", Span(1, 4)),
    (r"[a-\d]", "bad-range", Span(1, 5)),
    ("a\\", "trailing-backslash", Span(1, 2)),
    (r"\y", "unknown-escape", Span(0, 2)),
    (r"C:\Users", "unknown-escape", Span(2, 4)),
    (r"\x4", "unknown-escape", Span(0, 2)),
    (r"\x{110000}", "unknown-escape", Span(0, 10)),
    (r"\ud83d", "unknown-escape", Span(0, 6)),
    (r"\k", "unknown-escape", Span(0, 2)),
    (r"[\b]", "unknown-escape", Span(1, 3)),
    (r"\p{Klingon}", "unknown-property", Span(0, 11)),
    ("[[:foo:]]", "unknown-class", Span(1, 8)),
    (r"(a)\2", "unknown-group", Span(3, 5)),
    (r"(?<ab>x)\k<ac>", "unknown-group", Span(8, 14)),
    ("(?<n>a)(?<n>b)", "repeated-group", Span(10, 11)),
    ("(?<a-b>x)", "bad-group-name", Span(3, 6)),
    ("(?<>x)", "bad-group-name", Span(3, 3)),
    ("(?<1a>x)", "bad-group-name", Span(3, 5)),
    ("(?z)", "bad-flags", Span(0, 4)),
    ("(?i-)", "bad-flags", Span(0, 5)),
    ("(?|a)", "unknown-group-syntax", Span(0, 4)),
    ("(?#a", "unclosed-group", Span(0, 3)),
]


@pytest.mark.parametrize(("pattern", "kind", "span"), PROBLEMS)
def test_errors_have_a_place(pattern: str, kind: str, span: Span) -> None:
    """Each mistake is found where it is, and neither spelling is made of it."""
    found = [(p.kind, p.span) for p in scan(pattern).problems]
    assert (kind, span) in found
    for spell in (to_re2, to_python):
        with pytest.raises(PatternError):
            spell(pattern)


def test_a_near_group_name_is_suggested() -> None:
    """A misspelt back-reference names the group that was meant."""
    (problem,) = scan(r"(?<user>x)\k<usr>").problems
    assert problem.hint == "did you mean `user`?"


def test_groups_in_order() -> None:
    """Named and unnamed groups keep their order and their places."""
    info = scan(r"(?<a>x)(y)(?:z)(?P<b>\(\))")
    assert [g.name for g in info.groups] == ["a", None, "b"]
    assert info.names == ("a", "b")
    assert info.unnamed == (Span(7, 10),)


RULES = [
    (r"(?<a>x)", []),
    (r"(a)(?<b>.)", ["unnamed-group"]),
    (r"(?<a>(?<b>x))", ["nested-group"]),
    (r"(?<a>(?:(?:(?<b>x))))", ["nested-group"]),
    (r"x", ["no-named-group"]),
    (r"(x)", ["unnamed-group", "no-named-group"]),
]


@pytest.mark.parametrize(("pattern", "kinds"), RULES)
def test_rules_of_parse_regex(pattern: str, kinds: list[str]) -> None:
    """``parse regex`` wants named groups only, not inside each other."""
    assert [p.kind for p in parse_regex_problems(scan(pattern))] == kinds


def test_unnamed_groups_can_be_made_plain() -> None:
    """Without unnamed groups the n-th name is the n-th group; a reference by number keeps them."""
    assert to_re2(r"(a)(?<b>\()", capture_unnamed=False) == r"(?:a)(?P<b>\()"
    assert regex.search(to_python(r"(a)(?<b>.)(?=c)", capture_unnamed=False), "abc").groups() == ("b",)
    assert regex.search(to_python(r"(a)(?<b>.)\1", capture_unnamed=False), "aba").groups() == ("a", "b")


#: Pattern, text, the match and its groups (``None``: no match); run on both engines where both can.
MEANINGS = [
    (r"(?<l>err)", "ERR", None),
    (r"(?<l>(?i)err)x", "ERRx", ("ERRx", "ERR")),
    (r"(?<l>(?i)err)x", "ERRX", None),
    (r"a(?i)b|c", "C", ("C",)),
    (r"(?i)ss", "ß", None),
    (r"(?i)É", "é", ("é",)),
    (r"a.b", "a\nb", None),
    (r"(?s)a.b", "a\nb", ("a\nb",)),
    (r"a[\s\S]b", "a\nb", ("a\nb",)),
    (r"a$", "a\n", None),
    (r"(?m)^b$", "a\nb\nc", ("b",)),
    (r"^b", "a\nb", None),
    (r"\d", "٣", None),
    (r"\w+", "é_a1", ("_a1",)),
    (r"\bcmd\b", "a cmd.exe", ("cmd",)),
    (r"\bcmd\b", "acmd", None),
    (r"é\b", "éa", ("é",)),
    (r"\s", "\x0b", None),
    (r"\h+", "\t\u00a0x", ("\t\u00a0",)),
    (r"[\H]+", " \ta\n", ("a\n",)),
    (r"a\Rb", "a\r\nb", ("a\r\nb",)),
    (r"[^\W\d]+", "12ab", ("ab",)),
    (r"(?i)[^\w]", "S", None),
    (r"(?i)[\W]", "s", None),
    (r"(?U)a+", "aaa", ("a",)),
    (r"(?U)a+?", "aaa", ("aaa",)),
    (r"a{,2}", "a{,2}", ("a{,2}",)),
    (r"[[:alpha:]]+", "1ab", ("ab",)),
    (r"[]a]+", "]a", ("]a",)),
    (r"[a&&b]+", "&a", ("&a",)),
    (r"[-a]+[a-]", "-a-", ("-a-",)),
    (r"\p{Greek}", "aλ", ("λ",)),
    (r"a(?=b)", "acab", ("a",)),
    (r"(?<!x)a", "xa", None),
    (r"(?<c>\w)\k<c>", "abccd", ("cc", "c")),
    (r"(\w)\1", "abccd", ("cc", "c")),
    (r"a\Z", "a\n", ("a",)),
    (r"a\z", "a\n", None),
    (r"a++a", "aaa", None),
    (r"[a-z&&[^b]]+", "bac", ("ac",)),
    (r"[a-z&&[def]]+", "bade", ("de",)),
    (r"(a)?(?(1)b|c)", "ab", ("ab", "a")),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), MEANINGS)
def test_meaning_on_both_engines(pattern: str, text: str, expected: tuple[str, ...] | None) -> None:
    """A pattern means the same on RE2 and on the Python engine: ASCII classes, dot, dollar, inline flags."""
    assert on_python(pattern, text) == expected
    if scan(pattern).runs_on_re2:
        assert on_re2(to_re2(pattern), text) == expected


SIGNS = r"a b . ^ $ | ( ) (?: (?<n> (?P<m> (?i) (?i: (?s) [ ] [^a] [a-b] - : * + ? *? {2} {1,2} { } , # & é"
ESCAPES = r"\d \W \b \. \\ \ \x41 \u0041 \p{L} \p{Alpha} [[:alpha:]] [\s\S] [^\\] \e \h \Q \E"
PIECES = st.sampled_from([*SIGNS.split(), *ESCAPES.split(), " ", "\n"])
PATTERNS = st.lists(PIECES, max_size=9).map("".join)


@settings(max_examples=300, deadline=None)
@given(PATTERNS)
def test_the_verdict_agrees_with_duckdb(pattern: str) -> None:
    """What the scanner calls runnable DuckDB compiles; what it calls wrong DuckDB refuses too, our own rules aside."""
    info = scan(pattern)
    if info.runs_on_re2:
        assert re2_takes(to_re2(pattern))
    ours = {"repeated-group", "bad-group-name", "nothing-to-repeat"}
    if info.problems and not {p.kind for p in info.problems} & ours:
        assert not re2_takes(pattern.replace("(?<", "(?P<"))


@settings(max_examples=200, deadline=None)
@given(PATTERNS, st.text("abAé1 .\\\n]", max_size=6))
def test_both_engines_find_the_same(pattern: str, text: str) -> None:
    """Any pattern that both engines can run gives the same verdict on any text."""
    assume(scan(pattern).runs_on_re2)
    found = duckdb.execute("SELECT regexp_matches(?, ?)", [text, to_re2(pattern)]).fetchone()[0]
    assert (regex.compile(to_python(pattern)).search(text, timeout=5) is not None) == found


@given(st.text() | st.text(r"()[]{}\*+?^$|.-&:<>=!PQEkpux#,01aAi "))
def test_any_text_can_be_scanned(pattern: str) -> None:
    """No text makes the scanner raise, all places lie inside it, and what is valid compiles for Python."""
    info = scan(pattern)
    spans = [p.span for p in info.problems] + [f.span for f in info.features] + [g.span for g in info.groups]
    assert all(0 <= span.start <= span.end <= len(pattern) for span in spans)
    runaway(pattern)
    parse_regex_problems(info)
    if info.valid:
        regex.compile(to_python(pattern))


HOSTILE = [
    "(" * 15000,
    "[" * 15000,
    "(?<n>" * 3000,
    r"\k<abc>" * 2000,
    "a{999}" * 2000,
    "(?:" * 5000 + ")" * 5000,
    "[&&" * 5000,
    r"\Q" * 7000,
    "(a|" * 5000,
    "{" + "9" * 14000 + "}",
    "a{" + "9" * 14000 + "}",
]


@pytest.mark.parametrize("pattern", HOSTILE, ids=lambda p: p[:8])
def test_long_hostile_patterns_take_no_time(pattern: str) -> None:
    """15,000 characters of the worst kind are read in well under a second."""
    start = time.process_time()
    scan(pattern)
    assert time.process_time() - start < 5


def test_groups_too_deep_are_an_error() -> None:
    """Nesting that would exhaust Python's stack is named, not run into."""
    assert scan("(?:" * 100 + "a" + ")" * 100).valid
    assert [p.kind for p in scan("(?:" * 101 + "a" + ")" * 101).problems] == ["too-deep"]
    regex.compile(to_python("(?:" * 100 + "a" + ")" * 100))


RUNAWAY = [
    ("(a+)+", True),
    ("(a*)*b", True),
    ("(a|a)*", True),
    ("(ab|ac)+", True),
    (".*.*x", True),
    (r"\d+\d+", True),
    ("((a*)b)*", True),
    ("(.*a){25}", True),
    ("(a|b)*", False),
    ("a+b+", False),
    ("(?>a+)+", False),
    ("(a*+)*", False),
    ("(a+)?", False),
    (".*foo.*", False),
    ("(a", False),
]


@pytest.mark.parametrize(("pattern", "expected"), RUNAWAY)
def test_runaway(pattern: str, expected: bool) -> None:
    """Nested and overlapping repetitions are called prone to run away, plain ones are not."""
    assert runaway(pattern) is expected


def test_a_runaway_pattern_is_stopped() -> None:
    """The engine that can run away takes a time limit, which ends it."""
    compiled = regex.compile(to_python(r"(?=x)?(\w|\w\w)+\d\d$"))
    with pytest.raises(TimeoutError):
        compiled.search("a" * 200 + "!", timeout=0.05)
