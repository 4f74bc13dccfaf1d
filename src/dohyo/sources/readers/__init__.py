"""One reader for each format: bytes in, chunks of raw records out."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator

from dohyo.sources.model import Chunk, Format, Input, Problem, Reader


def _late(module: str, name: str) -> Reader:
    """The reader ``name`` of ``module``, imported when it is first used: the libraries below are slow to load."""

    def read(source: Input, report: Callable[[Problem], None]) -> Iterator[Chunk]:
        reader: Reader = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        return reader(source, report)

    return read


def _unfolding(reader: Reader) -> Reader:
    """The same reader, which looks into records that a shipper or an answer put events into."""

    def read(source: Input, report: Callable[[Problem], None]) -> Iterator[Chunk]:
        from dohyo.sources.unfold import unfolded

        return unfolded(reader(source, report))

    return read


def _nothing(source: Input, report: Callable[[Problem], None]) -> Iterator[Chunk]:
    """An empty file has no records, which is no problem."""
    return iter(())


# Parquet has no reader here: an engine opens it by path (see spool.spooled for one inside an archive).
READERS: dict[Format, Reader] = {
    Format.NDJSON: _unfolding(_late("ndjson", "read_ndjson")),
    Format.JSON: _unfolding(_late("json_text", "read_json")),
    Format.CSV: _unfolding(_late("csv_text", "read_csv")),
    Format.EVTX: _late("evtx", "read_evtx"),
    Format.XML: _late("xml_text", "read_xml"),
    Format.TEXT: _unfolding(_late("text_forms", "read_text")),
    Format.EMPTY: _nothing,
}
