"""Tuning without touching a query: a file of entries, each of which lets some alerts of some detections pass in silence.

Every suppressed alert is counted and can be listed. An entry has an owner, a reason and a day on which it ends; one that
is over, or that never matches, is a warning."""

from __future__ import annotations

import datetime as dt
import fnmatch
import ipaddress
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from dohyo.detections.documents import Unreadable, read_as
from dohyo.results import Alert

_CIDR, _REGEX = "cidr:", "regex:"


class TuningError(Exception):
    """A tuning file cannot be used; says file, place and what to write."""


class Entry(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is let pass. ``match``: fields and the values they may have: texts with ``*``, ``cidr:10.0.0.0/8``,
    ``regex:…``; all fields must fit. ``hosts``: names or names of groups. ``hours``: ``22:00-04:00`` (UTC)."""

    detections: Annotated[list[str], Meta(min_length=1)]
    match: dict[str, str | list[str]] = {}
    hosts: list[str] = []
    hours: str = ""
    owner: str
    reason: str
    expires: dt.date | None = None

    def __post_init__(self) -> None:
        for name, wanted in self.match.items():
            for text in [wanted] if isinstance(wanted, str) else wanted:
                try:
                    _value_test(text)
                except ValueError as error:
                    raise ValueError(f"`{name}`: {error}") from None
        if self.hours and not re.fullmatch(r"\d\d:\d\d-\d\d:\d\d", self.hours):
            raise ValueError("`hours` are written 22:00-04:00")


class File(Struct, forbid_unknown_fields=True):
    """``tuning.yml``: groups of hosts, and the entries."""

    host_groups: dict[str, list[str]] = {}
    allow: list[Entry] = []


class Tuned(Struct):
    """The alerts that stay, those that an entry let pass (with the entry's number, from 1), and warnings."""

    alerts: list[Alert] = field(default_factory=list)
    suppressed: list[tuple[Alert, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def load(path: Path) -> File:
    """A tuning file. Raises :class:`TuningError`."""
    try:
        return read_as(File, path)
    except Unreadable as error:
        raise TuningError(str(error)) from None


def apply(file: File, alerts: Sequence[Alert], today: dt.date) -> Tuned:
    """The alerts without those that an entry lets pass."""
    tuned = Tuned()
    live = [(n, e, _tester(e, file.host_groups)) for n, e in enumerate(file.allow, 1) if e.expires is None or e.expires >= today]
    hits = dict.fromkeys((n for n, _, _ in live), 0)
    for alert in alerts:
        number = next((n for n, _, fits in live if fits(alert)), None)
        if number is None:
            tuned.alerts.append(alert)
        else:
            hits[number] += 1
            tuned.suppressed.append((alert, number))
    for n, e in enumerate(file.allow, 1):
        if e.expires is not None and e.expires < today:
            tuned.warnings.append(f"tuning entry {n} ({e.reason}) ended on {e.expires}; {e.owner} should renew or remove it")
        elif not hits[n]:
            tuned.warnings.append(f"tuning entry {n} ({e.reason}) fits no alert of these logs")
    return tuned


def _tester(entry: Entry, groups: dict[str, list[str]]) -> Callable[[Alert], bool]:
    listed = {n.lower(): [w] if isinstance(w, str) else w for n, w in entry.match.items()}
    fields = {name: [_value_test(t) for t in wanted] for name, wanted in listed.items()}
    hosts = [_value_test(h) for name in entry.hosts for h in groups.get(name, [name])]
    detections = [d.lower() for d in entry.detections]

    def fits(alert: Alert) -> bool:
        if not any(fnmatch.fnmatchcase(alert.detection.lower(), d if "*" in d else f"{d}*") for d in detections):
            return False
        values = {k.lower(): v for k, v in alert.fields.items()}
        if hosts and not any(test(str(values.get(h, ""))) for test in hosts for h in ("computer", "hostname", "host")):
            return False
        if entry.hours and not _within(entry.hours, alert.time):
            return False
        return all(any(test(_text(values.get(name))) for test in tests) for name, tests in fields.items())

    return fits


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _value_test(wanted: str) -> Callable[[str], bool]:
    """A test of a value: a network, a regex, or a text in which ``*`` is anything; without case."""
    if wanted.startswith(_CIDR):
        network = ipaddress.ip_network(wanted.removeprefix(_CIDR), strict=False)
        return lambda value: _in(value, network)
    if wanted.startswith(_REGEX):
        import regex

        try:
            pattern = regex.compile(wanted.removeprefix(_REGEX), regex.IGNORECASE)
        except regex.error as error:
            raise ValueError(f"the regex cannot be read: {error}") from None
        return lambda value: _found(pattern, value)
    plain = re.compile("".join(".*" if c == "*" else re.escape(c) for c in wanted), re.IGNORECASE | re.DOTALL)
    return lambda value: plain.fullmatch(value) is not None


def _found(pattern: Any, value: str) -> bool:
    try:
        return pattern.search(value, timeout=0.5) is not None
    except TimeoutError:
        return False


def _in(value: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(value) in network
    except ValueError:
        return False


def _within(hours: str, time: str | None) -> bool:
    if time is None:
        return False
    start, _, end = hours.partition("-")
    at = time[11:16]
    return start <= at < end if start <= end else at >= start or at < end
