"""A table in a terminal: no line is longer than the terminal, and what is not shown is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dohyo.formats import terminal
from dohyo.formats.terminal import fitted

NAMES = ["time", "severity", "detection", "Computer", "CommandLine", "Label", "file", "record"]
ROWS = [[f"2026-01-12T16:50:0{i}.354Z", "medium", "T1043-commonly-used-port", f"WS-{i}.corp.example", "x" * 150 * i, "LOLBin",
         "a.evtx", str(i)] for i in range(3)]  # fmt: skip


def _shown(width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    terminal.show(NAMES, ROWS, [False] * len(NAMES))
    return capsys.readouterr().out.splitlines()


def test_a_wide_terminal_shows_all(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is cut where there is room."""
    lines = _shown(600, capsys, monkeypatch)
    assert lines[0].split() == NAMES and len(lines) == 2 + len(ROWS) and "…" not in "".join(lines)


def test_what_is_the_same_stands_above(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is narrow the values that all rows share are told once; the long text is cut, times and hosts are whole."""
    lines = _shown(100, capsys, monkeypatch)
    assert lines[0] == "all rows: severity medium, detection T1043-commonly-used-port, Label LOLBin, file a.evtx"
    assert lines[1].split() == ["time", "Computer", "CommandLine", "record"]
    assert lines[-1].startswith("2026-01-12T16:50:02.354Z  WS-2.corp.example  xxx") and lines[-1].endswith("…  2")


def test_what_has_no_room_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A very narrow terminal shows the first columns and names the others."""
    lines = _shown(44, capsys, monkeypatch)
    assert lines[-1] == "no room for CommandLine, record; a wider terminal or --format json shows them"


@given(
    st.lists(st.lists(st.text("aé漢 ", max_size=60), min_size=5, max_size=5), min_size=1, max_size=4),
    st.integers(min_value=24, max_value=200),
)
def test_no_line_is_too_long(rows: list[list[str]], width: int) -> None:
    """Whatever the cells hold, wide characters included, a row is one line of the terminal."""
    layout = fitted(["a", "b", "c", "d", "e"], rows, width)
    assert set(layout.widths) | set(layout.same) | set(layout.left_out) == set(range(5))
    for row in rows:
        assert cell_len(terminal._line(row, layout.widths, [False] * 5)) <= width
