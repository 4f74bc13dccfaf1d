"""``dohyo update-rules``: three versions of each rule, and what becomes of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from command import dohyo
from dohyo.sigma.load import load
from dohyo.sigma.update import MEMORY, REPLACED

RULE = """# a comment of the public set
title: {title}
id: 00000000-0000-4000-8000-{number:012}
status: test
level: medium
logsource:
    category: process_creation
    product: windows
detection:
    selection:
        Image|endswith:
            - '\\one.exe'
            - '\\two.exe'
    condition: selection
"""
NAMES = ("same", "changed", "mine", "both", "clash", "gone", "gone_but_mine", "old", "moved", "deleted", "deleted_and_changed")


def update_rules(*args: object) -> subprocess.CompletedProcess[str]:
    return dohyo("update-rules", *args)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def sets(tmp_path: Path) -> tuple[Path, Path]:
    """One's own rules, once taken from the public set and then changed, and a newer copy of the set."""
    public, own = tmp_path / "public", tmp_path / "own"
    public.mkdir()
    for number, name in enumerate(NAMES):
        (public / f"{name}.yml").write_text(RULE.format(title=name, number=number))
    assert update_rules(own, "--from", public, "-q").returncode == 0
    for name in ("mine", "both", "gone_but_mine"):
        edit(own / f"{name}.yml", "'\\two.exe'", "'\\two.exe'\n            - '\\local.exe'")
    edit(own / "clash.yml", "level: medium", "level: low")
    for name in ("deleted", "deleted_and_changed"):
        (own / f"{name}.yml").unlink()
    (own / "private.yml").write_text(RULE.format(title="private", number=900))
    newer = tmp_path / "newer"
    shutil.copytree(public, newer)
    for name in ("changed", "both", "clash", "deleted_and_changed"):
        edit(newer / f"{name}.yml", "level: medium", "level: high")
    edit(newer / "both.yml", "'\\two.exe'", "'\\three.exe'")
    for name in ("gone", "gone_but_mine"):
        (newer / f"{name}.yml").unlink()
    edit(newer / "old.yml", "status: test", "status: deprecated")
    (newer / "deep").mkdir()
    (newer / "moved.yml").rename(newer / "deep" / "moved.yml")
    (newer / "fresh.yml").write_text(RULE.format(title="fresh", number=901))
    return own, newer


def test_each_rule_becomes_what_its_three_versions_say(sets: tuple[Path, Path]) -> None:
    """New, changed, moved, deprecated and removed rules follow the public set; one's own changes and rules stay; a rule that
    both changed has both changes; where both changed one key one's own stays, and the exit code is 1."""
    own, newer = sets
    done = update_rules(own, "--from", newer, "-f", "json")
    assert done.returncode == 1
    steps = {s["path"]: s for s in json.loads(done.stdout)}
    assert {p: s["kind"] for p, s in steps.items()} == {
        "changed.yml": "changed", "mine.yml": "kept", "both.yml": "merged", "clash.yml": "conflict", "gone.yml": "removed",
        "gone_but_mine.yml": "kept", "old.yml": "deprecated", "deep/moved.yml": "moved", "fresh.yml": "new",
        "deleted_and_changed.yml": "kept",
    }  # fmt: skip
    assert steps["changed.yml"]["details"] == ["level: medium → high"]
    assert steps["both.yml"]["details"] == [
        "here: detection.selection.Image|endswith: + \\local.exe", "there: level: medium → high",
        "there: detection.selection.Image|endswith: − \\two.exe, + \\three.exe",
    ]  # fmt: skip
    assert steps["clash.yml"]["details"][0] == "both changed level: one's own stays"
    both = yaml.safe_load((own / "both.yml").read_text())
    assert both["level"] == "high"
    assert both["detection"]["selection"]["Image|endswith"] == ["\\one.exe", "\\three.exe", "\\local.exe"]
    assert (own / "both.yml").read_text().startswith("# a comment of the public set\n")
    assert yaml.safe_load((own / "clash.yml").read_text())["level"] == "low"
    assert sorted(p.relative_to(own).as_posix() for p in own.rglob("*.yml")) == [
        "both.yml", "changed.yml", "clash.yml", "deep/moved.yml", "fresh.yml", "gone_but_mine.yml", "mine.yml", "old.yml",
        "private.yml", "same.yml",
    ]  # fmt: skip
    found = load([own])
    assert len(found.rules) == 10 and not found.broken
    again = update_rules(own, "--from", newer)
    assert again.returncode == 0 and "changed " not in again.stdout and "merged" not in again.stdout


def test_a_dry_run_writes_nothing(sets: tuple[Path, Path]) -> None:
    """The same is told, and every file is as it was, the memory too."""
    own, newer = sets
    before = {p: p.read_bytes() for p in own.rglob("*") if p.is_file()}
    done = update_rules(own, "--from", newer, "--dry-run")
    assert "conflict   clash.yml  clash\n           both changed level" in done.stdout
    assert "nothing was written" in done.stderr
    assert {p: p.read_bytes() for p in own.rglob("*") if p.is_file()} == before


def test_the_first_time_the_date_of_change_decides(tmp_path: Path) -> None:
    """Without a memory a rule with a later date is taken, and what it replaces is kept; another stays as it is."""
    own, newer = tmp_path / "own", tmp_path / "newer"
    for folder, level, dated in ((own, "low", "2024-01-01"), (newer, "high", "2025-01-01")):
        folder.mkdir()
        for number, (name, date) in enumerate((("later", dated), ("undated", "2024-01-01"))):
            text = RULE.format(title=name, number=number).replace("level: medium", f"level: {level}\nmodified: {date}")
            (folder / f"{name}.yml").write_text(text)
    assert update_rules(own, "--from", newer).returncode == 0
    assert "level: high" in (own / "later.yml").read_text()
    assert "level: low" in (own / REPLACED / "later.yml").read_text()
    assert "level: low" in (own / "undated.yml").read_text()
    assert (own / MEMORY).is_file()
    assert len(load([own]).rules) == 2 and not load([own]).broken


def test_what_cannot_be_read_is_named_and_left_alone(tmp_path: Path) -> None:
    """A broken newer file, a link, a broken memory; and folders that are not there are errors of the command."""
    own, newer = tmp_path / "own", tmp_path / "newer"
    own.mkdir()
    newer.mkdir()
    (own / "a.yml").write_text(RULE.format(title="a", number=1))
    (newer / "a.yml").write_text("title: [")
    (tmp_path / "secret.yml").write_text("secret: 1\n")
    (newer / "link.yml").symlink_to(tmp_path / "secret.yml")
    (own / MEMORY).write_bytes(b"no gzip")
    done = update_rules(own, "--from", newer)
    assert done.returncode == 0
    assert all(t in done.stderr for t in ("a.yml:1:9: no valid YAML", "link.yml: a link", f"{MEMORY}: cannot be read"))
    assert (own / "a.yml").read_text().startswith("# a comment") and not (own / "link.yml").exists()
    assert update_rules(own, "--from", tmp_path / "absent").returncode == 2


def test_a_file_that_cannot_be_read_is_not_taken_for_a_removed_one(sets: tuple[Path, Path]) -> None:
    """Here or there: the rule that is here stays, and the next merge still knows its base."""
    own, newer = sets
    (newer / "same.yml").write_text("title: [")
    (own / "changed.yml").write_text("title: [")
    update_rules(own, "--from", newer)
    assert "id: 00000000" in (own / "same.yml").read_text() and (own / "changed.yml").read_text() == "title: ["
    (newer / "same.yml").unlink()
    assert "removed    same.yml" in update_rules(own, "--from", newer).stdout
