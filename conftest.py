"""For all tests: services are started once, and Ctrl-C can be tested wherever the tests are started from."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("dohyo", deadline=None)
settings.load_profile("dohyo")

# Hundreds of tests start the program: without its compiled files each of them would compile all of it anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell that starts the tests in the background makes them deaf to SIGINT, and so what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


#: Tests that share costly services (Spark's and Sail's servers): one worker runs them all, and starts each service once.
TOGETHER = tuple(f"tests/engine/test_{name}.py" for name in ("engines", "recorded", "stores", "vectors"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With workers (``-n``), each test goes to the next one that is free, but for those that belong together."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # the library has no types
        def _split_scope(self, nodeid: str) -> str:
            return "together" if nodeid.startswith(TOGETHER) else nodeid

    return Scheduling(config, log)
