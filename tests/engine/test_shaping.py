"""The SQL that the engine makes of the shape tables says what the tables' plain-Python reference says."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from sqlglot import exp

from dohyo.engines.duckdb.raw import Spellings
from dohyo.engines.duckdb.scan import Request, chunk_statement
from dohyo.engines.duckdb.shaping import time_value, trimmed
from dohyo.plan.types import Type
from dohyo.run import search
from dohyo.sources.model import Shape
from dohyo.sources.shapes import SHAPES
from dohyo.sources.shapes.recognise import read_field, read_time, recognise

NAMES = (
    "EventID", "Channel", "Provider", "Computer", "EventRecordID", "Image", "CommandLine", "ParentImage", "User",
    "ProcessId", "ProcessGuid", "DestinationIp", "DestinationPort", "SourceIp", "Protocol", "Initiated", "event_type",
    "dest_port", "TargetFilename", "QueryName", "_sourceCategory", "_sourceHost",
)  # fmt: skip


def _example(name: str) -> dict[str, object]:
    record: dict[str, object] = json.loads(next(s.example for s in SHAPES if s.name == name))
    return record


@pytest.mark.parametrize("name", [s.name for s in SHAPES])
def test_each_shape_agrees_with_its_reference(name: str, tmp_path: Path) -> None:
    """Every canonical field, the category, and the time to the millisecond."""
    record = _example(name)
    path = tmp_path / "one.ndjson"
    path.write_text(json.dumps(record) + "\n", "utf-8")
    row = search(f"* | fields _messageTime, {', '.join(NAMES)}", [path]).rows[0]
    shape = recognise(record)
    assert shape.name == name
    assert {n: row[n] for n in NAMES} == {n: read_field(shape, record, n) for n in NAMES}
    assert row["_messageTime"] == read_time(shape, record)


@pytest.mark.parametrize("shape", SHAPES, ids=[s.name for s in SHAPES])
def test_no_statement_is_long_to_plan(shape: Shape) -> None:
    """A value that is computed from another one does not repeat it: DuckDB plans a statement three times this long for seconds."""
    names = ("EventID", "Channel", "Provider", "Computer", "Image", "CommandLine", "DestinationPort")
    request = Request(columns=(("_messageTime", Type.LONG), *((name, Type.STRING) for name in names)), asked=names)
    assert len(chunk_statement(request, [shape], Spellings(), False, names).sql) < 60_000


def test_all_shapes_in_one_file(tmp_path: Path) -> None:
    """Mixed records are each read by their own shape, whatever the first records look like."""
    records = [_example(s.name) for s in SHAPES]
    path = tmp_path / "mixed.ndjson"
    path.write_text("".join(json.dumps(r) + "\n" for r in [records[0]] * 300 + records), "utf-8")
    result = search("* | fields EventID, Computer | sort by _messageTime", [path])
    assert len(result) == 300 + len(records)
    assert sum(result.read.files[0].shapes.values()) == 300 + len(records)
    assert set(result.read.files[0].shapes) == {s.name for s in SHAPES}
    assert result.read.problems == []


def test_names_compare_without_case(tmp_path: Path) -> None:
    """A record in lower case answers to the usual spelling, and a query in any case is answered."""
    path = tmp_path / "lower.ndjson"
    path.write_text('{"eventid":3,"destinationport":"443","myfield":"x"}\n', "utf-8")
    assert search("* | fields DestinationPort, MYFIELD", [path]).rows == [{"DestinationPort": "443", "MYFIELD": "x"}]


def test_blank_lines_do_not_shift_line_numbers(tmp_path: Path) -> None:
    """Evidence names the true line."""
    path = tmp_path / "blank.ndjson"
    path.write_text('\n{"a":1}\n\n\n{"a":2}\n', "utf-8")
    found = search("* | where a = 2", [path]).evidence()
    assert [e.record for e in found if e] == [5]


def _near(seed: int, count: int) -> Iterator[str]:
    """Texts that are times, or were before some characters were changed."""
    rng = random.Random(seed)
    forms = ["2026-01-12 07:30:00.004", "1969-12-31 23:59:59.999999", "2026-01-12 07:30:00.5+02:00", "2026-1-2 3:4:5.6",
             "epoch", "-infinity", "0044-03-15 10:00:00.0 (BC)", "2026-01-12 24:00:00.0", "2026-01-12 07:30:00.1 Europe/Rome",
             "1970-01-01 00:00:00.000", "2026-01-12 07:30:00.004\t", "2026/01/12 07:30:00.05", "2026-01-12 07:30:00.00 NZ"]  # fmt: skip
    yield from forms
    for _ in range(count):
        text = list(rng.choice(forms))
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(text) + 1)
            text[place : place + rng.randint(0, 1)] = rng.choice(["", *"0123456789-:.,+TZ /eE\t"])
        yield "".join(text)


def test_a_time_that_is_read_quickly_is_the_same() -> None:
    """Of a column the most common form is tried first; no text is another time for it."""
    texts = pa.table({"text": list(_near(1, 20_000))})
    text = exp.column("text")
    quick, careful = time_value(text), time_value(exp.Paren(this=text.copy()))
    assert quick != careful
    both = exp.select(text.copy(), exp.alias_(quick, "quick"), exp.alias_(careful, "careful")).from_("texts").sql("duckdb")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("texts", texts)
        rows = connection.execute(both).fetchall()
    assert [row for row in rows if row[1] != row[2]] == []
    assert sum(row[1] is not None for row in rows) > 1_000


RAW = [
    '{"a":1}', '{"a":1}\n', '{"a":1}\r\n', '{"a":1} \t\r\n', '{"a":\n1}\n', '{"ü":"😀"}\r\n', "text\n", "}\n\n", "\n", "", "a\r\n}\r\n",
    "x}\r",
]  # fmt: skip


@pytest.mark.parametrize("text", RAW, ids=repr)
def test_a_raw_event_ends_before_its_blanks(text: str) -> None:
    """Whichever way the end is found: one line with its end is the usual text."""
    source = exp.select(exp.alias_(exp.Placeholder(), "raw")).subquery("t")
    sql = exp.select(trimmed(exp.column("raw"))).from_(source).sql("duckdb")
    assert duckdb.execute(sql, [text]).fetchall() == [(text.rstrip("\r\n\t "),)]
