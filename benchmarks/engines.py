"""Time per event on each engine, for few and for many events of a store that the engine reads itself, start-up apart.

    python benchmarks/engines.py [--engine spark --engine sail] [--events 2000000 20000000] [--store DIR]

The smaller store is ingested, the larger one holds its files several times over. Each query first runs once over the smaller
store, which starts the engine and is not counted; then the best of three runs: its time, and the processor time of all that took
part (Linux), which other work on the machine does not change. At the end, how the time per event grew (1: not at all)."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

QUERIES = {
    "count by two, sorted": '* | where EventID in ("1", "3") | count by Image, Computer | sort by _count | limit 20',
    "parse and aggregate": r'* | parse field=Image "C:\\*\\*" as top, rest | length(rest) as n | sum(n), max(n), first(Computer) by top',
    "a regex": r"* | where Image matches /(?i)\\p[^\\]*\.exe$/ | count",
}
RUNS = 3


def ingested(count: int, store: Path, scratch: Path) -> None:
    """A store of generated events."""
    from dohyo.sample import run
    from dohyo.store.ingest import ingest

    log = scratch / "events.ndjson"
    run(log, count, seed=1)
    ingest([str(log)], str(store))
    log.unlink()


def multiplied(source: Path, store: Path, times: int) -> None:
    """A store with so many copies of each data file."""
    from dohyo.store.log import Change, open_log

    state = open_log(str(source)).state
    files = []
    for number in range(times):
        for file in state.files.values():
            path = file.path.replace("/part-", f"/part-{number}-")
            (store / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / file.path, store / path)
            files.append(replace(file, path=path))
    change = Change("COPY", add=files, origins=[*state.origins.values()], schemas=state.schemas, reserved=state.reserved)
    open_log(str(store)).commit(lambda _: change)


def processor(engine: str) -> float:
    """Seconds of processor time of this process and of the engine's server."""
    own = os.times()
    return own.user + own.system + sum(_used(pid) for pid in _below(_server(engine)))


def _server(engine: str) -> int | None:
    if engine == "duckdb":
        return None
    from dohyo.engines.spark import server

    return server.local(engine, None, None).process.pid


def _below(process: int | None) -> set[int]:
    """A process and all that it started."""
    found = {process} if process else set()
    parents = {int(p.name): _fields(int(p.name)) for p in Path("/proc").iterdir() if p.name.isdigit()} if found else {}
    while more := {pid for pid, fields in parents.items() if fields and int(fields[1]) in found} - found:
        found |= more
    return found


def _used(pid: int) -> float:
    fields = _fields(pid)
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _fields(pid: int) -> list[str]:
    """What /proc says of a process after its name: state, parent …; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return []


def measured(query: str, store: Path, engine: str) -> tuple[float, float]:
    """Seconds and processor seconds of the best run."""
    from dohyo.run import RunOptions, search

    seconds, used = [], []
    for _ in range(RUNS):
        began, before = time.perf_counter(), processor(engine)
        search(query, [store], RunOptions(engine=engine))
        seconds.append(time.perf_counter() - began)
        used.append(processor(engine) - before)
    return min(seconds), min(used)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--engine", action="append")
    options.add_argument("--events", nargs=2, type=int, default=[2_000_000, 20_000_000])
    options.add_argument("--store", type=Path, help="where the stores are, or are to be kept")
    given = options.parse_args()
    from dohyo.run import RunOptions, search

    few, many = given.events
    if many % few:
        sys.exit("the larger number of events must be a multiple of the smaller one")
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.store or Path(scratch)
        stores = {count: folder / str(count) for count in (few, many)}
        if not stores[few].is_dir():
            ingested(few, stores[few], Path(scratch))
        if not stores[many].is_dir():
            multiplied(stores[few], stores[many], many // few)
        for engine in given.engine or ["duckdb", "sail", "spark"]:
            for name, query in QUERIES.items():
                search(query, [stores[few]], RunOptions(engine=engine))
                each = []
                for count, store in stores.items():
                    seconds, used = measured(query, store, engine)
                    each.append((seconds / count, used / count))
                    print(f"{engine:7} {name:22} {count:>12,} events {seconds:8.2f} s {1e6 * seconds / count:7.3f} µs each, "
                          f"{1e6 * used / count:7.3f} µs of processor", flush=True)  # fmt: skip
                grew = [after / before for before, after in zip(*each, strict=True)]
                print(f"{engine:7} {name:22} from few to many: time × {grew[0]:.2f}, processor time × {grew[1]:.2f}", flush=True)


if __name__ == "__main__":
    main()
