"""Containers and texts that events come in: answers of search interfaces, text logs, headers before records, lists of pairs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dohyo.cli.summary import summary
from dohyo.run import search
from dohyo.sources import limits
from dohyo.sources.shapes.messages import broken_up
from dohyo.sources.shapes.recognise import epoch_milliseconds

MESSAGE = "Network connection detected:\nUtcTime: 2024-03-05 09:15:30.123\nImage: C:\\a\\mshta.exe\nDestinationPort: 443"
NXLOG = json.dumps({"EventReceivedTime": "2024-03-05 09:15:32", "EventID": 3, "Hostname": "H", "UtcTime": "2024-03-05 09:15:30.123",
                    "Image": "C:\\a\\mshta.exe", "DestinationPort": "443"})  # fmt: skip
XML = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID>3</EventID><Computer>H</Computer></System>"
    "<EventData><Data Name='UtcTime'>2024-03-05 09:15:30.123</Data><Data Name='Image'>C:\\a\\mshta.exe</Data>"
    "<Data Name='DestinationPort'>443</Data></EventData></Event>"
)
HIT = json.dumps({"_index": "x", "_source": {"winlog": {"event_id": 3, "computer_name": "H", "event_data": {
    "UtcTime": "2024-03-05 09:15:30.123", "Image": "C:\\a\\mshta.exe", "DestinationPort": "443"}}}})  # fmt: skip
SPLUNK = "03/05/2024 09:15:31 AM\nLogName=Sysmon\nEventCode=3\nComputerName=H\nMessage=" + MESSAGE
WMI = (
    'instance of Win32_NTLogEvent\n{\n\tComputerName = "H";\n\tEventCode = 3;\n\tMessage = "'
    + MESSAGE.replace("\\", "\\\\").replace("\n", "\\r\\n")
    + '";\n\tTimeGenerated = "20240305091531.000000-000";\n};\n'
)
FLATTENED = MESSAGE.replace("\n", " ")
CASES = {
    "Elasticsearch's answer": f'{{"took": 3, "hits": {{"total": 2, "hits": [{HIT}, {HIT}]}}}}',
    "two answers, what follows the list left out": f'{{"hits": {{"hits": [{HIT}]}}, "aggregations": {{"a": [{{"b": 1}}]}}}}\n'
    f'{{"hits": {{"hits": [{HIT}]}}}}',
    "Sumo Logic's messages": json.dumps({"fields": [{"name": "_raw"}], "messages": [{"map": {"_raw": XML}}] * 2}),
    "Splunk's results": json.dumps({"preview": False, "results": [{"_raw": XML}] * 2}),
    "Splunk's result a line": f"{json.dumps({'preview': False, 'result': {'_raw': XML}})}\n" * 2,
    "syslog before JSON": f"<14>Mar  5 09:15:31 H app: {NXLOG}\n" * 2,
    "a time and a tag before JSON": f"2024-03-05T09:15:31+00:00\tlogs\t{NXLOG}\n" * 2,
    "syslog before XML": f"Mar  5 09:15:31 H sysmon: {XML}\n" * 2,
    "numbers of evtx_dump": f"Record 1\n{NXLOG}\nRecord 2\n{NXLOG}\n",
    "Splunk's rendered events": f"{SPLUNK}\n{SPLUNK}\n",
    "the same with Windows' line ends": f"{SPLUNK}\n{SPLUNK}\n".replace("\n", "\r\n"),
    "WMI instances": WMI * 2,
    "wevtutil's text": f"Event[0]:\n  Log Name: Sysmon\n  Event ID: 3\n  Computer: H\n  Description: \n{MESSAGE}\n\n"
    f"Event[1]:\n  Log Name: Sysmon\n  Event ID: 3\n  Computer: H\n  Description: \n{MESSAGE}\n",
    "a list of Get-WinEvent": "\n\n" + (
        "TimeCreated  : 3/5/2024 9:15:31 AM\nProviderName : Microsoft-Windows-Sysmon\nId           : 3\nMachineName  : H\n"
        + "Message      : " + MESSAGE.replace("\n", "\n               ") + "\n\n"
    ) * 2,
    "Snare": "<14>Mar 5 09:15:31 H MSWinEventLog\t1\tSysmon\t7\tTue Mar 05 09:15:31 2024\t3\tSysmon\tx\tUser\tInfo\tH\tc\t\t"
    f"{FLATTENED}\t4\n" * 2,
    "WinCollect": f"<13>Mar 05 09:15:31 H AgentDevice=WindowsLog\tAgentLogFile=Sysmon\tComputer=H\tEventID=3\tMessage={FLATTENED}\n"
    * 2,
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_two_events_are_read_from(text: str, tmp_path: Path) -> None:
    """The same connection, twice, whatever is around it; nothing else, and nothing is complained about."""
    path = tmp_path / "log"
    path.write_text(text, "utf-8")
    found = search("* | fields EventID, Computer, Image, DestinationPort, _messageTime", [path])
    event = {"EventID": "3", "Computer": "H", "Image": "C:\\a\\mshta.exe", "DestinationPort": "443", "_messageTime": 1_709_630_130_123}
    assert [{name: row[name] for name in event} for row in found.rows] == [event, event]
    assert [str(problem) for problem in found.read.problems] == []
    assert len({place.record for place in found.evidence() if place}) == 2


def test_a_list_of_a_records_own_is_no_answer(tmp_path: Path) -> None:
    """A record keeps a list that holds no events."""
    path = tmp_path / "log"
    path.write_text('{"id": 7, "items": [{"sku": "a"}, {"sku": "b"}]}\n', "utf-8")
    assert search("* | fields id", [path]).rows == [{"id": "7"}]


LOGON = (
    "An account was successfully logged on.\n\nSubject:\n\tSecurity ID:\t\tS-1-0-0\n\tAccount Name:\t\tSYS$\n\nLogon Type:\t\t\t3\n\n"
    "New Logon:\n\tSecurity ID:\t\tS-1-5\n\tAccount Name:\t\tmira\n\nNetwork Information:\n\tSource Network Address:\t10.0.0.9\n"
)


@pytest.mark.parametrize("message", [LOGON, LOGON.replace("\n", "\r\n"), broken_up(LOGON.replace("\n", "  ").replace("\t", " "))])
def test_labels_for_people_are_the_events_fields(message: str, tmp_path: Path) -> None:
    """``Account Name`` is the subject's or the new logon's, as its section says; also where the lines were lost."""
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"Id": 4624, "LogName": "Security", "ProviderName": "x", "Message": message}), "utf-8")
    row = search("* | fields SubjectUserName, TargetUserName, LogonType, IpAddress", [path]).rows[0]
    assert row == {"SubjectUserName": "SYS$", "TargetUserName": "mira", "LogonType": "3", "IpAddress": "10.0.0.9"}


ONE_LINE = (
    ("4688", "A new process has been created. Process Information: New Process Name: C:\\a.exe Process Command Line: a.exe /x b"
     " Token Elevation Type indicates the type of token that was assigned.", "CommandLine", "a.exe /x b"),
    ("4104", "Creating Scriptblock text (1 of 1): IEX (1) ScriptBlock ID: 1a2b-3c Path:", "ScriptBlockText", "IEX (1)"),
    ("4104", "Creating Scriptblock text (1 of 1): IEX (1) ScriptBlock ID: 1a2b-3c Path: C:\\a.ps1", "ScriptBlockId", "1a2b-3c"),
)  # fmt: skip


@pytest.mark.parametrize(("number", "message", "name", "value"), ONE_LINE)
def test_values_of_a_message_in_one_line_end(number: str, message: str, name: str, value: str, tmp_path: Path) -> None:
    """Snare and WinCollect put a message's lines into one: a last value ends before Windows' explanation."""
    path = tmp_path / "log"
    cells = ("MSWinEventLog", "1", "X", "7", "Tue Mar 05 09:15:31 2024", number, "X", "x", "User", "Info", "H", "c", "", message, "4")
    path.write_text("<14>Mar 5 09:15:31 H " + "\t".join(cells) + "\n")
    assert search(f"* | fields {name}", [path]).rows == [{name: value}]


def test_a_list_keeps_the_sections_of_a_message(tmp_path: Path) -> None:
    """What stands under a heading of a message is indented below it, and all of it by the list."""
    path = tmp_path / "log.txt"
    text = "TimeCreated : 3/5/2024 9:15:31 AM\nId          : 4624\nMessage     : " + LOGON.replace("\n", "\n              ")
    path.write_text(f"\n\n{text}\n\n\n", "utf-16")
    assert search("* | fields SubjectUserName, TargetUserName", [path]).rows == [{"SubjectUserName": "SYS$", "TargetUserName": "mira"}]


UNSURE_TIMES = {
    "25/03/2024 09:15:29": ({"log.csv": "25/03/2024 09:15:29"}, {}),
    "05/03/2024 09:15:29": ({}, {"log.csv": "05/03/2024 09:15:29"}),
    "05/05/2024 09:15:29": ({}, {}),
    "3/5/2024 9:15:29 AM": ({}, {}),
    "2024-03-05T09:15:29Z": ({}, {}),
    "05.03.2024 09:15:29": ({}, {}),
}


@pytest.mark.parametrize("written", UNSURE_TIMES)
def test_times_that_cannot_be_read_or_only_guessed_are_told(written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event without a time is in no time range; one whose day and month may be swapped is in the wrong one."""
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text(f"TimeCreated,Id,ProviderName,LogName,Message\n{written},1,X,X,y\n{written},1,X,X,y\n")
    read = search("* | count", ["log.csv"]).read
    assert (read.untimed, read.month_first) == UNSURE_TIMES[written]
    told = "\n".join(summary(read, "", False))
    assert ("events without a time in: log.csv" in told) == bool(read.untimed)
    assert ("month first" in told) == bool(read.month_first)


@pytest.mark.parametrize(("record", "names"), [
    ({"EventID": 3.0, "Version": 5.0, "DestinationPort": 443.0}, ("EventID", "DestinationPort")),
    ({"event_id": "3.0", "destination": {"port": 443.0}}, ("event_id", "port")),
    ({"EventID": 3, "DestinationPort": "443", "Score": 3.5}, ()),
], ids=["numbers", "texts and objects", "whole"])  # fmt: skip
def test_ports_and_ids_written_as_fractions_are_told(record: dict[str, object], names: tuple[str, ...], tmp_path: Path) -> None:
    """A query that asks for port 443 does not meet 443.0, which is how tables with holes write it."""
    path = tmp_path / "log.ndjson"
    path.write_text(json.dumps({"Channel": "Microsoft-Windows-Sysmon/Operational", "UtcTime": "2024-03-05 09:15:30", **record}) + "\n")
    read = search("* | count", [path]).read
    assert read.fractions == ({str(path): names} if names else {})
    assert ("written as 443.0" in "\n".join(summary(read, "", False))) == bool(names)


def test_what_is_odd_is_told_of_large_logs_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine opens these by itself."""
    monkeypatch.setattr(limits, "NATIVE", 1)
    odd, own = tmp_path / "odd.ndjson", tmp_path / "own.ndjson"
    event = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "UtcTime": "1x2"}
    odd.write_text((json.dumps(event) + "\n") * 20 + json.dumps(event | {"DestinationPort": 443.0}) + "\n")
    own.write_text(json.dumps({"a": 1, "b": 2}) + "\n")
    read = search("* | count", [odd, own]).read
    assert (read.untimed, read.fractions) == ({str(odd): "1x2"}, {str(odd): ("DestinationPort",)})
    assert read.unknown == {str(own): ("a", "b")}


def test_pairs_are_unescaped(tmp_path: Path) -> None:
    """A value in a list of pairs is JSON: quotation marks and backslashes in it are its own."""
    data = [{"@Name": "Image", "#text": 'C:\\"x"\\ü'}, {"@Name": "Other", "#text": "1"}]
    event = {
        "Event": {"System": {"EventID": "1", "TimeCreated": {"@SystemTime": "2024-03-05T09:15:30.123Z"}}, "EventData": {"Data": data}}
    }
    path = tmp_path / "log.json"
    path.write_text(json.dumps(event), "utf-8")
    assert search("* | fields Image, other", [path]).rows == [{"Image": 'C:\\"x"\\ü', "other": "1"}]


def test_a_message_over_many_lines_does_not_hide_a_table(tmp_path: Path) -> None:
    """The Event Viewer's CSV: the sixth column has no name, and its first row does not end within twenty lines."""
    path = tmp_path / "log.csv"
    lines = "\r\n".join(["Process Create:", *(f"Name{i}: {i}" for i in range(40)), "Image: C:\\a.exe"])
    path.write_text(f'Level,Date and Time,Source,Event ID,Task Category\r\nI,3/5/2024 9:15:30 PM,x,1,y,"{lines}"\r\n', "utf-8")
    assert search("* | fields EventID, Image, _messageTime", [path]).rows == [
        {"EventID": "1", "Image": "C:\\a.exe", "_messageTime": 1_709_673_330_000}
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3/5/2024 9:15:30 AM", 1_709_630_130_000),
        ("3/5/2024, 9:15:30.123 AM", 1_709_630_130_123),
        ("Mar 5, 2024 @ 09:15:30.123", 1_709_630_130_123),
        ("2024/03/05 09:15:30.123456700", 1_709_630_130_123),
        ("133541037301234567", 1_709_630_130_123),
        ("2024-03-05 09:15:30.123 UTC", 1_709_630_130_123),
        ("2024-03-05 11:15:30.123+02", 1_709_630_130_123),
        ("13/5/2024 9:15:30", None),
    ],
)
def test_times_for_people_are_the_same_in_both_readings(text: str, expected: int | None, tmp_path: Path) -> None:
    """The engine and its reference read them alike."""
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"time": text}), "utf-8")
    assert search("* | fields _messageTime", [path]).rows == [{"_messageTime": expected}]
    assert epoch_milliseconds(text) == expected


def test_an_archive_that_is_not_looked_into_is_told_of(tmp_path: Path) -> None:
    """A 7z beside a log may hold logs; a packet capture holds none and is only counted."""
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c\0\4")
    (tmp_path / "b.pcap").write_bytes(b"\xd4\xc3\xb2\xa1\0\0")
    (tmp_path / "c.json").write_text(NXLOG, "utf-8")
    read = search("*", [tmp_path]).read
    assert [(p.reason, p.hint) for p in read.problems] == [
        ("is a 7z archive, which is not looked into", "unpack it (7z x) and give the folder")
    ]
    assert [reason for _, reason in read.skipped] == ["a packet capture"]
