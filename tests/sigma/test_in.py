"""Sigma in: what each kind of value becomes, that it means what Sigma means, and that rules do not disturb each other."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from dohyo.binding.context import Dialect, Options
from dohyo.compile import compile_query
from dohyo.detections.hunt import run_detections
from dohyo.run import Query, RunOptions, search
from dohyo.sample import run as sample
from dohyo.sigma.cache import Cache
from dohyo.sigma.convert import convert
from dohyo.sigma.load import detection, load

ROWS = yaml.safe_load(Path(__file__).with_name("values.yml").read_text("utf-8"))
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "sigma"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the public rules and recordings are not there")


def rule(detection: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": "A rule", "id": "5f1d0cb2-7a3c-4b8e-9a1e-0d6f3c2b1a00", "status": "test", "level": "high",
            "logsource": {"product": "windows", "category": "process_creation"}, "detection": detection, **more}  # fmt: skip


def event(fields: dict[str, Any]) -> dict[str, Any]:
    return {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "UtcTime": "2024-01-01 00:00:00.000", **fields}


@pytest.mark.parametrize("row", ROWS, ids=lambda r: json.dumps(r["detection"])[:60])
def test_value(row: dict[str, Any], tmp_path: Path) -> None:
    """The query is valid in the strict dialect, says what the table says, and tells the two events apart."""
    entry = convert([rule(row["detection"])])
    assert not entry.broken
    query = entry.rules[0].query
    compile_query(query, "rule", Options(dialect=Dialect.STRICT))
    if "where" in row:
        assert [line.removeprefix("| where ") for line in query.splitlines()[2:-1]] == row["where"]
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(event(row[k])) + "\n" for k in ("fires", "quiet")))
    found = search(Query(query, dialect="strict"), [log], RunOptions(evidence=True))
    assert [e.record for e in found.evidence() if e] == [1]


def test_another_channel_with_the_same_event_id_is_no_match(tmp_path: Path) -> None:
    """EventID 3 of BITS is no network connection."""
    connections = {"product": "windows", "category": "network_connection"}
    entry = convert([rule({"sel": {"Image|endswith": "x.exe"}, "condition": "sel"}, logsource=connections)])
    log = tmp_path / "log.ndjson"
    other = event({"EventID": "3", "Channel": "Microsoft-Windows-Bits-Client/Operational", "Image": "x.exe"})
    log.write_text(json.dumps(other) + "\n" + json.dumps(event({"EventID": "3", "Image": "x.exe"})) + "\n")
    assert [e.record for e in search(entry.rules[0].query, [log], RunOptions(evidence=True)).evidence() if e] == [2]


@pytest.mark.parametrize(
    ("source", "selection", "channel", "event_id", "own"),
    [
        ({"category": "process_creation"},
         {"Image|endswith": "\\a.exe", "ParentImage|endswith": "b.exe", "IntegrityLevel": "S-1-16-12288"},
         "Security", 4688, {"NewProcessName": "C:\\A.exe", "ParentProcessName": "b.exe", "MandatoryLabel": "S-1-16-12288"}),
        ({"category": "file_access"}, {"FileName|endswith": "\\x", "Image|contains": "a"}, "Security", 4663,
         {"ObjectName": "C:\\x", "ProcessName": "C:\\a.exe"}),
        ({"category": "ps_script"}, {"ScriptBlockText": "x"}, "PowerShellCore/Operational", 4104, {"ScriptBlockText": "x"}),
        ({"service": "system"}, {"ProcessId": 77}, "System", 7045, {}),
        ({"service": "kernel-boot"}, {"EventID": 5}, "Microsoft-Windows-Kernel-Boot/Operational", 5, {}),
        ({"service": "smbserver-security"}, {"EventID": 551}, "Microsoft-Windows-SMBServer/Security", 551, {}),
        ({"service": "vhdmp"}, {"EventID": 1}, "Microsoft-Windows-VHDMP-Operational", 1, {}),
    ],
)  # fmt: skip
def test_other_names_and_channels(
    source: dict[str, str], selection: dict[str, Any], channel: str, event_id: int, own: dict[str, str], tmp_path: Path
) -> None:
    """What a log calls otherwise is found; what is not there is not."""
    entry = convert([rule({"sel": selection, "condition": "sel"}, logsource={"product": "windows", **source})])
    system = {"EventID": event_id, "Channel": channel, "Execution": {"#attributes": {"ProcessID": 77}},
              "TimeCreated": {"#attributes": {"SystemTime": "2024-01-01T00:00:00Z"}}}  # fmt: skip
    other = {**system, "EventID": 9999, "Execution": {"#attributes": {"ProcessID": 8}}}
    log = tmp_path / "log.ndjson"
    records = [{"Event": {"System": system, "EventData": own}}, {"Event": {"System": other, "EventData": own}}]
    log.write_text("".join(json.dumps(r) + "\n" for r in records))
    assert [e.record for e in search(entry.rules[0].query, [log], RunOptions(evidence=True)).evidence() if e] == [1]


_OLD = {"EventID": 400, "Channel": "Windows PowerShell"}
_VALUES = ["Available", 'HostApplication=powershell C:\\T "q"']
_XML = "<EventData><Data>Available</Data><Data>HostApplication=powershell C:\\T &quot;q&quot;</Data></EventData>"


@pytest.mark.parametrize(
    "record",
    [
        {"Event": {"System": _OLD, "EventData": {"Data": {"#text": _VALUES}, "Binary": None}}},
        {"Event": {"System": _OLD, "EventData": {"Data": {"#text": _VALUES[1]}}}},
        {"event_id": 400, "log_name": "Windows PowerShell", "event_data": {"param1": _VALUES[0], "param3": _VALUES[1]}},
        {"event": {"code": "400"}, "winlog": {"channel": "Windows PowerShell", "event_data": {"param2": _VALUES[1]}}},
        {**_OLD, "EventReceivedTime": "2024-01-01 00:00:00", "Message": f"Engine state\r\n{_VALUES[1]}"},
        {**_OLD, "TimeCreated": "2024-01-01 00:00:00", "Message": f"Engine state\r\n{_VALUES[1]}"},
        {**_OLD, "EventData": {"Data": _VALUES}},
        {"Id": 400, "LogName": "Windows PowerShell", "ProviderName": "PowerShell", "Message": _VALUES[1]},
        {"TimeGenerated": "2024-01-01T00:00:00Z", "EventLog": "Windows PowerShell", "EventID": 400, "EventData": _XML},
        {"_raw": f"<Event><System><EventID>400</EventID><Channel>Windows PowerShell</Channel></System>{_XML}</Event>"},
    ],
    ids=["evtx", "evtx-one", "winlogbeat6", "ecs", "nxlog", "flat", "sumo-json", "powershell", "azure-event", "sumo-xml"],
)
def test_values_without_names(record: dict[str, Any], tmp_path: Path) -> None:
    """`Data` is all values, as they are and not as JSON or XML writes them, or the message where an export has only that."""
    wanted = {"Data|contains|all": ["HostApplication=powershell", 'C:\\T "q"']}
    entry = convert([rule({"sel": wanted, "condition": "sel"}, logsource={"product": "windows", "category": "ps_classic_start"})])
    log = tmp_path / "log.ndjson"
    log.write_text(json.dumps(record) + "\n")
    assert len(search(entry.rules[0].query, [log], RunOptions()).rows) == 1


def test_broken_rules_are_named_and_the_rest_is_used(tmp_path: Path) -> None:
    """No YAML, no rule, an unknown modifier, a log source that nobody knows: each is named with its file."""
    (tmp_path / "a.yml").write_text("title: [")
    (tmp_path / "b.yml").write_text("just text")
    (tmp_path / "c.yml").write_text(yaml.safe_dump(rule({"sel": {"Image|nonsense": "x"}, "condition": "sel"})))
    (tmp_path / "d.yml").write_text(yaml.safe_dump(rule({"sel": {"a": "x"}, "condition": "sel"}, logsource={"service": "nonsense"})))
    (tmp_path / "e.yml").write_text(yaml.safe_dump(rule({"sel": {"Image": "x"}, "condition": "sel"})))
    found = load([tmp_path], Cache(None))
    assert [r.title for r in found.rules] == ["A rule"]
    assert [Path(b.split(":")[0]).name for b in found.broken] == ["a.yml", "b.yml", "c.yml", "d.yml"]
    assert "a.yml:1:9" in found.broken[0]


@pytest.mark.parametrize(
    ("source", "scope"),
    [
        ({"product": "linux", "service": "auditd"}, "_sourceCategory=linux/auditd*"),
        ({"product": "linux", "category": "process_creation"}, "_sourceCategory=linux/sysmon"),
        ({"product": "aws", "service": "cloudtrail"}, "_sourceCategory=aws/cloudtrail*"),
        ({"category": "proxy"}, "_sourceCategory=proxy*"),
        ({"product": "windows", "service": "sense"}, "_sourceCategory=windows/other"),
    ],
)
def test_log_sources_of_other_systems(source: dict[str, str], scope: str, tmp_path: Path) -> None:
    """They are named as Sigma names them, and the rule fires on events of that source category alone."""
    entry = convert([rule({"sel": {"c-uri|contains": "evil"}, "condition": "sel"}, logsource=source)])
    query = entry.rules[0].query
    compile_query(query, "rule", Options(dialect=Dialect.STRICT))
    assert query.splitlines()[0] == scope
    if "service" in source and source["product"] != "windows":
        log = tmp_path / "log.ndjson"
        log.write_text(json.dumps({"c-uri": "/EVIL"}) + "\n" + json.dumps({"c-uri": "/good"}) + "\n")
        own = scope.removeprefix("_sourceCategory=").rstrip("*")
        assert len(search(query, [log], RunOptions(source_category=own)).rows) == 1
        assert not search(query, [log], RunOptions(source_category="other")).rows


def test_conversions_are_kept(tmp_path: Path) -> None:
    """The second time the rule comes from the cache, and a changed file is converted anew."""
    path = tmp_path / "a.yml"
    path.write_text(yaml.safe_dump(rule({"sel": {"Image": "x"}, "condition": "sel"})))
    cache = tmp_path / "cache" / "sigma.json"
    first = load([path], Cache(cache)).rules
    assert load([path], Cache(cache)).rules == first
    path.write_text(yaml.safe_dump(rule({"sel": {"Image": "y"}, "condition": "sel"})))
    assert "y" in load([path], Cache(cache)).rules[0].query
    cache.write_text("{broken")
    assert load([path], Cache(cache)).rules


def many_rules() -> list[Any]:
    """Rules that fire and rules that do not, of several kinds of events."""
    documents = []
    for i, (category, body) in enumerate((
        ("process_creation", {"sel": {"Image|endswith": "\\powershell.exe"}, "condition": "sel"}),
        ("process_creation", {"sel": {"CommandLine|contains": "-enc"}, "condition": "sel"}),
        ("process_creation", {"sel": {"Image|endswith": "\\svchost.exe"}, "f": {"User|contains": "SYS"}, "condition": "sel and not f"}),
        ("process_creation", {"f": {"Image|contains": "windows"}, "condition": "not f"}),
        ("network_connection", {"sel": {"DestinationPort": 443, "Initiated": "true"}, "condition": "sel"}),
        ("network_connection", {"sel": {"DestinationIp|cidr": "10.0.0.0/8"}, "condition": "sel"}),
        ("network_connection", {"sel": {"Image|re": "(?i)certutil"}, "condition": "sel"}),
        ("dns_query", {"sel": {"QueryName|endswith": ".example"}, "condition": "sel"}),
        ("registry_set", {"sel": {"TargetObject|contains": "CurrentVersion"}, "condition": "sel"}),
        ("image_load", {"sel": {"ImageLoaded|endswith": ".dll"}, "condition": "sel"}),
        ("file_event", {"sel": {"TargetFilename|contains": "Temp"}, "condition": "sel"}),
        ("process_access", {"sel": {"GrantedAccess": "0x1410"}, "condition": "sel"}),
        ("process_creation", {"sel": ["mimikatz", "bitsadmin"], "condition": "sel"}),
        ("process_creation", {"sel": {"Image": "never.exe"}, "condition": "sel"}),
    )):  # fmt: skip
        logsource = {"product": "windows", "category": category}
        documents.append(rule(cast("dict[str, Any]", body), id=f"00000000-0000-0000-0000-{i:012}", logsource=logsource))
    return [detection(r) for r in convert(documents).rules]


def test_alerts_are_the_same_whatever_else_is_loaded(tmp_path: Path) -> None:
    """All rules at once, in reverse, and each by itself give the same alerts."""
    log = tmp_path / "log.ndjson"
    sample(log, 3_000, seed=3, attack_rate=0.02)
    rules = many_rules()

    def alerts(chosen: list[Any]) -> Counter[tuple[str, Any]]:
        found = run_detections(chosen, [log], RunOptions()).alerts
        return Counter((a.detection, a.evidence.record if a.evidence else None) for a in found)

    together = alerts(rules)
    assert len({d for d, _ in together}) >= 6
    assert alerts(rules[::-1]) == together
    assert sum((alerts([r]) for r in rules), Counter()) == together


@needs_shared
def test_public_rules_convert_and_compile() -> None:
    """All 1,228 public rules convert, and what is converted is valid in the strict dialect."""
    found = _public_rules()
    assert (len(found.rules), found.broken) == (1228, [])
    for r in found.rules[::4]:
        compile_query(r.query, r.id, Options(dialect=Dialect.STRICT))


def _public_rules() -> Any:
    import tempfile

    with tempfile.TemporaryDirectory() as scratch, tarfile.open(SHARED / "rules-windows.tar.gz") as archive:
        archive.extractall(scratch, filter="data")
        return load([Path(scratch)], Cache(None))


#: Three events of each of these recordings meet the rule as it is written; the published count is 1.
COUNTED_OTHERWISE = {"0b9ad457-2554-44c1-82c2-d56a99c42377", "45e112d0-7759-4c2a-aa36-9f8fb79d3393"}


@needs_shared
def test_recordings_match_their_rules(tmp_path: Path) -> None:
    """Each published recording fires its rules, with the published count."""
    with tarfile.open(SHARED / "regression.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    found = run_detections([detection(r) for r in _public_rules().rules], [tmp_path], RunOptions())
    seen = Counter((a.detection, Path(a.evidence.file).name) for a in found.alerts if a.evidence)
    wrong = []
    for t in json.loads((SHARED / "regression.json").read_text()):
        for wanted in t["rules"]:
            got = seen[wanted, Path(t["path"]).name]
            count = 3 if wanted in COUNTED_OTHERWISE else t["match_count"]
            if got == 0 or (count and got != count):
                wrong.append((t["path"], got, count))
    assert wrong == []


def test_rules_are_chosen_by_name_and_log_source(tmp_path: Path) -> None:
    """By id, its beginning or the title, each other rule stays out; by log source as a tag."""
    from dohyo.cli.commands.hunt import chosen_detections, selected
    from dohyo.detections.select import Selection

    ids = {"a": "5f1d0cb2-7a3c-4b8e-9a1e-0d6f3c2b1a00", "b": "6f1d0cb2-7a3c-4b8e-9a1e-0d6f3c2b1a00"}
    for name, category in (("a", "file_event"), ("b", "process_access")):
        one = rule({"sel": {"Image": "x"}, "condition": "sel"}, logsource={"product": "windows", "category": category})
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(one | {"title": f"Rule {name}", "id": ids[name]}))
    for asked in (ids["a"], "5f1d", "rule A"):
        chosen, broken = chosen_detections([asked], (), [tmp_path])
        assert [d.id for d in chosen] == [ids["a"]] and not broken
    chosen, _ = chosen_detections(["T1043"], (), [tmp_path])
    assert len(chosen) == 3
    assert [d.id for d in selected(chosen, Selection(tags=("category.process_access",)))] == [ids["b"]]
    assert {d.id for d in selected(chosen, Selection(tags=("product.windows",)))} == set(ids.values())


def test_documents_that_are_parts_of_others() -> None:
    """What is global holds for the rules below it until it is reset, a repeated rule is the one before it but for what it says;
    rules with an id in common are told apart."""
    own = {"id": "00000000-0000-0000-0000-000000000001", "title": "Service", "status": "test", "level": "low"}
    entry = convert([
        {"action": "global", **own, "detection": {"condition": "sel"}},
        {"logsource": {"product": "windows", "service": "security"}, "detection": {"sel": {"EventID": 4697}}},
        {"logsource": {"product": "windows", "service": "system"}, "detection": {"sel": {"EventID": 7045}}},
        {"action": "repeat", "level": "high", "detection": {"sel": {"EventID": 7046}}},
        {"action": "reset"},
        {"action": "nonsense"},
        rule({"sel": {"a": "x"}, "condition": "sel"}, id="00000000-0000-0000-0000-000000000002"),
    ])  # fmt: skip
    assert [(r.id[-4:], r.title, r.level) for r in entry.rules] == [
        ("0001", "Service", "low"), ("01-2", "Service", "low"), ("01-3", "Service", "high"), ("0002", entry.rules[3].title, "high"),
    ]  # fmt: skip
    assert [r.query.splitlines()[:2] for r in entry.rules[:3]] == [
        ["_sourceCategory=windows/security", '| where EventID = "4697"'],
        ["_sourceCategory=windows/system", '| where EventID = "7045"'],
        ["_sourceCategory=windows/system", '| where EventID = "7046"'],
    ]
    assert len(entry.broken) == 1 and "`nonsense`" in entry.broken[0]
