"""Thousands of Sigma rules over one log, beside a runner that loads the events into SQLite and runs one statement a rule, as
the field's small runners do.

    python benchmarks/sigma.py RULES [EVENTS] [--sqlite PYTHON] [--log PATH]

PYTHON: an interpreter with ``pysigma-backend-sqlite``, ``pysigma-pipeline-sysmon`` (they need another version of pySigma) and,
for event logs, ``evtx``.
The rules are converted before the clock starts on both sides; each side is a whole process."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONVERT = r'''
import json, sys
from pathlib import Path
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.pipelines.sysmon import sysmon_pipeline
backend, out = sqliteBackend(sysmon_pipeline()), []
for path in sorted(Path(sys.argv[1]).rglob("*.yml")):
    try:
        out += [str(q).replace("<TABLE_NAME>", "logs") for q in backend.convert(SigmaCollection.from_yaml(path.read_text("utf-8")))]
    except Exception:
        pass
Path(sys.argv[2]).write_text(json.dumps(out))
'''
RUN = r'''
import glob, json, os, re, sqlite3, sys
statements = json.load(open(sys.argv[1]))
def event(text):
    """An event log's record as one flat row."""
    record = json.loads(text)["Event"]
    system, data = record["System"], record.get("EventData") or {}
    kind = system["EventID"]
    row = {"EventID": kind["#text"] if isinstance(kind, dict) else kind, "Channel": system["Channel"], "Computer": system["Computer"],
           "Provider_Name": system["Provider"]["#attributes"]["Name"]}
    return row | {k: v for k, v in data.items() if v is not None and not k.startswith("#")}
if os.path.isdir(sys.argv[2]):
    from evtx import PyEvtxParser
    paths = sorted(glob.glob(sys.argv[2] + "/*.evtx"))
    rows = [event(r["data"]) for p in paths for r in PyEvtxParser(p).records_json()]
else:
    rows = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
spelled = {}
for row in rows:
    for key in row:
        spelled.setdefault(key.lower(), key)
db = sqlite3.connect(":memory:")
db.create_function("regexp", 2, lambda p, v: 1 if v is not None and re.search(p, str(v)) else 0)
names = list(spelled.values())
db.execute(f"CREATE TABLE logs ({', '.join(chr(34) + n + chr(34) + ' TEXT COLLATE NOCASE' for n in names)})")
places = {n.lower(): i for i, n in enumerate(names)}
def flat():
    for row in rows:
        values = [None] * len(names)
        for key, value in row.items():
            values[places[key.lower()]] = value if isinstance(value, str) else json.dumps(value)
        yield values
db.executemany(f"INSERT INTO logs VALUES ({', '.join('?' * len(names))})", flat())
db.execute('CREATE INDEX idx_eventid ON logs ("EventID")')
hits = ran = 0
for statement in statements:
    try:
        hits += len(db.execute(statement).fetchall())
        ran += 1
    except sqlite3.Error:
        pass
print(f"{ran} of {len(statements)} statements ran, {hits} rows")
'''


def timed(*command: str) -> tuple[float, str]:
    """Seconds of a whole process, and what it printed last."""
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - began, (done.stdout + done.stderr).strip().splitlines()[-1]


def ours(rules: Path, log: Path) -> float:
    """Dohyo with its caches filled: seconds of the second run."""
    command = (sys.executable, "-m", "dohyo", "hunt", "--sigma", str(rules), str(log), "-f", "ndjson", "-o", "/dev/null")
    first, _ = timed(*command)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    second, said = timed(*command)
    print(f"dohyo: {second:.2f} s (the first time, with conversion: {first:.2f} s), {before >> 10:,} MB; {said}", flush=True)
    return second


def main() -> None:
    """Makes the events, measures, prints."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rules", type=Path)
    arguments.add_argument("events", nargs="?", type=int, default=200_000)
    arguments.add_argument("--sqlite")
    arguments.add_argument("--log", type=Path, help="NDJSON, or a folder of event logs, instead of events made here")
    given = arguments.parse_args()
    from dohyo.sample import run as sample

    with tempfile.TemporaryDirectory() as scratch:
        log, statements = given.log or Path(scratch) / "e.ndjson", Path(scratch) / "statements.json"
        if given.log is None:
            sample(log, given.events, seed=1, attack_rate=0.002)
        mine = ours(given.rules, log)
        if given.sqlite:
            subprocess.run([given.sqlite, "-c", CONVERT, str(given.rules), str(statements)], check=True, capture_output=True)
            theirs, said = timed(given.sqlite, "-c", RUN, str(statements), str(log))
            print(f"SQLite: {theirs:.2f} s; {said}; {theirs / mine:.1f} × as long")


if __name__ == "__main__":
    main()
