"""What the tests of the shapes share: the examples, the moment they tell of, and a short way to read a field."""

from __future__ import annotations

import json
from typing import Any

from dohyo.sources.shapes import shape
from dohyo.sources.shapes.recognise import read_field, recognise

Record = dict[str, Any]

MOMENT = 1_709_630_130_123  # 2024-03-05 09:15:30.123 UTC, the event's time in every example


def example(name: str) -> Record:
    """The example record of the shape ``name``."""
    record: Record = json.loads(shape(name).example)
    return record


def with_values(name: str, **values: Any) -> Record:
    """The example of ``name`` with other values at its top."""
    return example(name) | values


def read(record: Record, name: str) -> str | None:
    """The field ``name`` of a record of whatever shape."""
    return read_field(recognise(record), record, name)
