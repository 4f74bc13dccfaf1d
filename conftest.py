"""For all tests: services are started once, and Ctrl-C can be tested wherever the tests are started from."""

from __future__ import annotations

import os
import signal
import sys

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


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """With workers (``-n``), tests that share a costly service (a mark ``xdist_group``) go to one of them."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "loadgroup"
