"""Has this process keep memory that it will soon need again.

What fills and empties the same megabytes all the time (an ingest, a process that parses event logs) spends up to a sixth of
its processor time on giving them back to the system and getting them anew, emptied."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_KEPT, _LARGE = 256 << 20, 32 << 20
_SETTINGS = {"MIMALLOC_PURGE_DELAY": "-1", "DUCKDB_JE_MALLOC_CONF": "dirty_decay_ms:-1"}  # of Arrow's and DuckDB's allocators


def keep_memory() -> None:
    """To be called before Arrow and DuckDB are loaded, which then look at their settings. Where there are none, nothing
    changes."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
        library.mallopt(_MMAP_THRESHOLD, _LARGE)
