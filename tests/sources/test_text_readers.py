"""JSON, CSV and XML text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_helpers import damaged, objects, read

from dohyo.sources.model import Format
from dohyo.sources.readers import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), max_size=6)


@given(OBJECTS, st.sampled_from([None, 0, 2]), st.booleans(), st.integers(1, 30))
def test_json_elements_are_given_back(values: list[object], indent: int | None, array: bool, size: int) -> None:
    """Arrays and objects one after another, pretty or not, however reads are cut, give every object."""
    texts = [json.dumps(value, indent=indent, ensure_ascii=False) for value in values]
    text = json.dumps(values, indent=indent, ensure_ascii=False) if array else "\n".join(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "_READ", size)
        records, problems = read(text.encode("utf-8", "replace"), Format.JSON)
    assert not problems
    assert objects(records) == [json.loads(t.encode("utf-8", "replace")) for t in texts]


def test_json_lines_are_those_of_the_elements() -> None:
    """A record's number is the line its object starts on."""
    text = json.dumps([{"a": 1}, {"b": [1]}, {"c": {}}], indent=1)
    assert [number for number, _ in read(text.encode(), Format.JSON)[0]] == [2, 5, 10]


BROKEN_JSON = {
    "pretty": ('[\n {\n  "a": 1\n },\n {\n  "b": {\n   "x" 2\n  }\n },\n {\n  "c": 3\n }\n]', 5),
    "on one line": ('[{"a": 1}, {"b": nope}, {"c": 3}]', 1),
    "one after another": ('{"a": 1}\n{"b": \n{"c": 3}\n', 2),
    "a number": ('[{"a": 1},\n 17,\n {"c": 3}]', 2),
}


@pytest.mark.parametrize(("text", "line"), list(BROKEN_JSON.values())[:2] + list(BROKEN_JSON.values())[3:])
def test_json_goes_on_after_a_broken_element(text: str, line: int) -> None:
    """A broken element is named by its line, and its neighbours are read."""
    records, problems = read(text.encode(), Format.JSON)
    assert objects(records) == [{"a": 1}, {"c": 3}]
    assert [p.where for p in problems] == [f"line {line}"]


@pytest.mark.parametrize("text", ['[{"a": 1}, {"b": 2', '[{"a": 1}', '{"a": 1}{"b": "'])
def test_json_that_is_cut_off_says_so(text: str) -> None:
    """What is whole is read; that the rest is missing is told once."""
    records, problems = read(text.encode(), Format.JSON)
    assert objects(records) == [{"a": 1}]
    assert len(problems) == 1 and "cut off" in problems[0].reason


def test_json_nested_without_end_is_no_crash() -> None:
    """Nesting that no parser follows is a broken element."""
    records, problems = read(b'[{"a": ' + b'{"a": ' * 100_000 + b"]", Format.JSON)
    assert not records and problems


def test_many_problems_are_few_messages() -> None:
    """A hopeless file does not flood: the first are named, all are counted."""
    _, problems = read(b"[" + b"{x},\n" * 5000 + b"]", Format.JSON)
    assert len(problems) < 30
    assert sum(p.count for p in problems) >= 5000


CSV = b'EventID,Image,Note\r\n3,C:\\a.exe,"say ""hi"", \xc3\xa9"\r\n1,,"two\nlines"\r\n5,x,\r\n'


def test_csv_rows_become_objects() -> None:
    """Quotes, newlines in cells and backslashes survive; an empty cell is no field; numbers are true lines."""
    records, problems = read(CSV, Format.CSV)
    assert not problems
    assert objects(records) == [
        {"EventID": "3", "Image": "C:\\a.exe", "Note": 'say "hi", é'},
        {"EventID": "1", "Note": "two\nlines"},
        {"EventID": "5", "Image": "x"},
    ]
    assert [number for number, _ in records] == [2, 3, 5]


def test_csv_ragged_rows_are_read_and_told() -> None:
    """Short and long rows keep what they have; each is named by its line."""
    records, problems = read(b"a,b,c\n1,2,3\n4,5\n6,7,8,9\n\n1,2,3\n", Format.CSV)
    rows = [{"a": "1", "b": "2", "c": "3"}, {"a": "4", "b": "5"}, {"a": "6", "b": "7", "c": "8"}]
    assert objects(records) == [*rows, rows[0]]
    assert [(p.where, "too few" in p.reason) for p in problems] == [("line 3", True), ("line 4", False)]


def test_csv_quote_that_is_not_closed_costs_one_row() -> None:
    """The rows after it, to the end of the file, are read all the same."""
    body = b"".join(b"%d,x,y\n" % i for i in range(3000))
    records, problems = read(b'a,b,c\n0,"open,z\n' + body, Format.CSV)
    assert len(records) >= 3000
    assert "quote" in problems[0].reason and problems[0].where == "line 2"


def test_csv_header_names_are_made_unique() -> None:
    """A missing and a repeated name get a number, and that is told."""
    records, problems = read(b"a,,a\n1,2,3\n", Format.CSV)
    assert objects(records) == [{"a": "1", "column_2": "2", "a_3": "3"}]
    assert "column_2" in problems[0].reason


@pytest.mark.parametrize("data", [b"a;b\n1;2\n", b"a\tb\n1\t2\n", b"sep=;\na;b\n1;2\n", b'#TYPE X\n"a","b"\n"1","2"\n'])
def test_csv_dialects(data: bytes) -> None:
    """The header decides the delimiter; what Excel and PowerShell put before it is passed over."""
    assert objects(read(data, Format.CSV)[0]) == [{"a": "1", "b": "2"}]


def test_csv_invalid_utf8_is_replaced_and_told() -> None:
    """Bytes that are no UTF-8 do not cost the row."""
    records, problems = read(b"a,b\n1,\xff\n", Format.CSV)
    assert objects(records) == [{"a": "1", "b": "\ufffd"}]
    assert (problems[0].where, problems[0].count) == ("line 2", 1)


EVENT = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Service Control Manager' Guid='{1}'/><EventID Qualifiers='16384'>7045</EventID><Opcode>0</Opcode>"
    "<TimeCreated SystemTime='2019-03-03T09:20:28.621489Z'/><EventRecordID>%d</EventRecordID><Correlation/>"
    "<Execution ProcessID='4' ThreadID='5'/><Channel>System</Channel></System>"
    "<EventData><Data Name='ServiceName'>a &lt;b&gt; é</Data><Data Name='Empty'></Data><Data>x</Data></EventData>"
    "</Event>"
)


def test_xml_has_the_layout_of_the_evtx_library() -> None:
    """The same event as XML and as EVTX has its values in the same places."""
    records, problems = read((EVENT % 77).encode(), Format.XML)
    assert not problems and records[0][0] == 77
    event = objects(records)[0]["Event"]
    assert event["#attributes"] == {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}
    assert event["System"] == {
        "Provider": {"#attributes": {"Name": "Service Control Manager", "Guid": "{1}"}},
        "EventID": {"#attributes": {"Qualifiers": 16384}, "#text": 7045},
        "Opcode": 0,
        "TimeCreated": {"#attributes": {"SystemTime": "2019-03-03T09:20:28.621489Z"}},
        "EventRecordID": 77,
        "Correlation": None,
        "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 5}},
        "Channel": "System",
    }
    assert event["EventData"] == {"ServiceName": "a <b> é", "Empty": "", "Data": {"#text": "x"}}


@pytest.mark.parametrize("around", ["%s%s", "%s\n%s\n", "<?xml version='1.0'?>\n<Events>\n%s\n%s</Events>\n"])
def test_xml_documents_and_fragments(around: str) -> None:
    """One document, one event a line, or events without anything between."""
    records, problems = read((around % (EVENT % 1, EVENT % 2)).encode(), Format.XML)
    assert ([number for number, _ in records], problems) == ([1, 2], [])


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("<Event><a></b></Event>", "broken XML"),
        ("<Event><System>", "cut off"),
        ("<Event>&lol;</Event>", "broken XML"),
        ("<!DOCTYPE x [<!ENTITY lol 'lol'>]>", "belongs to no event"),
    ],
)
def test_xml_goes_on_after_broken_elements(broken: str, reason: str) -> None:
    """A broken event is named by its line and its neighbours are read; no entity is ever declared."""
    records, problems = read(f"{EVENT % 1}\n{broken}\n{EVENT % 2}\n".encode(), Format.XML)
    assert [number for number, _ in records] == [1, 2]
    assert reason in problems[0].reason


def test_xml_characters_that_windows_writes_though_xml_forbids_them() -> None:
    """Control characters do not cost the event."""
    records, problems = read((EVENT % 1).replace("é", "\x01&#x2;").encode(), Format.XML)
    assert objects(records)[0]["Event"]["EventData"]["ServiceName"].endswith("\ufffd\ufffd")
    assert "does not allow" in problems[0].reason


def test_xml_nested_without_end_is_no_crash() -> None:
    """Nesting that nothing follows is left out and told."""
    records, problems = read(b"<Event>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</Event>", Format.XML)
    assert not records and problems


SAMPLES = {
    Format.JSON: json.dumps([{"a": i, "b": {"c": "x\\y"}} for i in range(40)], indent=1).encode(),
    Format.CSV: CSV * 20,
    Format.XML: "\n".join(EVENT % i for i in range(10)).encode(),
    Format.NDJSON: b'{"a": 1, "b": "\xc3\xa9"}\r\n\n' * 50,
}


@pytest.mark.parametrize("format_", SAMPLES)
def test_damage_never_raises(format_: Format) -> None:
    """Cut off or changed anywhere, text gives records and problems, never an exception."""
    for data in damaged(SAMPLES[format_], 60):
        read(data, format_)


@given(st.sampled_from(list(SAMPLES)), st.binary())
def test_any_bytes_never_raise(format_: Format, data: bytes) -> None:
    """No bytes at all make a text reader fail."""
    read(data, format_)
