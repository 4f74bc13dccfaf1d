"""A detection as typed data. Unknown keys are refused, so that a misspelled one cannot be ignored."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from msgspec import Struct


class Severity(StrEnum):
    """How bad an alert is, as Sigma names it, lowest first."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the lowest."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure an alert is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Status(StrEnum):
    """How mature a detection is, as Sigma names it."""

    EXPERIMENTAL = "experimental"
    TEST = "test"
    STABLE = "stable"
    DEPRECATED = "deprecated"


class Attack(Struct, frozen=True, forbid_unknown_fields=True):
    """Where in ATT&CK it belongs. ``deprecated_in_favour_of``: the techniques that replace a retired one."""

    tactics: tuple[str, ...]
    techniques: tuple[str, ...]
    deprecated_in_favour_of: tuple[str, ...] = ()


class Telemetry(Struct, frozen=True, forbid_unknown_fields=True):
    """Telemetry that a test should leave behind: a query, and how many rows it gives at least."""

    name: str
    query: str
    count: int = 1


class AtomicTest(Struct, frozen=True, forbid_unknown_fields=True):
    """A test of Atomic Red Team that the detection is measured against."""

    number: int
    name: str
    behaviour: str
    expect: tuple[Telemetry, ...] = ()
    simulate: str = ""  # the generator's attack that carries the telemetry
    processes: tuple[str, ...] = ()  # whose alerts belong to this test
    seen_by: tuple[str, ...] = ()  # companion detections whose alerts belong to it
    commands: tuple[str, ...] = ()
    cleanup: tuple[str, ...] = ()


class Metadata(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """``detection.yml``."""

    title: str
    description: str
    status: Status
    severity: Severity
    confidence: Confidence
    attack: Attack
    data_sources: tuple[str, ...] = ()
    required_tables: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    tests: tuple[AtomicTest, ...] = ()
    author: str = ""
    date: str = ""
    tags: tuple[str, ...] = ()


class Detection(Struct, frozen=True):
    """A detection folder, read. ``id`` is the folder's name."""

    id: str
    folder: Path
    metadata: Metadata
    query: str

    @property
    def query_path(self) -> Path:
        """The file of the query."""
        return self.folder / "query.sumo"

    @property
    def place(self) -> str:
        """What a diagnostic of the query names: the folder's file, or the rule file that the query was made of."""
        return f"{self.folder} as a query" if self.folder.suffix.lower() in (".yml", ".yaml") else f"{self.id}/query.sumo"

    def hunting(self) -> dict[str, str]:
        """The hunting queries of the folder by name."""
        return {p.stem: p.read_text("utf-8") for p in sorted((self.folder / "hunting").glob("*.sumo"))}

    def pages(self) -> dict[str, str]:
        """The Markdown pages of the folder by name, in the order of reading."""
        names = ("playbook", "investigation", "tuning")
        return {n: p.read_text("utf-8") for n in names if (p := self.folder / f"{n}.md").is_file()}
