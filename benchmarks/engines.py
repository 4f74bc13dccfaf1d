"""Time per event on each engine, for few and for many events, start-up apart.

    python benchmarks/engines.py [--engine spark --engine sail] [--events 2000000 20000000]

The events are a generated Parquet file. A first query over a few of them starts the engine and is not counted; then each query
runs once over all: reading, handing over, running and fetching the rows together."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

QUERIES = {
    "count by two, sorted": '* | where EventID in ("1", "3") | count by Image, Computer | sort by _count | limit 20',
    "parse and aggregate": '* | parse field=CommandLine "-id * -*" as n, mode | num(n) as n | sum(n), max(n), first(Image) by mode',
    "a regex": r"* | where CommandLine matches /(?i)-id \d*77 -[a-d]+$/ | count",
}


def generated(count: int, path: Path) -> None:
    """Events of Sysmon with a dozen programs on fifty hosts, a tenth of a second apart."""
    import duckdb

    duckdb.connect().execute(
        """COPY (SELECT 'Microsoft-Windows-Sysmon/Operational' AS "Channel", ((i * 7) % 12 + 1)::VARCHAR AS "EventID",
        'H' || (i * 31) % 50 AS "Computer", strftime(make_timestamp(1700000000000000 + i * 100000), '%Y-%m-%d %H:%M:%S.%g') AS "UtcTime",
        'C:\\Windows\\System32\\p' || (i * 13) % 12 || '.exe' AS "Image",
        'p.exe -id ' || (i * 7919) % 100000 || ' -' || ['a', 'b', 'cc', 'dd'][1 + (i * 17) % 4] AS "CommandLine"
        FROM range(?) t(i)) TO '"""
        + str(path)
        + "' (FORMAT parquet)",
        [count],
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--engine", action="append")
    options.add_argument("--events", nargs="+", type=int, default=[2_000_000, 20_000_000])
    given = options.parse_args()
    from dohyo.run import RunOptions, search

    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "few.parquet"
        generated(1_000, few)
        for count in given.events:
            path = Path(folder) / "events.parquet"
            generated(count, path)
            for engine in given.engine or ["duckdb", "sail", "spark"]:
                for name, query in QUERIES.items():
                    search(query, [few], RunOptions(engine=engine))
                    start = time.perf_counter()
                    rows = len(search(query, [path], RunOptions(engine=engine)))
                    took = time.perf_counter() - start
                    print(f"{count:>12,} events  {engine:8} {took:8.2f} s  {1e6 * took / count:7.3f} µs each  {rows:4} rows  {name}", flush=True)


if __name__ == "__main__":
    main()
