"""Ctrl-C while an engine works: the work is done in a thread, so that the main one can hear the signal and stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: How long to wait for an engine to stop.
_PATIENCE = 5.0


def stoppable(work: Callable[[], T], stop: Callable[[], None]) -> T:
    """The result of ``work``, or what it raised. On Ctrl-C ``stop`` is called, and ``KeyboardInterrupt`` is raised."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # raised again by the main thread
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name="dohyo-work")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        stop()
        thread.join(_PATIENCE)
        raise
    if failed:
        raise failed[0]
    return done[0]
