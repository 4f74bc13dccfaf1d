"""Which engine runs a query: ``duckdb``, a local ``spark`` or ``sail``, or a server that speaks Spark Connect."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dohyo.engines.errors import EngineError

if TYPE_CHECKING:
    from dohyo.engines.base import Engine
    from dohyo.engines.sql import Dialect

DUCKDB = "duckdb"
LOCAL = ("spark", "sail")
REMOTE = "sc://"


def checked(name: str) -> str:
    """The engine's name. Raises :class:`EngineError` when there is no such engine."""
    if name == DUCKDB or name in LOCAL or name.startswith(REMOTE):
        return name
    raise EngineError(f"there is no engine `{name}`; there are {DUCKDB}, {', '.join(LOCAL)}, and {REMOTE}host:port for a server")


def dialect(name: str) -> Dialect:
    """The dialect of an engine, without starting or asking it: of a server Spark's."""
    if checked(name) == DUCKDB:
        from dohyo.engines.duckdb.dialect import DIALECT

        return DIALECT
    from dohyo.engines.spark.dialect import SAIL, SPARK

    return SAIL if name == "sail" else SPARK


def interrupt() -> None:
    """Stops the statements that are running, on all engines of this process."""
    from dohyo.engines.duckdb.connect import interrupt as stop_duckdb

    stop_duckdb()
    spark = sys.modules.get("dohyo.engines.spark.engine")
    if spark is not None:  # else none was opened
        spark.interrupt()


def open_engine(name: str, threads: int | None = None, memory: str | None = None) -> Engine:
    """An engine for the statements of one run. Raises :class:`EngineError`."""
    if checked(name) == DUCKDB:
        from dohyo.engines.duckdb.engine import DuckDB

        return DuckDB(threads, memory)
    from dohyo.engines.spark.engine import connect

    return connect(name, threads, memory)
