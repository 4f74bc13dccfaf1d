"""A Sigma rule as a Cloud SIEM match rule: an expression over normalised records, entities, tags, a score.

A field is the record's own attribute where Cloud SIEM's mapper for the event fills it with the very value (a program, a
command line, an address), and ``fields['EventData.…']``, which every Windows record has, for all else. Texts are compared
without case, as Sigma does, by regexes with ``(?i)``: how a backslash inside quotes is read is nowhere said, in a regex it is.
"""

from __future__ import annotations

import copy
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sigma.collection import SigmaCollection
from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
)

from dohyo.sigma import backend, ipv6
from dohyo.sigma.convert import TACTICS
from dohyo.sigma.logsources import ENDPOINT, SYSMON, Place
from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.re2 import check_regex
from dohyo.sigma.values import COMPARISONS, exact, regex, regex_text
from dohyo.sources.shapes.categories import CHANNELS

#: Sigma's field -> the attribute that the mapper fills with it, by category. Names are lower-cased.
_PROCESS = {"image": "baseImage", "commandline": "commandLine", "parentimage": "parentBaseImage",
            "parentcommandline": "parentCommandLine"}  # fmt: skip
_NETWORK = {"image": "baseImage", "sourceip": "srcDevice_ip", "sourceport": "srcPort", "destinationip": "dstDevice_ip",
            "destinationport": "dstPort"}  # fmt: skip
_REGISTRY = {"image": "baseImage", "targetobject": "changeTarget", "eventtype": "changeType"}
ATTRIBUTES: dict[str, dict[str, str]] = {
    "process_creation": _PROCESS, "network_connection": _NETWORK, "registry_add": _REGISTRY, "registry_set": _REGISTRY,
    "registry_delete": _REGISTRY, "registry_rename": _REGISTRY, "registry_event": _REGISTRY,
    "image_load": {"imageloaded": "baseImage", "image": "parentBaseImage"},
    "file_event": {"targetfilename": "file_path", "image": "baseImage"},
    "dns_query": {"queryname": "dns_query", "image": "baseImage"},
    "create_remote_thread": {"sourceimage": "baseImage", "targetimage": "file_path"},
}  # fmt: skip
#: Fields of an event's header: their keys among the raw ones.
_HEADER = {"eventid": "EventID", "channel": "Channel", "computer": "Computer", "level": "Level", "keywords": "Keywords",
           "provider_name": "Provider.Name", "task": "Task", "opcode": "Opcode", "eventrecordid": "EventRecordID"}  # fmt: skip
#: What a signal is about, by category: attributes that the mapper fills.
_HOST, _USER = ("_hostname", "device_hostname"), ("_username", "user_username")
_ENTITIES = {
    "network_connection": (("_ip", "srcDevice_ip"), _USER, ("_hostname", "srcDevice_hostname")),
    "image_load": (_HOST,), "process_access": (_HOST,), "create_remote_thread": (_HOST,),
}  # fmt: skip
#: The scores that Cloud SIEM's own converter gives.
_SCORES = {"critical": 8, "high": 6, "medium": 3, "low": 1, "informational": 1}
#: ATT&CK's ids of tactics.
_TACTIC_IDS = {
    "reconnaissance": "TA0043", "resource-development": "TA0042", "initial-access": "TA0001", "execution": "TA0002",
    "persistence": "TA0003", "privilege-escalation": "TA0004", "defense-evasion": "TA0005", "stealth": "TA0005",
    "defense-impairment": "TA0112", "credential-access": "TA0006", "discovery": "TA0007", "lateral-movement": "TA0008",
    "collection": "TA0009", "command-and-control": "TA0011", "exfiltration": "TA0010", "impact": "TA0040",
}  # fmt: skip


def convert(documents: Sequence[dict[str, Any]]) -> str:
    """Rules as JSON that Cloud SIEM imports. Raises :class:`NotSaid` for what its expressions cannot say."""
    try:
        rules = SigmaCollection.from_dicts(copy.deepcopy(list(documents))).rules
    except (SigmaError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotSaid(f"Cloud SIEM: {(str(error).splitlines() or [type(error).__name__])[0]}") from None
    made = []
    for rule in rules:
        if not isinstance(rule, SigmaRule):
            raise NotSaid("Cloud SIEM: a correlation: its own chain and threshold rules do that")
        made.append(_rule(rule))
    return json.dumps({"rules": made}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: SigmaRule) -> dict[str, Any]:
    names = [t.name.replace("_", "-") for t in rule.tags if t.namespace == "attack"]
    tactics = [n for n in names if n in TACTICS]
    techniques = [n.upper() for n in names if re.fullmatch(r"t\d{4}(\.\d{3})?", n)]
    category = (rule.logsource.category or "").lower()
    level = rule.level.name.lower() if rule.level else "informational"
    status = rule.status.name.lower() if rule.status else "experimental"
    entities = _ENTITIES.get(category, (_HOST, _USER))
    return {
        "content_type": "RULE",
        "enabled": status not in ("deprecated", "unsupported"),
        "is_prototype": status != "stable",
        "name": rule.title,
        "name_expression": rule.title,
        "rule_source": "user",
        "summary_expression": rule.title + " on " + " ".join("{{" + e + "}}" for _, e in entities),
        "description_expression": rule.description or rule.title,
        "pattern_type": "templated_match",
        "stream": "record",
        "expression": expression(rule),
        "entity_selectors": [{"entity_type": t, "expression": e} for t, e in entities],
        "score_mapping": {"type": "constant", "default": _SCORES[level], "field": None, "mapping": None},
        "tags": [f"_mitreAttackTactic:{_TACTIC_IDS[t]}" for t in tactics] + [f"_mitreAttackTechnique:{t}" for t in techniques],
        "category": tactics[0].replace("-", " ").title().replace(" And ", " and ") if tactics else "Unknown/Other",
    }


def expression(rule: SigmaRule) -> str:
    """The condition over records. Raises :class:`NotSaid`."""
    found = backend.parts(rule)
    writer = _Writer(ATTRIBUTES.get((rule.logsource.category or "").lower(), {}))
    tests = [_source(found.places), *(writer.text(c) for c in found.conditions[:1])]
    if len(found.conditions) > 1:
        tests = [tests[0], "(" + " OR ".join(writer.text(c) for c in found.conditions) + ")"]
    return "\nAND ".join(t for t in tests if t)


def _source(places: tuple[Place, ...]) -> str:
    """The events: by channel and id, which is how Cloud SIEM names them."""
    head = "metadata_vendor = 'Microsoft' AND metadata_product = 'Windows'"
    ids, channels = [], []
    for place in places:
        if place.category == ENDPOINT:
            continue
        known = (place.channel,) if place.channel else CHANNELS.get(place.category, ())
        known = known[:1] if place.category == SYSMON else known  # its other name is of other systems' exports
        if not known:
            raise NotSaid(f"Cloud SIEM: events of {place.category}: only Windows records are known")
        ids += [f"{c}-{i}" for c in known for i in place.ids]
        channels += [c.lower() for c in known if not place.ids]
    tests = [f"metadata_deviceEventId IN ({_quoted(ids)})"] if ids else []
    tests += [f"lower(fields['Channel']) IN ({_quoted(channels)})"] if channels else []
    return f"{head} AND ({' OR '.join(tests)})" if len(tests) > 1 else " AND ".join([head, *tests])


def _quoted(texts: list[str]) -> str:
    return ", ".join(f"'{t}'" for t in dict.fromkeys(texts))


class _Writer:
    """Conditions over the attributes of one kind of record."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes

    def text(self, node: Any) -> str:
        if isinstance(node, ConditionAND):
            return "(" + " AND ".join(dict.fromkeys(self.text(a) for a in node.args)) + ")"
        if isinstance(node, ConditionOR):
            return "(" + " OR ".join(self._alternatives(node)) + ")"
        if isinstance(node, ConditionNOT):
            return f"NOT ({self.text(node.args[0])})"
        if isinstance(node, ConditionFieldEqualsValueExpression):
            return self.test(self.name(node.field), node.value)
        raise NotSaid("Cloud SIEM: a keyword of no field: a record has no raw text" if node is not None else "an empty condition")

    def name(self, field: str) -> str:
        own = self.attributes.get(field.lower())
        if own:
            return own
        key = _HEADER.get(field.lower()) or f"EventData.{field}"
        if "'" in key:
            raise NotSaid(f"Cloud SIEM: a field with a quote in its name: {field}")
        return f"fields['{key}']"

    def _alternatives(self, node: ConditionOR) -> Iterator[str]:
        """Whole values of one field are one list."""
        lists: dict[str, list[str]] = {}
        others: list[Any] = []
        for arg in node.args:
            whole = exact(arg.value) if isinstance(arg, ConditionFieldEqualsValueExpression) else None
            if isinstance(arg, ConditionFieldEqualsValueExpression) and whole is not None and _PLAIN.fullmatch(whole):
                lists.setdefault(self.name(arg.field), []).append(whole)
            else:
                others.append(arg)
        for name, texts in lists.items():
            shown = _list(name, texts)
            yield f"{_folded(name)} IN ({shown})" if len(set(texts)) > 1 else f"{_folded(name)} = {shown}"
        yield from (self.text(arg) for arg in others)

    def test(self, name: str, value: Any) -> str:
        for kind, write in _TESTS:
            if isinstance(value, kind):
                return write(self, name, value)
        raise NotSaid(f"Cloud SIEM: a value of the kind {type(value).__name__}")


#: Texts that mean the same in any kind of quotes.
_PLAIN = re.compile(r"[^'\"\\\n\r\t]+")
_NUMBERS = ("srcPort", "dstPort")


def _list(name: str, texts: list[str]) -> str:
    """Values as an attribute holds them: ports are numbers there."""
    return ", ".join(dict.fromkeys(texts)) if name in _NUMBERS and all(t.isdecimal() for t in texts) else _quoted(texts)


def _folded(name: str) -> str:
    """A number has no letter case."""
    return name if name in _NUMBERS else f"lower({name})"


def _string(writer: _Writer, name: str, value: SigmaString) -> str:
    cased = isinstance(value, SigmaCasedString)
    whole = None if cased else exact(value)
    if not str(value):
        return f"isEmpty({name})"
    if whole is not None and _PLAIN.fullmatch(whole):
        return f"{_folded(name)} = {_list(name, [whole])}"
    if all(p is SpecialChars.WILDCARD_MULTI for p in value.s):
        return f"NOT isNull({name})"
    pattern = _short(regex_text(value, cased))
    check_regex(pattern)
    return f"{name} MATCHES {regex(pattern)}"


def _short(pattern: str) -> str:
    """``MATCHES`` searches: anything at an end need not be written."""
    flags, body = re.fullmatch(r"(\(\?\w+\))(.*)", pattern, re.S).groups()  # type: ignore[union-attr]  # it begins with its flags
    body = body[3:] if body.startswith("^.*") else body
    body = body[:-3] if body.endswith(".*$") and not body.endswith("\\.*$") else body
    return flags + body if "." in re.sub(r"\\.", "", body) else flags.replace("s", "").replace("(?)", "") + body


def _regular(writer: _Writer, name: str, value: SigmaRegularExpression) -> str:
    flags = "".join(sorted(f.name[0].lower() for f in value.flags))
    pattern = f"(?{flags}){value.regexp.original}" if flags else value.regexp.original
    check_regex(pattern)
    return f"{name} MATCHES {regex(pattern)}"


def _cidr(writer: _Writer, name: str, value: SigmaCIDRExpression) -> str:
    network = ipaddress.ip_network(str(value.cidr), strict=False)
    if isinstance(network, ipaddress.IPv4Network):
        return f'compareCIDRPrefix("{network.network_address}", {name}, "{network.prefixlen}")'
    if not network.prefixlen:
        return f"isValidIPv6({name})"
    return f"(isValidIPv6({name}) AND {name} MATCHES {regex(ipv6.regex(network))})"


def _compare(writer: _Writer, name: str, value: SigmaCompareExpression) -> str:
    if isinstance(value.number, SigmaTimestampPart):
        raise NotSaid("Cloud SIEM: a part of a time")
    return f"num({name}) {COMPARISONS[value.op.name]} {value.number}"


def _expansion(writer: _Writer, name: str, value: SigmaExpansion) -> str:
    return "(" + " OR ".join(dict.fromkeys(writer.test(name, v) for v in value.values)) + ")"


def _reference(writer: _Writer, name: str, value: SigmaFieldReference) -> str:
    other = writer.name(value.field)
    if value.starts_with or value.ends_with:
        raise NotSaid("Cloud SIEM: a field that begins or ends with another one")
    return f"lower({name}) = lower({other})"


_TESTS: tuple[tuple[type, Callable[[_Writer, str, Any], str]], ...] = (
    (SigmaExpansion, _expansion),
    (SigmaString, _string),
    (SigmaRegularExpression, _regular),
    (SigmaNumber, lambda w, name, value: f"{name} = {_list(name, [str(value)])}"),
    (SigmaBool, lambda w, name, value: f"lower({name}) = '{str(value.boolean).lower()}'"),
    (SigmaNull, lambda w, name, value: f"isNull({name})"),
    (SigmaExists, lambda w, name, value: f"NOT isNull({name})" if value.exists else f"isNull({name})"),
    (SigmaCIDRExpression, _cidr),
    (SigmaCompareExpression, _compare),
    (SigmaFieldReference, _reference),
)
