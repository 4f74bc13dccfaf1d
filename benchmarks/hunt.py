"""T1043 against the same work written by hand, as ratios in one run.

    python benchmarks/hunt.py [EVENTS] [--evtx FOLDER]

NDJSON: whole process against whole process. Parquet: inside one process, parse and compile counted. EVTX: against a bare
loop that parses the folder's files with ``evtx`` and reads each record's text. Each is run three times; the fastest counts."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PORTS = ("80", "443", "53", "25", "22", "3389", "135")
LISTS = {
    "ScriptInterpreter": "powershell pwsh cmd wscript cscript mshta wmic",
    "LOLBin": "rundll32 regsvr32 certutil bitsadmin msbuild csc installutil regasm regsvcs ieexec expand extrac32 makecab "
    "pcalua hh xwizard",
    "UnusualSystemProcess": "notepad calc mspaint wordpad write winver charmap snippingtool",
}
FIELDS = ("Channel", "EventID", "event_type", "Image", "DestinationPort", "dest_port", "DestinationIp", "UtcTime",
          "Hostname", "User", "CommandLine", "ParentImage")  # fmt: skip


def by_hand(source: str) -> str:
    """The detection as a person would write it for DuckDB."""
    listed = ", ".join(f"'{p}'" for p in PORTS)
    labels = " ".join(
        f"WHEN p IN ({', '.join(chr(39) + n + '.exe' + chr(39) for n in names.split())}) THEN '{label}'"
        for label, names in LISTS.items()
    )
    return rf"""
WITH e AS (SELECT *, lower(coalesce(nullif(regexp_extract(Image, '([^\\/]+)$', 1), ''), Image)) AS p FROM {source}
  WHERE Channel = 'Microsoft-Windows-Sysmon/Operational' AND EventID = '3' AND DestinationPort IN ({listed})),
l AS (SELECT *, CASE {labels} END AS label FROM e)
SELECT epoch_ms(UtcTime::TIMESTAMP) t, Hostname, "User", p, CommandLine, ParentImage, DestinationIp, DestinationPort,
  regexp_matches(DestinationIp, '^(10\.|172\.(1[6-9]|2[0-9]|3[0-1])\.|192\.168\.)') AS internal, label
FROM l WHERE label IS NOT NULL ORDER BY t DESC"""


def ndjson(path: Path) -> str:
    """DuckDB's reader, asked for the needed columns only."""
    columns = ", ".join(f"\"{f}\": 'VARCHAR'" for f in FIELDS)
    return f"read_json('{path}', format='newline_delimited', records=true, ignore_errors=true, columns={{{columns}}})"


def best(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest run."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def process(*command: str) -> Callable[[], object]:
    """A whole process."""
    return lambda: subprocess.run(command, check=True, capture_output=True)


def row(what: str, ours: float, theirs: float, wanted: float) -> None:
    """One line of the table."""
    print(f"{what:44} {ours:8.2f} s {theirs:8.2f} s {ours / theirs:6.2f} ×   (to reach: {wanted} ×)", flush=True)


def main() -> None:
    """Makes the events, measures, prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("events", nargs="?", type=int, default=1_000_000)
    arguments.add_argument("--evtx", type=Path)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        _measure(Path(scratch), given.events, given.evtx)


def _measure(scratch: Path, events: int, evtx: Path | None) -> None:
    import duckdb

    from dohyo.detections.load import load
    from dohyo.run import search
    from dohyo.sample import run as sample

    log, columns = scratch / "e.ndjson", scratch / "e.parquet"
    sample(log, events, seed=1, attack_rate=0.002)
    picked = ", ".join(f'"{f}"' for f in FIELDS)
    duckdb.execute(f"COPY (SELECT {picked} FROM {ndjson(log)}) TO '{columns}' (FORMAT parquet)")
    hand = "import duckdb, sys; print(len(duckdb.sql(sys.argv[1]).fetchall()))"
    row(f"NDJSON, {events:,} events, whole process", best(process(sys.executable, "-m", "dohyo", "hunt", "-d", "T1043", str(log),
        "-f", "ndjson", "-q")), best(process(sys.executable, "-c", hand, by_hand(ndjson(log)))), 1.15)  # fmt: skip
    query = load().find("T1043").query
    row("Parquet, one process", best(lambda: search(query, [columns])),
        best(lambda: duckdb.sql(by_hand(f"'{columns}'")).fetchall()), 1.25)  # fmt: skip
    if evtx:
        bare = ("import evtx, glob, sys; print(sum(len(r['data']) for f in sorted(glob.glob(sys.argv[1] + '/*.evtx'))"
                " for r in evtx.PyEvtxParser(f).records_json()))")  # fmt: skip
        row("EVTX, whole process", best(process(sys.executable, "-m", "dohyo", "hunt", "-d", "T1043", str(evtx), "-q")),
            best(process(sys.executable, "-c", bare, str(evtx))), 2.0)  # fmt: skip


if __name__ == "__main__":
    main()
