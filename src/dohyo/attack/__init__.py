"""MITRE ATT&CK for Enterprise, version 17: techniques with their tactics, and techniques that were retired.

Later versions divide ``defense-evasion`` into ``stealth`` and ``defense-impairment``; both are known, and so are the new
techniques that public rules already name."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator
from importlib import resources

from msgspec import Struct

#: The version that the tables are of.
VERSION = "17.0"
#: What one tactic became.
_DIVIDED = {"defense-evasion": ("stealth", "defense-impairment")}


class Technique(Struct, frozen=True):
    """A technique or sub-technique. ``tactics``: as ATT&CK abbreviates them (``command-and-control``)."""

    id: str
    name: str
    tactics: tuple[str, ...]


class Retired(Struct, frozen=True):
    """A technique that ATT&CK has revoked or deprecated. ``instead``: the ones that took its place, if any did."""

    id: str
    name: str
    instead: tuple[str, ...]


@functools.cache
def techniques() -> dict[str, Technique]:
    """All techniques by id."""
    return {r["id"]: Technique(r["id"], r["name"], _tactics(r["tactics"])) for r in _rows("techniques.csv")}


def _tactics(written: str) -> tuple[str, ...]:
    return tuple(t for name in written.split() for t in (name, *_DIVIDED.get(name, ())))


def is_newer(technique: str) -> bool:
    """True for an id with a number beyond all that the tables know: a later version may have it."""
    number, last = technique[1:5], max(t[1:5] for t in techniques())
    return technique[:1] == "T" and number.isdigit() and int(number) > int(last)


@functools.cache
def retired() -> dict[str, Retired]:
    """The retired techniques by id."""
    return {r["id"]: Retired(r["id"], r["name"], tuple(r["instead"].split())) for r in _rows("retired.csv")}


@functools.cache
def tactics() -> frozenset[str]:
    """The tactics of all techniques."""
    return frozenset(t for technique in techniques().values() for t in technique.tactics)


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("dohyo.attack").joinpath(name).read_text("utf-8")
    return csv.DictReader(text.splitlines())
