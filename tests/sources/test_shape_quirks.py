"""What exports get wrong, leave out or name twice, and what each shape makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shape_helpers import MOMENT, Record, example, read, with_values

from dohyo.run import search
from dohyo.sources.shapes import shape
from dohyo.sources.shapes.recognise import epoch_milliseconds, read_time

IMAGE = r"C:\Windows\System32\mshta.exe"


def test_nxlog_gives_the_events_process_not_the_logging_one() -> None:
    """Where ``ProcessID`` (the logger's) pushed ``ProcessId`` out, the rendered message still has the event's own."""
    record = example("flat-nxlog")
    assert read(record, "ProcessId") == "5124"
    assert read(record, "ExecutionProcessID") == "2388"
    assert read(record | {"Message": "Network connection detected:"}, "ProcessId") is None


def test_nxlog_gives_sysmons_event_type() -> None:
    """nxlog's ``EventType`` is its own severity; Sysmon's is in the message."""
    message = "Registry value set:\r\nRuleName: -\r\nEventType: SetValue\r\nUtcTime: 2024-03-05 09:15:30.123"
    assert read(with_values("flat-nxlog", Message=message), "EventType") == "SetValue"
    assert read(example("flat-nxlog"), "EventType") == "INFO"


def test_nxlog_local_time_is_the_last_resort() -> None:
    """``EventTime`` has no offset and is local: it counts only when neither UtcTime nor @timestamp is there."""
    record = with_values("flat-nxlog", UtcTime=None)
    assert read(record, "_messageTime") == str(epoch_milliseconds("2024-03-05T09:15:33.210Z"))
    record["@timestamp"] = None
    assert read(record, "_messageTime") == str(epoch_milliseconds("2024-03-05 04:15:31"))


@pytest.mark.parametrize(
    ("number", "message", "category"),
    [
        (3, "Network connection detected:\r\nRuleName: -\r\nUtcTime: 2024-03-05 09:15:30.123", "windows/sysmon"),
        (4624, "An account was successfully logged on.", "windows/security"),
        (4104, "Creating Scriptblock text (1 of 1):\r\nx", "windows/powershell"),
        (7, "The system time has changed.", "windows/other"),
    ],
)
def test_a_selected_event_has_the_log_that_its_message_tells(number: int, message: str, category: str) -> None:
    """``Select-Object TimeCreated, Id, LevelDisplayName, Message`` leaves out the log and the provider; another provider's event
    of the same number is not taken for one of these."""
    record = {"TimeCreated": "3/5/2024 9:15:31 AM", "Id": number, "LevelDisplayName": "Information", "Message": message}
    assert read(record, "_sourceCategory") == category
    assert read(record | {"ProviderName": "Other", "Message": "x"}, "_sourceCategory") == "windows/other"


def test_elastic_modules_move_the_values_of_security_events() -> None:
    """Winlogbeat's module takes ``IpAddress`` and its kin out of ``event_data``; a registry's text is a list there."""
    security = {"@timestamp": "2024-03-05T09:15:30.123Z", "source": {"ip": "203.0.113.9", "port": 50122, "domain": "DESK07"},
                "process": {"executable": IMAGE, "pid": 5124, "parent": {"executable": "C:\\x.exe"}}}  # fmt: skip
    logon = security | {"winlog": {"channel": "Security", "event_id": 4624, "event_data": {"LogonType": "10"}}}
    assert [read(logon, name) for name in ("IpAddress", "IpPort", "WorkstationName", "ProcessName", "NewProcessName")] == [
        "203.0.113.9", "50122", "DESK07", IMAGE, None,
    ]  # fmt: skip
    created = security | {"winlog": {"channel": "Security", "event_id": 4688, "event_data": {}}}
    assert [read(created, name) for name in ("NewProcessName", "ParentProcessName", "ProcessName")] == [IMAGE, "C:\\x.exe", None]
    value = {"winlog": {"channel": "Sysmon", "event_id": 13}, "registry": {"path": "HKU\\Run\\x", "data": {"strings": ["C:\\x.exe"]}}}
    assert read(value, "Details") == "C:\\x.exe"
    assert read(value, "IpAddress") is None


def test_the_account_that_logged_the_event_is_not_its_user() -> None:
    """Where an event has no ``User``, the one of the System part does not stand in for it."""
    record = example("winlogbeat6")
    del record["event_data"]["User"]
    assert read(record, "User") is None
    nxlog = example("flat-nxlog")
    del nxlog["User"]
    assert read(nxlog, "User") is None


def test_evtx_old_style_numbers_and_data_without_names() -> None:
    """An old provider's EventID is an object, its data have no names; 7045 must come out as 7045."""
    record = example("evtx")
    record["Event"]["System"]["EventID"] = {"#attributes": {"Qualifiers": 16384}, "#text": 7045}
    record["Event"]["EventData"] = {"Data": {"#text": ['C:\\one "1"', "two"]}, "Binary": None}
    assert read(record, "EventID") == "7045"
    assert read(record, "data") == 'C:\\one "1"\ntwo'
    assert read(record, "_messageTime") == str(epoch_milliseconds("2024-03-05T09:15:31.5Z"))


@pytest.mark.parametrize(("name", "outer"), [("evtx", "Event"), ("sumo-json", None)])
def test_user_data_is_found_under_any_name(name: str, outer: str | None) -> None:
    """The object under ``UserData`` is called what the provider likes."""
    record = example(name)
    part = record[outer] if outer else record
    part["UserData"] = {"SomethingNew": {"#attributes": {"xmlns": "x"}, "SubjectUserName": "mira", "Reason": "5"}}
    part["EventData"] = None if outer else {}
    assert read(record, "subjectusername") == "mira"
    assert read(record, "Reason") == "5"


def test_azure_event_data_may_be_an_object() -> None:
    """Some exports leave EventData an object; some leave it XML in RawEventData."""
    record = example("azure")
    record["EventData"] = json.loads(record["EventData"])
    assert (read(record, "Image"), read_time(shape("azure"), record)) == (IMAGE, MOMENT)
    record["EventData"], record["RawEventData"] = None, "<EventData><Data Name='Image'>a&amp;b.exe</Data></EventData>"
    assert read(record, "Image") == "a&b.exe"


def test_xml_entities_are_resolved_once() -> None:
    """``&amp;lt;`` was ``&lt;`` in the event and stays so; quotes and numeric entities are resolved."""
    record = example("sumo-xml")
    assert read(record, "CommandLine") == 'mshta.exe "http://192.0.2.10/?a=1&b=2"'
    record["_raw"] = record["_raw"].replace("CORP\\mira", "&amp;lt;x&amp;gt; &#65;&#x42; &nbsp; &#1114112;")
    assert read(record, "User") == "&lt;x&gt; AB &nbsp; &#1114112;"


def test_a_search_results_own_metadata_win() -> None:
    """An exported message keeps its category, host and time; without them the event inside says."""
    for name in ("sumo-json-export", "sumo-xml"):
        record = with_values(name, _sourcecategory="prod/win", _messagetime="1700000000000")
        assert read(record, "_sourceCategory") == "prod/win"
        assert read(record, "_messageTime") == "1700000000000"
        assert read(record, "_sourceHost") == "desk07"
        bare = {"_raw": record["_raw"]}
        assert read(bare, "_sourceCategory") == "windows/sysmon"
        assert read(bare, "_messageTime") == str(MOMENT)
        assert read(bare, "_sourceHost") == "DESK07.corp.example"
        assert read(bare, "_raw") == record["_raw"]


def test_flat_json_in_a_search_results_raw() -> None:
    """``_raw`` of an export may be flat JSON (nxlog, NDJSON) as well as Sumo Logic's own layout."""
    record = {"_messagetime": MOMENT, "_raw": shape("flat-nxlog").example}
    wanted = {"EventID": "3", "Image": IMAGE, "Computer": "DESK07.corp.example"}
    assert {field: read(record, field) for field in wanted} == wanted


def test_a_linux_event_is_in_no_windows_category() -> None:
    """Sysmon for Linux shares event numbers with Windows: only its category keeps it apart."""
    record = example("syslog-linux-sysmon")
    assert read(record, "_sourceCategory") == "linux/sysmon"
    assert "EventID" not in record


DEFENDER_PROCESS = {
    "ActionType": "ProcessCreated", "FileName": "cmd.exe", "FolderPath": "C:\\Windows\\System32\\cmd.exe",
    "ProcessCommandLine": "cmd /c ver", "ProcessId": 7, "AccountDomain": "corp", "AccountName": "ann", "SHA1": "aa",
}  # fmt: skip


def test_defender_image_is_the_created_process_or_the_one_that_acted() -> None:
    """A created process is the subject of its row and the initiating one its parent; elsewhere that one is it."""
    acted = example("defender")
    created = acted | DEFENDER_PROCESS
    assert (read(acted, "Image"), read(acted, "ParentImage")) == (r"c:\windows\system32\mshta.exe", "explorer.exe")
    assert (read(created, "Image"), read(created, "ParentImage")) == (
        r"C:\Windows\System32\cmd.exe", r"c:\windows\system32\mshta.exe",
    )  # fmt: skip
    assert (read(created, "CommandLine"), read(created, "ProcessId"), read(created, "ParentProcessId")) == (
        "cmd /c ver", "7", "5124",
    )  # fmt: skip
    assert (read(created, "User"), read(created, "ParentUser")) == ("corp\\ann", "corp\\mira")
    assert (read(created, "event_type"), read(created, "Hashes")) == ("process_creation", "SHA1=aa")


@pytest.mark.parametrize(
    ("folder", "file", "path"),
    [
        ("C:\\Windows", "a.exe", "C:\\Windows\\a.exe"),
        ("C:\\Windows\\", "a.exe", "C:\\Windows\\a.exe"),
        ("C:\\Windows\\A.EXE", "a.exe", "C:\\Windows\\A.EXE"),
        ("/usr/bin/a.exe", "a.exe", "/usr/bin/a.exe"),
        ("C:\\xa.exe", "a.exe", "C:\\xa.exe\\a.exe"),
        ("a.exe", "a.exe", "a.exe"),
        ("", "a.exe", "a.exe"),
        ("C:\\Windows", None, "C:\\Windows"),
        (None, None, None),
    ],
)
def test_defender_paths_with_and_without_the_file_name(folder: str | None, file: str | None, path: str | None) -> None:
    """Defender's folder path ends with the file name in some tables and exports, and does not in others."""
    record = with_values("defender", InitiatingProcessFolderPath=folder, InitiatingProcessFileName=file)
    assert read(record, "Image") == path


def test_defender_inbound_connections_turn_the_ends_round() -> None:
    """The remote end is the source of a connection that was accepted, the local one its destination."""
    record = with_values("defender", ActionType="InboundConnectionAccepted")
    assert (read(record, "Initiated"), read(record, "event_type")) == ("false", "network_connection")
    assert (read(record, "SourceIp"), read(record, "SourcePort")) == ("198.51.100.7", "443")
    assert (read(record, "DestinationIp"), read(record, "dest_port")) == ("10.20.0.7", "50122")


@pytest.mark.parametrize(
    ("action", "table", "event_type"),
    [
        ("ConnectionFailed", "DeviceNetworkEvents", "network_connection"),
        ("NewKindOfConnection", "DeviceNetworkEvents", "network_connection"),
        ("ListeningConnectionCreated", "DeviceNetworkEvents", "network_listen"),
        ("RegistryValueSet", "DeviceRegistryEvents", "registry_event"),
        ("ImageLoaded", "DeviceImageLoadEvents", "image_load"),
        ("NewAction", "DeviceEvents", None),
    ],
)
def test_defender_event_types(action: str, table: str, event_type: str | None) -> None:
    """An unknown action of a table is still of the table's kind; listening is no connection."""
    assert read(with_values("defender", ActionType=action, Type=table), "event_type") == event_type
    properties = {"DeviceName": "d", "ActionType": action}
    stream = {"category": f"AdvancedHunting-{table}", "properties": properties}
    assert (read(stream, "event_type"), read(stream, "_sourceName")) == (event_type, table)


def test_defender_reads_additional_fields() -> None:
    """What has no column is in the JSON text ``AdditionalFields``."""
    more = json.dumps({"DnsQueryString": "a.example", "PipeName": "\\\\.\\pipe\\x"})
    record = with_values("defender", ActionType="DnsQueryResponse", AdditionalFields=more)
    assert (read(record, "QueryName"), read(record, "pipename")) == ("a.example", "\\\\.\\pipe\\x")


def test_ecs_paths_by_event_number() -> None:
    """``file.path`` is a library in Sysmon 7 and a target file in 11; ``process.executable`` the source in 10."""
    record: Record = {"event": {"code": "7", "provider": "Microsoft-Windows-Sysmon"}, "file": {"path": "C:\\l.dll"},
                      "process": {"executable": "C:\\p.exe"}}  # fmt: skip
    assert (read(record, "ImageLoaded"), read(record, "TargetFilename")) == ("C:\\l.dll", None)
    record["event"]["code"] = "11"
    assert (read(record, "ImageLoaded"), read(record, "TargetFilename")) == (None, "C:\\l.dll")
    record["event"]["code"] = "10"
    assert (read(record, "SourceImage"), read(record, "Image")) == ("C:\\p.exe", "C:\\p.exe")


def test_ecs_event_types() -> None:
    """An endpoint's connection is one, its DNS query and its process's end are not taken for others."""
    pure: Record = {"process": {"executable": "x"}, "event": {"category": "network"}}
    assert (read(pure, "event_type"), read(pure, "_sourceCategory")) == ("network_connection", "endpoint/events")
    assert read(pure | {"dns": {"type": "query"}}, "event_type") == "dns_query"
    pure["event"] = {"category": ["process"], "type": ["end"]}
    assert read(pure, "event_type") == "process_termination"
    assert read({"event": {"code": "22", "provider": "Microsoft-Windows-Sysmon", "category": ["network"]}},
                "event_type") == "dns_query"  # fmt: skip


def test_cse_reads_what_was_normalised_and_what_was_not() -> None:
    """Of an image load ``baseImage`` is the library; a record without ``fields`` still has its number and channel."""
    load = {"metadata_deviceEventId": "Microsoft-Windows-Sysmon/Operational-7", "action": "ImageLoad",
            "baseImage": "C:\\l.dll", "parentBaseImage": "C:\\p.exe", "device_hostname": "d"}  # fmt: skip
    wanted = {"EventID": "7", "Image": "C:\\p.exe", "ImageLoaded": "C:\\l.dll", "ParentImage": None, "Computer": "d",
              "_sourceCategory": "windows/sysmon"}  # fmt: skip
    assert {field: read(load, field) for field in wanted} == wanted
    assert read(example("cse"), "Protocol") == "tcp"
    assert read(example("cse") | {"fields": {"EventData.Custom": "c"}}, "custom") == "c"
    firewall = {"objectType": "NetworkFlow", "srcDevice_ip": "10.0.0.1", "dstDevice_ip": "192.0.2.1", "dstPort": 443}
    assert (read(firewall, "event_type"), read(firewall, "_sourceCategory")) == (
        "network_connection",
        "endpoint/events",
    )


def test_a_field_that_only_late_records_have_is_found_as_the_query_writes_it(tmp_path: Path) -> None:
    """`url` is usually written `Url`; no record that is looked at first has it, so it is looked for in both spellings."""
    path = tmp_path / "events.ndjson"
    common = {"EventID": "3", "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "a.exe"}
    rows = [common] * 3_000 + [{"EventID": "59", "Channel": "Microsoft-Windows-Bits-Client/Operational", "url": "https://x"}]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows + [common] * 20))
    found = search('* | where url = "https://x" | fields url', [path])
    assert [r["url"] for r in found.rows] == ["https://x"]
