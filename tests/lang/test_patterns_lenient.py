"""Regexes in plain strings of the lenient dialect, and globs that are none. All spellings are our own."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dohyo.patterns.lenient import looks_like_regex, read_regex_string, read_strictly
from dohyo.patterns.regex import scan

#: Spelling → reading.
READINGS = [
    # a dot, written double
    (r"putty\\.exe", r"putty\.exe"),
    (r"(putty|winscp)\\.exe", r"(putty|winscp)\.exe"),
    (r"\\.(ps1|bat)$", r"\.(ps1|bat)$"),
    (r"^(100\\.64\\.|203\\.(1|2[0-9])\\.|198\\.51\\.)", r"^(100\.64\.|203\.(1|2[0-9])\.|198\.51\.)"),
    (r"\\d{1,3}\\.\\d{1,3}", r"\d{1,3}\.\d{1,3}"),
    (r"(?:\\.[a-z]+)?$", r"(?:\.[a-z]+)?$"),
    (r"a\\.?b", r"a\.?b"),
    (r"a\\..*b", r"a\..*b"),
    (r"putty\\\\.exe", r"putty\.exe"),
    # a path separator and then anything
    (r"\\.*\\Public", r"\\.*\\Public"),
    (r".*\\Temp\\.*\\.exe", r".*\\Temp\\.*\.exe"),
    (r"\\Users\\.+\\Music", r"\\Users\\.+\\Music"),
    # single, as it stands
    (r"putty\.exe", r"putty\.exe"),
    (r"\s+-x\s*\d", r"\s+-x\s*\d"),
    (r"\bnc\b", r"\bnc\b"),
    (r"\(\d+\)", r"\(\d+\)"),
    (r"\bin\b", r"\bin\b"),
    (r"Host:\t(?<h>\S+)\r\n", r"Host:\t(?<h>\S+)\r\n"),
    (r"\x41\u0042\p{L}", r"\x41\u0042\p{L}"),
    # single, but a path
    (r"D:\Tools", r"D:\\Tools"),
    (r"C:\Windows\System32", r"C:\\Windows\\System32"),
    (r"\AppData\Roaming", r"\\AppData\\Roaming"),
    (r"C:\Users\bob\dumps", r"C:\\Users\\bob\\dumps"),
    (r"\ProgramData\explorer\.exe", r"\\ProgramData\\explorer\.exe"),
    (r"\svchost\.exe", r"\\svchost\.exe"),
    (r"ends in one\ "[:-1], r"ends in one\\"),
    # four: one backslash, doubled
    (r"\\\\music", r"\\music"),
    (r"\\\\Users\\\\Public\\\\", r"\\Users\\Public\\"),
    (r"\\\\system32\\\\", r"\\system32\\"),
    (r"\\\\(a|b)\\.exe", r"\\(a|b)\.exe"),
    (r"\\\\.*\\.hta", r"\\.*\.hta"),
    (r"\\\\\\\\files\\\\c\\$", r"\\\\files\\c\$"),
    (r"[^\\\\]+$", r"[^\\]+$"),
    (r"\\\\\\.ssh", r"\\\.ssh"),
    (r"x\\\\d+", r"x\d+"),
    # classes inside brackets
    (r"[^\\]+", r"[^\\]+"),
    (r"[\\/]nc\\.exe", r"[\\/]nc\.exe"),
    (r"[\\w\\s.-]+", r"[\w\s.-]+"),
    (r"[\\w\\-\\.]+@", r"[\w\-\.]+@"),
    (r"[\\t\\r\\n ]", r"[\t\r\n ]"),
    (r"\\[([^\\]]+)\\]", r"\[([^\]]+)\]"),
    (r"[\\[\\]]x", r"[\[\]]x"),
    (r"\\Users\\[^\\]+\\AppData", r"\\Users\\[^\\]+\\AppData"),
    (r"\\[a-z]+\\.tmp", r"\\[a-z]+\.tmp"),
    # letter classes and anchors, written double
    (r"net\\s+user", r"net\s+user"),
    (r"\\S+\\W\\D", r"\S+\W\D"),
    (r"\\bnc\\b", r"\bnc\b"),
    (r"\\bwhoami", r"\bwhoami"),
    (r"\\r\\n\\t", r"\r\n\t"),
    (r"\\Astart.*end\\z", r"\\Astart.*end\z"),
    (r"\\p{L}+", r"\p{L}+"),
    (r"\\x41\\u0042", r"\x41\u0042"),
    (r"(\\w)\\1", r"(\w)\1"),
    (r"\\h+x", r"\h+x"),
    # a path follows
    (r"\\temp", r"\\temp"),
    (r"\\Users\\", r"\\Users\\"),
    (r"\\svchost\\.exe", r"\\svchost\.exe"),
    (r"\\dropper\\.exe", r"\\dropper\.exe"),
    (r"\\bitsadmin\\.exe", r"\\bitsadmin\.exe"),
    (r"\\bin\\bash", r"\\bin\\bash"),
    (r"\\Software\\Classes", r"\\Software\\Classes"),
    (r"\\Desktop", r"\\Desktop"),
    (r"\\x64\\nc", r"\\x64\\nc"),
    (r"\\192\\.0\\.2", r"\\192\.0\.2"),
    (r"\\%TEMP%", r"\\%TEMP%"),
    (r"(\\music\\|\\video\\)", r"(\\music\\|\\video\\)"),
    (r"\\Temp\\$", r"\\Temp\\$"),
    (r"C:\\", r"C:\\"),
    # signs
    (r"f\\(\\d+\\)", r"f\(\d+\)"),
    (r"\\(putty|winscp)\\.exe", r"\\(putty|winscp)\.exe"),
    (r"echo \\| nc", r"echo \| nc"),
    (r"ADMIN\\$", r"ADMIN\$"),
    (r"\\\\host\\\\IPC\\$$", r"\\host\\IPC\$$"),
    (r"g\\+\\+", r"g\+\+"),
    (r"why\\?", r"why\?"),
    (r"\\{[0-9a-f-]{36}\\}", r"\{[0-9a-f-]{36}\}"),
    (r"\\{2}srv", r"\\{2}srv"),
    (r"https?:\\/\\/", r"https?:\/\/"),
    (r"a\\-b\\:c\\,d", r"a\-b\:c\,d"),
    (r"\\^x", r"\^x"),
    # quotes
    (r"\"nc\\.exe\" -l", r'"nc\.exe" -l'),
    (r"\\\"k\\\"", r'"k"'),
    (r"k=\"(?<v>[^\"]+)\"", r'k="(?<v>[^"]+)"'),
    # nothing to decide
    ("", ""),
    ("plain text", "plain text"),
    (r"(?i).*nc.*", r"(?i).*nc.*"),
]


@pytest.mark.parametrize(("raw", "pattern"), READINGS)
def test_spelling_and_reading(raw: str, pattern: str) -> None:
    """Each spelling is read as its writer meant it, into a regex without mistakes; a change is said to be one."""
    reading = read_regex_string(raw)
    assert reading.pattern == pattern
    assert reading.changed == (pattern != read_strictly(raw))
    assert scan(pattern).valid
    assert (reading.how == "read as it stands") == (not reading.changed)


HOWS = [
    (r"putty\\.exe", r"`\\.` read as `\.`"),
    (r"\\\\music", r"`\\\\` read as one backslash"),
    (r"\\s+\\.exe", r"`\\s` read as `\s`; `\\.` read as `\.`"),
    (
        r"\\Temp\\.*\\.exe",
        r"`\\` before `Temp` read as a backslash; `\\` before `.` read as a backslash; `\\.` read as `\.`",
    ),
    (r"D:\Tools", r"`\` before `Tools` read as a backslash"),
    (r"putty\.exe", "read as it stands"),
]


@pytest.mark.parametrize(("raw", "how"), HOWS)
def test_how_it_was_read(raw: str, how: str) -> None:
    """The phrase for the diagnostic tells every kind of decision once, mixed ones together."""
    assert read_regex_string(raw).how == how


def test_a_long_story_is_cut() -> None:
    """A pattern with many decisions gets a phrase that can still be read."""
    assert read_regex_string(r"\\s\\d\\w\\S\\D\\W\\b\\.").how.endswith("…")


def test_a_reading_that_is_no_regex_gives_way() -> None:
    """When the piecewise reading does not compile and another does, the other is taken."""
    reading = read_regex_string(r"(a\\)b)")
    assert scan(reading.pattern).valid
    assert reading.pattern == r"(a\)b)"


def test_strict_reading_unescapes_quotes_only() -> None:
    r"""Real Sumo Logic hands everything but ``\"`` to the regex engine."""
    assert read_strictly(r"\"a\\.b\"\d\\") == r'"a\\.b"\d\\'


GLOBS = [
    "*(x86)*",
    "*.exe",
    "*[*]*",
    r"*C:\\Windows\\*",
    "a|b",
    "*$*",
    "^*",
    "*$",
    "HOST01$",
    "10.0.*",
    "putty.*",
    "*.*",
    "www.*.org",
    r"*\bin\*",
    r"C:\Windows\System32\*",
    r"C:\dir\.git\*",
    r"*\\.\\pipe*",
    "*nc*|*sh*",
    "*| *",
    "error (code *)",
    "index.*?id=*",
    "item[0]*",
    "C++*",
    "a+b*",
    "Failed (user|pass)",
    ".exe",
    "",
    "*",
    "?",
    "*?*",
    "http://*/a?b=c",
    "{{user}}",
    "*{{{user}}}*",
    "404",
    "prod/web*",
    "*^*",
    "*(a|)*",
    "*()*",
    "*(|)*",
    r"C:\\Windows\\s*\\x.exe",
    r"*\\d*",
    "a.b.c",
    r"*\\system32\\cmd.exe",
    r"\\\\server\\share\\*",
    "(unknown)",
    "-",
    "50%*",
    "*[ERROR]*",
    "[INFO] *",
    r"\"*\"",
    "* (*) *",
    r"C:\\Program Files (x86)\\*",
    r"D:\apps\.net\*",
    r"C:\\Users\\*\\AppData\\*.exe",
    "user@*.org",
    "a(b)c",
    "*.(exe)",
]


@pytest.mark.parametrize("raw", GLOBS)
def test_real_globs_are_left_alone(raw: str) -> None:
    """A glob over log values is never taken for a regex."""
    assert looks_like_regex(raw) is None


REGEXES = [
    (r"(?i).*putty.*", r"(?i).*putty.*"),
    (r"(?i)putty|winscp", r"(?i)putty|winscp"),
    (r".*\\putty\\.exe", r".*\\putty\.exe"),
    (".*nc.*", ".*nc.*"),
    (".*", ".*"),
    ("^nc", "^nc"),
    (r"^C:\\Tools", r"^C:\\Tools"),
    (r"\.exe$", r"\.exe$"),
    (r"\\.exe$", r"\.exe$"),
    (r"putty\.exe", r"putty\.exe"),
    (r"(putty|winscp)\\.exe", r"(putty|winscp)\.exe"),
    (r"(putty|winscp)", r"(putty|winscp)"),
    (r"nc\s+-l", r"nc\s+-l"),
    (r"\\d+", r"\d+"),
    (r"[a-z0-9]{8}", r"[a-z0-9]{8}"),
    (r"[A-F]+x", r"[A-F]+x"),
    (r"[^a]b", r"[^a]b"),
    (r"a.+b", r"a.+b"),
    (r"192\.0\.2\.1", r"192\.0\.2\.1"),
    (r"\bnc\b", r"\bnc\b"),
    (r"x(?:a|b)", r"x(?:a|b)"),
    (r"x(?=a)", r"x(?=a)"),
]


@pytest.mark.parametrize(("raw", "pattern"), REGEXES)
def test_regexes_are_seen(raw: str, pattern: str) -> None:
    """A regex in a glob's place is seen and read like any regex string."""
    hint = looks_like_regex(raw)
    assert hint is not None
    assert (hint.kind, hint.pattern) == ("regex", pattern)
    assert hint.why


HYBRIDS = [
    ("*(a.exe|b.exe)*", r"(?:a\.exe|b\.exe)", ["x a.exe y", "b.exe"], ["aXexe"]),
    ("*(a.exe|b.exe)", r"(?:a\.exe|b\.exe)$", ["x a.exe"], ["a.exe y"]),
    ("(putty|nc)*", r"^(?:putty|nc)", ["nc -l"], ["x nc"]),
    (r"*\\(putty|nc).exe", r"\\(?:putty|nc)\.exe$", ["C:\\nc.exe"], ["nc.exe"]),
    (r"*(a\.exe|b\.exe)*", r"(?:a\.exe|b\.exe)", ["a.exe"], ["a\\.exe"]),
    (r"*(a\\.exe|b\\.exe)*", r"(?:a\\\.exe|b\\\.exe)", ["a\\.exe"], []),
    ("*((a|b)x|c)*", r"(?:(?:a|b)x|c)", ["bx", "c"], ["b"]),
    ("*(a|b)*(x86)*", r"(?:a|b)[\s\S]*\(x86\)", ["b\n(x86)"], ["b x86"]),
    ("*(a*z|b)*", r"(?:a[\s\S]*z|b)", ["a..z"], ["a"]),
    ("(?i)*Putty*", "(?i)Putty", ["xPUTTYx"], ["put"]),
    ("(?i)putty*", "(?i)^putty", ["PuTTY.exe"], ["x putty"]),
    ("(?i)*(a|b).exe", r"(?i)(?:a|b)\.exe$", ["B.EXE"], ["b.exe "]),
    (r"*(net\s+user|whoami)*", r"(?:(net\s+user|whoami))", ["x net  user"], ["net\\s+user"]),
]


@pytest.mark.parametrize(("raw", "pattern", "yes", "no"), HYBRIDS)
def test_hybrids_are_seen(raw: str, pattern: str, yes: list[str], no: list[str]) -> None:
    """A glob with alternatives or flags becomes the regex that says what was meant, as real texts show."""
    re = pytest.importorskip("regex")
    hint = looks_like_regex(raw)
    assert hint is not None
    assert (hint.kind, hint.pattern) == ("hybrid", pattern)
    assert all(re.search(hint.pattern, text) for text in yes)
    assert not any(re.search(hint.pattern, text) for text in no)


@given(
    st.lists(st.text("abz019 _-/@=,;:", min_size=1, max_size=5), min_size=1, max_size=4), st.booleans(), st.booleans()
)
def test_globs_of_plain_text_are_globs(parts: list[str], before: bool, after: bool) -> None:
    """Plain text with stars in any place is a glob."""
    assert looks_like_regex("*" * before + "*".join(parts) + "*" * after) is None


@given(st.text() | st.text('\\\\\\().*[]"|$^{}+?abdswnSDWB12 :'))
def test_any_text_can_be_read(raw: str) -> None:
    """No text makes the readers raise, what is hinted is a valid regex, and text without a backslash stays."""
    reading = read_regex_string(raw)
    assert reading.how
    if "\\" not in raw:
        assert reading.pattern == raw
    hint = looks_like_regex(raw)
    assert hint is None or scan(hint.pattern).valid


@given(st.text("\\\\\\().*[]|abdsTemp2 :"))
def test_a_valid_string_never_becomes_invalid(raw: str) -> None:
    """Reading leniently never turns a string that is a regex as it stands into one that is none."""
    if scan(read_strictly(raw)).valid:
        assert scan(read_regex_string(raw).pattern).valid


HOSTILE = [
    "\\" * 15001,
    r"\\(" * 5000,
    r"\\[" * 5000,
    "(" * 15000,
    "(a|" * 5000,
    "*(a|b)" * 2500,
    r"\\.exe" * 2500,
    "[^" * 7500,
    r"\s" * 7500,
    ".exe" * 3700,
    "(?i)*" + "a" * 15000,
    "(a" * 7000 + "|b)" * 300,
    r"\b" + "a" * 15000,
    r" \b" * 5000,
    "[a" * 7500,
    r"\\." * 5000 + "$ ",
]


@pytest.mark.parametrize("raw", HOSTILE, ids=lambda raw: raw[:6])
def test_long_hostile_strings_take_no_time(raw: str) -> None:
    """15,000 characters of the worst kind are read in well under a second; what grows with their square would take a minute."""
    start = time.process_time()
    read_regex_string(raw)
    looks_like_regex(raw)
    assert time.process_time() - start < 5
