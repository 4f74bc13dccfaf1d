"""Writes rows in the asked-for format to stdout or a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from dohyo.cli.errors import UsageError
from dohyo.cli.options import one_of
from dohyo.formats import WRITERS, writer


def check(format: str, output: Path | None, more: Sequence[str] = ()) -> None:
    """Refuses an unknown format, and Parquet on a terminal, before the work begins."""
    one_of("--format", format, (*WRITERS, *more))
    if format == "parquet" and output is None and sys.stdout.isatty():
        raise UsageError("--format parquet needs --output FILE, or a pipe")


def emit_text(text: str, output: Path | None, option: str = "--output") -> None:
    """Writes a text, to a file at once or not at all. ``option``: the one that named the file."""
    if output is None:
        sys.stdout.write(text)
        return
    with _written(output, option) as out:
        out.write(text.encode("utf-8", "replace"))


@contextmanager
def _written(output: Path, option: str = "--output") -> Iterator[BinaryIO]:
    """A file to write to beside its place, where it is moved when it is whole. Of one that is not nothing is left."""
    part = output.with_name(output.name + ".part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(output)
    except OSError as error:
        raise UsageError(f"{option} {output}: {error.strerror}") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def lines(output: Path | None) -> Iterator[Callable[[list[dict[str, Any]]], None]]:
    """A function that writes objects as JSON lines at once. A file is in its place when all are written."""
    if output is None:
        yield lambda rows: emit("ndjson", [], rows, None)
        return
    with _written(output) as out:

        def put(rows: list[dict[str, Any]]) -> None:
            writer("ndjson")([], rows, out)
            out.flush()

        yield put


def emit(format: str, names: Sequence[str], rows: Sequence[dict[str, Any]], output: Path | None) -> None:
    """Writes the rows. A file is written beside its place and moved there when it is whole."""
    if output is None:
        writer(format)(names, rows, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    with _written(output) as out:
        writer(format)(names, rows, out)
