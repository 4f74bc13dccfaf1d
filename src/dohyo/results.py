"""What a run gives: rows with evidence, what was read and what was not, and alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from dohyo.diagnostics import Diagnostic, Source
from dohyo.plan.asks import Ask
from dohyo.plan.known import may_be
from dohyo.plan.names import ID, RAW, TIME
from dohyo.plan.types import Field
from dohyo.sources.model import Problem

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class FileReport(Struct):
    """What was read of one input. ``shapes``: records by shape name; ``records`` counts broken ones too; ``mended``: the
    numbers of those that were read after a repair."""

    name: str
    format: str
    size: int | None = None
    records: int = 0
    broken: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    mended: list[int] = field(default_factory=list)


class ReadReport(Struct):
    """What a run read, and what it could not.

    ``counted``: events by (source category, event id or type), but for those that ``uncounted`` counts. ``present``: fields that at
    least one event had, of those in ``asked``; ``asks``: what is asked of those that need not always be there. ``unknown``: inputs
    whose first records have no form that is known, with the keys of the very first. ``untimed``: inputs of whose first events some
    have no time that can be read, with what looks like the time of such a one. ``month_first``: inputs with a time in which only a
    guess tells the month from the day. ``fractions``: inputs of whose first events some have ports or ids written as 443.0, with
    the names of these. ``seconds``: the whole run's wall time.
    """

    files: list[FileReport] = field(default_factory=list)
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    uncounted: list[Callable[[], Counter[tuple[str, str]]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)  # (file, reason)
    skipped_count: int = 0
    asked: tuple[str, ...] = ()
    asks: Mapping[str, tuple[Ask, ...]] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    unknown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    untimed: dict[str, str] = field(default_factory=dict)
    month_first: dict[str, str] = field(default_factory=dict)
    fractions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def kinds(self) -> Counter[tuple[str, str]]:
        """Events by (source category, event id or type). Those of tables, which a query reads no further than it must, are
        counted when this is first asked for."""
        while self.uncounted:
            self.counted.update(self.uncounted.pop()())
        return self.counted

    @property
    def records(self) -> int:
        """Records read, in all files."""
        return sum(f.records for f in self.files)

    @property
    def size(self) -> int:
        """Bytes on disk of the files read."""
        return sum(f.size or 0 for f in self.files)

    @property
    def nothing_read(self) -> bool:
        """True when not one input could be read."""
        return not self.files and not self.empty

    @property
    def foreign(self) -> list[str]:
        """Files in which no record has the form of a Windows event."""
        return [f.name for f in self.files if f.records and set(f.shapes) == {"generic"}]

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields that the query asked for and no event had; empty when there were no events at all. Of fields of which one is
        enough all are missing or none is; one that is asked of some categories only is not missing without events of these."""
        if not self.records:
            return ()
        here = {category for category, _ in self.kinds}
        there = {name.lower() for name in self.present}
        return tuple(n for n in self.asked if n not in self.present and self._wanted(n.lower(), here, there))

    def _wanted(self, name: str, categories: Set[str], there: Set[str]) -> bool:
        """Whether a field that no event had is missed. A name that no log is known to have may be misspelled: another field
        in its place does not do."""
        from dohyo.sources.shapes.names import SPELLINGS

        if name not in SPELLINGS or name not in self.asks:
            return True
        return any(
            there.isdisjoint(ask.others) and any(may_be(ask.where, {"_sourcecategory": c}) for c in categories)
            for ask in self.asks[name]
        )


class Evidence(Struct, frozen=True):
    """Where a row comes from: ``record`` is a line number or an EVTX record id; ``raw`` only when asked for."""

    file: str
    record: int | None
    raw: str | None = None

    def as_json(self) -> dict[str, object]:
        """JSON-ready data."""
        data: dict[str, object] = {"file": self.file, "record": self.record}
        return data | ({"raw": self.raw} if self.raw is not None else {})


class Result:
    """The rows of a query, in order.

    ``columns`` are the shown ones. ``table`` is Arrow and holds hidden columns too (evidence); use :meth:`arrow` for
    the shown ones. ``places`` turns a row's hidden id into file and record.
    """

    def __init__(
        self,
        table: pa.Table,
        columns: Sequence[Field],
        read: ReadReport,
        diagnostics: Sequence[Diagnostic],
        source: Source,
        places: Places,
    ) -> None:
        self.table = table
        self.columns = tuple(columns)
        self.read = read
        self.diagnostics = tuple(diagnostics)
        self.source = source
        self.places = places
        self.seconds = 0.0  # what the query itself took, once the events were read

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def without_raw(self) -> Result:
        """The same result without the raw events."""
        if RAW not in self.table.column_names:
            return self
        bare = Result(self.table.drop_columns(RAW), self.columns, self.read, self.diagnostics, self.source, self.places)
        bare.seconds = self.seconds
        return bare

    @property
    def names(self) -> list[str]:
        """The shown columns' names."""
        return [c.name for c in self.columns]

    def arrow(self) -> pa.Table:
        """The shown columns as an Arrow table."""
        return self.table.select(self.names)

    def df(self) -> pd.DataFrame:
        """The shown columns as a pandas data frame (needs pandas)."""
        frame: pd.DataFrame = self.arrow().to_pandas()
        return frame

    def pl(self) -> pl.DataFrame:
        """The shown columns as a polars data frame (needs polars)."""
        import polars

        frame = polars.from_arrow(self.arrow())
        assert isinstance(frame, polars.DataFrame)
        return frame

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The shown columns as dictionaries."""
        rows: list[dict[str, Any]] = self.arrow().to_pylist()
        return rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def evidence(self) -> list[Evidence | None]:
        """For each row where it comes from; ``None`` when a row stands for no single record."""
        if ID not in self.table.column_names:
            return [None] * len(self)
        ids = self.table.column(ID).to_pylist()
        raws = self.table.column(RAW).to_pylist() if RAW in self.table.column_names else [None] * len(ids)
        return [self.places.evidence(i, raw) if i is not None else None for i, raw in zip(ids, raws, strict=True)]

    def times(self) -> list[int | None]:
        """For each row its event time in epoch ms (UTC); ``None`` when it has none."""
        for name in (TIME, "_messageTime", "_timeslice"):
            if name in self.table.column_names:
                return [int(v) if isinstance(v, (int, float)) else None for v in self.table.column(name).to_pylist()]
        return [None] * len(self)

    def _repr_html_(self) -> str:
        from dohyo.formats.notebook import html_table

        return html_table(self)

    def __repr__(self) -> str:
        return f"<dohyo.Result {len(self)} rows × {len(self.columns)} columns>"


class Places:
    """Turns a hidden row id (file number and record number in one integer) into evidence."""

    #: An id is ``file number << BITS | record number``; EVTX record ids fit easily.
    BITS = 40

    def __init__(self) -> None:
        self.files: list[str] = []

    def add(self, name: str) -> int:
        """A number for a file; ids of its records are this plus the record number."""
        self.files.append(name)
        return (len(self.files) - 1) << self.BITS

    def evidence(self, row_id: int, raw: str | None = None) -> Evidence:
        """File and record of an id."""
        return Evidence(self.files[row_id >> self.BITS], row_id & ((1 << self.BITS) - 1), raw)


class Alert(Struct, frozen=True):
    """One row of a detection (design §5)."""

    detection: str
    title: str
    severity: str
    confidence: str
    tactics: tuple[str, ...]
    techniques: tuple[str, ...]
    time: str | None
    fields: dict[str, Any]
    evidence: Evidence | None

    def as_json(self) -> dict[str, Any]:
        """The contract that scripts depend on."""
        return {
            "detection": self.detection,
            "title": self.title,
            "severity": self.severity,
            "confidence": self.confidence,
            "attack": {"tactics": list(self.tactics), "techniques": list(self.techniques)},
            "time": self.time,
            "fields": self.fields,
            "evidence": self.evidence.as_json() if self.evidence else None,
        }
