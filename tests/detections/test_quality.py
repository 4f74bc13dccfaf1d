"""How good the tests of a detection are: coverage, mutation, update, and that running together changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from command import dohyo
from dohyo.detections import cases
from dohyo.detections.load import load
from dohyo.detections.testing import run_tests

META = {"title": "Tool", "description": "A tool.", "status": "test", "severity": "low", "confidence": "low",
        "attack": {"tactics": ["execution"], "techniques": ["T1059"]}}  # fmt: skip
QUERY = '* | where p in ("a", "b") and n != "9" | if (p = "a", "first", "second") as label | fields p, label\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A detection whose one test knows only the item `a`."""
    home = tmp_path / "T1059-tool"
    (home / "tests").mkdir(parents=True)
    (home / "detection.yml").write_text(yaml.safe_dump(META))
    (home / "query.sumo").write_text(QUERY)
    (home / "tests" / "a.yml").write_text('# what must fire\nevents: [{p: a, n: "1"}, {p: z, n: "1"}]\ncount: 1\n')
    return tmp_path


def test_coverage_names_what_no_test_reaches(folder: Path) -> None:
    """The item and the label, with their places; what is reached is not named."""
    done = dohyo("test", "T1059-tool", "--detections", folder, "--coverage", "-q")
    assert done.returncode == 0, done.stderr
    gone = [line.split(maxsplit=3)[3] for line in done.stdout.splitlines() if "no test reaches" in line]
    assert gone == ["query.sumo:1:22  item `b`", "query.sumo:1:64  label `second`"], done.stdout


def test_mutation_names_what_no_test_notices(folder: Path) -> None:
    """Without `b`, and with another label, the test holds as before; without `a`, or the number turned round, it does not."""
    done = dohyo("test", "T1059-tool", "--detections", folder, "--mutate", "-q")
    assert "mutation  T1059-tool  2 of 4 changes noticed" in done.stdout, done.stdout
    assert "query.sumo:1:" in done.stdout and 'without the item "b"' in done.stdout


def test_update_writes_what_was_seen(folder: Path) -> None:
    """The count becomes the one that was seen, a comment stays, and the next run holds."""
    test = folder / "T1059-tool" / "tests" / "a.yml"
    test.write_text(test.read_text().replace("count: 1", "count: 2"))
    done = dohyo("test", "T1059-tool", "--detections", folder, "--update")
    assert done.returncode == 0 and "wanted 2" in done.stdout and f"updated {test}" in done.stderr
    assert test.read_text().startswith("# what must fire") and "count: 1" in test.read_text()
    assert dohyo("test", "T1059-tool", "--detections", folder, "-q").returncode == 0


def test_running_together_is_running_alone(folder: Path) -> None:
    """Each case of the library, and a failing one, has the same failures by itself as among the others."""
    (folder / "T1059-tool" / "tests" / "b.yml").write_text("events: [{p: b}]\nrows: [{label: third}]\n")
    library = load([folder]).detections
    together = {t.path: t.failures for t in run_tests(library).cases}
    assert any(together.values())
    for detection in library:
        for path in (detection.folder / "tests").glob("*.yml"):
            assert together[path] == tuple(cases.run(cases.load(path), path.parent, detection.query).failures)
