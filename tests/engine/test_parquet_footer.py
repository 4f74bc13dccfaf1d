"""What the footer of a Parquet file says makes statements shorter, and no answer another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dohyo.detections.load import load
from dohyo.detections.why import why
from dohyo.engines.duckdb.parquet import opened, read_footer
from dohyo.engines.duckdb.scan import probable
from dohyo.results import Result
from dohyo.run import Query, RunOptions, run_queries, search
from dohyo.store.ingest import ingest

Row = dict[str, str | None]

SYSMON = "Microsoft-Windows-Sysmon/Operational"
USUAL: Row = {"EventID": "3", "Channel": SYSMON, "TimeCreated": "2026-01-12T07:30:00.777Z", "UtcTime": "2026-01-12 07:30:00.004",
              "Hostname": "a", "Computer": None, "SourceName": None, "Image": r"C:\a.exe"}  # fmt: skip

FILES: dict[str, list[Row]] = {
    "usual": [USUAL, USUAL | {"EventID": "1", "UtcTime": None}],
    "channels": [USUAL | {"Channel": c} for c in (SYSMON, SYSMON.lower(), "sysmon", "Security", "Unknown", "", "PowerShell")],
    "no channel": [USUAL | {"Channel": c} for c in (SYSMON, None)],
    "providers": [USUAL | {"Channel": c, "SourceName": p} for c in (SYSMON, "x", None) for p in (SYSMON.split("/")[0], "y", None)],
    "times": [USUAL | {"UtcTime": t} for t in ("2026-01-12 07:30:00.004", "1768203000123", "soon", "", "2026/01/12 07:30:00", None)],
    "dates": [USUAL | {"UtcTime": t} for t in ("2026-01-12 07:30:00", "2026-01-12T08:30:00+02:00", "2026-01-x")],
    "no id": [USUAL, USUAL | {"EventID": None}],
    "an id alone": [{"EventID": "3", "Image": None}, {"EventID": "4", "Image": "b"}],
    "no host": [USUAL | {"Hostname": h, "Computer": c} for h in ("a", "", None) for c in ("c", "", None)],
    "other": [{"x": "1", "time": "2026-01-12 07:30:00"}, {"x": None, "time": "1768203000"}],
}

QUERIES = [
    "* | fields _messageTime, EventID, Channel, Computer, _sourceCategory",
    "* | count by _sourceCategory, Hostname",
    "_sourceCategory=windows/sysmon | count by EventID, Channel",
    '* | where !(_sourceCategory = "windows/sysmon") and EventID != "4" | count by EventID, Channel',
    '_sourceCategory=windows/* | where Image matches /a.exe/ and _sourceCategory matches "*sys*" | fields Hostname, _sourceCategory',
    "_sourceCategory=windows/other or _sourceCategory=other/json | timeslice 1h | count by _timeslice",
]


def _written(rows: Sequence[Row], path: Path) -> Path:
    table = pa.Table.from_pylist([*rows], pa.schema([(name, pa.string()) for name in rows[0]]))
    pq.write_table(table, path, row_group_size=2)
    return path


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("name", FILES)
def test_the_statement_says_what_the_reading_says(name: str, query: str, tmp_path: Path) -> None:
    """A file beside another log is read without a look at its footer."""
    path = _written(FILES[name], tmp_path / "events.parquet")
    nothing = tmp_path / "nothing.ndjson"
    nothing.write_text("[]\n", "utf-8")
    assert Counter(map(str, search(query, [path]).rows)) == Counter(map(str, search(query, [path, nothing]).rows))


def test_a_footer(tmp_path: Path) -> None:
    """Columns are empty, full, or neither; two groups of rows say together what values begin with."""
    rows: list[Row] = [{"full": t, "empty": None, "neither": n} for t, n in (("ab1", None), ("ab2", None), ("abc", "x"), ("ac", "x"))]
    found = read_footer(str(_written(rows, tmp_path / "a.parquet")))
    assert (found.rows, {*found.empty}, {*found.full}) == (4, {"empty"}, {"full"})
    assert found.beginnings == {"full": b"a", "empty": b"", "neither": b""}


def test_a_key_of_an_object_is_no_column(tmp_path: Path) -> None:
    """``p.q`` may be a column with such a name, or a key within ``p``."""
    table = pa.table({"p.q": ["a", None], "p": [{"q": "b"}, {"q": "c"}], "l": [["d"], ["e"]]})
    pq.write_table(table, tmp_path / "a.parquet")
    found = read_footer(str(tmp_path / "a.parquet"))
    assert not found.full | found.empty


EVENT: dict[str, object] = {"Channel": "Microsoft-Windows-Sysmon/Operational", "UtcTime": "2026-01-12 07:30:00.018"}


def test_whole_numbers_in_a_column_of_floating_ones(tmp_path: Path) -> None:
    """A table has ports so when some events have none; a fraction stays one."""
    path, store = tmp_path / "e.parquet", str(tmp_path / "store")
    rows = [EVENT | {"EventID": 3.0, "DestinationPort": 443.0, "Score": 0.5}, EVENT | {"EventID": 1.0, "DestinationPort": None}]
    pq.write_table(pa.Table.from_pylist(rows), path)
    ingest([str(path)], store)
    wanted = [{"EventID": "3", "DestinationPort": "443", "Score": "0.5"}]
    for place in (str(path), store):
        assert search('* | where DestinationPort = "443" | fields EventID, DestinationPort, Score', [place]).rows == wanted


def test_what_a_table_is_said_to_have(tmp_path: Path) -> None:
    """A field that is made of another column is there; a table without Windows events is named, with its columns."""
    windows, other = tmp_path / "w.parquet", tmp_path / "o.parquet"
    pq.write_table(pa.Table.from_pylist([EVENT | {"EventID": "3", "Hostname": "h"}]), windows)
    pq.write_table(pa.table({"a": ["x"], "b": ["y"]}), other)
    read = search("* | fields Computer, Image", [windows]).read
    assert (read.foreign, read.missing) == ([], ("Image",))
    read = search("* | fields a", [other]).read
    assert (read.foreign, read.unknown) == ([str(other)], {str(other): ("a", "b")})


def test_the_events_of_a_table_are_counted(tmp_path: Path) -> None:
    """By category and kind, so that a detection which finds nothing is not said to have had nothing to look at."""
    path = tmp_path / "e.parquet"
    rows = [EVENT | {"EventID": n, "Image": "C:\\a\\cmd.exe", "DestinationPort": "4444"} for n in ("3", "3", "1")]
    pq.write_table(pa.Table.from_pylist([*rows, {"Channel": "Security", "EventID": "4688", "UtcTime": None}]), path)
    counted = {("windows/sysmon", "3"): 2, ("windows/sysmon", "1"): 1, ("windows/security", "4688"): 1}
    assert search("* | count", [path]).read.kinds == counted
    assert search("* | count", [path], RunOptions(source_category="own")).read.kinds[("own", "3")] == 2
    assert why(load().find("T1043"), [path], RunOptions()).verdict == "filtered"
    read = search("* | count", [path]).read
    path.unlink()
    assert not read.kinds


def test_many_queries_over_a_table_of_several_shapes(tmp_path: Path) -> None:
    """Each row is read by the shape that it has, whatever its columns would allow; a table without rows is one."""
    path, empty = tmp_path / "e.parquet", tmp_path / "none.parquet"
    xml = ("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID>7</EventID>"
           "<Channel>Security</Channel></System><EventData><Data Name='Image'>x.exe</Data></EventData></Event>")
    rows: list[dict[str, object]] = [EVENT | {"EventID": "1", "Image": "a.exe"}, {"Message": xml}, {"x": "1"}]
    columns = ["Channel", "UtcTime", "EventID", "Image", "Message", "x"]
    table = pa.Table.from_pylist([{c: row.get(c) for c in columns} for row in rows])
    pq.write_table(table, path)
    pq.write_table(table.slice(0, 0), empty)
    asked = ['* | where Image = "a.exe" | fields EventID', '* | where Image = "x.exe" | fields EventID', "* | where x = 1 | fields x"]
    results = run_queries([Query(text) for text in asked], [str(path), str(empty)], RunOptions())
    assert [r.rows for r in results if isinstance(r, Result)] == [[{"EventID": "1"}], [{"EventID": "7"}], [{"x": "1"}]]


def test_columns_with_types_of_their_own(tmp_path: Path) -> None:
    """A number in each row tells the shape as a text does; an instant is the time as it is, before 1970 too."""
    path = tmp_path / "e.parquet"
    times = [datetime(2026, 1, 12, 7, 30, 0, 18_000), datetime(1960, 1, 1)]
    columns = {"EventID": [3, 3], "UtcTime": times, "Message": ["<Event x", None], "Id": [None, "1"], "TimeCreated": times}
    pq.write_table(pa.table(columns), path)
    with duckdb.connect() as connection:
        assert [shape.name for shape in probable(opened(connection, str(path)).raw)] == ["flat"]
    found = search("* | fields _messageTime, EventID | sort by _messageTime", [path]).rows
    assert [(r["_messageTime"], r["EventID"]) for r in found] == [(1768203000018, "3"), (-315619200000, "3")]
