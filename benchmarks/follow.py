"""``dohyo hunt --follow`` beside a log that is written at a steady rate.

    python benchmarks/follow.py [--seconds 60] [--rate 20000] [-d DETECTION]...

Measured: how long after its line each alert comes, how far behind it is at the end, how much memory it takes at the
beginning and at the end, and how fast it catches up with what is there already. To reach: each alert within 2 s of its line,
20,000 events/s sustained (for ten minutes: --seconds 600), memory flat."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

#: So many different events are written over and over.
_EVENTS = 100_000
_TICK = 0.05
_MARKED = {
    "EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "User": "CORP\\mira", "DestinationPort": "443",
    "DestinationIp": "198.51.100.7", "Image": "C:\\Windows\\System32\\mshta.exe", "UtcTime": "2024-03-05 09:15:30.123",
}  # fmt: skip


class Alerts(threading.Thread):
    """Notes when each marked alert comes out of the process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self.process, self.came, self.others = process, dict[str, float](), 0

    def run(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            host = json.loads(text)["fields"].get("Computer") or ""
            if host.startswith("MARK"):
                self.came[host] = time.monotonic()
            else:
                self.others += 1


def memory(process: subprocess.Popen[bytes]) -> float:
    """MB that the process has in memory."""
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(process.pid)], capture_output=True, text=True, check=False).stdout
    return int(told or 0) / 1024


def started(log: Path, detections: list[str], *more: str) -> subprocess.Popen[bytes]:
    chosen = [part for d in detections for part in ("-d", d)]
    command = [sys.executable, "-m", "dohyo", "hunt", "--follow", str(log), "-f", "ndjson", "--status-every", "10s", *chosen, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def write(log: Path, lines: list[bytes], seconds: float, rate: int, follow: subprocess.Popen[bytes]) -> tuple[dict[str, float], list[float], int]:
    """Writes at the rate, a marked event in each tick. Gives when each was written, the memory over time, and how many events."""
    written: dict[str, float] = {}
    held: list[float] = []
    count, began = 0, time.monotonic()
    with log.open("ab", buffering=0) as out:
        while (now := time.monotonic()) - began < seconds:
            due = int((now - began) * rate) - count
            block = [lines[(count + i) % len(lines)] for i in range(due)]
            name = f"MARK{len(written)}"
            out.write(b"".join([*block, json.dumps({**_MARKED, "Hostname": name}).encode() + b"\n"]))
            written[name] = time.monotonic()
            count += due
            if len(held) < now - began:
                held.append(memory(follow))
            time.sleep(max(0.0, _TICK - (time.monotonic() - now)))
    return written, held, count


def main() -> None:
    """Makes the events, measures, prints."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--rate", type=int, default=20_000)
    arguments.add_argument("-d", "--detection", action="append", default=[])
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        _measure(Path(scratch), given.seconds, given.rate, given.detection)


def _measure(scratch: Path, seconds: float, rate: int, detections: list[str]) -> None:
    from dohyo.sample import run as sample

    sample(scratch / "sample.ndjson", _EVENTS, seed=1, attack_rate=0.0005)
    lines = (scratch / "sample.ndjson").read_bytes().splitlines(keepends=True)
    _catch_up(scratch, lines, detections)
    log = scratch / "growing.ndjson"
    log.write_bytes(b"".join(lines[:1000]))
    follow = started(log, detections, "--checkpoint", str(scratch / "at"))
    alerts = Alerts(follow)
    alerts.start()
    while not (scratch / "at").exists():
        time.sleep(0.05)
    written, held, count = write(log, lines, seconds, rate, follow)
    time.sleep(3)
    follow.terminate()
    follow.wait()
    alerts.join()
    _told(seconds, written, held, count, alerts)


def _catch_up(scratch: Path, lines: list[bytes], detections: list[str]) -> None:
    log = scratch / "there.ndjson"
    log.write_bytes(b"".join(lines) * 3)
    began = time.monotonic()
    process = started(log, detections, "--until-idle", "1s", "-q")
    process.communicate()
    taken = time.monotonic() - began - 1
    print(f"catching up with {3 * len(lines):,} events ({log.stat().st_size / 1e6:,.0f} MB): {taken:.1f} s, start and all, "
          f"{3 * len(lines) / taken:,.0f} events/s", flush=True)  # fmt: skip
    log.unlink()


def _told(seconds: float, written: dict[str, float], held: list[float], count: int, alerts: Alerts) -> None:
    late = sorted(alerts.came[n] - at for n, at in written.items() if n in alerts.came)
    lost = len(written) - len(late)
    print(f"{count:,} events in {seconds:.0f} s ({count / seconds:,.0f}/s), {len(written):,} marked, {lost:,} of them not seen "
          f"3 s after the last, {alerts.others:,} other alerts")  # fmt: skip
    if late:
        print(f"an alert after its line: half within {statistics.median(late):.2f} s, 99 % within {late[int(len(late) * 0.99)]:.2f} s, "
              f"the last {late[-1]:.2f} s   (to reach: 2 s)")  # fmt: skip
    if len(held) > 4:
        quarter = len(held) // 4
        print(f"memory: {statistics.mean(held[quarter : 2 * quarter]):.0f} MB in the second quarter, "
              f"{statistics.mean(held[-quarter:]):.0f} MB in the last, at most {max(held):.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
