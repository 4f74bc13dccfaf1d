"""Events that just meet a rule's parts and just miss them, and the forms in which logs have them."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator
from typing import Any

from re_examples import example
from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.types import (
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

_TIME = "2026-03-11T05:16:41.816Z"
_FILLINGS = ("", "Q7z", ' mid\\ "dle" ')
#: Where two channels' events have names with blanks.
_BLANKS = {"ThreatName": "Threat Name", "SeverityID": "Severity ID", "SourceName": "Source Name", "NewValue": "New Value",
           "OldValue": "Old Value", "ProcessName": "Process Name", "FileName": "File Name"}  # fmt: skip
_WITH_BLANKS = ("Microsoft-Windows-Windows Defender/Operational", "Microsoft-Windows-CodeIntegrity/Operational")


def events(trees: list[Any], source: dict[str, Any], count: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Events of a log source: for each of ``count`` ways to meet the condition one, two that miss it by little, and one that
    meets some other part too."""
    leaves = [leaf for t in trees for leaf in _leaves(t) if isinstance(leaf, ConditionFieldEqualsValueExpression)]
    for _ in range(count):
        fields: dict[str, Any] = {}
        _meet(chance.choice(trees), fields, True, chance)
        yield _event(fields, source, chance)
        for name in chance.sample(sorted(fields), min(2, len(fields))):
            yield _event({**fields, name: _changed(fields[name], chance)}, source, chance)
        if leaves:
            more = dict(fields)
            _meet(chance.choice(leaves), more, True, chance)
            yield _event(more, source, chance)


def _leaves(node: Any) -> Iterator[Any]:
    if isinstance(node, (ConditionAND, ConditionOR, ConditionNOT)):
        for arg in node.args:
            yield from _leaves(arg)
    else:
        yield node


def _meet(node: Any, fields: dict[str, Any], wanted: bool, chance: random.Random) -> None:
    """Sets the fields so that a condition is met, as far as its parts do not contradict each other."""
    if isinstance(node, ConditionNOT):
        _meet(node.args[0], fields, not wanted, chance)
    elif not wanted:
        return
    elif isinstance(node, ConditionAND):
        for arg in node.args:
            _meet(arg, fields, True, chance)
    elif isinstance(node, ConditionOR):
        _meet(chance.choice(node.args), fields, True, chance)
    elif isinstance(node, ConditionFieldEqualsValueExpression):
        fields[node.field] = _both(fields.get(node.field), chance.choice(list(_meeting(node.value, chance))), node.value)
    else:
        fields[f"Text{chance.randint(1, 3)}"] = f"pre {chance.choice(list(_meeting(node.value, chance)))} post"


def _both(old: Any, new: Any, value: Any) -> Any:
    """A value that has what the field had before, where wildcards leave room for it."""
    parts = getattr(value, "s", ())
    if not (isinstance(old, str) and isinstance(new, str) and parts):
        return new
    if parts[-1] is SpecialChars.WILDCARD_MULTI:
        return new + old
    return old + new if parts[0] is SpecialChars.WILDCARD_MULTI else new


def _meeting(value: Any, chance: random.Random) -> Iterator[Any]:
    """Values that meet a test; of a network also those beside it, of a number those around it."""
    if isinstance(value, SigmaExpansion):
        for one in value.values:
            yield from _meeting(one, chance)
    elif isinstance(value, SigmaString):
        for filling in _FILLINGS:
            wild = {SpecialChars.WILDCARD_MULTI: filling, SpecialChars.WILDCARD_SINGLE: "k"}
            yield "".join(p if isinstance(p, str) else wild[p] for p in value.s)  # type: ignore[index]
    elif isinstance(value, SigmaCIDRExpression):
        network = ipaddress.ip_network(value.cidr, strict=False)
        around = (int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1)
        addresses = [type(network[0])(n) for n in around if 0 <= n < 2**network.max_prefixlen]
        yield from map(str, addresses)
        yield from (":".join(f"{int(p, 16):x}" for p in a.exploded.split(":")) for a in addresses if a.version == 6)
    elif isinstance(value, SigmaCompareExpression):
        number = int(str(value.number))
        yield from (number - 1, number, number + 1, f"{number}0")
    elif isinstance(value, SigmaRegularExpression):
        yield from (example(value.regexp.original, chance) for _ in range(4))
    else:
        yield _one(value)


def _one(value: Any) -> Any:
    if isinstance(value, (SigmaNumber, SigmaBool)):
        return value.number if isinstance(value, SigmaNumber) else value.boolean
    if isinstance(value, (SigmaExists, SigmaNull)):
        return "there" if isinstance(value, SigmaExists) and value.exists else None
    assert isinstance(value, SigmaFieldReference)
    return value


def _changed(value: Any, chance: random.Random) -> Any:
    """A value that differs by little; letter case is no difference for most tests."""
    if not isinstance(value, str) or not value:
        return chance.choice([None, f"{value}0", f"1{value}", -1, "x"])
    at = chance.randrange(len(value))
    sign = chance.choice('\\"z*? ')
    without, within = value[:at] + value[at + 1 :], value[:at] + sign + value[at:]
    return chance.choice([None, value.swapcase(), value[:-1], value[1:], f"{value}7", f"7{value}", without, within])


def _event(fields: dict[str, Any], source: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """An event with its System part, whose names begin with ``System.``."""
    own = {k: v for k, v in fields.items() if v not in (None, "")}
    for name, value in list(own.items()):
        if isinstance(value, SigmaFieldReference):
            base = str(own.setdefault(value.field, "C:\\Ref\\x.exe"))
            own[name] = chance.choice([base, base.upper(), f"{base}z", f"z{base}", f"z{base}z"])
    number = str(own.pop("EventID", ""))
    ids = source.get("ids", [])
    event_id = int(number) if number.isdecimal() and len(number) < 7 and (not ids or int(number) in ids) else chance.choice(ids or [1])
    level = str(own.pop("Level", 4))
    system = {"Channel": source["channel"], "Provider_Name": str(own.pop("Provider_Name", source["provider"])), "EventID": event_id,
              "Level": int(level) if level.isdecimal() else 4, "Keywords": str(own.pop("Keywords", "0x8000000000000000"))}  # fmt: skip
    return own | {f"System.{k}": v for k, v in system.items()}


# --- the forms of logs --------------------------------------------------------------------------------------------------


def _parts(event: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    system = {k.removeprefix("System."): v for k, v in event.items() if k.startswith("System.")}
    return system, {k: v for k, v in event.items() if not k.startswith("System.")}


def _texts(own: dict[str, Any]) -> dict[str, str]:
    return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in own.items()}


def evtx(event: dict[str, Any], source: dict[str, Any], number: int) -> dict[str, Any]:
    """As the Rust parser gives it: typed values, lists of values without names, objects under UserData."""
    system, own = _parts(event)
    if system["Channel"] in _WITH_BLANKS:
        own = {_BLANKS.get(k, k): v for k, v in own.items()}
    if "Data" in own:
        own["Data"] = {"#text": ["Available", str(own["Data"])] if number % 2 else str(own["Data"])}
    event_id = {"#attributes": {"Qualifiers": 0}, "#text": system["EventID"]} if number % 2 else system["EventID"]
    head = {"Provider": {"#attributes": {"Name": system["Provider_Name"]}}, "EventID": event_id, "Level": system["Level"],
            "Keywords": system["Keywords"], "TimeCreated": {"#attributes": {"SystemTime": _TIME}}, "Correlation": None,
            "Execution": {"#attributes": {"ProcessID": 1, "ThreadID": 2}}, "Channel": system["Channel"],
            "Computer": "host7"}  # fmt: skip
    if "user_data" in source or "Channel" in own:
        name = source.get("user_data", "LogFileCleared")
        return {"Event": {"System": head, "UserData": {name: {"#attributes": {"xmlns": "u"}, **own}}}}
    return {"Event": {"System": head, "EventData": own or None}}


def flat(event: dict[str, Any], source: dict[str, Any], number: int) -> dict[str, Any]:
    """All names on one level, all values texts."""
    system, own = _parts(event)
    head = {"EventID": system["EventID"], "Channel": system["Channel"], "SourceName": system["Provider_Name"], "Hostname": "host7",
            "Level": str(system["Level"]), "Keywords": system["Keywords"], "TimeCreated": _TIME}  # fmt: skip
    return head | _texts(own)


def nxlog(event: dict[str, Any], source: dict[str, Any], number: int) -> dict[str, Any]:
    """The same with nxlog's times."""
    return {"EventReceivedTime": "2026-03-11 05:16:41", "EventTime": "2026-03-11 05:16:41"} | flat(event, source, number)


def winlogbeat(event: dict[str, Any], source: dict[str, Any], number: int) -> dict[str, Any]:
    """Winlogbeat 6."""
    system, own = _parts(event)
    head = {"@timestamp": _TIME, "log_name": system["Channel"], "source_name": system["Provider_Name"], "event_id": system["EventID"],
            "level": str(system["Level"]), "keywords": system["Keywords"], "computer_name": "host7"}  # fmt: skip
    return head | _apart(_texts(own))


def ecs(event: dict[str, Any], source: dict[str, Any], number: int) -> dict[str, Any]:
    """Winlogbeat 7 and later, without its modules."""
    system, own = _parts(event)
    code, provider = str(system["EventID"]), system["Provider_Name"]
    log = {"channel": system["Channel"], "event_id": code, "provider_name": provider, "level": str(system["Level"]),
           "keywords": system["Keywords"], "computer_name": "host7", **_apart(_texts(own))}  # fmt: skip
    return {"@timestamp": _TIME, "event": {"code": code, "provider": provider}, "host": {"name": "host7"}, "winlog": log}


def _apart(own: dict[str, str]) -> dict[str, dict[str, str]]:
    """A name of the System part is the event's own under ``user_data``."""
    user: dict[str, str] = {k: own[k] for k in ("Channel", "Provider") if k in own}
    return {"event_data": {k: v for k, v in own.items() if k not in user}, **({"user_data": user} if user else {})}


FORMS = {"evtx": evtx, "flat": flat, "nxlog": nxlog, "winlogbeat": winlogbeat, "ecs": ecs}
