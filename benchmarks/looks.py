"""What people wait for: a page of 50,000 alerts, an investigation, a completion.

    python benchmarks/looks.py [EVENTS]

The investigation is a whole process, beside a DuckDB process that reads the same fields of the same events by hand."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FIELDS = ("EventID", "Hostname", "ProcessGuid", "UtcTime", "Image", "CommandLine", "User", "ParentProcessGuid", "ParentImage",
          "DestinationIp", "DestinationPort", "DestinationHostname", "TargetFilename", "ImageLoaded", "Signed", "Signature",
          "QueryName", "QueryResults", "TargetObject", "Details")  # fmt: skip
QUERY = "\n".join([
    "_sourceCategory=windows/sysmon", '| where EventID = "3"', '| parse regex field=Image "(?<name>[^\\\\/]+)$" nodrop',
    "| toLowerCase(name) as lower", '| if (lower = "cmd.exe", 1, 0) as shell', "| timeslice 1h", "| where !isNull(DestinationIp)",
    "| count, count_distinct(Computer) as hosts by _timeslice, lower", "| where hosts > 1", "| sort by _count", "| limit 20", "| l",
])  # fmt: skip


def timed(*command: str) -> float:
    """Seconds of a whole process, the better of two."""
    taken = []
    for _ in range(2):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return min(taken)


def page_of_many() -> None:
    """50,000 alerts on one page."""
    from dohyo.reports.html_page import page
    from dohyo.results import Alert, Evidence, ReadReport

    path = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
    alerts = [
        Alert("T1043-commonly-used-port", "Commonly Used Port", "medium", "high", ("command-and-control",), ("T1043",),
              f"2026-01-{1 + n // 2000:02}T{n % 24:02}:00:00.000Z", {"Computer": f"host{n % 200}", "Image": path, "DestinationPort": "443"},
              Evidence("logs/a.evtx", n)) for n in range(50_000)
    ]  # fmt: skip
    began = time.perf_counter()
    text = page(alerts, [], ReadReport(), "now")
    print(f"page of 50,000 alerts: {time.perf_counter() - began:.2f} s, {len(text) / 1e6:.1f} MB   (to reach: 5 s, 30 MB)")


def investigation(events: int) -> None:
    """About the last alert of a log of so many events."""
    from dohyo.sample import run as sample

    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "e.ndjson"
        sample(log, events, seed=1, attack_rate=0.002)
        labels = [json.loads(line) for line in Path(f"{log}.labels.ndjson").read_text("utf-8").splitlines()]
        record = next(label["record"] for label in reversed(labels) if label["T1043"])
        columns = ", ".join(f"'{f}': 'VARCHAR'" for f in FIELDS)
        source = f"read_json('{log}', format='newline_delimited', records=true, ignore_errors=true, columns={{{columns}}})"
        hand = f"SELECT * FROM {source} WHERE EventID = '3' AND DestinationIp = '203.0.113.1' OR ProcessGuid = 'x'"
        ours = timed(sys.executable, "-m", "dohyo", "investigate", f"{log}:{record}", str(log))
        theirs = timed(sys.executable, "-c", "import duckdb, sys; print(len(duckdb.sql(sys.argv[1]).fetchall()))", hand)
        print(f"investigate, {events:,} events: {ours:.2f} s; one reading by hand: {theirs:.2f} s, {ours / theirs:.2f} ×")


def completion() -> None:
    """A word at the end of a query of twelve stages, as the console and the language server complete it."""
    from dohyo.ide.words import complete, own_fields

    complete(QUERY, own_fields(QUERY))
    taken = []
    for _ in range(50):
        began = time.perf_counter()
        complete(QUERY, own_fields(QUERY))
        taken.append(time.perf_counter() - began)
    print(f"completion: {1000 * sorted(taken)[25]:.1f} ms, at most {1000 * max(taken):.1f} ms   (to reach: 50 ms)")


def main() -> None:
    """Prints the three."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("events", nargs="?", type=int, default=500_000)
    given = arguments.parse_args()
    completion()
    page_of_many()
    investigation(given.events)


if __name__ == "__main__":
    main()
