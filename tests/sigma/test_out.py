"""Sigma out: T1043's rule is the bundled one, the round trip finds the same events, and what cannot be said is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from dohyo.detections.load import load
from dohyo.detections.model import Detection
from dohyo.run import RunOptions
from dohyo.sample import run as sample
from dohyo.sigma import out
from dohyo.sigma.convert import convert as into
from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.platforms import PLATFORMS, convert
from dohyo.sigma.verify import verify

T1043 = next(d for d in load().detections if d.id.startswith("T1043"))
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data"


def asked(query: str) -> Detection:
    return replace(T1043, query=query)


@pytest.mark.parametrize("detection", [d for d in load().detections if (d.folder / "sigma.yml").is_file()], ids=lambda d: d.id)
def test_the_bundled_rule_is_the_converted_one(detection: Detection) -> None:
    """``sigma.yml`` beside the query cannot be out of step with it."""
    assert out.rule(detection) == yaml.safe_load((detection.folder / "sigma.yml").read_text("utf-8"))


def test_round_trip_on_generated_events(tmp_path: Path) -> None:
    """Sumo → Sigma → Sumo finds the same alerts."""
    log = tmp_path / "log.ndjson"
    sample(log, 5_000, seed=5, attack_rate=0.05)
    proof = verify(T1043, [log], RunOptions())
    assert proof.same and proof.both > 20


@pytest.mark.skipif(not (RECORDED / "evtx").is_dir(), reason="the recordings are not there")
def test_round_trip_on_recordings() -> None:
    """The same on recorded attacks, in every shape that there is a recording of."""
    proof = verify(T1043, [RECORDED / "evtx", RECORDED / "otrf"], RunOptions())
    assert proof.same and proof.both > 10


@pytest.mark.parametrize(
    ("where", "detection"),
    [
        ('toLowerCase(Image) matches "*\\\\x.exe"', {"selection": {"Image|endswith": "\\x.exe"}, "condition": "selection"}),
        ('CommandLine contains "a*b"', {"selection": {"CommandLine|contains|cased": "a\\*b"}, "condition": "selection"}),
        ('toLowerCase(CommandLine) matches "*a*b*"', {"selection": {"CommandLine": "*a*b*"}, "condition": "selection"}),
        ('CommandLine matches "a*b"', {"selection": {"CommandLine|cased": "a*b"}, "condition": "selection"}),
        ('toLowerCase(CommandLine) matches /^a.b/', {"selection": {"CommandLine|re|i": "^a.b"}, "condition": "selection"}),
        ('toLowerCase(Image) = "\\\\\\\\srv"', {"selection": {"Image": "\\\\\\srv"}, "condition": "selection"}),
        ('Image = "a" or CommandLine = "1"',
         {"selection": {"Image|cased": "a"}, "selection_1": {"CommandLine": 1}, "condition": "selection or selection_1"}),
        ('toLowerCase(Image) = "a" and !(User = "1" or User = "2")',
         {"selection": {"Image": "a"}, "filter": {"User": [1, 2]}, "condition": "selection and not filter"}),
        ("isEmpty(User)", {"selection": {"User": ""}, "condition": "selection"}),
        ("isNull(User)", {"selection": {"User": None}, "condition": "selection"}),
        ("num(ProcessId) > 4", {"selection": {"ProcessId|gt": 4}, "condition": "selection"}),
        ("Image matches /ab+/", {"selection": {"Image|re": "ab+"}, "condition": "selection"}),
    ],
)  # fmt: skip
def test_condition(where: str, detection: dict[str, object]) -> None:
    """What a condition becomes; the event id is the log source."""
    rule = out.rule(asked(f'_sourceCategory=windows/sysmon | where EventID = "1" | where {where}'))
    assert rule["logsource"] == {"product": "windows", "category": "process_creation"}
    assert rule["detection"] == detection


@pytest.mark.parametrize(
    "selection",
    [
        {"sel": {"DestinationIp|cidr": "10.0.0.0/8"}},
        {"sel": {"DestinationIp|cidr": ["172.16.0.0/12", "192.168.0.0/16", "10.1.2.3/32", "0.0.0.0/0"]}},
        {"sel": {"DestinationIp|cidr": "fe80::/10", "Image|endswith": "\\x.exe"}},
        {"sel": {"Image|endswith": "\\x.exe"}, "filter": {"DestinationIp|cidr": ["127.0.0.0/8", "::1/128", "2001:db8::/33"]}},
    ],
)
def test_a_network_comes_back_as_one(selection: dict[str, dict[str, object]]) -> None:
    """Sigma → Sumo Logic → Sigma keeps ``cidr``, of both kinds of addresses, also where it is not to be met."""
    condition = "sel and not filter" if "filter" in selection else "sel"
    source = {"category": "network_connection", "product": "windows"}
    document = {"title": "t", "logsource": source, "detection": {**selection, "condition": condition}}
    (one,) = into([document]).rules
    detection = out.rule(asked(one.query))["detection"]
    wanted = {str(n) for s in selection.values() for n in _several(s.get("DestinationIp|cidr", ()))}
    fields = {f for s in detection.values() if isinstance(s, dict) for f in s}
    found = {str(n) for s in detection.values() if isinstance(s, dict) for n in _several(s.get("DestinationIp|cidr", ()))}
    assert found == wanted
    assert fields <= {"DestinationIp|cidr", "Image|endswith"}


def _several(values: object) -> list[object]:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def test_a_regex_that_is_no_network_stays_one() -> None:
    """It may look like one: a network's regex with an octet too few, or one for other names."""
    wheres = ((r"DestinationIp matches /\A(?:1|2)\.\d+\.\d+\.\d+\z/", "DestinationIp|re"),
              ("Image matches /(?i)^(?:fe[89ab])/", "Image|re"))  # fmt: skip
    for where, field in wheres:
        rule = out.rule(asked(f'_sourceCategory=windows/sysmon | where EventID = "3" | where {where}'))
        assert field in {f for s in rule["detection"].values() if isinstance(s, dict) for f in s}


@pytest.mark.parametrize("query", ["* | count by Image | where _count > 5", "* | where length(Image) > 5", "* | dedup by Image"])
def test_what_sigma_cannot_say_is_named(query: str) -> None:
    """Aggregates, functions of a value, order: refused with the part that is the reason."""
    with pytest.raises(NotSaid, match=r"count|length|dedup"):
        out.rule(asked(query))


@pytest.mark.filterwarnings("ignore")  # the packages are not ours
@pytest.mark.parametrize("target", list(PLATFORMS))
def test_platform(target: str) -> None:
    """Each platform's query names a program and a port of the rule."""
    pytest.importorskip("sigma.backends.splunk", reason="the extra `platforms` is not installed")
    text = convert(out.rule(T1043), target)
    assert "certutil" in text and "3389" in text


@pytest.mark.filterwarnings("ignore")
def test_a_platform_that_cannot_take_the_rule_says_why() -> None:
    """SentinelOne has no such field; that is a reason, not a crash."""
    pytest.importorskip("sigma.backends.sentinelone", reason="the extra `platforms` is not installed")
    where = '_sourceCategory=windows/sysmon | where EventID = "1" | where Nonsense = "a"'
    with pytest.raises(NotSaid, match=r"SentinelOne.*Nonsense"):
        convert(out.rule(asked(where)), "sentinelone")
