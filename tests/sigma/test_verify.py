"""The proof notices each kind of fault that converters are known for, on events made for the query; and finds none in ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from command import dohyo
from dohyo.compile import compile_query
from dohyo.detections.load import load
from dohyo.engines.plain_sql import plain_sql
from dohyo.run import RunOptions
from dohyo.sigma import verify, verify_sql
from dohyo.sigma.convert import convert
from dohyo.sigma.load import detection

T1043 = next(d for d in load().detections if d.id.startswith("T1043"))
SYSMON = '_sourceCategory=windows/sysmon | where EventID = "3"'


def rule(**body: Any) -> dict[str, Any]:
    return {"title": "A rule", "level": "high", "logsource": {"product": "windows", "category": "process_creation"},
            "detection": {"condition": "sel", **body}}  # fmt: skip


#: What a rule asks, as a query; and the same as a faulty converter would write it.
FAULTS = {
    "case sensitivity lost": ('toLowerCase(Image) matches "*\\\\cmd.exe"', 'Image matches "*\\\\cmd.exe"'),
    "case folded that counted": ('CommandLine matches "*AbC*"', 'toLowerCase(CommandLine) matches "*abc*"'),
    "doubled backslashes": ('toLowerCase(Image) matches "*\\\\temp\\\\*"', 'toLowerCase(Image) matches "*\\\\\\\\temp\\\\\\\\*"'),
    "a doubled backslash in a regex": ("CommandLine matches /a\\d+b/", "CommandLine matches /a\\\\d+b/"),
    "an inner star as a regex": ('toLowerCase(CommandLine) matches "*a*b*"', "toLowerCase(CommandLine) matches /a*b/"),
    "an inner question mark as a regex": ("CommandLine matches /x\\?y/", "CommandLine matches /x?y/"),
    "a dot that stands for anything": ('toLowerCase(Image) matches "*evil.exe"', "toLowerCase(Image) matches /evil.exe$/"),
    "quotes lost": ('toLowerCase(CommandLine) matches "*\\"a b\\"*"', 'toLowerCase(CommandLine) matches "*a b*"'),
    "an anchor lost": ('toLowerCase(Image) matches "*cmd.exe"', "toLowerCase(Image) matches /cmd\\.exe/"),
    "CIDR as text": ('compareCIDRPrefix("10.0.0.0", DestinationIp, "8")', "DestinationIp matches /10\\..*/"),
    "CIDR of half an octet as text": ('compareCIDRPrefix("172.16.0.0", DestinationIp, "12")', "DestinationIp matches /^172\\.16\\./"),
    "a number in a number": ('DestinationPort = "3389"', 'DestinationPort matches "*3389*"'),
    "hexadecimal for decimal": ('LogonId = "0x3e7"', 'LogonId = "999"'),
    "decimal for hexadecimal": ('LogonId = "999"', 'LogonId = "0x3e7"'),
    "a value lost of a list": ('User in ("a", "b", "c")', 'User in ("a", "b")'),
    "a missing field that met": ('!(User = "a")', '!isNull(User) and !(User = "a")'),
    "a limit moved by one": ("num(Size) >= 10", "num(Size) > 10"),
    "a prefilter that loses `selection or not filter`": (
        'Image = "1" or !(CommandLine = "2")', 'Image = "1" and (Image = "1" or !(CommandLine = "2"))'),
    "an alternative lost": ('User = "a" or Image = "b"', 'User = "a"'),
    "and for or": ('User = "a" or Image = "b"', 'User = "a" and Image = "b"'),
}  # fmt: skip


@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_fault_is_shown_by_an_event(fault: str) -> None:
    """Some made event meets the right query, and some shows how the faulty one differs."""
    right, wrong = (f"{SYSMON} | where {w}" for w in FAULTS[fault])
    proof = verify.on_made(right, wrong, RunOptions())
    assert not proof.same and proof.both + len(proof.only_query) > 0
    assert all(json.loads(e) for e in (*proof.only_query, *proof.only_other))


def test_ipv6_by_a_text_prefix_is_shown() -> None:
    """``fe80::/10`` is more than ``fe80:``, and an address may be written in full."""
    body = {"sel": {"DestinationIp|cidr": "fe80::/10"}}
    right = convert([rule(**body)]).rules[0].query
    wrong = right.replace(next(line for line in right.splitlines() if "isValidIPv6" in line), '| where DestinationIp matches "fe80:*"')
    assert wrong != right
    assert not verify.on_made(right, wrong, RunOptions()).same


def test_the_same_event_id_of_another_source_is_shown() -> None:
    """A query that forgets the category finds the same id elsewhere."""
    right = '(_sourceCategory=windows/sysmon OR _sourceCategory=windows/bits-client) | where _sourceCategory = "windows/sysmon"'
    wrong = "(_sourceCategory=windows/sysmon OR _sourceCategory=windows/bits-client)"
    test = ' | where EventID = "3" | where User = "a"'
    assert not verify.on_made(f"{right}{test}", f"{wrong}{test}", RunOptions()).same


RULES: dict[str, dict[str, Any]] = {
    "all modifiers": {"sel": {
        "Image|endswith": "\\cmd.exe", "CommandLine|contains|all": ["-a", 'B"c'], "ParentImage|startswith": "C:\\Win",
        "ParentCommandLine|re": "x\\d+y", "IntegrityLevel|cased": "High", "OriginalFileName": ["a.exe", "b.exe"], "ProcessId|gte": 10}},
    "wildcards": {"sel": {"CommandLine|contains": ["a*b\\*c", "d?e"], "Image": "*\\x*.exe"}},
    "network paths": {"sel": {"CommandLine|contains": "\\\\\\\\srv\\share"}},
    "filters": {"sel": {"Image|endswith": "\\a.exe"}, "f1": {"CommandLine|contains": "ok"}, "f2": {"User": None}, "condition":
                "sel and not 1 of f*"},
    "selection or not filter": {"sel": {"Image|endswith": "\\a.exe"}, "f": {"CommandLine|contains": "x"}, "condition": "sel or not f"},
    "contains beside a denied contains": {"sel": {"CommandLine|contains": "product"}, "f": {"CommandLine|contains": "csproduct"},
                                          "condition": "sel and not f"},
    "an IPv6 network": {"sel": {"DestinationIp|cidr": "fe80::/10"}},
    "a field of a field": {"sel": {"SourceIp|fieldref": "DestinationIp"}},
    "a share": {"sel": {"ShareName": "\\\\\\\\\\*\\\\ADMIN$"}},
}  # fmt: skip


@pytest.mark.parametrize("name", list(RULES))
def test_our_own_way_through_sigma_and_back(name: str) -> None:
    """Sigma → Sumo Logic → Sigma → Sumo Logic finds the same made events."""
    made = detection(convert([rule(**RULES[name])]).rules[0])
    proof = verify.on_made(made.query, verify.round_trip(made), RunOptions())
    assert proof.same and proof.both > 0


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_sql_finds_the_same(dialect: str) -> None:
    """T1043's SQL on an engine of the dialect; and a statement that has lost a value is shown."""
    compiled = compile_query(T1043.query)
    sql = plain_sql(compiled.plan, compiled.fields, dialect)
    proof = verify_sql.on_made(T1043.query, sql, dialect, RunOptions())
    assert proof.same and proof.both > 100
    faulty = verify_sql.on_made(T1043.query, sql.replace("'443', ", ""), dialect, RunOptions())
    assert not faulty.same and all('"443"' in e for e in faulty.only_query) and not faulty.only_other


def test_the_command_says_what_was_proved(tmp_path: Path) -> None:
    """Made events and logs, for Sigma and for SQL; a rule file too; what cannot be proved is an exit code of 1."""
    log = tmp_path / "log.ndjson"
    log.write_text(json.dumps({"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "Image": "C:\\x.exe",
                               "UtcTime": "2024-01-01 00:00:00"}) + "\n")  # fmt: skip
    path = tmp_path / "rule.yml"
    path.write_text(yaml.safe_dump(rule(sel={"Image|endswith": "\\x.exe"})))
    for target in ("sigma", "sql:sqlite"):
        done = dohyo("convert", path, "--to", target, "--verify", log)
        assert done.returncode == 0, done.stderr
        assert "made events" in done.stderr and "of 1 events of the logs" in done.stderr and done.stderr.count("verified: ") == 2
    path.write_text(yaml.safe_dump(rule(sel={"User|fieldref|startswith": "Image"})))
    done = dohyo("convert", path, "--to", "sumo", "--verify", log)
    assert done.returncode == 0, done.stderr
    path.write_text(yaml.safe_dump(rule(sel={"UtcTime|hour": 3})))
    done = dohyo("convert", path, "--to", "sumo", "--verify", log)
    assert done.returncode == 1 and "not verified: `" in done.stderr
