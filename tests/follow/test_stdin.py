"""Standard input as a stream."""

from __future__ import annotations

import subprocess
from pathlib import Path

from follow_helpers import Following, event, line, names, once, quiet_line


def test_records_are_looked_at_as_they_come(tmp_path: Path) -> None:
    """Before the input ends, in pieces that end anywhere; a last line without newline is the last record."""
    with Following(tmp_path, "-", stdin=subprocess.PIPE) as follow:
        pipe = follow.process.stdin
        assert pipe is not None
        pipe.write((quiet_line(0) + line(1) + line(2)[:70]).encode())
        pipe.flush()
        follow.wait(1)
        pipe.write((line(2)[70:] + line(3).rstrip("\n")).encode())
        pipe.close()
        assert follow.process.wait(30) == 0
        alerts = follow.wait(3)
    assert [(a["fields"]["Computer"], a["evidence"]) for a in alerts] == [
        (f"HOST{n}", {"file": "-", "record": n + 1}) for n in (1, 2, 3)
    ]


def test_csv_from_a_pipe() -> None:
    """With its header."""
    text = "\n".join([",".join(event(0)), *(",".join(map(str, event(n).values())) for n in (1, 2))])
    done = once("-", stdin=text)
    assert [name in done.stdout for name in names([1, 2])] == [True, True]
    assert done.returncode == 0


def test_what_cannot_be_read_as_it_comes_is_refused() -> None:
    """By name, and with the exit code of no input."""
    done = once("-", stdin="<Events><Event/></Events>")
    assert "-: is nothing that can be read as it comes" in done.stderr
    assert done.returncode == 3
