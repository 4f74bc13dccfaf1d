"""Writes events to a file: NDJSON, a JSON array, CSV or Parquet; compressed when the name ends in .gz or .zst."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from .attacks import ATTACKS, scene
from .model import Event, Form, Label
from .normal import steps
from .shapes import renderer
from .world import Clock, Dice, Host

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 2000  # events that are joined to one piece of text
PARQUET_BATCH = 15_000
ROW_GROUP_BATCHES = 4  # a row group of 60,000: small enough for memory, large enough to be read fast
FORMATS: tuple[str, ...] = ("ndjson", "json", "csv", "parquet")
_NAMES = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".log": "ndjson",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
}
_COMPRESSED = (".gz", ".zst")
_NO_COLUMNS = ("evtx",)  # its EventID is a number in one record and an object in another: not one column


def format_of(path: Path) -> str:
    """The format that a file's name asks for, without a compression's ending; ``ndjson`` when it asks for none."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return _NAMES.get(suffixes[-1], "ndjson") if suffixes else "ndjson"


def check_format(shape: str, format: str) -> None:
    """Raises ``ValueError`` when there is no such format or the shape cannot be written in it."""
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}: it must be one of {', '.join(FORMATS)}")
    if format in ("csv", "parquet") and shape in _NO_COLUMNS:
        raise ValueError(f"the shape {shape} has no columns: write it as ndjson or json instead of {format}")


def write(path: Path, events: Iterable[Event], shape: str = "flat", format: str = "") -> int:
    """Writes ``events`` to ``path`` and gives their number; ``format`` empty: what the name asks for.

    Events are taken one by one, so memory stays bounded. Raises ``ValueError`` for a shape or a format that does not
    exist or does not go together, ``OSError`` when the file cannot be written.
    """
    format = format or format_of(path)
    check_format(shape, format)
    renderer(shape)
    with _opened(path) as out:
        return write_to(out, events, shape, format)


def write_to(out: BinaryIO, events: Iterable[Event], shape: str, format: str) -> int:
    """As :func:`write`, to a stream of bytes that is open."""
    check_format(shape, format)
    render = renderer(shape)
    return _WRITERS[format](out, map(render, events), shape)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        # No name and no time in the header: the same events give the same bytes.
        with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
            yield cast("BinaryIO", packed)  # a GzipFile is one but for `mode`, which is a number
    elif suffix == ".zst":
        import pyarrow as pa

        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            yield stream
    else:
        with path.open("wb") as raw:
            yield raw


def _batches(texts: Iterator[str], size: int) -> Iterator[list[str]]:
    while batch := list(islice(texts, size)):
        yield batch


def _ndjson(out: BinaryIO, texts: Iterator[str], shape: str) -> int:
    count = 0
    for batch in _batches(texts, BATCH):
        out.write("\n".join((*batch, "")).encode())
        count += len(batch)
    return count


def _json(out: BinaryIO, texts: Iterator[str], shape: str) -> int:
    count = 0
    out.write(b"[")
    for batch in _batches(texts, BATCH):
        out.write((",\n" if count else "\n").encode() + ",\n".join(batch).encode())
        count += len(batch)
    out.write(b"\n]\n")
    return count


def _csv(out: BinaryIO, texts: Iterator[str], shape: str) -> int:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _columns(shape), lineterminator="\n")
    writer.writeheader()
    count = 0
    for batch in _batches(texts, BATCH):
        writer.writerows(map(_cells, batch))
        count += len(batch)
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    out.write(text.getvalue().encode())
    return count


def _cells(text: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(text)
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value
        for name, value in record.items()
    }


def _parquet(out: BinaryIO, texts: Iterator[str], shape: str) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import json as arrow_json

    schema = _schema(shape)
    options = arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    reading = arrow_json.ReadOptions(block_size=1 << 22)
    count = 0
    tables = (
        arrow_json.read_json(io.BytesIO("\n".join(batch).encode()), read_options=reading, parse_options=options)
        for batch in _batches(texts, PARQUET_BATCH)
    )
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while group := list(islice(tables, ROW_GROUP_BATCHES)):
            table = pa.concat_tables(group)
            writer.write_table(table)
            count += table.num_rows
    return count


_WRITERS: dict[str, Callable[[BinaryIO, Iterator[str], str], int]] = {
    "ndjson": _ndjson,
    "json": _json,
    "csv": _csv,
    "parquet": _parquet,
}


def _every_form() -> Iterator[Form]:
    """Every form that can occur, so that the columns of a file are known before its first event."""
    for rows in steps().values():
        for step, _ in rows:
            yield from (step.form, *step.then)
    for number in range(len(ATTACKS)):
        yield from (form for _, form, _, _ in scene(number).records)


def _examples(shape: str) -> Iterator[str]:
    dice, render = Dice(0), renderer(shape)
    host = Host(dice, 0)
    process = host.process("explorer")
    slots = (
        process.slots
        | process.as_target
        | Clock(0).slots(1_700_000_000_000, 0)
        | {"record": "1", "sport": "1", "tid": "1"}
    )
    for form in _every_form():
        picked = {name: text for pick in form.picks for name, text in pick[0].items()}
        yield render(Event(0, form, slots | picked))


def _columns(shape: str) -> list[str]:
    return list(dict.fromkeys(name for text in _examples(shape) for name in json.loads(text)))


def _schema(shape: str) -> pa.Schema:
    """The columns and their types: texts stay texts, also those that look like a time."""
    import pyarrow as pa
    from pyarrow import json as arrow_json

    data = io.BytesIO("\n".join(_examples(shape)).encode())
    found = arrow_json.read_json(data, read_options=arrow_json.ReadOptions(block_size=1 << 28)).schema
    return pa.schema([pa.field(column.name, _plain_type(column.type)) for column in found])


def _plain_type(found: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_struct(found):
        return pa.struct([pa.field(part.name, _plain_type(part.type)) for part in found])
    if pa.types.is_list(found):
        return pa.list_(_plain_type(found.value_type))
    return pa.string() if pa.types.is_timestamp(found) or pa.types.is_null(found) else found


def labels_path(path: Path) -> Path:
    """Where the labels of a written file go: beside it, ``.labels.ndjson`` added to its name."""
    return path.with_name(f"{path.name}.labels.ndjson")


def label_line(record: int, event: Event, label: Label) -> str:
    """The truth about the ``record``-th event (from 1) of a file, as a line of JSON."""
    truth = {
        "record": record, "time": event.time, "computer": event.computer, "EventID": event.form.kind.id,
        "attack": label.attack, "technique": label.technique, "T1043": label.fires,
    }  # fmt: skip
    return json.dumps(truth, ensure_ascii=False, separators=(",", ":")) + "\n"
