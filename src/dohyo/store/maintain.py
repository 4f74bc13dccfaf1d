"""Takes old events out of a store, and removes the files that no commit names any more."""

from __future__ import annotations

import time

from dohyo.store.files import StoreError
from dohyo.store.log import Change, Log, open_log
from dohyo.store.state import DataFile, State

#: A hunt that is running may still read a file that was just taken out.
GRACE = 3_600.0
#: What no commit names and is older than this was left behind by a writer that was killed.
_ABANDONED = 24 * 3_600.0


def existing(root: str) -> Log:
    """The log of a store that is there. Raises :class:`StoreError`."""
    log = open_log(root)
    if log.state.version < 0:
        raise StoreError(f"{root}: is no store; `dohyo ingest PATH --store {root}` makes one")
    return log


def retain(log: Log, before: int) -> list[DataFile]:
    """Takes the files out whose events are all older than a time (epoch ms); gives them. Events without a time stay."""
    taken: list[DataFile] = []

    def make(state: State) -> Change | None:
        taken[:] = [f for f in state.files.values() if f.last is not None and f.last < before and not f.untimed]
        return Change("DELETE", remove=list(taken)) if taken else None

    log.commit(make)
    sweep(log)
    return taken


def sweep(log: Log) -> int:
    """Removes the files that were taken out some time ago, or never were in; gives how many."""
    state, now = log.refresh(), time.time() * 1000
    removed = 0
    for path, age in list(log.files.aged(".parquet")):
        if path in state.files:
            continue
        out = state.gone.get(path)
        if age > _ABANDONED if out is None else now - out > GRACE * 1000:
            log.files.remove(path)
            removed += 1
    return removed
