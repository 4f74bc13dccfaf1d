"""What is known of an engine without starting or installing it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from msgspec.structs import replace

from dohyo.binding.context import Options
from dohyo.compile import compile_query
from dohyo.engines import choose
from dohyo.engines.errors import EngineError
from dohyo.engines.lacks import lacks, left_to_duckdb
from dohyo.engines.spark.dialect import SAIL, SPARK
from dohyo.patterns.elsewhere import JAVA, RUST, spelled
from dohyo.run import RunOptions, explain


@pytest.mark.parametrize(
    ("pattern", "java", "rust"),
    [
        ("a.b$", r"a[^\n]b\z", r"a[^\n]b\z"),
        (r"(?s)a.b", "a(?s:.)b", "a(?s:.)b"),
        (r"(?i)é\d", r"(?iu)\x{E9}[0-9]", r"(?i)\x{E9}[0-9]"),
        (r"(?P<n>[^a&&\[])+?x", None, r"([^a\x{26}\x{26}\x{5B}]){1,}?x"),  # Java needs stack for each round
        (r".*.*x", None, r"[^\n]{0,}[^\n]{0,}x"),  # and would go back and forth
        (r"\bb", None, r"(?-u:\b)b"),
        (r"(?m)^a", None, None),  # Java and RE2 differ after a line feed that ends the text
        (r"a(?=b)", None, None),
        (r"[\s\S]", "(?s:.)", "(?s:.)"),
    ],
)
def test_regexes_elsewhere(pattern: str, java: str | None, rust: str | None) -> None:
    """A pattern in an engine's own syntax, or nothing where it would mean something else or take endless time."""
    found = spelled(pattern, JAVA)
    if pattern == r"\bb":
        assert found is not None and found.endswith("b") and "?<=" in found
    else:
        assert found == java
    assert spelled(pattern, RUST) == rust


def test_explain_needs_no_engine() -> None:
    """The engine's SQL is known where its client is not even imported."""
    code = (
        "import sys; from dohyo.run import explain, RunOptions\n"
        "print(explain('* | where x matches \"a*b*c\" | json field=y \"b\" | count by b', RunOptions(engine='spark')).sql)\n"
        "assert not {'pyspark', 'grpc', 'pysail'} & set(sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "RLIKE" in found and "DOHYO_JSON_DOCUMENT_" in found


def test_what_is_left_to_duckdb_is_told() -> None:
    """A query in pure SQL has no note; one with JSON names what is borrowed."""
    assert explain('* | where x = "1" | count by y', RunOptions(engine="spark")).diagnostics == ()
    told = explain('* | json field=y "b" | count by b', RunOptions(engine="sail")).diagnostics
    assert [d.code for d in told] == ["DH3003"]
    assert "JSON_EXTRACT_STRING" in told[0].notes[0]


def test_what_an_engine_lacks_is_an_error_with_the_reason() -> None:
    """Functions, aggregates and nodes by their names."""
    plan = compile_query("* | num(a) as n | sort by n | limit 3 | pct(n, 5) by k", "q", Options()).plan
    lacking = replace(SPARK, unsupported={"number_of": "it cannot count", "pct": "nor rank", "Limit": "nor stop", "sum": "unused"})
    assert {d.title for d in lacks(plan, lacking)} == {
        "spark cannot run `number_of`: it cannot count", "spark cannot run `pct`: nor rank", "spark cannot run `Limit`: nor stop",
    }  # fmt: skip
    assert lacks(plan, SPARK) == lacks(plan, SAIL) == []
    assert left_to_duckdb(plan, SPARK) == []


def test_no_such_engine() -> None:
    """The message names those that there are."""
    with pytest.raises(EngineError, match="duckdb, spark, sail, and sc://host:port"):
        choose.dialect("sparc")


def test_an_absent_extra_is_named() -> None:
    """Without pysail the command says what to install, and shows no traceback."""
    code = (
        "import importlib.util as u, sys; old = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'pysail' else old(name, *a)\n"
        "sys.argv = ['dohyo', 'search', '*', 'samples/logs', '--engine', 'sail']\n"
        "from dohyo.cli import main; main()"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "error: this engine needs pysail, which is not installed: pip install 'dohyo[sail]'\n"
