"""Reads ahead in a thread of its own: the next records are parsed while the engine works on the last ones."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar, cast

from dohyo.switching import quick_switches

T = TypeVar("T")

#: How many items may wait.
_WAITING = 8
_POLL = 0.2


def ahead(items: Iterable[T], most: int = _WAITING) -> Generator[T, None, None]:
    """The items, made in a thread, of which ``most`` may wait. What it raises is raised here; when this iterator is closed
    the thread ends."""
    waiting: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(most)
    stop = threading.Event()
    maker = threading.Thread(target=_make, args=(items, waiting, stop), daemon=True, name="dohyo-reader")
    with quick_switches():
        maker.start()
        try:
            while True:
                item, error = waiting.get()
                if error is not None:
                    if isinstance(error, _End):
                        return
                    raise error
                yield cast("T", item)  # without an error there is an item, which may itself be None
        finally:
            stop.set()
            maker.join()


class _End(Exception):
    """No more items."""


def _make(items: Iterable[T], waiting: queue.Queue[tuple[T | None, BaseException | None]], stop: threading.Event) -> None:
    try:
        for item in items:
            if not _put(waiting, (item, None), stop):
                return
        _put(waiting, (None, _End()), stop)
    except BaseException as error:  # raised again by the reader
        _put(waiting, (None, error), stop)


def _put(
    waiting: queue.Queue[tuple[T | None, BaseException | None]], item: tuple[T | None, BaseException | None], stop: threading.Event
) -> bool:
    while not stop.is_set():
        try:
            waiting.put(item, timeout=_POLL)
        except queue.Full:
            continue
        return True
    return False
