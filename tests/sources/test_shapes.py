"""The shapes: each recognises its own export and nothing else, and gives the event the canonical names."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from shape_helpers import MOMENT, Record, example, read

from dohyo.sample.generate import generate
from dohyo.sample.model import Event
from dohyo.sample.shapes import SHAPES as SAMPLED
from dohyo.sample.shapes import renderer
from dohyo.sources.shapes import SHAPES, shape
from dohyo.sources.shapes.names import canonical
from dohyo.sources.shapes.recognise import (
    carries,
    read_field,
    read_kind,
    read_time,
    recognise,
)

NAMES = [one.name for one in SHAPES]


# --- every shape ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_recognised_as_its_own_shape_alone(name: str) -> None:
    """No example carries the marks of two shapes; only ``generic``, which asks for nothing, fits all."""
    record = example(name)
    assert recognise(record).name == name
    assert {one.name for one in SHAPES if carries(one, record)} == {name, "generic"}


@pytest.mark.parametrize("name", NAMES)
def test_message_time_is_the_events_own_to_the_millisecond(name: str) -> None:
    """Every example happened at the same moment and was logged later: the event's own time is taken."""
    record = example(name)
    assert read_time(shape(name), record) == MOMENT
    assert read(record, "_messagetime") == str(MOMENT)


CONNECTION = {
    "EventID": "3", "Channel": "Microsoft-Windows-Sysmon/Operational", "Provider": "Microsoft-Windows-Sysmon",
    "Computer": "DESK07.corp.example", "Image": r"C:\Windows\System32\mshta.exe", "User": r"CORP\mira",
    "Initiated": "true", "SourceIp": "10.20.0.7", "DestinationIp": "198.51.100.7", "DestinationPort": "443",
    "_sourceCategory": "windows/sysmon",
}  # fmt: skip
ENDPOINT = {"_sourceCategory": "endpoint/events", "EventID": None, "Channel": None, "Provider": None}
DIFFERENT: dict[str, dict[str, str | None]] = {
    "ecs-hit": ENDPOINT,
    "cse": {"Provider": None},
    "defender": ENDPOINT
    | {"Image": r"c:\windows\system32\mshta.exe", "User": r"corp\mira", "Computer": "desk07.corp.example"},
    "syslog-linux-sysmon": {
        "Channel": "Linux-Sysmon/Operational", "Provider": "Linux-Sysmon", "Computer": "web02",
        "Image": "/usr/bin/curl", "User": "www-data", "SourceIp": None, "_sourceCategory": "linux/sysmon",
    },
}  # fmt: skip
OTHER_EVENTS = ("azure-security-event", "defender-stream", "generic")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OTHER_EVENTS])
def test_a_connection_has_the_same_fields_in_every_shape(name: str) -> None:
    """The same Sysmon event 3 answers to the same names with the same values, whatever the export."""
    record = example(name)
    wanted = CONNECTION | DIFFERENT.get(name, {})
    assert {field: read(record, field) for field in wanted} == wanted


@pytest.mark.parametrize("name", NAMES)
def test_names_are_without_case_and_own_names_stay(name: str) -> None:
    """A field is found in any case, and every key at the top of the record answers to its own name."""
    record = example(name)
    for field in ("eventid", "IMAGE", "desTINATIONport"):
        assert read(record, field) == read(record, canonical(field))
    declared = {field.lower() for field in recognise(record).fields} | {"_messagetime", "_sourcecategory"}
    for key, value in record.items():
        if key.lower() not in declared and isinstance(value, str) and value:
            assert read(record, key) == value


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_has_what_the_engine_asks_of_all(name: str) -> None:
    """Title, documentation, example, the built-in fields, something to count by; no name declared twice."""
    one = shape(name)
    assert one.title
    assert one.doc
    for builtin in ("_sourceHost", "_sourceName", "_source", "_collector", "Computer"):
        assert builtin in one.fields
    assert len({field.lower() for field in one.fields}) == len(one.fields)
    assert read_kind(one, example(name))
    assert read(example(name), "_sourceHost")
    assert one.category is not None or "Channel" in one.fields


def test_a_shape_need_not_place_every_name() -> None:
    """Of an export that knows no provider the category is by channel; what tells the kind is looked for at the top."""
    bare = replace(shape("velociraptor"), fields={"Channel": shape("velociraptor").fields["Channel"]})
    assert read_field(bare, example("velociraptor"), "_sourceCategory") == "windows/sysmon"
    assert read_kind(bare, {"EventID": "7"}) == "7"


WINDOWS = [
    "evtx", "winlogbeat6", "ecs", "azure", "azure-event", "azure-security-event", "flat-nxlog", "flat", "powershell",
    "sumo-json", "sumo-json-export", "sumo-wmi", "sumo-xml", "cse", "syslog-linux-sysmon",
]  # fmt: skip
SYSTEM_PART = (
    "EventID", "Channel", "Provider", "Computer", "EventRecordID", "Level", "Keywords", "Task", "Opcode", "UserID",
    "ExecutionProcessID", "ExecutionThreadID", "Message",
)  # fmt: skip


@pytest.mark.parametrize("name", WINDOWS)
def test_a_windows_shape_declares_the_system_part(name: str) -> None:
    """The record's System part has one name each, none of which an event's own fields could take."""
    assert set(SYSTEM_PART) <= shape(name).fields.keys()


def test_the_order_of_the_shapes_is_by_rank_and_names_are_unique() -> None:
    """``SHAPES`` is sorted, ``generic`` is last, and an unknown name raises ``KeyError``."""
    assert [one.rank for one in SHAPES] == sorted({one.rank for one in SHAPES})
    assert SHAPES[-1].name == "generic"
    assert len(set(NAMES)) == len(NAMES)
    with pytest.raises(KeyError):
        shape("no such shape")


@cache
def sampled() -> list[Event]:
    return list(generate(600, seed=11, attack_rate=0.2))


@pytest.mark.parametrize("name", SAMPLED)
def test_the_sample_generators_records_are_of_their_shape(name: str) -> None:
    """What ``dohyo sample`` writes in a shape is recognised as that shape, with a time and a connection's fields."""
    render = renderer(name)
    for event in sampled():
        record = json.loads(render(event))
        assert recognise(record).name == name
        assert read(record, "_messageTime") is not None
        if event.form.kind.key == "Sysmon:3":
            for field in ("Image", "DestinationPort", "DestinationIp", "SourcePort", "Initiated"):
                assert (read(record, field) or "").lower() == event.fields[field].lower(), field


# --- confusions -------------------------------------------------------------------------------------------------------

SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational"}
CONFUSIONS: list[tuple[str, Record]] = [
    # a nested container beats flat names beside it
    ("evtx", {"Event": {"System": {"EventID": 3}}, "host": {"name": "a"}, "event": {"code": "3"}}),
    ("winlogbeat6", {"event_id": 3, "log_name": "Security", "event_data": {}, "host": {"name": "a"}}),
    ("ecs", {"winlog": {"event_id": "3", "event_data": {}}, "host": {"name": "a"}, "message": "x"}),
    ("sumo-json", {"EventID": 3, "EventData": {"Image": "x"}, "TimeCreated": "x", **SYSMON}),
    # an empty winlogbeat 6 event without event_data
    ("winlogbeat6", {"event_id": 1, "log_name": "System", "user_data": {"xml_name": "EventXML"}}),
    # pure ECS, with the names of no Windows log
    ("ecs", {"@timestamp": "2024-03-05T09:15:30Z", "process": {"executable": "x"}, "destination": {"port": 443}}),
    # the three Azure tables
    ("azure", {"TimeGenerated": "x", "EventID": 3, "EventData": {"Image": "x"}, **SYSMON}),
    ("azure", {"TimeGenerated": "x", "EventID": 3, "EventData": None, **SYSMON}),
    ("azure-event", {"TimeGenerated": "x", "EventID": 3, "EventLog": "System", "EventData": "<DataItem/>"}),
    ("azure-security-event", {"TimeGenerated": "x", "EventID": 4624, "EventSourceName": "x", "EventData": "<E/>"}),
    # nxlog and flat; a null is as good as nothing
    ("flat-nxlog", {"EventID": 3, "EventReceivedTime": "x", "EventTime": "y", "TimeCreated": "z", **SYSMON}),
    ("flat", {"EventID": 3, "EventReceivedTime": None, "TimeCreated": "z", **SYSMON}),
    ("flat", {"EventID": "3", "Image": "x"}),
    # XML in a message, around which a shipper put its own names
    ("sumo-xml", {"@timestamp": "x", "ecs": {"version": "8"}, "message": "\n <Event xmlns='x'><System/></Event>"}),
    ("generic", {"@timestamp": "x", "message": "<Events are many>"}),
    # syslog that is not Sysmon's
    ("generic", {"TimeGenerated": "x", "SyslogMessage": "session opened for user root"}),
    ("generic", {"TimeGenerated": "x", "SyslogMessage": '<Event><System><Provider Name="Some-Sysmon"/>'}),
    # what has no marks at all, and marks of the wrong type
    ("generic", {}),
    ("generic", {"Event": "System", "winlog": "channel", "process": ["executable"], "properties": 7}),
    ("generic", {"Event": {"System": None}}),
    ("generic", {"_raw": 17, "message": None}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "record"), CONFUSIONS)
def test_confusable_records(name: str, record: Record) -> None:
    """Records that look like two shapes are of the more specific one; broken ones are ``generic``, never an error."""
    assert recognise(record).name == name


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["Event", "System", "EventData", "EventID", "winlog", "event_data", "Image", "_raw", "fields",
                         "properties", "ActionType", "DeviceName", "message", "UserData", "TimeCreated", "x"]),
        inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_no_record_raises(value: Any) -> None:
    """Any JSON object has a shape, and reading any field of it gives text or nothing."""
    record = value if isinstance(value, dict) else {"x": value}
    one = recognise(record)
    for field in ("EventID", "Image", "User", "Message", "x", "_messageTime", "_sourceCategory", "_raw", ""):
        found = read_field(one, record, field)
        assert found is None or isinstance(found, str)


@pytest.mark.parametrize(
    "record",
    [
        {"_raw": "<Event>" + "<Data " * 200_000},
        {"_raw": "<Event>" + "<Data Name='Image'" * 100_000 + "&lt" * 100_000},
        {"EventCode": 1, "Message": "Image: a" + " " * 300_000 + "b\n" + "\t" * 300_000},
        {"_raw": "{" + '"a":{' * 100_000},
        {"EventID": 1, "TimeCreated": "9" * 1_000_000, "Channel": "Security"},
    ],
    ids=["open-tags", "no-ends", "blanks", "deep", "digits"],
)
def test_hostile_text_is_read_in_linear_time(record: Record) -> None:
    """Text made to make a pattern backtrack costs no more than its length."""
    start = time.process_time()
    for field in ("Image", "EventID", "_messageTime", "_sourceCategory"):
        read(record, field)
    assert time.process_time() - start < 10
