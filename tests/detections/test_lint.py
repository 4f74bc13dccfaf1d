"""``dohyo lint`` over detection folders: each fault is named with its place, and what to write instead."""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from command import dohyo
from dohyo import attack
from dohyo.detections.load import bundled

T1197 = "T1197-bits-job-to-an-external-address"

lint = functools.partial(dohyo, "lint")


def test_the_bundled_detections_have_notes_only() -> None:
    """The library passes; what is to be noted is T1043's exclusion list, its label `Unknown`, its address test."""
    done = lint(bundled(), "-f", "json")
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout)
    assert [r["code"] for r in found] == ["DH4001", "DH4002", "DH4004"]
    assert all("T1043" in r["place"] and ":" in r["place"] for r in found)


def test_the_bundled_queries_are_in_the_layout() -> None:
    """What `dohyo fmt` would write is what stands there: people take these queries for a model."""
    done = dohyo("fmt", "--check", bundled())
    assert (done.returncode, done.stderr) == (0, "")


QUERY = """_sourceCategory={{where}} | where `office_hosts`
| lookup owner from path://"/owners" on Computer=host | count by owner
"""


@pytest.mark.parametrize("command", ["lint", "fix"])
def test_a_query_that_relies_on_its_project(command: str, tmp_path: Path) -> None:
    """Macros and tables of `dohyo.toml` and `--param` count, as where the query runs; without them each is named."""
    (tmp_path / "q.sumo").write_text(QUERY)

    run = functools.partial(dohyo, command, "q.sumo", cwd=tmp_path)
    bare = run()
    assert bare.returncode == 1 and "DH1015" in bare.stderr
    (tmp_path / "owners.csv").write_text("host,owner\nWS-1,ann\n")
    (tmp_path / "dohyo.toml").write_text('lookup-dir = "."\n[macros]\noffice_hosts = \'Computer matches "WS-*"\'\n')
    done = run("--param", "where=windows/sysmon")
    assert (done.returncode, done.stderr) == (0, {"lint": "nothing to say\n", "fix": "q.sumo: nothing to fix\n"}[command])


ATTACK = {"tactics": ["command-and-control"], "techniques": ["T1197"]}
#: What is changed in detection.yml, the code, and what is said.
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"attack": {**ATTACK, "techniques": ["T1197", "T1086"]}}, "DL022", "in favour of T1059.001"),
    ({"attack": {**ATTACK, "techniques": ["T1197", "T1021.01"]}}, "DL021", "no technique `T1021.01`"),
    ({"attack": {**ATTACK, "techniques": ["T1197", "T1046"]}}, "DL023", "belongs to discovery"),
    ({"attack": {**ATTACK, "techniques": ["T1105"]}}, "DL010", "begins with none of its techniques"),
    ({"attack": {**ATTACK, "tactics": ["executon"]}}, "DL020", "no tactic `executon`"),
    ({"related": ["T0000-nothing"]}, "DL030", "no detection `T0000-nothing`"),
    ({"references": ["attack.mitre.org"]}, "DL050", "is no web address"),
    ({"severty": "high"}, "DL001", "did you mean `severity`"),
]


@pytest.mark.parametrize(("changes", "code", "text"), FAULTS)
def test_a_fault_is_named(changes: dict[str, Any], code: str, text: str, tmp_path: Path) -> None:
    """With its code and a sentence, and the exit code is 1."""
    folder = shutil.copytree(bundled() / T1197, tmp_path / T1197)
    meta = yaml.safe_load((folder / "detection.yml").read_text())
    (folder / "detection.yml").write_text(yaml.safe_dump({**meta, **changes}))
    done = lint(folder)
    assert done.returncode == 1 and f"[{code}]" in done.stderr and text in done.stderr, done.stderr


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    """YAML would take the last one without a word."""
    folder = shutil.copytree(bundled() / T1197, tmp_path / T1197)
    with (folder / "detection.yml").open("a") as file:
        file.write("severity: low\n")
    done = lint(folder)
    assert done.returncode == 1 and "[DL002]" in done.stderr and "`severity` stands twice" in done.stderr


def test_faults_of_query_tests_and_links(tmp_path: Path) -> None:
    """A query that cannot run, a test that expects nothing, a link that leads nowhere, a folder without tests."""
    folder = shutil.copytree(bundled() / T1197, tmp_path / T1197)
    (folder / "query.sumo").write_text("* | wher a = 1\n")
    for test in (folder / "tests").iterdir():
        test.write_text("events: [{a: 1}]\n")
    (folder / "playbook.md").write_text("See [there](missing.md).\n")
    done = lint(folder)
    assert done.returncode == 1
    assert f"{folder / 'query.sumo'}:1:5" in done.stderr and "`where`" in done.stderr
    assert "DL040" in done.stderr and "expects nothing" in done.stderr and f"{folder / 'playbook.md'}:1" in done.stderr
    shutil.rmtree(folder / "tests")
    assert "DL011" in lint(folder).stderr


def test_attack_tables_agree() -> None:
    """No retired technique is still among the others, and what took its place is."""
    for gone in attack.retired().values():
        assert gone.id not in attack.techniques()
        assert set(gone.instead) <= set(attack.techniques())
    assert attack.techniques()["T1571"].name == "Non-Standard Port"
