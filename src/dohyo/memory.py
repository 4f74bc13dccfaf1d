"""Has this process keep memory that it will soon need again.

What fills and empties the same megabytes all the time (an ingest, a process that parses event logs) spends up to a sixth of
its processor time on giving them back to the system and getting them anew, emptied."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_KEPT, _LARGE = 256 << 20, 32 << 20


def keep_memory() -> None:
    """To be called before Arrow is loaded, which then looks at its settings. Where there are none, nothing changes."""
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "-1")
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
        library.mallopt(_MMAP_THRESHOLD, _LARGE)
