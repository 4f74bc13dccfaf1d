"""Finding inputs: what the user types becomes streams, and what is wrong is named."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from source_helpers import find, read_all

from dohyo.sources.archives import Skipped
from dohyo.sources.model import Format

LINE = b'{"a": 1}\n'


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    for name in ("b.json", "a.json", "sub/c.txt", "sub/deep/.hidden", ".git/no.json"):
        (tmp_path / name).write_bytes(LINE)
    return tmp_path


def names(root: Path, *paths: Path | str) -> list[str]:
    return [os.path.relpath(source.name, root) for source in find(*paths)[0]]


def test_folder_is_searched_in_order_without_version_control(logs: Path) -> None:
    """A folder gives its files by name, hidden ones too, but nothing of .git."""
    assert names(logs, logs) == ["a.json", "b.json", "sub/c.txt", "sub/deep/.hidden"]


def test_a_file_is_read_once(logs: Path) -> None:
    """A file that two arguments name, or a link leads to, is read once."""
    (logs / "z.json").symlink_to(logs / "a.json")
    skipped = Skipped()
    found, problems = find(logs / "a.json", logs, skipped=skipped)
    assert len(found) == 4 and not problems
    assert skipped.count == 2


def test_link_that_leads_back_ends(logs: Path) -> None:
    """A link to a folder above does not go round for ever."""
    (logs / "sub" / "loop").symlink_to(logs)
    assert len(names(logs, logs)) == 4


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("*.json", ["a.json", "b.json"]), ("**/*.txt", ["sub/c.txt"]), ("?.json", ["a.json", "b.json"])],
)
def test_pattern_is_expanded(logs: Path, pattern: str, expected: list[str]) -> None:
    """Patterns work where the shell does not expand them."""
    assert names(logs, str(logs / pattern)) == expected


def test_brackets_may_be_part_of_a_name(logs: Path) -> None:
    """A file that is called like a pattern is that file."""
    (logs / "x[1].json").write_bytes(LINE)
    assert names(logs, logs / "x[1].json") == ["x[1].json"]


def test_what_is_not_there_is_named_and_the_rest_read(logs: Path) -> None:
    """A missing path, a pattern without a match and an odd path are problems with a hint; others are still read."""
    found, problems = find(logs / "nope", str(logs / "*.nope"), "a\0b", logs / "a.json")
    assert [source.format for source in found] == [Format.NDJSON]
    assert [problem.reason for problem in problems] == ["is not there", "no file fits this pattern", "is not a path"]
    assert all(problem.hint for problem in problems[:2])


def test_broken_link_is_named(logs: Path) -> None:
    """A link that leads nowhere is a problem, not an exception."""
    (logs / "dead").symlink_to(logs / "gone")
    found, problems = find(logs)
    assert len(found) == 4
    assert problems[0].file.endswith("dead")


def test_empty_file_is_named_but_no_problem(tmp_path: Path) -> None:
    """An empty file and one of blank lines come out as such."""
    (tmp_path / "e.json").write_bytes(b"")
    (tmp_path / "f.json").write_bytes(b" \n\n")
    found, problems = find(tmp_path)
    assert [source.format for source in found] == [Format.EMPTY, Format.EMPTY]
    assert not problems


def test_unknown_file_is_skipped_in_a_folder_but_a_problem_by_name(logs: Path) -> None:
    """A picture next to the logs is no complaint; asked for by name it is."""
    (logs / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    skipped = Skipped()
    _, problems = find(logs, skipped=skipped)
    assert (skipped.count, skipped.names[0][0].endswith("x.png"), problems) == (1, True, [])
    _, problems = find(logs / "x.png")
    assert "not a log" in problems[0].reason


def test_folder_without_logs_is_a_problem(tmp_path: Path) -> None:
    """A folder that holds nothing to read is named."""
    (tmp_path / "readme.md").write_text("Hello, world.\nThis is text.\n")
    assert "no log" in find(tmp_path)[1][0].reason


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_named(logs: Path) -> None:
    """A file that may not be read is a problem that says so; the others are read."""
    (logs / "a.json").chmod(0)
    found, problems = find(logs)
    assert len(found) == 3
    assert "permission" in problems[0].reason and problems[0].hint


def test_permission_error_is_put_in_words(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without a file system that refuses (tests may run as root)."""
    from dohyo.sources import find as module

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(module, "_raw", refuse)
    assert "permission" in find(logs / "a.json")[1][0].reason


def test_a_link_that_may_not_be_followed_ends_nothing(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where such a link leads cannot be told (``/proc/1/cwd`` is one); the other files are read."""

    def refuse(path: str) -> str:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os.path, "realpath", refuse)
    assert len(find(logs)[0]) == 4


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` is standard input, which can be read once and stays open."""
    stdin = io.TextIOWrapper(io.BytesIO(LINE * 3))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert read_all("-") == ({"-": 3}, [])
    assert not stdin.buffer.closed


def test_packed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gzip file may come through a pipe."""
    import gzip

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(LINE * 5))))
    assert read_all("-") == ({"-": 5}, [])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_inside_a_folder_is_not_opened(logs: Path) -> None:
    """A named pipe in a folder would block for ever; it is skipped."""
    os.mkfifo(logs / "pipe")
    assert len(find(logs)[0]) == 4
