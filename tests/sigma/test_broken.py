"""Rules from strangers: what is wrong is named by file and line, the rest is used, and nothing fills memory or reads a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from command import dohyo
from dohyo.sigma.cache import Cache
from dohyo.sigma.load import load

HEAD = """title: Odd
logsource:
  product: windows
  category: process_creation
detection:
  sel:
"""
GOOD = HEAD.replace("Odd", "Good") + "    Image|endswith: x.exe\n  condition: sel\n"


def odd(body: str, condition: str = "sel") -> str:
    return f"{HEAD}{body}\n  condition: {condition}\n"


def bombs(deep: int) -> str:
    """Lists of aliases of lists of aliases: ten to the power of ``deep`` values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, deep)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        (odd("    User: a\n    Image|nonsense: x"), ":8", "nonsense"),
        (odd("    User: a\n    CommandLine|re: (?<=a)b"), ":8", "look-behind"),
        (odd("    User: a\n    CommandLine|re:\n      - ok\n      - (a)\\1"), ":10", "back-reference"),
        (odd("    CommandLine|re: ((a{1000}){1000}){1000}"), ":7", "1000"),
        (odd("    CommandLine|re: " + r"(\w{900}\W{900}){1}" * 50), ":7", "so large a pattern"),
        (odd("    CommandLine|re: (a"), ":7", "invalid"),
        (odd("    Image: x", "sel and absent"), ":8", "absent"),
        (odd("    Image: x", "sel and and"), ":8", "and"),
        (odd("    Image: x", "5"), ":8", "condition: 5 is no text"),
        (odd("    Image: x", "[sel, {a: b}]"), ":8", "is no text"),
        (odd("    Image: x", ""), ":8", "condition: nothing is no text"),
        (odd("    DestinationIp|cidr: 10.0.0.0/99"), ":7", "10.0.0.0/99"),
        (odd("    Image: x").replace("process_creation", "made_up"), ":4", "made_up"),
        (odd("    Image: x\n    Image: y"), ":8:5", "twice"),
        ("\n\n- not\n- a rule\n", ":3", "mapping"),
        ("title: [", ":1:9", "YAML"),
        ("title: !!python/object/apply:os.system [id]\n", ":1:8", "python/object"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, place: str, reason: str, tmp_path: Path) -> None:
    """The file, the line of what is wrong, the reason; the good rule beside it is used."""
    path = tmp_path / "odd.yml"
    path.write_text(text)
    (tmp_path / "good.yml").write_text(GOOD)
    found = load([tmp_path], Cache(None))
    assert [r.title for r in found.rules] == ["Good"]
    (broken,) = found.broken
    assert broken.startswith(f"{path}{place}: ") and reason in broken and len(broken) < 600


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (bombs(9) + odd("    Image: *a8"), "100,000 values"),
        ("a: &a [*a]\n" + GOOD, "inside"),
        ("a: " + "[" * 100_000, "YAML"),
        (odd("    CommandLine|windash: '" + " -a" * 30 + "'"), "dashes"),
        (odd("    Image: x", "(" * 5_000 + "sel" + ")" * 5_000), "nested"),
        (odd("    Image: x", "not " * 4_000 + "sel"), "nested"),
        (odd("    Image: x", " and ".join(["sel"] * 50_000)), "letters"),
        (odd("    Image|contains: [" + ", ".join(f"text{i}" for i in range(60_000)) + "]"), "letters"),
        ("#" * 5_000_000, "bytes"),
    ],
    ids=["aliases", "itself", "brackets", "windash", "condition", "nots", "ands", "values", "file"],
)
def test_nothing_fills_memory(text: str, reason: str, tmp_path: Path) -> None:
    """Within 700 MB and some seconds each is refused, and the good rule finds its event."""
    (tmp_path / "odd.yml").write_text(text)
    (tmp_path / "good.yml").write_text(GOOD)
    log = tmp_path / "log.ndjson"
    log.write_text(json.dumps({"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "Image": "x.exe",
                               "UtcTime": "2024-01-01 00:00:00.000"}) + "\n")  # fmt: skip
    program = ("import resource, sys; resource.setrlimit(resource.RLIMIT_DATA, (700_000_000,) * 2)\n"
               "from dohyo.sigma.cache import Cache\nfrom dohyo.sigma.load import load\nfrom pathlib import Path\n"
               "found = load([Path(sys.argv[1])], Cache(None))\n"
               "print([r.title for r in found.rules], *found.broken)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("['Good'] ") and reason in done.stdout and len(done.stdout) < 1_000


def test_a_placeholder_names_a_table_and_reads_no_other_file(tmp_path: Path) -> None:
    """A table's name that leads out of the folders of tables finds nothing there: the rule fires on no event, and says why."""
    secret = tmp_path / "secret.csv"
    secret.write_text("value\nx.exe\n")
    rules, tables = tmp_path / "rules", tmp_path / "tables"
    rules.mkdir()
    tables.mkdir()
    (rules / "odd.yml").write_text(odd("    Image|expand: '%../secret%'"))
    log = tmp_path / "log.ndjson"
    log.write_text(json.dumps({"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "Image": "x.exe",
                               "UtcTime": "2024-01-01 00:00:00.000"}) + "\n")  # fmt: skip
    done = dohyo("hunt", "--sigma", rules, "--lookup-dir", tables, log, "-f", "json")
    assert json.loads(done.stdout) == [] and "there is no table `../secret`" in done.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [("title: [", "a.yml:1:9"), ("", "a.yml: no Sigma rule in it"), ("filter: {rules: any}", "a.yml: no Sigma rule in it")],
)
def test_where_no_rule_can_be_used_the_command_says_so(text: str, reason: str, tmp_path: Path) -> None:
    """It is the command that is wrong, not the logs."""
    (tmp_path / "a.yml").write_text(text)
    log = tmp_path / "log.ndjson"
    log.write_text("{}\n")
    done = dohyo("hunt", "--sigma", tmp_path / "a.yml", log)
    assert done.returncode == 2 and reason in done.stderr and "no detection that can run" in done.stderr
