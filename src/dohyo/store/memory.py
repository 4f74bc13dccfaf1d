"""Has this process keep memory that it will soon need again.

An ingest fills and empties the same hundreds of megabytes all the time. To give them back to the system and get them anew,
emptied, costs a sixth of its processor time."""

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
