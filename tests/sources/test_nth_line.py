"""One line of a large file is found by counting: the same line that reading from the start gives."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dohyo.sources.find import find_inputs
from dohyo.sources.readers import nth_line as room
from dohyo.sources.readers.ndjson import lines_at
from dohyo.sources.readers.nth_line import Looking, has_blank_lines, nth_line

LINES = st.lists(st.sampled_from(['{"a":1}', "", " ", "\r", '  {"b":"x"}', '{"c":"' + "y" * 30 + '"}', "\t\t"]), max_size=40)


@settings(deadline=None)
@given(LINES, st.booleans(), st.sampled_from([1, 2, 3, 7, 64, 1 << 19]), st.sampled_from([1, 3]))
def test_as_reading_from_the_start(lines: list[str], ended: bool, piece: int, turn: int) -> None:
    """Every record's line, whatever the pieces it is cut into, by its number; blank lines are no records, and are noticed."""
    text = '{"first":1}\n' + "\n".join(lines) + ("\n" if ended else "")
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patched:
        path = Path(scratch) / "log.ndjson"
        path.write_bytes(text.encode())
        (source,) = find_inputs([str(path)], lambda problem: None)
        chunks = list(lines_at(source, np.arange(len(lines) + 2)))
        records = {n: t.strip() for c in chunks for n, t in zip(c.records.to_pylist(), c.raw.to_pylist(), strict=True)}
        patched.setattr(room, "_PIECE", piece)
        patched.setattr(room, "_TURN", turn)
        patched.setattr(room, "_SAMPLED", len(text))
        found = {n: (nth_line(path, n) or "").strip() for n in range(len(lines) + 3)}
        blank = has_blank_lines(path)
        at = min(3, len(lines))
        looking = Looking(path, at)
        assert (looking.text() or "").strip() == found[at] and not looking.mistaken(len(records))
    assert {n: text for n, text in found.items() if text} == records
    assert blank == (len(records) < len(text.removesuffix("\n").split("\n")))


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """What went wrong in the thread is told where the line is asked for."""
    with pytest.raises(FileNotFoundError):
        Looking(tmp_path / "gone.ndjson", 1).text()


def test_a_blank_line_that_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blank lines are looked for all over a file, not everywhere; where none is noticed, records are counted, as the engine does."""
    path = tmp_path / "log.ndjson"
    path.write_bytes(b"{}\n{}\n\n{}\n" + b"{}\n" * 20 + b'{"last":1}\n')
    monkeypatch.setattr(room, "_PIECE", 3)
    monkeypatch.setattr(room, "_SAMPLED", 5)
    assert not has_blank_lines(path) and nth_line(path, 24) == '{"last":1}'
    late, early = Looking(path, 24), Looking(path, 2)
    assert late.text() == "{}" and late.mistaken(24) and late.mistaken(None)
    assert early.text() == "{}" and not early.mistaken(24)
    assert not Looking(path, 24).mistaken(25)  # lines and records are as many
    monkeypatch.setattr(room, "_SAMPLED", 100)
    assert has_blank_lines(path) and nth_line(path, 25) == '{"last":1}'
    assert Looking(path, 25).text() == '{"last":1}' and not Looking(path, 25).mistaken(24)
