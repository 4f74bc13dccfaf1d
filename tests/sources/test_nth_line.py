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
from dohyo.sources.readers.nth_line import Looking, nth_line

LINES = st.lists(st.sampled_from(['{"a":1}', "", " ", "\r", '  {"b":"x"}', '{"c":"' + "y" * 30 + '"}', "\t\t"]), max_size=40)


@settings(deadline=None)
@given(LINES, st.booleans(), st.sampled_from([1, 2, 3, 7, 64, 1 << 19]), st.sampled_from([1, 3]))
def test_as_reading_from_the_start(lines: list[str], ended: bool, piece: int, turn: int) -> None:
    """Every record's line, whatever the pieces it is cut into; after the last one there is none."""
    text = '{"first":1}\n' + "\n".join(lines) + ("\n" if ended else "")
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patched:
        path = Path(scratch) / "log.ndjson"
        path.write_bytes(text.encode())
        (source,) = find_inputs([str(path)], lambda problem: None)
        records = [t for c in lines_at(source, np.arange(len(lines) + 2)) for t in c.raw.to_pylist()]
        patched.setattr(room, "_PIECE", piece)
        patched.setattr(room, "_TURN", turn)
        found = [nth_line(path, n) for n in range(len(records) + 2)]
    assert [f and f.strip() for f in found] == [None, *(r.strip() for r in records), None]


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """What went wrong in the thread is told where the line is asked for."""
    with pytest.raises(FileNotFoundError):
        Looking(tmp_path / "gone.ndjson", 1).text()
