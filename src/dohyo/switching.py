"""How threads share the interpreter."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: How long a thread may keep the interpreter to itself (seconds). Python's own 5 ms would make others wait for each of their
#: short turns while a log is being parsed or a module loaded.
_SWITCH = 0.0005


@contextmanager
def quick_switches() -> Iterator[None]:
    """Threads take turns more often meanwhile."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
