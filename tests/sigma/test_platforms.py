"""Other platforms' queries, read by parsers of their languages where there are any; the Cloud SIEM rule, run on its records."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import yaml

from command import dohyo
from dohyo.detections.load import load
from dohyo.run import Query, RunOptions, search
from dohyo.sample import run as sample
from dohyo.sigma import out
from dohyo.sigma.convert import convert as to_sumo
from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.platforms import PLATFORMS, convert, translated

pytest.importorskip("sigma.backends.splunk", reason="the extra `platforms` is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # the packages are not ours
T1043 = next(d for d in load().detections if d.id.startswith("T1043"))


def rule(category: str = "process_creation", **body: Any) -> dict[str, Any]:
    return {"title": "A rule", "level": "high", "status": "test", "logsource": {"product": "windows", "category": category},
            "tags": ["attack.defense-evasion", "attack.t1218.011"], "detection": {"condition": "sel", **body}}  # fmt: skip


HARD = rule(
    a={"Image|endswith": "\\cmd.exe", "CommandLine|contains": ["a b", 'q"r', "x*y", "(z)", "it's", "100%"]},
    b={"User": None}, c={"ProcessId|gte": 5, "ParentProcessId": 4}, d={"ParentImage": "C:\\a?\\b.exe"},
    condition="a and not b or c and d",
)  # fmt: skip


DASHES = rule(sel={"CommandLine|contains|windash": [" -c ", " -r "], "Image|endswith": ["\\a.exe", "\\b.exe"], "ProcessId": [1, 2]})


def read_eql(text: str) -> None:
    import eql

    with eql.parser.elasticsearch_syntax, eql.parser.ignore_missing_functions:
        eql.parse_query(text)


def read_lucene(text: str) -> None:
    from luqum.parser import parser

    parser.parse(text.strip())


def read_aql(text: str) -> None:
    """As SQL, but for its words for regexes."""
    sqlglot.parse_one(re.sub(r"\bI?MATCHES '", "ILIKE '", text), read="postgres")


PARSERS = {
    "eql": read_eql, "lucene": read_lucene, "opensearch": read_lucene, "datadog": read_lucene, "qradar": read_aql,
}  # fmt: skip


@pytest.mark.parametrize("target", list(PARSERS))
@pytest.mark.parametrize("which", ["T1043", "hard", "dashes"])
def test_a_parser_of_the_language_reads_it(target: str, which: str) -> None:
    """The bundled rule, and one with quotes, wildcards, numbers, nulls and negations."""
    PARSERS[target](convert({"T1043": out.rule(T1043), "hard": HARD, "dashes": DASHES}[which], target))


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("splunk", "EventCode=3"), ("splunk", "Sysmon/Operational"), ("esql", 'event.code=="3"'), ("eql", 'event.code:"3"'),
        ("lucene", "event.code:3"), ("opensearch", "event.code:3"), ("ppl", '`event.code`="3"'), ("qradar", '"Event ID"=3'),
        ("datadog", "@Event.System.EventID:3"), ("datadog", "Microsoft\\-Windows\\-Sysmon\\/Operational"),
        ("cse", "Microsoft-Windows-Sysmon/Operational-3"),
    ],
)  # fmt: skip
def test_only_the_events_of_the_log_source_are_asked(target: str, part: str) -> None:
    """Fields alone would find the rule in any event that has them."""
    assert part in convert(out.rule(T1043), target)


@pytest.mark.parametrize(
    ("target", "source", "detection", "parts"),
    [
        ("splunk", {"service": "ldap"}, {"EventID": 30}, ['source="WinEventLog:Microsoft-Windows-LDAP-Client/Debug"', "EventCode=30"]),
        ("splunk", {"category": "ps_classic_start"}, {"Data": "x"}, ['source="WinEventLog:Windows PowerShell"', 'EventCode="400"']),
        ("esql", {"category": "ps_script"}, {"Path": "x"}, ['"PowerShellCore/Operational"', 'event.code=="4104"']),
        ("lucene", {"service": "smbserver-connectivity"}, {"EventID": 1}, ["SMBServer\\/Connectivity"]),
        ("qradar", {"category": "ps_module"}, {"Payload": "x"}, ['"Event ID"']),
        ("datadog", {"category": "ps_module"}, {"Payload": "x"}, ["EventID:4103"]),
    ],
)
def test_log_sources_that_published_pipelines_do_not_know(
    target: str, source: dict[str, str], detection: dict[str, Any], parts: list[str]
) -> None:
    """The same event id in another channel is another event."""
    text = convert({**rule(sel=detection), "logsource": {"product": "windows", **source}}, target)
    assert [p for p in parts if p not in text] == []


def test_what_a_platform_does_not_say_is_told() -> None:
    """Splunk compares without case, Datadog with; regexes Datadog has none; other systems' logs QRadar's mapping has not."""
    cased = rule(sel={"Image|cased|endswith": "\\Cmd.exe"})
    text, notes = translated([cased], "splunk")
    assert "Cmd.exe" in text and "`cased` is lost" in notes[0]
    assert "letter case" in translated([rule(sel={"Image": "a"})], "datadog")[1][0]
    with pytest.raises(NotSaid, match=r"Datadog.*regex"):
        convert(rule(sel={"Image|re": "a+"}), "datadog")
    for target in ("qradar", "datadog"):
        with pytest.raises(NotSaid, match="placeholder"):
            convert(rule(sel={"User|expand": ["%admins%", "a"]}), target)
    with pytest.raises(NotSaid, match=r"QRadar.*linux"):
        convert({**HARD, "logsource": {"product": "linux", "category": "process_creation"}}, "qradar")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("C:\\a_b*", "\"Process Path\" IMATCHES '^C:\\\\a_b.*$'"),
        ("*it's", "\"Process Path\" ILIKE '%it''s'"),
        ("a?c*", "\"Process Path\" ILIKE 'a_c%'"),
    ],
)
def test_qradar_wildcards(value: str, text: str) -> None:
    """A letter that ILIKE takes for a wildcard, a quote, Sigma's own wildcards."""
    assert text in convert(rule(sel={"Image": value}), "qradar")


_CONNECTION = rule(
    "network_connection", sel={"DestinationPort": [443, 3389], "Initiated": "true", "Image|startswith": "C:\\Program"},
    one={"DestinationIp|cidr": ["10.0.0.0/8", "fe80::/10"]}, two={"User|contains": "a*b"}, three={"Image|re": "(?i)\\\\te[a-c]p$"},
    condition="sel and not (one or two or three)",
)  # fmt: skip


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("defender", ["RemotePort in (443, 3389)", 'ipv6_is_in_range(RemoteIP, "fe80::/10")', 'regex "(?is)^.*a.*b.*$"']),
        ("sentinel", ["DstPortNumber in (443, 3389)", 'NetworkDirection =~ "Outbound"']),
        ("lucene", ["network.direction:egress", r"/.*\\[tT][eE][a-cA-C][pP]/"]),
        ("opensearch", ["network.direction:egress", r"/.*\\[tT][eE][a-cA-C][pP]/"]),
        ("esql", ['network.direction=="egress"', r'"c:\\program"', r'rlike ".*\\\\[tT][eE][a-cA-C][pP]"']),
        ("eql", ['network.direction:"egress"']),
        ("secops", ['$e.network.direction = "OUTBOUND"', "($e.target.port = 443 or $e.target.port = 3389)",
                    'not (net.ip_in_range_cidr($e.target.ip, "10.0.0.0/8") or net.ip_in_range_cidr($e.target.ip, "fe80::/10") or '
                    "$e.principal.user.userid = /a.*b/ nocase or re.regex("]),
    ],
)  # fmt: skip
def test_values_and_regexes_are_the_platforms_own(target: str, parts: list[str]) -> None:
    """Numbers stay numbers, a truth value is what the mapped field holds, a regex is one that the platform takes."""
    text = convert(_CONNECTION, target)
    assert [p for p in parts if p not in text] == []


@pytest.mark.parametrize(
    ("target", "part"),
    [("eql", 'process.command_line like "*IeX*"'), ("logscale", "CommandLine=/^.*IeX.*$/"), ("secops", "command_line = /IeX/)")],
)
def test_letter_case_that_counts(target: str, part: str) -> None:
    """`cased` is a test that can hold."""
    assert part in convert(rule(sel={"CommandLine|cased|contains": "IeX"}), target)


@pytest.mark.parametrize("pattern", [r"a\b", "(?=a)b", "a+?", "^a|b"])
def test_lucene_refuses_what_its_regexes_have_not(pattern: str) -> None:
    """A word's edge, a look-ahead, laziness, the edge of one alternative: named, not dropped."""
    with pytest.raises(NotSaid, match="Lucene"):
        convert(rule(sel={"CommandLine|re": pattern}), "lucene")


def test_lucene_takes_an_escaped_brace_that_may_be_absent() -> None:
    """`\\}?` is no lazy repetition."""
    assert r":/.*(\$\{?a\}?|b)/" in convert(rule(sel={"CommandLine|re": r"(?:\$\{?a\}?|b)$"}), "lucene")


@pytest.mark.parametrize(
    ("target", "category", "detection", "reason"),
    [
        ("cortex", "process_creation", {"CommandLine|contains": 'a"b'}, "quotes"),
        ("ppl", "process_creation", {"CommandLine|re": "a+"}, "a regex"),
        ("eql", "process_creation", ["a", 77], "keyword"),
        ("logscale", "registry_set", {"TargetObject|endswith": "x"}, "no events of Falcon"),
    ],
)
def test_what_a_backend_would_break_is_refused(target: str, category: str, detection: Any, reason: str) -> None:
    """The published backend would write a query that is none, or that no event meets."""
    with pytest.raises(NotSaid, match=reason):
        convert(rule(category, sel=detection), target)


_PATH = 'iff(isempty({0}), RegistryKey, strcat(RegistryKey, "\\\\", {0}))\n| where RegistryPath '


@pytest.mark.parametrize(
    ("target", "category", "detection", "part"),
    [
        ("esql", "process_creation", {"CommandLine|contains": "\\a*b\\"}, r'like "*\\\\a*b\\\\*"'),
        ("esql", "process_creation", {"CommandLine": "a\\*b?c"}, r'like "a\\*b?c"'),
        ("esql", "process_creation", {"CommandLine|startswith": "a\\*b\\"}, r'starts_with(process.command_line, "a*b\\")'),
        ("eql", "process_creation", {"CommandLine|re": 'a"b$'}, r'process.command_line regex ".*a\\\"b"'),
        ("eql", "process_creation", {"CommandLine|re|i": "ab"}, 'process.command_line regex ".*[aA][bB].*"'),
        ("eql", "process_creation", {"CommandLine": "a\\*b?c*"}, r'process.command_line regex~ "a\\*b.c.*"'),
        ("eql", "process_creation", {"CommandLine|contains": ["a\\*b", "c"]}, r'regex~ ".*a\\*b.*" or process.command_line:"*c*"'),
        ("sentinel", "file_event", {"TargetFilename|endswith": "\\a"}, r'TargetFilePath endswith "\\a"'),
        ("sentinel", "file_event", {"Image|endswith": "\\a"}, r'ActingProcessName endswith "\\a"'),
        ("sentinel", "network_connection", {"SourceIp": "10.0.0.1"}, 'SrcIpAddr =~ "10.0.0.1"'),
        ("sentinel", "process_creation", {"CommandLine": None}, "isempty(TargetProcessCommandLine)"),
        ("sentinel", "registry_set", {"TargetObject|contains": "\\Run\\"}, _PATH.format("RegistryValue") + r'contains "\\Run\\"'),
        ("defender", "registry_set", {"TargetObject|endswith": "\\X"}, _PATH.format("RegistryValueName") + r'endswith "\\X"'),
        ("defender", "registry_set", {"TargetObject|startswith": "HKLM\\a\\"}, r'RegistryPath startswith "HKEY_LOCAL_MACHINE\\a\\"'),
        ("defender", "network_connection", {"Initiated": "false"}, 'ActionType =~ "InboundConnectionAccepted"'),
        ("cortex", "network_connection", {"Initiated": "true"}, 'action_network_is_server = "false"'),
        ("cortex", "process_creation", {"CommandLine": "a*b?c"}, 'action_process_image_command_line ~= "(?is)^a.*b.c$"'),
        ("cortex", "process_creation", {"CommandLine|re": 'a"b'}, r'~= "a\"b"'),
        ("sentinelone", "process_creation", {"CommandLine": None}, "TgtProcCmdLine IS EMPTY"),
        ("sentinelone", "process_creation", {"CommandLine": "a*b?c"}, 'TgtProcCmdLine RegExp "(?is)^a.*b.c$"'),
        ("sentinelone", "process_creation", {"CommandLine|re": 'a"b'}, r'RegExp "a\"b"'),
        ("loki", "process_creation", {"CommandLine|re": "(?i)ab|^c"}, "CommandLine=~`(?i)(?s:.*)(?:ab|^c)(?s:.*)`"),
        ("loki", "process_creation", {"CommandLine|contains": "a\\*b"}, r"CommandLine=~`(?is)^.*a\*b.*$`"),
        ("ppl", "process_creation", {"Image": "C:\\a_b.exe"}, 'LIKE(`process.executable.caseless`, "C:_a_b.exe")'),
        ("ppl", "process_creation", {"CommandLine|contains": '\\a"b%'}, 'LIKE(`process.command_line`, "%_a_b_%")'),
    ],
)
def test_queries_that_would_find_something_else(target: str, category: str, detection: dict[str, Any], part: str) -> None:
    """What the published backend or pipeline writes is no query, or finds what the rule does not."""
    assert part in convert(rule(category, sel=detection), target)


@pytest.mark.parametrize("target", ["lucene", "opensearch", "datadog", "eql"])
def test_hard_texts_are_queries(target: str) -> None:
    """A field that must not be absent; quotes and slashes in regexes."""
    no = {"CommandLine|re": '"/x"'} if target == "eql" else {"Company|exists": False}
    made = rule(sel={"Image": "a"}, no=no, condition="sel and not no")
    PARSERS[target](convert(made, target))


@pytest.mark.parametrize("target", ["sentinel", "defender"])
def test_access_to_a_file_is_no_change_of_the_registry(target: str) -> None:
    """The published pipelines go by the event id alone."""
    source = {"product": "windows", "service": "security"}
    with pytest.raises(NotSaid, match="ObjectName"):
        convert({**rule(sel={"EventID": 4663, "ObjectName|endswith": "\\a.txt"}), "logsource": source}, target)


def test_a_field_without_a_value_is_no_reason_in_esql() -> None:
    """What is compared with null is null there, and what is not null neither."""
    text = convert(rule(sel={"Image": "a"}, no={"User": "b"}, condition="sel and not no"), "esql")
    assert 'and not coalesce(user.name=="b", false)' in text


def test_what_one_rule_loses_is_told() -> None:
    """A field that a table has not got, a wildcard that a language has not got."""
    assert "`Initiated` is lost" in translated([rule("network_connection", sel={"Initiated": True, "Image": "x"})], "kusto")[1][0]
    assert "`?`" in translated([rule(sel={"Image": "a?b"})], "splunk")[1][0]
    assert translated([rule(sel={"Image|re": "a?b", "User": "c\\?"})], "splunk")[1] == ()


def test_a_correlation_goes_to_platforms_that_have_them(tmp_path: Path) -> None:
    """A file with a rule and a correlation of it: Splunk counts by time; Datadog's search cannot, and says so."""
    base = {**rule(sel={"Image|endswith": "x.exe"}), "name": "base"}
    often = {"title": "Often", "level": "high", "correlation": {
        "type": "event_count", "rules": ["base"], "group-by": ["User"], "timespan": "5m", "condition": {"gte": 3}}}  # fmt: skip
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump_all([base, often]))
    done = dohyo("convert", path, "--to", "splunk")
    assert done.returncode == 0 and "stats count" in done.stdout and "x.exe" in done.stdout
    done = dohyo("convert", path, "--to", "datadog")
    assert done.returncode == 1 and "error: " in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("target", [*PLATFORMS, "cse"])
@pytest.mark.parametrize("body", [{"sel": {"Image|nonsense": "x"}}, {"sel": {"Image": {"a": 1}}}, {}])
def test_an_odd_rule_is_refused_with_a_reason(target: str, body: dict[str, Any]) -> None:
    """Never with a traceback."""
    with pytest.raises(NotSaid):
        convert(rule(**body), target)


# --- Cloud SIEM -------------------------------------------------------------------------------------------------------


def siem(document: dict[str, Any]) -> dict[str, Any]:
    (found,) = json.loads(convert(document, "cse"))["rules"]
    assert isinstance(found, dict)
    return found


def as_query(expression: str) -> str:
    """A Cloud SIEM expression as a condition of a query over the same records, for Dohyo to run."""
    parts = re.split(r"(/(?:\\.|[^/\\])+/(?=[\s)]|$)|'[^']*'\]|'[^']*')", expression)
    words = {" AND ": " and ", " OR ": " or ", "\nAND ": " and ", "NOT (": "!(", "NOT isNull": "!isNull", " MATCHES ": " matches ",
             " IN (": " in (", "lower(": "toLowerCase(", "fields[": ""}  # fmt: skip
    for i in range(0, len(parts), 2):
        for old, new in words.items():
            parts[i] = parts[i].replace(old, new)
        parts[i] = re.sub(r"\b(srcPort|dstPort)\b", r"num(\1)", parts[i])
    for i in range(1, len(parts), 2):
        text = parts[i]
        parts[i] = f'%"{text[1:-2]}"' if text.endswith("']") else f'"{text[1:-1]}"' if text.startswith("'") else text
    return "* | where " + "".join(parts)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cloud SIEM records with attacks among them."""
    log = tmp_path_factory.mktemp("cse") / "log.ndjson"
    sample(log, 4_000, seed=11, attack_rate=0.05, shape="cse")
    return log


CASES = {
    "T1043": out.rule(T1043),
    "a direction": rule("network_connection", sel={"Initiated": "true", "Image|endswith": ["\\POWERSHELL.exe", "\\certutil.exe"]}),
    "an address": rule("network_connection", sel={"DestinationIp|cidr": ["198.51.100.0/24", "203.0.113.0/24"]}),
    "a port": rule("network_connection", sel={"DestinationPort": 443}, f={"Image|contains": "chrome"}, condition="sel and not f"),
    "a command line": rule(sel={"CommandLine|contains": ["-enc", "http", "/C "]}),
    "a regex": rule(sel={"CommandLine|re|i": "HTTPS?://[^/]+/"}),
    "a parent": rule(sel={"ParentImage|endswith": ["\\cmd.exe", "\\explorer.exe"], "Image|contains": "system32"}),
}


@pytest.mark.parametrize("name", list(CASES))
def test_a_cloud_siem_rule_finds_what_the_query_finds(name: str, records: Path) -> None:
    """Its expression, over the records as Cloud SIEM has them, meets the very records that the Sigma rule's query finds."""
    query = to_sumo([CASES[name]]).rules[0].query
    options = RunOptions(evidence=True)
    wanted = sorted(e.record or 0 for e in search(Query(query), [records], options).evidence() if e)
    found = sorted(e.record or 0 for e in search(Query(as_query(siem(CASES[name])["expression"])), [records], options).evidence() if e)
    assert wanted and found == wanted


def test_a_cloud_siem_rule_is_whole() -> None:
    """Tactic and technique, entities that the mapper fills, a score, a state; and none of the known mistakes."""
    made = siem(CASES["a direction"])
    assert made["tags"] == ["_mitreAttackTactic:TA0005", "_mitreAttackTechnique:T1218.011"]
    assert made["category"] == "Defense Evasion" and made["score_mapping"]["default"] == 6
    assert {e["expression"] for e in made["entity_selectors"]} == {"srcDevice_ip", "user_username", "srcDevice_hostname"}
    assert (made["enabled"], made["is_prototype"], made["pattern_type"], made["stream"]) == (True, True, "templated_match", "record")
    assert "lower(fields['EventData.Initiated']) = 'true'" in made["expression"] and "action" not in made["expression"]
    assert "/(?i)\\\\POWERSHELL\\.exe$/" in made["expression"]
    text = siem(rule("network_connection", sel={"DestinationIp|cidr": "10.0.0.0/8", "CommandLine|re": "a\\d/\"'*?"}))["expression"]
    assert 'compareCIDRPrefix("10.0.0.0", dstDevice_ip, "8")' in text and "MATCHES /a\\d\\/\"'*?/" in text


@pytest.mark.parametrize("body", [{"sel": ["keyword"]}, {"sel": {"Image|expand": "%list%"}}, {"sel": {"Image|re": "(?<=a)b"}}])
def test_what_cloud_siem_cannot_say_is_named(body: dict[str, Any]) -> None:
    """Raw text, lists of names, look-behind."""
    with pytest.raises(NotSaid):
        siem(rule(**body))


def test_the_command_writes_it() -> None:
    """``convert --to cse`` gives JSON, ``--to datadog`` its note on stderr."""
    done = dohyo("convert", "T1043", "--to", "cse")
    assert json.loads(done.stdout)["rules"][0]["name"] == "Commonly Used Port"
    done = dohyo("convert", "T1043", "--to", "datadog")
    assert "note: Datadog" in done.stderr and done.stdout.startswith("source:windows.events")
