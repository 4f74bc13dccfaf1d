"""The generator behind ``dohyo sample``: reproducible, true to its tables, honest about which records are attacks."""

from __future__ import annotations

import csv
import gzip
import io
import ipaddress
import json
import re
import zipfile
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dohyo.sample import FORMATS, SHAPES, START, Event, generate, labels_path, run, write
from dohyo.sample.attacks import ATTACKS
from dohyo.sample.office import SHARES
from dohyo.sample.shapes import renderer
from dohyo.sample.world import Clock

PORTS = {"80", "443", "53", "25", "22", "3389", "135"}
LEFT_OUT = frozenset(
    ("chrome", "firefox", "msedge", "iexplore", "microsoftedge", "svchost", "onedrive", "teams", "outlook", "winlogon",
     "lsass", "services", "msmpeng", "wuauclt", "tiworker", "wermgr", "searchindexer")
)  # fmt: skip
SUSPICIOUS = frozenset(
    ("powershell", "pwsh", "cmd", "wscript", "cscript", "mshta", "wmic", "rundll32", "regsvr32", "certutil",
     "bitsadmin", "msbuild", "csc", "installutil", "regasm", "regsvcs", "ieexec", "expand", "extrac32", "makecab",
     "pcalua", "hh", "xwizard", "notepad", "calc", "mspaint", "wordpad", "write", "winver", "charmap", "snippingtool")
)  # fmt: skip


@cache
def sample(attack_rate: float = 0.05) -> tuple[Event, ...]:
    """Events that several tests look at and none changes."""
    return tuple(generate(20_000, seed=3, attack_rate=attack_rate))


def t1043(event: Event) -> bool:
    """T1043's rule, row by row, as its page describes it; the name is the whole last part, without case."""
    fields = event.fields
    if fields["EventID"] != "3" or not fields["Channel"].startswith("Microsoft-Windows-Sysmon"):
        return False
    name = fields["Image"].rpartition("\\")[2].lower()
    stem = name.removesuffix(".exe")
    return fields["DestinationPort"] in PORTS and name.endswith(".exe") and stem in SUSPICIOUS and stem not in LEFT_OUT


def written(tmp_path: Path, name: str, events: int = 600, **more: object) -> Path:
    out = tmp_path / name
    run(out, events, **more)  # type: ignore[arg-type]
    return out


@pytest.mark.parametrize("name", ["a.ndjson", "a.json", "a.csv", "a.parquet", "a.ndjson.gz", "a.ndjson.zst"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    """Two runs with the same arguments give identical files and labels, in every format and compression."""
    one, two = (written(tmp_path, f"{turn}{name}", seed=7) for turn in (1, 2))
    assert one.read_bytes() == two.read_bytes()
    assert labels_path(one).read_bytes() == labels_path(two).read_bytes()


def test_bytes_do_not_change_with_python_or_machine() -> None:
    """The first event of a seed, fixed here: it changes only when somebody changes the office or the dice."""
    first = next(iter(generate(10, seed=1)))
    assert (first.time, first.computer) == (1_768_203_882_352, "WS-0001.corp.example")


def test_different_seeds_differ(tmp_path: Path) -> None:
    """Another seed is another sample."""
    assert written(tmp_path, "a.ndjson", seed=1).read_bytes() != written(tmp_path, "b.ndjson", seed=2).read_bytes()


@pytest.mark.parametrize("rate", [0.0, 0.002, 0.05, 0.5])
def test_attacks_come_at_the_asked_rate(rate: float) -> None:
    """The share of attack records is the asked one to within two attacks."""
    attacks = sum(event.label is not None for event in sample(rate))
    assert abs(attacks - rate * 20_000) <= 2 * max(attack.size for attack in ATTACKS)


def test_every_attack_happens_and_the_page_s_four_come_first() -> None:
    """A sample that is large enough shows each attack; a small one begins with the tests of the T1043 page."""
    names = list(dict.fromkeys(event.label.attack for event in sample() if event.label))
    assert set(names) == {attack.name for attack in ATTACKS}
    assert set(names[:4]) == {attack.name for attack in ATTACKS[:4]}


def test_labels_agree_with_a_naive_evaluation_of_the_rule() -> None:
    """The rule fires on exactly the records that the labels name, and on none of the normal traffic."""
    expected = [bool(event.label and event.label.fires) for event in sample()]
    assert [t1043(event) for event in sample()] == expected
    assert sum(expected) > 100


def test_the_rule_s_look_alikes_are_there() -> None:
    """What must not match does occur, on the rule's ports: otherwise a wrong rule would look right."""
    connections = [e.fields for e in sample() if e.form.kind.key == "Sysmon:3" and not e.label]
    images = {fields["Image"] for fields in connections if fields["DestinationPort"] in PORTS}
    ends = (
        "dsregcmd.exe",
        "notepad.exe\\updater.exe",
        "powershell_ise.exe",
        "svchost.exe",
        "chrome.exe",
        "<unknown process>",
    )
    assert all(any(image.endswith(end) for image in images) for end in ends)
    assert {"Security-Auditing:5156", "Bits-Client:3"} <= {event.form.kind.key for event in sample()}
    assert any(fields["Image"] == "System" for fields in connections)


def test_an_attack_s_records_belong_together() -> None:
    """Process creation in Sysmon and Security, and what the process does, name the same process on the same host."""
    runs: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in sample():
        if event.label and event.fields.get("ProcessGuid"):
            runs[event.label.attack, event.fields["ProcessGuid"]].append(event)
    created = {
        event.fields["ProcessGuid"]: event for events in runs.values() for event in events if event.form.kind.id == 1
    }
    security = {(e.computer, int(e.fields["NewProcessId"], 16)) for e in sample() if e.form.kind.id == 4688}
    for (_, guid), events in runs.items():
        if guid in created:
            birth = created[guid]
            assert {event.computer for event in events} == {birth.computer}
            assert {event.fields["Image"] for event in events} == {birth.fields["Image"]}
            assert (birth.computer, int(birth.fields["ProcessId"])) in security


def test_a_bits_job_connects_through_svchost() -> None:
    """bitsadmin itself opens no connection: the BITS service does, so the rule cannot see it."""
    job = [e for e in sample() if e.label and e.label.attack.startswith("bitsadmin") and e.form.kind.key == "Sysmon:3"]
    assert job
    assert {event.fields["Image"].rpartition("\\")[2] for event in job} == {"svchost.exe"}
    assert not any(event.label and event.label.fires for event in job)


def test_time_never_goes_back() -> None:
    """Events come in the order of the time at which they happened, which is the time that their text says."""
    times = [event.time for event in sample()]
    assert times == sorted(times)
    assert [int(event.slots["record"]) for event in sample()] == list(range(100_001, 120_001))
    for event in sample():
        text = event.fields.get("UtcTime")
        if text:
            assert datetime.fromisoformat(f"{text}+00:00") == _moment(event.time)


def _moment(time: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time)


@given(st.integers(-(2**39), 2**41))
def test_the_clock_s_dates_are_the_calendar_s(time: int) -> None:
    """The generator's own calendar agrees with Python's, before 1970 too."""
    slots = Clock(0).slots(time, 0)
    assert f"{slots['date']} {slots['clock']}.{slots['ms']}" == f"{_moment(time):%Y-%m-%d %H:%M:%S.}{time % 1000:03}"


def test_shares_of_event_types_are_the_table_s() -> None:
    """Each type's share of the normal records is the table's, within what chance allows."""
    counts = Counter(event.form.kind.key for event in sample(0.0))
    unit = 20_000 / sum(SHARES.values())
    assert set(counts) <= set(SHARES)
    for kind, share in SHARES.items():
        expected = share * unit
        assert abs(counts[kind] - expected) <= 5 * expected**0.5 + 5, kind


def test_shares_are_like_a_recorded_network_s() -> None:
    """The three types that fill recorded networks fill the generated one, and connections are as rare in both."""
    recorded = Counter[int]()
    for name in ("psh_hh_local_html_payload.zip", "schtask_modification.zip", "covenant_psremoting_grunt.zip"):
        archive = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "otrf" / name
        if not archive.exists():
            pytest.skip("the recorded events are not beside this repository")
        with zipfile.ZipFile(archive) as opened:
            data = opened.read(opened.namelist()[0])
        recorded.update(int(number) for number in re.findall(rb'"EventID":(\d+)', data))
    made = Counter(event.form.kind.id for event in sample(0.0))
    assert {kind for kind, _ in made.most_common(3)} == {kind for kind, _ in recorded.most_common(3)}
    assert 0.5 < (made[3] / made.total()) / (recorded[3] / recorded.total()) < 2


def test_network_connections_have_an_office_s_ports() -> None:
    """Web, WinRM and directory traffic lead, as in recorded networks, and some connections are accepted ones."""
    fields = [event.fields for event in sample(0.0) if event.form.kind.key == "Sysmon:3"]
    ports = Counter(each["DestinationPort"] for each in fields)
    assert {"443", "5985", "445", "389", "53"} <= {port for port, _ in ports.most_common(6)}
    assert 0.02 < sum(each["Initiated"] == "false" for each in fields) / len(fields) < 0.25


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_carries_every_event(shape: str) -> None:
    """Each record is one line of valid JSON, and a connection's image, port and host are to be found in it."""
    render = renderer(shape)
    for event in sample()[:4000]:
        text = render(event)
        assert "\n" not in text
        record = json.loads(text)
        if event.form.kind.key == "Sysmon:3":
            values = {str(value).lower() for value in _leaves(record)}
            fields = event.fields
            assert fields["Computer"].lower() in values
            assert fields["DestinationPort"] in values
            assert fields["Image"].lower() in values


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in _leaves(part)]
    if isinstance(value, str) and value.startswith("{") and value.endswith("}") and '"' in value:
        return _leaves(json.loads(value))
    if isinstance(value, str) and value.startswith("<Event"):
        return [element.text for element in ElementTree.fromstring(value).iter()]
    return [value]


@pytest.mark.parametrize("shape", ["flat", "flat-nxlog", "winlogbeat6", "ecs", "sumo-json"])
def test_the_rendered_message_names_the_fields(shape: str) -> None:
    """Shapes that carry Windows' rendered message have one, with the connection's fields one a line."""
    event = next(event for event in sample() if event.form.kind.key == "Sysmon:3")
    record = json.loads(renderer(shape)(event))
    lines = (record.get("Message") or record["message"]).splitlines()
    assert f"DestinationPort: {event.fields['DestinationPort']}" in lines
    assert f"Image: {event.fields['Image']}" in lines


def test_evtx_types_its_values() -> None:
    """EVTX has numbers and truth values, bare upper-case GUIDs, and an attribute on old-style providers' event ids."""
    render = renderer("evtx")
    data = json.loads(render(next(e for e in sample() if e.form.kind.key == "Sysmon:3")))["Event"]["EventData"]
    assert isinstance(data["DestinationPort"], int)
    assert isinstance(data["Initiated"], bool)
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", data["ProcessGuid"])
    service = json.loads(render(next(e for e in sample() if e.form.kind.id == 7036)))
    assert service["Event"]["System"]["EventID"]["#text"] == 7036


def test_nothing_in_a_slot_needs_an_escape() -> None:
    """Slots are put into JSON, JSON inside JSON and XML as they are: they hold no character that those escape."""
    for event in sample():
        assert all(re.fullmatch(r"[\w .:;,=/$+-]*", value) for value in event.slots.values())


def test_addresses_and_names_are_nobody_s() -> None:
    """All addresses are private, documentation's or those that the T1043 tests name; all hosts are example names."""
    allowed = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "192.0.2.0/24",
               "198.51.100.0/24", "203.0.113.0/24", "127.0.0.0/8", "93.184.216.34/32", "8.8.8.8/32")]  # fmt: skip
    versions = {"4.18.2010.7", "10.0.19041.546", "5.1.19041.546"}
    text = "\n".join(map(renderer("flat"), sample()))
    for found in set(re.findall(r"(?<![\w.])\d+\.\d+\.\d+\.\d+(?![\w.])", text)) - versions:
        assert any(ipaddress.ip_address(found) in network for network in allowed), found
    names = {event.fields.get("DestinationHostname", "-") for event in sample()}
    assert all(re.fullmatch(r"-|dns\.google|(.+\.)?(corp\.example|example\.(com|net|org))", name) for name in names)


def test_labels_file_names_the_records(tmp_path: Path) -> None:
    """The side file's record numbers are the lines of the NDJSON, and the summary counts what it lists."""
    out = tmp_path / "office.ndjson"
    summary = run(out, 3000, seed=5, attack_rate=0.05)
    lines = out.read_text(encoding="utf-8").splitlines()
    labels = [json.loads(line) for line in labels_path(out).read_text(encoding="utf-8").splitlines()]
    assert (summary.events, summary.attack_records, summary.labels) == (3000, len(labels), labels_path(out))
    assert summary.alerts == sum(label["T1043"] for label in labels) > 0
    assert sum(summary.attacks.values()) == len(labels)
    for label in labels:
        record = json.loads(lines[label["record"] - 1])
        assert (record["Hostname"], record["EventID"]) == (label["computer"], label["EventID"])


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "evtx"])
def test_csv_and_parquet_have_every_record_and_its_values(tmp_path: Path, shape: str) -> None:
    """Columns are known before the first event, so no value is lost whichever event comes first."""
    import pyarrow.parquet as pq

    events = sample()[:500]
    for format in ("csv", "parquet"):
        assert write(tmp_path / f"a.{format}", events, shape) == 500
    wanted = [json.loads(renderer(shape)(event)) for event in events]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_bytes().decode(), newline="")))
    table = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert len(rows) == len(table) == 500
    for want, row, record in zip(wanted, rows, table, strict=True):
        texts = {name: value for name, value in want.items() if isinstance(value, str)}
        assert {name: row[name] for name in texts} == texts
        assert {name: record[name] for name in texts} == texts


def test_a_json_array_and_gzip_hold_the_same_records(tmp_path: Path) -> None:
    """Formats differ only in the packing."""
    events = sample()[:300]
    for name in ("a.ndjson", "a.json", "a.ndjson.gz"):
        write(tmp_path / name, events)
    lines = (tmp_path / "a.ndjson").read_bytes()
    assert json.loads((tmp_path / "a.json").read_bytes()) == [json.loads(line) for line in lines.splitlines()]
    assert gzip.decompress((tmp_path / "a.ndjson.gz").read_bytes()) == lines


@pytest.mark.parametrize("format", FORMATS)
def test_no_events_are_an_empty_but_whole_file(tmp_path: Path, format: str) -> None:
    """Zero events is a valid wish: an empty NDJSON, an empty array, a table without rows."""
    assert run(tmp_path / f"a.{format}", 0).events == 0
    assert (tmp_path / f"a.{format}").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"events": -1}, "events must not be negative"),
        ({"events": 1, "attack_rate": 0.9}, "attack rate must be between 0 and 0.5"),
        ({"events": 1, "attack_rate": float("nan")}, "attack rate must be between 0 and 0.5"),
        ({"events": 1, "hosts": 0}, "hosts must be between 1 and"),
        ({"events": 1, "span": timedelta(0)}, "span must be longer"),
        ({"events": 1, "start": datetime(9999, 12, 31, 23, tzinfo=UTC)}, "must end before"),
        ({"events": 1, "shape": "syslog"}, "unknown shape 'syslog': it must be one of flat"),
        ({"events": 1, "format": "xlsx"}, "unknown format 'xlsx': it must be one of ndjson"),
        ({"events": 1, "shape": "evtx", "format": "csv"}, "the shape evtx has no columns"),
    ],
)
def test_a_wrong_argument_is_named_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, object], says: str
) -> None:
    """The error says what is allowed, and no half-made file is left."""
    with pytest.raises(ValueError, match=says):
        run(tmp_path / "a.ndjson", **arguments)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_standard_output_is_possible(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Without a file the records go to standard output, nothing else does."""
    assert run(None, 5).labels is None
    assert len([json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]) == 5


@settings(deadline=None, max_examples=60)
@given(
    events=st.integers(0, 400),
    seed=st.integers(-(2**63), 2**63),
    rate=st.floats(0, 0.5),
    span=st.integers(1, 10**12),
    hosts=st.integers(1, 60),
    year=st.integers(1600, 5000),
)
def test_any_arguments_give_exactly_the_asked_events(
    events: int, seed: int, rate: float, span: int, hosts: int, year: int
) -> None:
    """Whatever the arguments: the number asked for, in order, from the start on, readable, and the same again."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    arguments = (events, seed, rate, start, timedelta(milliseconds=span), hosts)
    made = list(generate(*arguments))
    render = renderer("cse")
    assert len(made) == events
    assert [event.time for event in made] == sorted(event.time for event in made)
    assert all(event.time >= (start - _moment(0)) // timedelta(milliseconds=1) for event in made)
    assert [json.loads(render(event))["timestamp"] for event in made] == [event.time for event in made]
    assert [render(event) for event in generate(*arguments)] == [render(event) for event in made]


def test_events_are_made_while_they_are_read() -> None:
    """The generator holds no list: the first events of a billion are there at once."""
    first = [event for event, _ in zip(generate(1_000_000_000), range(100), strict=False)]
    assert len(first) == 100
    assert first[0].time >= int(START.timestamp() * 1000)
