"""A store: how fast logs go in, how little a narrow hunt reads, and a full hunt against the same SQL written by hand.

    python benchmarks/store.py [EVENTS] [--evtx FILE] [--store DIR]

The events are of thirty days. Ingest is a whole process, with its largest memory. What a hunt reads is what the process
asked the system for (Linux); ``--store`` keeps the store, so that a second run measures the hunts alone."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hunt import best, by_hand, row

DAYS = 30
FIRST = dt.date(2026, 1, 12)  # the day of the events that `dohyo sample` writes
QUERY = Path(__file__).parents[1] / "detections" / "T1043-commonly-used-port" / "query.sumo"


def main() -> None:
    """Makes the events, measures, prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("events", nargs="?", type=int, default=1_000_000)
    arguments.add_argument("--evtx", type=Path, help="a large event log")
    arguments.add_argument("--store", type=Path, help="where the store is, or is to be kept")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store = given.store or Path(scratch) / "store"
        if not (store / "_delta_log").is_dir():
            logs = Path(scratch) / "logs"
            logs.mkdir()
            ingested("NDJSON", _written(logs, given.events), store, 150_000)
        if given.evtx:
            ingested("EVTX", given.evtx, Path(scratch) / "evtx", 100_000)
        hunts(store)


def _written(logs: Path, events: int) -> Path:
    """Thirty days of events, a file each."""
    from dohyo.sample import run

    for number in range(DAYS):
        path = logs / f"{number:02}.ndjson"
        done = run(path, events // DAYS, seed=number)
        day = (FIRST + dt.timedelta(days=number)).isoformat().encode()
        path.write_bytes(path.read_bytes().replace(FIRST.isoformat().encode(), day))
        if done.labels:
            Path(done.labels).unlink()
    return logs


def ingested(what: str, logs: Path, store: Path, wanted: int) -> None:
    """One ingest as a process of its own."""
    began, before = time.perf_counter(), _processor()
    command = [sys.executable, "-m", "dohyo", "ingest", str(logs), "--store", str(store), "-q"]
    subprocess.run(command, check=True)
    seconds = time.perf_counter() - began
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    events = _events(store)
    print(f"ingest {what}: {events:,} events in {seconds:.1f} s, {events / seconds:,.0f} events/s (to reach: {wanted:,}); "
          f"{(_processor() - before) / events * 1e6:.1f} µs of processor time an event; "
          f"at most {most:,.0f} MB (to stay below: 1,000)", flush=True)  # fmt: skip


def _processor() -> float:
    """Seconds of processor time of all processes that were started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _events(store: Path) -> int:
    from dohyo.store.info import info
    from dohyo.store.log import open_log

    return info(open_log(str(store)).state).events


def hunts(store: Path) -> None:
    """What is read, and how long a full hunt takes."""
    import duckdb

    from dohyo.run import RunOptions, search
    from dohyo.store.log import open_log

    size = sum(f.size for f in open_log(str(store)).state.files.values())
    text = QUERY.read_text("utf-8")
    noon = int(dt.datetime(2026, 1, 26, 10, tzinfo=dt.UTC).timestamp() * 1000)
    search(text, [str(store)])  # what is read the first time only
    host = search("* | count by _sourceHost | limit 1", [str(store)]).rows[0]["_sourceHost"]
    narrow = {
        "one hour, T1043": (text, RunOptions(since=noon, until=noon + 3_600_000)),
        "one hour, all events": ("* | count by EventID", RunOptions(since=noon, until=noon + 3_600_000)),
        "one host, T1043": (f"_sourceHost={host} {text}", RunOptions()),
        "one host, all fields of one event": (f'_sourceHost={host} EventID=1 | where Image matches "*powershell*"', RunOptions()),
    }
    for what, (query, options) in narrow.items():
        before = _read()
        search(query, [str(store)], options)
        print(f"{what}: reads {(_read() - before) / size:.2%} of {size:,} bytes", flush=True)
    files = ", ".join(f"'{store / f.path}'" for f in open_log(str(store)).state.files.values())
    connection = duckdb.connect()
    sql = by_hand(f"read_parquet([{files}], union_by_name=true)")
    row("full hunt", best(lambda: search(text, [str(store)])), best(lambda: connection.sql(sql).fetchall()), 1.25)


def _read() -> int:
    """The bytes that this process has asked for."""
    facts = dict(line.split(": ") for line in Path(f"/proc/{os.getpid()}/io").read_text().splitlines())
    return int(facts["rchar"])


if __name__ == "__main__":
    main()
