"""A table in a terminal: no line is longer than the terminal, and what is not shown is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dohyo.formats import records, terminal
from dohyo.formats.terminal import fitted
from dohyo.results import Alert, Evidence

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


def _alert(detection: str, severity: str, n: int, command: str) -> Alert:
    fields = {"Computer": f"WS-{n}.corp.example", "CommandLine": command, "Empty": None}
    return Alert(
        detection, f"Title of {detection}", severity, "high", (), (), f"2026-01-12T16:50:0{n}.354Z", fields, Evidence("logs/a.evtx", n)
    )


@pytest.mark.parametrize("width", [60, 90, 300])
def test_alerts_are_told_whole_with_their_evidence(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each detection's alerts together, the severest first; where a table would cut or leave out, each alert in lines of its own."""
    monkeypatch.setenv("COLUMNS", str(width))
    alerts = [_alert("low-one", "low", 1, "x" * 150), _alert("high-one", "high", 2, "y" * 20), _alert("low-one", "low", 3, "z")]
    records.show(alerts)
    out = capsys.readouterr().out
    heads = [line for line in out.splitlines() if "Title of" in line]
    assert heads == ["high  Title of high-one  high-one  1 alert", "low  Title of low-one  low-one  2 alerts"]
    assert all(f"logs/a.evtx:{n}" in out and f"WS-{n}.corp.example" in out for n in (1, 2, 3))
    assert "Empty" not in out and not any(line != line.rstrip() for line in out.splitlines())
    assert "x" * 150 in out or width == 90  # a table cuts a long text; lines of its own do not
