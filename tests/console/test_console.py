"""The console answers lines, and a real terminal drives it: several lines, completion, Ctrl-C and Ctrl-D."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dohyo.console.chart import chart
from dohyo.console.session import Console, Leave, goes_on

LOGS = Path(__file__).resolve().parents[2] / "samples" / "logs"


@pytest.fixture(scope="module")
def console() -> Console:
    return Console([str(LOGS)])


def test_answers(console: Console) -> None:
    """A query, a word, the fields, a mistake, and nothing."""
    assert "3,500" in console.answer("* | count").replace("3500", "3,500")
    assert "timeslice [by]" in console.answer("?timeslice") and "nothing is called" in console.answer("?nothing")
    assert "DestinationIp" in console.answer(":fields") and str(LOGS) in console.answer(":logs")
    assert "did you mean `where`?" in console.answer("* | wher x") and console.answer("  ") == ""
    with pytest.raises(Leave):
        console.answer(":quit")


@pytest.mark.parametrize("columns", [80, 200])
def test_answers_fit_the_terminal(console: Console, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of a table, of a help text or of the fields' names is longer than the terminal is wide; one row is one row."""
    monkeypatch.setenv("COLUMNS", str(columns))
    queries = ("* | limit 2", '* | where EventID = "3" | limit 3', "* | count by Image, CommandLine")
    for asked in (*queries, "?transaction", ":fields", "?"):
        assert max(map(len, console.answer(asked).splitlines())) <= columns, asked
    assert "\n1 row; read 3,500 events in" in console.answer("* | count")
    assert console.answer('* | where Image = "none"').startswith("0 rows; read")


def test_a_field_is_known(console: Console) -> None:
    """A field of the logs or of Windows events, in any case."""
    assert console.answer("?image") == "field Image\n  `* | count by Image` counts its values.\n"
    assert "field InitiatingProcessFolderPath" in console.answer("?initiatingprocessfolderpath")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A folder that is not there is no folder without events."""
    answer = Console([str(tmp_path / "gone"), str(LOGS)]).answer("* | count")
    assert "3500" in answer and f"not read: {tmp_path / 'gone'}" in answer


def test_the_project_counts(tmp_path: Path) -> None:
    """Tables and the time range are those that other commands take: options, and `dohyo.toml`."""
    (tmp_path / "dohyo.toml").write_text('lookup-dir = ["tables"]\n')
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "hosts.csv").write_text("host\nh1\n")
    (tmp_path / "log.ndjson").write_text('{"a": 1}\n')
    asked = [sys.executable, "-m", "dohyo", "console", "log.ndjson", "--since", "2024-01-01"]
    done = subprocess.run(asked, input="cat path://hosts\n:quit\n", capture_output=True, text=True, check=False, cwd=tmp_path,
                          env=os.environ | {"XDG_STATE_HOME": str(tmp_path), "TERM": "dumb"})  # fmt: skip
    assert "1 row; read 0 events" in done.stdout, done.stderr


def test_time_is_drawn(console: Console) -> None:
    """An aggregate over `_timeslice` comes with a chart, other rows without."""
    assert "┤" in console.answer("* | timeslice 1h | count by _timeslice")
    assert "┤" not in console.answer("* | count by EventID")
    assert "\x1b" not in (chart(["_timeslice", "n"], [{"_timeslice": i * 3_600_000, "n": i} for i in range(5)], 80) or "\x1b")
    assert chart(["_timeslice", "who"], [{"_timeslice": i, "who": "x"} for i in range(5)], 80) is None


@pytest.mark.parametrize(("text", "more"), [
    ("* | count by a |", True), ("* | where (a = 1", True), ('* | where a = "x', True), ("* | count", False), ("?where", False),
    ('* | parse "\\"*\\"" as a', False), ("", False), ('* | where a = "("', False), (r"* | where a matches /\(x/", False),
    ("* | count // by (", False), ("* | count | // then", True), ("* | count |\n", False), ("* | sum(x),", True),
])  # fmt: skip
def test_a_line_that_is_not_the_end(text: str, more: bool) -> None:
    """A pipe at the end, an open bracket or an open quote goes on."""
    assert goes_on(text) is more


class Terminal:
    """``dohyo console`` in a terminal of its own."""

    def __init__(self, home: Path) -> None:
        self.fd, theirs = pty.openpty()
        environment = os.environ | {"TERM": "xterm", "HOME": str(home), "XDG_STATE_HOME": str(home)}
        command = [sys.executable, "-m", "dohyo", "console", str(LOGS)]
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True)
        os.close(theirs)
        self.seen = ""

    def until(self, *texts: str) -> None:
        """Reads until these texts have come, one after another: an answer, then the prompt that is ready for the next line."""
        end, at = time.monotonic() + 60, 0
        for text in texts:
            while (found := self.seen.find(text, at)) < 0:
                assert time.monotonic() < end, f"no {text!r} in {self.seen[-2000:]!r}"
                if select.select([self.fd], [], [], 0.1)[0]:
                    self.seen += os.read(self.fd, 65536).decode("utf-8", "replace")
            at = found + len(text)
        time.sleep(0.2)  # the prompt is written a moment before it reads

    def type(self, text: str) -> None:
        """Types, and forgets what was seen before."""
        self.seen = ""
        os.write(self.fd, text.encode())


def test_in_a_real_terminal(tmp_path: Path) -> None:
    """A query over two lines, a completed word, Ctrl-C that stops nothing but the line, Ctrl-D that leaves."""
    terminal = Terminal(tmp_path)
    try:
        terminal.until("dohyo>")
        terminal.type("* | count by EventID |\r")
        terminal.until("|")
        terminal.type("limit 2\r")
        terminal.until("2 rows; read 3,500 events", "dohyo>")
        terminal.type("* | times\t")
        terminal.until("timeslice")
        terminal.type("\x03")
        terminal.until("stopped", "dohyo>")
        terminal.type("?timeslice\r")
        terminal.until("Adds `_timeslice`", "dohyo>")
        terminal.type("\x04")
        assert terminal.process.wait(30) == 0
    finally:
        terminal.process.kill()
        terminal.process.wait()
    os.close(terminal.fd)
    assert "count by EventID" in (tmp_path / "dohyo" / "history").read_text()
