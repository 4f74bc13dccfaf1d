"""A large NDJSON file is read by a table that holds no more than its first records need; the answers are those of the whole one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dohyo.engines.duckdb import reading
from dohyo.engines.duckdb.scan import file_statement
from dohyo.results import Result
from dohyo.run import RunOptions, search
from dohyo.sources import limits
from dohyo.sources.model import Enough, Key, Uniform
from dohyo.sources.readers.nth_line import nth_line
from dohyo.sources.shapes import SHAPES, shape
from dohyo.sources.shapes.lean import lean

USUAL: dict[str, Any] = {
    "SourceName": "Microsoft-Windows-Sysmon", "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 3, "Hostname": "a",
    "TimeCreated": "2026-01-12T07:30:00.777Z", "UtcTime": "2026-01-12 07:30:00.004", "Image": r"C:\a.exe", "DestinationPort": "25",
}  # fmt: skip


def _with(**changed: Any) -> dict[str, Any]:
    return {key: value for key, value in (USUAL | changed).items() if value is not ...}


ODD = [
    _with(Channel=..., LogName="Security"), _with(Channel="", log_name="System"), _with(Channel=None), _with(Channel="Unknown"),
    _with(Channel="Unknown", SourceName=..., ProviderName="Microsoft-Windows-Sysmon"), _with(SourceName="", Provider="PowerShell"),
    _with(Hostname=..., Computer="b"), _with(Hostname="", MachineName="c"), _with(UtcTime=...), _with(UtcTime="soon"),
    _with(UtcTime=..., TimeCreated=..., **{"@timestamp": "2026-01-12T08:00:00Z"}), _with(UtcTime=..., TimeCreated="no"),
    _with(UtcTime="2026-01-12 07:30:00,004"), _with(UtcTime=" 2026-01-12 07:30:00+02"), _with(UtcTime="2026-01-12 07:30:00.+02"),
    _with(UtcTime="2026-01-12 07:30:00.0041"), _with(UtcTime="01/12/2026 7:30:00.1 PM"), _with(Provider={"Name": "x"}),
    _with(EventData={"Image": "y"}), _with(EventReceivedTime="2026-01-12 07:30:00"),
    _with(TimeGenerated="2026-01-12 07:30:00"), _with(EventCode="3"), _with(event_id=3), _with(Event={"System": {"EventID": 4}}),
    _with(EventID=...), {"EventID": 9, "Image": "only"}, {"EventID": 9}, {"x": 1}, _with(_source={"winlog": {"event_id": 3}}),
    _with(_raw="<Event/>"), _with(Image=None), _with(Provider="text"), _with(Provider=[1]), _with(Event="text"),
]  # fmt: skip
_FORMS = [json.loads(each.example) for each in SHAPES]
#: What stands among the usual records: few forms at a time, for a statement grows faster than their number.
AMONG = [_FORMS[at : at + 6] for at in range(0, len(_FORMS), 6)]

QUERIES = [
    "* | fields EventID, Channel, Provider, Image",
    "* | fields _messageTime, _sourceCategory, Computer, Hostname",
    "* | count by _sourceCategory, EventID",
    '_sourceCategory=windows/sysmon | where DestinationPort = "25" | count by Hostname, _sourceHost',
    "_sourceCategory=windows/security | count by Computer",
    '* | where Image matches "*a.exe" | timeslice 1h | count by _timeslice',
]


def _read(query: str, path: Path, monkeypatch: pytest.MonkeyPatch, native: int) -> Result:
    monkeypatch.setattr(limits, "NATIVE", native)
    return search(query, [path])


#: All queries among the odd ones, two that ask for much among the other forms.
READ = [(query, ODD) for query in QUERIES] + [(query, forms) for query in (QUERIES[1], QUERIES[3]) for forms in AMONG]


@pytest.mark.parametrize(("query", "odd"), READ, ids=range(len(READ)))
def test_nothing_is_misread(query: str, odd: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of any other form among usual ones, none of which is looked at first, are read as they are among few."""
    path = tmp_path / "events.ndjson"
    lines = [json.dumps(record) for record in [USUAL] * 60 + odd + [USUAL] * 900]
    path.write_text("\n".join([*lines[:70], "{broken", *lines[70:]]) + "\n", "utf-8")
    lean_one, whole = (_read(query, path, monkeypatch, native) for native in (0, 1 << 60))
    assert Counter(map(str, lean_one.rows)) == Counter(map(str, whole.rows))
    assert lean_one.read.files[0].shapes == whole.read.files[0].shapes
    assert lean_one.read.kinds == whole.read.kinds
    assert [p.reason for p in lean_one.read.problems] == [p.reason for p in whole.read.problems]


@pytest.mark.parametrize("most", [True, False], ids=["most", "few"])
def test_a_time_elsewhere_is_found(most: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the usual place of the time has none, or none that can be read, the other places are looked at: for the answer, and
    for the range of time that is asked for."""
    path = tmp_path / "events.ndjson"
    later = [_with(UtcTime="soon", n=1), _with(UtcTime=..., n=2), _with(UtcTime="", n=3), _with(UtcTime="2026-13-45 99:99:99.000", n=4)]
    usual = [USUAL | {"n": 0}] * 900
    path.write_text("\n".join(json.dumps(record) for record in [*usual[:60], *later, *usual]) + "\n", "utf-8")
    monkeypatch.setattr(limits, "NATIVE", 0)
    query = "* | fields _messageTime, n" if most else '* | where n = "1" or n = "2" or n = "3" or n = "4" | fields _messageTime, n'
    after = 1768203000010  # 07:30:00.010, after the usual time and before TimeCreated
    for since in (None, after):
        found = search(query, [path], RunOptions(since=since))
        assert sorted(row["n"] for row in found.rows if row["n"] != "0") == ["1", "2", "3", "4"]
        assert {row["_messageTime"] for row in found.rows if row["n"] != "0"} == {1768203000777}
        assert sum(row["n"] == "0" for row in found.rows) == (960 if most and since is None else 0)
        assert found.read.files[0].shapes == {"flat": 964}


@pytest.mark.parametrize("category", ["windows/sysmon", "windows/security"])
def test_only_the_useful_records_say_where_the_time_is(category: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The records of another source category may have their time elsewhere; the statement looks for one time."""
    path = tmp_path / "events.ndjson"
    security = _with(UtcTime=..., Channel="Security", SourceName="Microsoft-Windows-Security-Auditing", EventID=4688)
    path.write_text("\n".join(json.dumps(record) for record in [USUAL, security] * 500) + "\n", "utf-8")
    statements: list[str] = []

    def noted(*given: Any) -> str | None:
        made = file_statement(*given)
        statements.append(made or "")
        return made

    monkeypatch.setattr(reading, "file_statement", noted)
    found = _read(f"_sourceCategory={category} | fields _messageTime | count by _messageTime", path, monkeypatch, native=0)
    sysmon = category == "windows/sysmon"
    assert found.rows == [{"_messageTime": 1768203000004 if sysmon else 1768203000777, "_count": 500}]
    assert "UtcTime" in statements[0]
    assert ("TimeCreated" in statements[0]) == (not sysmon)


@pytest.mark.parametrize("much", ["", "x" * (40 << 20)], ids=["all by DuckDB", "the rest as text"])
def test_repaired_letters_are_told_of_once(much: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invalid UTF-8 is read with replacement characters and told of, by whatever way a large file is read."""
    path = tmp_path / "events.ndjson"
    usual, bad = json.dumps(USUAL).encode(), json.dumps(_with(Image="?")).encode().replace(b"?", b"\xff")
    long = json.dumps(_with(CommandLine=much)).encode()
    path.write_bytes(b"\n".join([*[usual] * 60, bad, *[usual] * 200_000, long, bad, *[usual] * 9_000]) + b"\n")
    monkeypatch.setattr(reading, "_BATCH_ROWS", 2048)  # so that some come before what DuckDB cannot read
    found = _read("* | count by Image | sort by _count", path, monkeypatch, native=0)
    assert [(row["Image"], row["_count"]) for row in found.rows] == [(r"C:\a.exe", 209_061), ("\ufffd", 2)]
    assert [(p.where, p.count, p.mended) for p in found.read.problems] == [("line 61", 2, True)]


def test_how_far_it_is_can_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The share of a large file that was read rises while it is read, up to the whole of it."""
    path = tmp_path / "events.ndjson"
    path.write_text((json.dumps(USUAL) + "\n") * 20_000, "utf-8")
    monkeypatch.setattr(limits, "NATIVE", 0)
    monkeypatch.setattr(reading, "_BATCH_ROWS", 2048)
    told: list[int] = []
    search("* | count", [path], RunOptions(progress=lambda p: told.append(p.bytes_done)))
    size = path.stat().st_size
    assert told == sorted(told) and told[-1] == size
    assert any(size * 0.2 < done < size * 0.8 for done in told)


def test_blank_lines_do_not_shift_the_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of a large file is named by its line, which is where `why` and `investigate` look for it."""
    path = tmp_path / "events.ndjson"
    usual, sought = json.dumps(USUAL), json.dumps(_with(Image="sought"))
    path.write_text("\n".join([*[usual] * 60, "", " \t", *[usual] * 900, "\r", sought, *[usual] * 900]) + "\n", "utf-8", newline="")
    found = _read('* | where Image = "sought" | fields EventID', path, monkeypatch, native=0)
    assert [e and e.record for e in found.evidence()] == [964]
    assert nth_line(path, 964) == sought


def test_what_is_left_of_a_table() -> None:
    """The first places that give each record a value, and one mark; where some record has none, all."""
    flat = shape("flat")
    records = [_with(), _with(Channel="Security", SourceName=..., ProviderName="b")]
    found = lean(flat, records, records)
    assert isinstance(channel := found.fields["Channel"], Enough)
    assert len(channel.value.options) == 1
    assert isinstance(provider := found.fields["Provider"], Enough)
    assert len(provider.value.options) == 2
    assert found.any_marks == (("Channel",),)
    assert lean(flat, [{"EventID": 1, "Image": "a"}, {"EventID": 2, "Channel": "b"}], []).any_marks == flat.any_marks


@pytest.mark.parametrize(
    ("others", "left"),
    [([], Uniform(Key(("UtcTime",)), 23, zoned=False)),
     ([_with(UtcTime="2026-01-12 07:30:00")], "first"), ([_with(UtcTime="2026-01-12 07:30:00,004")], "first"),
     ([_with(UtcTime=...)], "two"), ([_with(UtcTime=..., TimeCreated=...)], "all")],
    ids=["one form", "two sizes", "a form that is no instant as it stands", "one elsewhere", "one without"],
)  # fmt: skip
def test_what_is_left_of_the_time(others: list[dict[str, Any]], left: object) -> None:
    """The first places that give each record a time; if it is one and they write it alike, so long a text is one."""
    flat = shape("flat")
    found = lean(flat, [_with(), *others], [_with(), *others])
    expected = {"first": flat.time[:1], "two": flat.time[:2], "all": flat.time}
    assert found.time == (expected[left] if isinstance(left, str) else (left,))
    assert found.time_left == (left != "all")


@pytest.mark.parametrize(
    "query",
    ['* | where EventID = "4688" | fields ProcessId, n', '* | where n = "3" or n = "70" | fields processid, _messageTime, n',
     '* | where ProcessId = "7" | fields n', "* | fields ProcessId, n", '* | where n = "999" | fields ProcessId'],
)  # fmt: skip
def test_keys_that_differ_in_case_are_read(query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's reader knows one of them; the useful records that have another one, or none, are read again."""
    path = tmp_path / "events.ndjson"
    security = {"Channel": "Security", "SourceName": "Microsoft-Windows-Security-Auditing", "UtcTime": ...}
    kinds = [_with(ProcessId=5), _with(**security, EventID=5156, ProcessID=7), _with(**security, EventID=4688, ProcessId="0x7"),
             _with(**security, EventID=4688, ProcessID="0x8"), _with(**security, EventID=4624)]  # fmt: skip
    path.write_text("".join(json.dumps(kinds[n % 5] | {"n": n}) + "\n" for n in range(1_000)), "utf-8")
    native, whole = (_read(query, path, monkeypatch, native) for native in (0, 1 << 60))
    assert sorted(map(str, native.rows)) == sorted(map(str, whole.rows))
    assert (native.read.files[0].shapes, native.read.kinds) == (whole.read.files[0].shapes, whole.read.kinds)
    assert sorted(native.read.missing) == sorted(whole.read.missing)
    assert Counter(map(str, native.evidence())) == Counter(map(str, whole.evidence()))
