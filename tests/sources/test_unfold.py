"""Events inside records of other forms: what shippers and answers of interfaces put around them, and names that they changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dohyo.run import search
from dohyo.sources import limits
from dohyo.sources.unfold import unfold

SYSMON = "Microsoft-Windows-Sysmon/Operational"
DATA = {"UtcTime": "2024-03-05 09:15:30.123", "ProcessId": "5124", "Image": "C:\\a\\mshta.exe", "DestinationPort": "443"}
FLAT = {"EventID": 3, "Channel": SYSMON, "Hostname": "H", **DATA}
ECS = {"@timestamp": "2024-03-05T09:15:31.500Z",
       "winlog": {"channel": SYSMON, "event_id": 3, "computer_name": "H", "event_data": DATA}}  # fmt: skip
SNAKE = {"event_id": {"id": 3, "qualifiers": 0}, "channel": SYSMON, "computer": "H", "system_time": "2024-03-05T09:15:31.5Z"}
LIST = [{key: value} for key, value in DATA.items()]
PAIRS = "".join(f"<Data Name='{key}'>{value}</Data>" for key, value in DATA.items())
XML = (
    f"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID>3</EventID><Channel>{SYSMON}</Channel>"
    f"<Computer>H</Computer></System><EventData>{PAIRS}</EventData></Event>"
)
DOTTED = {"@timestamp": "2024-03-05T09:15:31.500Z", "winlog.channel": SYSMON, "winlog.event_id": 3, "winlog.computer_name": "H",
          **{f"winlog.event_data.{key}": value for key, value in DATA.items()}}  # fmt: skip
WAZUH = {"system": {"eventID": "3", "channel": SYSMON, "computer": "H"},
         "eventdata": {key[0].lower() + key[1:]: value for key, value in DATA.items()}}  # fmt: skip
AZURE = {"TimeGenerated": "2024-03-05T09:15:31.5Z", "Channel": SYSMON, "Computer": "H", "EventID": 3, "EventData": json.dumps(DATA)}


def _table(record: dict[str, Any], rows: str, names: str = "columns", name: str = "name") -> dict[str, Any]:
    return {names: [{name: key, "type": "string"} for key in record], rows: [list(record.values())] * 2}


def _otlp(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": _otlp(inner)} for key, inner in value.items()]}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_otlp(inner) for inner in value]}}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def _exported(bodies: list[Any]) -> dict[str, Any]:
    return {"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": [{"body": _otlp(body)} for body in bodies]}]}]}


def _lines(record: dict[str, Any]) -> str:
    return f"{json.dumps(record)}\n" * 2


def _hayabusa(details: Any) -> dict[str, Any]:
    return {"Timestamp": "2024-03-05 09:15:30.123 +00:00", "RuleTitle": "x", "Channel": "Sysmon", "EventID": 3, "Computer": "H",
            "Details": details}  # fmt: skip


CASES = {
    "Splunk's collector, XML": _lines({"time": 1709630131.5, "host": "x", "sourcetype": "XmlWinEventLog", "event": XML}),
    "Splunk's collector, an object": _lines({"time": 1709630131.5, "host": "x", "event": FLAT}),
    "Logstash that parsed nothing": _lines({"message": json.dumps(ECS), "@timestamp": "2024-03-05T10:00:00Z", "host": "ls"}),
    "LogScale": _lines({"@rawstring": XML, "@timestamp": 1709630131500}),
    "Fluent Bit's XML": _lines({"date": 1709630131.5, "System": XML, "Message": "x", "StringInserts": ["-"]}),
    "Chainsaw's hunt": _lines({"name": "a rule", "document": {"kind": "evtx", "data": {"Event": {
        "System": {"EventID": 3, "Channel": SYSMON, "Computer": "H"}, "EventData": DATA}}}}),
    "Wazuh's full_log": _lines({"timestamp": "2024-03-05T09:20:00Z", "full_log": json.dumps({"win": WAZUH}), "location": "x"}),
    "Wazuh, flattened": _lines({"agent.name": "H", **{f"data.win.system.{k}": v for k, v in WAZUH["system"].items()},
                                **{f"data.win.eventdata.{k}": v for k, v in WAZUH["eventdata"].items()}}),
    "a bulk request": (json.dumps({"index": {"_index": "x"}}) + "\n" + json.dumps(ECS) + "\n") * 2,
    "Elasticsearch's fields": json.dumps({"hits": {"hits": [{"_id": "1", "fields": {k: [v] for k, v in DOTTED.items()}}] * 2}}),
    "ES|QL": json.dumps({"took": 2, **_table(DOTTED, "values")}),
    "Elasticsearch's SQL": json.dumps(_table(DOTTED, "rows")),
    "Azure's interface": json.dumps({"tables": [{"name": "PrimaryResult", **_table(AZURE, "rows")}]}, indent=1),
    "Kusto's": json.dumps({"Tables": [{"TableName": "T", **_table(AZURE, "Rows", "Columns", "ColumnName")}]}),
    "OpenTelemetry's body": _lines(SNAKE | {"event_data": DATA}),
    "OpenTelemetry's older body": _lines(SNAKE | {"event_data": {"data": LIST}}),
    "OpenTelemetry's file": json.dumps(_exported([SNAKE | {"event_data": DATA}] * 2)),
    "OpenTelemetry's file, raw, beside other logs": json.dumps(_exported(["other", XML, XML])),
    "Loki's answer": json.dumps({"status": "success", "data": {"resultType": "streams", "result": [{"stream": {}, "values": [
        ["1709630131500000000", json.dumps({"channel": SYSMON, "computer": "H", "event_id": 3, "event_data": PAIRS})]] * 2}]}}),
    "GELF of nxlog": _lines({"version": "1.1", "host": "H", "short_message": "x", "_EventReceivedTime": "2024-03-05 09:15:33",
                             "_EventID": 3, "_Channel": SYSMON, **{f"_{key}": value for key, value in DATA.items()}}),
    "Graylog's messages": json.dumps({"messages": [{"index": "g", "message": {
        "timestamp": "2024-03-05T09:15:31.500Z", "winlogbeat_winlog_event_id": 3, "winlogbeat_winlog_channel": SYSMON,
        "winlogbeat_winlog_computer_name": "H", **{f"winlogbeat_winlog_event_data_{k}": v for k, v in DATA.items()}}}] * 2}),
    "Hayabusa": _lines(_hayabusa({"Proc": DATA["Image"], "TgtPort": "443", "PID": "5124"})),
    "Hayabusa's CSV": "Timestamp,RuleTitle,Channel,EventID,Computer,Details\n" + (
        '2024-03-05 09:15:30.123 +00:00,x,Sysmon,3,H,"Proc: C:\\a\\mshta.exe ¦ TgtPort: 443 ¦ PID: 5124"\n' * 2),
    "Velociraptor's rows": _lines({"EventTime": "2024-03-05T09:15:31Z", "Computer": "H", "Channel": SYSMON, "EventID": 3,
                                   "EventRecordID": 7, "UserSID": "S-1-5-18", "EventData": DATA}),
    "Velociraptor's rows, text": _lines({"EventTime": "2024-03-05T09:15:31Z", "Computer": "H", "Channel": SYSMON, "EventID": "3",
                                         "EventRecordID": "7", "OSPath": "C:\\x.evtx", "EventData": json.dumps(DATA)}),
    "osquery": _lines({"name": "w", "hostIdentifier": "H", "columns": {
        "source": SYSMON, "provider_name": "Microsoft-Windows-Sysmon", "eventid": "3", "data": json.dumps({"EventData": DATA})}}),
    "Google's logging": json.dumps([{"insertId": "x", "jsonPayload": FLAT, "timestamp": "2024-03-05T09:20:00Z"}] * 2, indent=1),
    "Datadog's": json.dumps({"data": [{"id": "x", "attributes": {"host": "H", "attributes": {"Event": {
        "System": {"EventID": "3", "Channel": SYSMON, "Computer": "H", "TimeCreated": {"SystemTime": "2024-03-05T09:15:31.5Z"}},
        "EventData": {"Data": DATA}}}}}] * 2}),
    "names of a database": _lines({"eventid": 3, "channel": SYSMON, "computer": "H", **{k.lower(): v for k, v in DATA.items()}}),
    "names with blanks": "Event ID,Log Name,Computer,Date and Time,Image,Destination Port,Process Id,Utc Time\n"
        + f"3,{SYSMON},H,2024-03-05 09:15:31,{DATA['Image']},443,5124,{DATA['UtcTime']}\n" * 2,
    "names in snake case": _lines({"event_code": 3, "log_name": SYSMON, "computer_name": "H", "EVENT_DATA": {
        "utc_time": DATA["UtcTime"], "IMAGE": DATA["Image"], "destination_port": 443, "process_id": 5124}}),
    "PowerShell's ToXml as JSON": json.dumps([XML, XML], indent=1),
    "the same, a text a line": (json.dumps(XML) + "\n") * 2,
    "Plaso": _lines({"data_type": "windows:evtx:record", "message": "[3 / 0x0003]", "timestamp": 1709630131500000,
                     "xml_string": XML.replace("><", ">\n  <")}),
    "a list of any name": json.dumps({"meta": {"a": 1}, "windows_logs": [FLAT, FLAT]}, indent=1),
    "events by number": json.dumps({"0": FLAT, "1": FLAT}),
    "XML made JSON": json.dumps({"Events": {"Event": [{
        "System": {"Provider": {"@Name": "x"}, "EventID": {"#text": "3"}, "Channel": SYSMON, "Computer": "H",
                   "TimeCreated": {"@SystemTime": "2024-03-05T09:15:31.5Z"}},
        "EventData": {"Data": [{"@Name": key, "#text": value} for key, value in DATA.items()]}}] * 2}}),
    "Log Parser": "EventLog,RecordNumber,TimeGenerated,EventID,EventTypeName,SourceName,Strings,ComputerName,Message\n" + (
        "C:\\s.evtx,7,2024-03-05 09:15:31,3,Information,Microsoft-Windows-Sysmon,x,H,Network connection detected: "
        + " ".join(f"{key}: {value}" for key, value in DATA.items()) + "\n") * 2,
    "rendered and XML": f"03/05/2024 09:15:31 AM\nLogName={SYSMON}\nEventCode=3\nComputerName=H\nMessage=x:\n"
        + "\n".join(f"{key}: {value}" for key, value in DATA.items()) + f"\n{XML}\n",
    "Get-EventLog": _lines({"MachineName": "H", "Index": 7, "EntryType": 4, "EventID": 3, "Source": "Microsoft-Windows-Sysmon",
                            "Message": "x:\r\n" + "\r\n".join(f"{key}: {value}" for key, value in DATA.items())}),
}  # fmt: skip


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_two_events_are_found_in(text: str, tmp_path: Path) -> None:
    """The same connection twice, under its own names, with its own time and category."""
    path = tmp_path / "log"
    path.write_text(text, "utf-8")
    query = "* | where EventID = 3 | fields EventID, Computer, Image, DestinationPort, ProcessId, _sourceCategory, _messageTime"
    found = search(query, [path])
    event = {"EventID": "3", "Computer": "H", "Image": "C:\\a\\mshta.exe", "DestinationPort": "443", "ProcessId": "5124",
             "_sourceCategory": "windows/sysmon", "_messageTime": 1_709_630_130_123}  # fmt: skip
    assert [{name: row[name] for name in event} for row in found.rows] == [event, event]
    assert not found.read.problems
    assert not found.read.unknown
    assert len({place.record for place in found.evidence() if place}) == 2


def test_large_files_are_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB, which reads large files by itself, would see only what is around the events."""
    monkeypatch.setattr(limits, "NATIVE", 1)
    path = tmp_path / "log"
    path.write_text(CASES["Splunk's collector, XML"])
    assert [row["Image"] for row in search("DestinationPort=443 | fields Image", [path]).rows] == [DATA["Image"]] * 2


@pytest.mark.parametrize("record", [
    {"event_id": 7, "channel": "general", "timestamp": "2024-03-05T09:15:30Z"},
    {"event_id": "a1", "provider_name": "Security", "host": "x"},
    {"events": [{"event_id": 1}], "status": "ok"},
    {"tables": [{"columns": ["a"], "rows": [[1]]}]},
    {"index": {"name": "x"}},
    {"EntryType": 1, "Index": {}},
    {"message": "<Events>", "body": [], "event": None, "fields": {"a": [1]}},
])  # fmt: skip
def test_what_is_no_windows_event_is_left_alone(record: dict[str, Any]) -> None:
    """Other products number their events as well, and keep them in lists."""
    assert unfold(record) is None


WORDS = st.sampled_from([
    "event", "message", "body", "resourceLogs", "scopeLogs", "logRecords", "kvlistValue", "arrayValue", "values", "key", "value",
    "tables", "columns", "rows", "name", "data", "result", "fields", "System", "EventData", "Event", "EventID", "Channel", "RuleTitle",
    "Details", "EntryType", "Index", "EventTypeName", "SourceName", "Event Time", "Action Type", "eventid", "provider_name", "win",
    "winlogbeat_event_id", "_EventID", "event_data", "a.b", "a", "index", "_index", "EventLog", "timestamp", "host",
])  # fmt: skip
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | WORDS
    | st.sampled_from(["{}", '{"EventData": 1}', XML, "Sysmon"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@example({"eventid": 1, "provider_name": "x", "data": 1})
@example({"eventid": 1, "provider_name": "x", "data": '{"EventData": 1}'})
@given(st.dictionaries(WORDS, ANY, max_size=5))
def test_no_record_is_too_odd(record: dict[str, Any]) -> None:
    """Whatever stands where an event may be, it is looked at and left."""
    found = unfold(record)
    assert found is None or all(isinstance(each, dict) for each in found)


def test_a_deep_record_is_left_alone() -> None:
    """Nesting without end is no event, and no error."""
    record: dict[str, Any] = {}
    for _ in range(5000):
        record = {"event": record, "Event": record}
    assert unfold(record) is None


def test_other_records_stay_as_they_are(tmp_path: Path) -> None:
    """A message that is JSON but no Windows event is not taken out of its record; nor are the records beside an event."""
    path = tmp_path / "log"
    other = {"host": "web1", "message": json.dumps({"status": 200})}
    path.write_text(_lines(other))
    assert [row["host"] for row in search("* | fields host", [path]).rows] == ["web1"] * 2
    path.write_text(_lines(other) + CASES["Logstash that parsed nothing"] + '{"not JSON\n')
    found = search("* | fields host, Image", [path])
    assert sorted((row["host"] or "", row["Image"] or "") for row in found.rows) == [("", DATA["Image"])] * 2 + [("web1", "")] * 2
    assert [problem.where for problem in found.read.problems] == ["line 5"]


@pytest.mark.parametrize("record", [ECS, SNAKE | {"event_data": DATA}, {"Event": {
    "System": {"EventID": 3, "Channel": SYSMON, "Computer": "H"}, "EventData": DATA}}])  # fmt: skip
def test_a_search_result_has_events_of_shippers_in_raw(record: dict[str, Any], tmp_path: Path) -> None:
    """Sumo Logic's export keeps its own time and category, whatever sent the event."""
    path = tmp_path / "log"
    path.write_text(_lines({"_raw": json.dumps(record), "_messagetime": "1709630131500", "_sourcecategory": "os/windows"}))
    query = "EventID=3 | fields Computer, Image, ProcessId, _sourceCategory, _messageTime"
    event = {"Computer": "H", "Image": DATA["Image"], "ProcessId": "5124", "_sourceCategory": "os/windows",
             "_messageTime": 1_709_630_131_500}  # fmt: skip
    assert [{name: row[name] for name in event} for row in search(query, [path]).rows] == [event, event]
