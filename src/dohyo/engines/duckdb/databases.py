"""In-memory DuckDB databases. Making one takes twenty milliseconds, so those that are done with wait for the next search of the
process, and a command has them made while the rest of the program is being loaded."""

from __future__ import annotations

import threading
from typing import Any

import duckdb

#: Threads and memory, as :func:`take` is given them.
Kind = tuple[int | None, str | None]

#: So many databases of one kind a search needs: one for its statement, one that reads.
_EACH = 2

_IDLE: dict[Kind, list[duckdb.DuckDBPyConnection]] = {}
_COMING: dict[Kind, list[_Coming]] = {}


class _Coming(threading.Thread):
    """A database that is being made. DuckDB does so beside the interpreter."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(daemon=True)
        self._kind = kind
        self._made: duckdb.DuckDBPyConnection | None = None

    def run(self) -> None:
        try:
            self._made = _database(*self._kind)
        except duckdb.Error:  # told to the one who asks for it
            self._made = None

    def database(self) -> duckdb.DuckDBPyConnection | None:
        """The database, once it is there; none if it cannot be made."""
        self.join()
        return self._made


def make_ahead(threads: int | None = None, memory: str | None = None) -> None:
    """Begins to make what the next search will :func:`take`."""
    kind = (threads, memory)
    coming = _COMING.setdefault(kind, [])
    while len(coming) < _EACH:
        coming.append(_Coming(kind))
        coming[-1].start()


def take(threads: int | None = None, memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """A database that nobody else has. ``memory`` such as ``1GB``; beyond it DuckDB spills to temporary files. Raises
    ``duckdb.Error`` for what DuckDB does not know."""
    kind = (threads, memory)
    for waiting in (_IDLE.get(kind), _COMING.get(kind)):
        try:
            found = waiting.pop() if waiting else None
        except IndexError:  # another thread was quicker
            continue
        database = found.database() if isinstance(found, _Coming) else found
        if database is not None:
            return database
    return _database(threads, memory)


def give_back(kind: Kind, database: duckdb.DuckDBPyConnection) -> None:
    """Keeps a database for the next one, or closes it."""
    idle = _IDLE.setdefault(kind, [])
    if len(idle) < _EACH:
        idle.append(database)
    else:
        database.close()


def _database(threads: int | None, memory: str | None) -> duckdb.DuckDBPyConnection:
    config: dict[str, Any] = {
        "autoinstall_known_extensions": False, "autoload_known_extensions": True,
        "enable_external_file_cache": False,  # one that waits must not hold the logs that were read
    }  # fmt: skip
    if threads:
        config["threads"] = threads
    if memory:
        config["memory_limit"] = memory
    database = duckdb.connect(config=config)
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    return database
