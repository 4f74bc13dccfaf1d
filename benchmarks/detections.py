"""``dohyo test`` over many detections, five tests each, in one process.

    python benchmarks/detections.py [DETECTIONS]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import yaml

from dohyo.detections.load import load
from dohyo.detections.testing import run_tests

QUERY = """_sourceCategory=windows/sysmon
| where EventID = "1" and toLowerCase(Image) matches "*\\\\tool{n}.exe"
| where CommandLine matches "*-option{n}*" or ParentImage matches "*\\\\parent{n}.exe"
| fields _messageTime, Computer, User, Image, CommandLine
| sort by _messageTime desc
"""


def make(folder: Path, number: int) -> None:
    """A detection with five tests: three that fire and two that do not."""
    home = folder / f"T1059-tool-{number}"
    (home / "tests").mkdir(parents=True)
    meta = {"title": f"Tool {number}", "description": "A tool.", "status": "test", "severity": "low", "confidence": "low",
            "attack": {"tactics": ["execution"], "techniques": ["T1059"]}}  # fmt: skip
    (home / "detection.yml").write_text(yaml.safe_dump(meta))
    (home / "query.sumo").write_text(QUERY.format(n=number))
    for i in range(5):
        event = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "UtcTime": "2026-01-01 00:00:00.000",
                 "Hostname": "HOST", "Image": rf"C:\\{i}\\tool{number}.exe" if i < 3 else r"C:\\other.exe",
                 "CommandLine": f"tool -option{number}"}  # fmt: skip
        case = {"events": [event], "count": int(i < 3)}
        (home / "tests" / f"case{i}.yml").write_text(yaml.safe_dump(case))


def main() -> None:
    """Makes the detections, runs their tests, prints the time."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("detections", nargs="?", type=int, default=300)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(given.detections):
            make(Path(scratch), number)
        began = time.perf_counter()
        library = load([Path(scratch)])
        found = run_tests([d for d in library.detections if d.id.startswith("T1059-tool-")])
        taken = time.perf_counter() - began
    print(f"{len(found.cases):,} tests of {given.detections:,} detections: {taken:.1f} s, {len(found.failed)} failed   (to reach: 20 s)")


if __name__ == "__main__":
    main()
