"""What the readers give and what a shape is: the types that the whole room speaks.

Readers turn any input into :class:`Chunk` s of raw records. Shapes (one table each, in ``shapes/``) say how a raw
record of one export becomes an event with the canonical names. Neither knows an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    import pyarrow as pa


class Format(StrEnum):
    """What a file is, told by its content."""

    NDJSON = "ndjson"
    JSON = "json"  # one array, one object over several lines, or objects one after another
    CSV = "csv"
    PARQUET = "parquet"
    EVTX = "evtx"
    XML = "xml"  # Windows event XML, one or many <Event> elements
    TEXT = "text"  # rendered events, or records behind a header in each line: see dohyo.sources.forms
    STORE = "store"  # a folder or URL that Dohyo keeps: see dohyo.store
    EMPTY = "empty"
    UNKNOWN = "unknown"


class Problem(Struct, frozen=True):
    """Something that could not be read. ``count`` records (or parts) at ``where`` were lost for this reason; ``mended``: they
    were read, but not as they are."""

    file: str
    where: str  # "line 17", "chunk 3 at byte 69632", "member x.json", "" for the whole file
    reason: str
    count: int = 1
    hint: str = ""
    mended: bool = False

    @property
    def told(self) -> str:
        """The problem as a line of the summary."""
        return ("mended: " if self.mended else "not read: ") + str(self) + (f" — {self.hint}" if self.hint else "")

    def __str__(self) -> str:
        at = f"{self.file}: {self.where}" if self.where else self.file
        return f"{at}: {self.reason}" + (f" ({self.count}×)" if self.count > 1 else "")


class Input(Struct, frozen=True):
    """One stream of records: a plain file, a member of an archive, or standard input.

    ``name`` is what evidence shows: the path as the user gave it, with ``!member`` for a member of an archive.
    ``path`` is set only for a plain, uncompressed file that an engine may open by itself. ``open`` gives the
    uncompressed bytes from the start (may be called again unless ``once``). ``first``: the number of its first line, for
    a later part of something that is read as it grows.
    """

    name: str
    format: Format
    open: Callable[[], BinaryIO]
    path: Path | None = None
    size: int | None = None  # bytes on disk (compressed, for a member: its share), for progress
    once: bool = False  # standard input: cannot be read twice
    head: bytes = b""  # the first bytes, uncompressed
    first: int = 1


class Chunk(Struct, frozen=True):
    """Some thousand raw records of one input, in the input's order.

    ``raw``: Arrow string array, one JSON document (EVTX and XML: converted to JSON) a record.
    ``records``: Arrow int64 array of the same length: line number (1-based) or EVTX record id.
    ``position``: bytes of the input (as on disk) read so far.
    """

    raw: pa.StringArray
    records: pa.Int64Array
    position: int = 0


class Reader(Protocol):
    """Reads one input as chunks; what cannot be read is given to ``report`` and the rest goes on."""

    def __call__(self, source: Input, report: Callable[[Problem], None]) -> Iterator[Chunk]:
        """The chunks of ``source`` in its order; each :class:`Problem` goes to ``report`` when it is met."""
        ...


# --- shapes -----------------------------------------------------------------------------------------------------------


class Key(Struct, frozen=True):
    """A value of the raw record by its path of keys: ``Key(("winlog", "event_data", "Image"))``."""

    keys: tuple[str, ...]


class Inside(Struct, frozen=True):
    """A value inside text that is itself JSON: Azure's ``EventData``. ``inner`` is the path within that JSON.

    ``text`` may also be an object that the export did not put into text: its own JSON is read then.
    """

    text: ShapeExpr
    inner: tuple[str, ...]


class XmlData(Struct, frozen=True):
    """A value inside Windows event XML held by a text field: ``<Data Name="…">`` of ``EventData``/``UserData``. ``Data`` is all
    values, one a line."""

    text: ShapeExpr
    name: str


class XmlSystem(Struct, frozen=True):
    """An element (``EventID``) or an element's attribute (``TimeCreated@SystemTime``) of the XML ``System`` part, or
    of ``RenderingInfo`` (``Message``)."""

    text: ShapeExpr
    name: str


class MessageLine(Struct, frozen=True):
    """The value after ``label:`` in a rendered event message (``Image: C:\\…``), one label a line; where the label is a
    field's name, else after what Windows writes for people there (``shapes/messages.py``)."""

    text: ShapeExpr
    label: str
    mark: str = ":"  # what stands behind the label


class Pair(Struct, frozen=True):
    """The value beside ``name`` in JSON text that is a list of pairs, as converters of XML write ``<Data Name="…">``:
    ``[{"@Name": "Image", "#text": "C:\\…"}]``; ``text`` is that list, or anything around it."""

    text: ShapeExpr
    name: str


class Const(Struct, frozen=True):
    """Always this text."""

    value: str


class First(Struct, frozen=True):
    """The first that is not null (and not empty text)."""

    options: tuple[ShapeExpr, ...]


class Lookup(Struct, frozen=True):
    """``table`` of the lower-cased value; ``default`` (``None``: null) when it is null or not in the table."""

    value: ShapeExpr
    table: tuple[tuple[str, str], ...]
    default: ShapeExpr | None = None


class Joined(Struct, frozen=True):
    """The parts joined with ``separator``; parts that are null or empty are left out; null when none is left."""

    parts: tuple[ShapeExpr, ...]
    separator: str


class Lines(Struct, frozen=True):
    """The texts of a list, one a line; anything else as it is. Events of the old kind have a list of values without names."""

    value: ShapeExpr


class Prefixed(Struct, frozen=True):
    """``prefix`` and then the value; null where the value is null or empty (``MD5=`` and a hash)."""

    prefix: str
    value: ShapeExpr


class Given(Struct, frozen=True):
    """``then`` where the value is neither null nor empty, else null."""

    value: ShapeExpr
    then: ShapeExpr


class When(Struct, frozen=True):
    """``then`` where ``test`` equals one of ``values`` (without case), else, also for null, ``otherwise``."""

    test: ShapeExpr
    values: tuple[str, ...]
    then: ShapeExpr
    otherwise: ShapeExpr | None = None


class FullPath(Struct, frozen=True):
    """The full path of a file from its ``folder`` and its ``file`` name: ``folder`` itself where it already ends with
    the name (without case, after a backslash or a slash, or as a whole), else both with a backslash between them.
    One of them where the other is null or empty. Defender's folder paths come with and without the name."""

    folder: ShapeExpr
    file: ShapeExpr


class Time(Struct, frozen=True):
    """Epoch milliseconds (UTC) of a text time: ISO 8601 with ``T`` or blank, 0–9 decimals, ``Z``, an offset or
    neither (then UTC), or an epoch number of 10, 13, 16 or 19 digits (also with decimals), or .NET's
    ``/Date(1603419400671)/`` as Windows PowerShell writes it. Sumo Logic's Windows source puts a plus before the
    nine decimals (``2020-10-12T07:31:14+000039800Z``): plus, nine digits and ``Z`` are decimals, never an offset. Also
    Windows' FILETIME (18 digits) and the forms in ``shapes/times.py``."""

    value: ShapeExpr


class Uniform(Struct, frozen=True):
    """What is left of a ``Time`` where records are known to write it alike, as ISO 8601 in so many bytes, with a zone or without; a
    record that does not is read by the whole table."""

    value: ShapeExpr
    size: int
    zoned: bool


class Enough(Struct, frozen=True):
    """What is left of the places of ``value`` where records are known to have it in one of these; a record that does not is read
    by the whole table."""

    value: First


ShapeExpr = (
    Enough | Key | Inside | Pair | XmlData | XmlSystem | MessageLine | Const | First | Lookup | Joined | Lines | Prefixed | Given
    | When | FullPath | Time | Uniform
)


class Shape(Struct, frozen=True):
    """One form in which Windows events are exported: how it is recognised and what is where.

    A record has this shape when every path of ``marks`` is there (not null) and no shape of lower ``rank`` claims
    it. ``fields`` maps canonical names to where the value is. A name that is not in ``fields`` is looked for in each
    of ``bags`` (a path of keys to an object that holds the event's own fields under their own names; ``()`` is the
    record itself; a key ``*`` stands for any one key, as in JSON path), then in each of ``prefixed_bags`` (the path
    of an object and what stands before each name in its keys: ``winlog.event_data.``), then in ``inside_bags``
    (texts, or what is ``Inside`` a text, that hold such an object as JSON), ``pair_bags`` (texts that hold a list of
    pairs of a name and a value as JSON), ``xml_bags`` (texts that hold event XML) and ``message_bags`` (texts that hold
    the rendered message), then at the top of the record.
    ``starts``: when given, the text at one of these paths must, blanks before it left out, begin with the text
    beside it.
    ``_raw`` in ``fields`` replaces the record's own text where it is not null; ``_messageTime``, ``_sourceCategory``
    and ``_raw`` are never looked for in bags.
    """

    name: str
    title: str
    rank: int
    marks: tuple[tuple[str, ...], ...]
    fields: dict[str, ShapeExpr]
    time: tuple[ShapeExpr, ...]  # the first that can be read is _messageTime
    any_marks: tuple[tuple[str, ...], ...] = ()  # at least one of these must be there too
    not_marks: tuple[tuple[str, ...], ...] = ()  # none of these may be there
    starts: tuple[tuple[tuple[str, ...], str], ...] = ()
    bags: tuple[tuple[str, ...], ...] = ((),)
    prefixed_bags: tuple[tuple[tuple[str, ...], str], ...] = ()
    inside_bags: tuple[Key | Inside, ...] = ()
    pair_bags: tuple[ShapeExpr, ...] = ()
    xml_bags: tuple[ShapeExpr, ...] = ()
    message_bags: tuple[ShapeExpr, ...] = ()
    category: ShapeExpr | None = None  # default: by Channel, see shapes/categories.py
    kind: ShapeExpr | None = None  # what the summary counts; default: the canonical EventID
    doc: str = ""
    example: str = ""  # one record as JSON text, made up
    closed: bool = False  # nothing but what the table names and the bags hold is looked for: there is nothing else
    keys: frozenset[str] | None = None  # of a lean table: the keys at the top of the records it was made for
    time_left: bool = False  # of a lean table: a record without any of ``time`` is to be read by the whole table
    also: dict[str, str] = field(default_factory=dict)  # canonical name -> other name it must answer to
