"""Following as a user meets it: a process beside a log that is being written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PATIENCE = 40.0


def event(number: int, **changed: Any) -> dict[str, Any]:
    """An event that T1043 reports; ``number`` tells it from others."""
    return {
        "EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": f"HOST{number}", "User": "CORP\\mira",
        "UtcTime": "2024-03-05 09:15:30.123", "DestinationPort": "443", "DestinationIp": "198.51.100.7",
        "Image": "C:\\Windows\\System32\\mshta.exe", **changed,
    }  # fmt: skip


def line(number: int, **changed: Any) -> str:
    return json.dumps(event(number, **changed)) + "\n"


def quiet_line(number: int) -> str:
    """An event that no detection reports."""
    return line(number, Image="C:\\Program Files\\Mozilla Firefox\\firefox.exe")


def detection(folder: Path, query: str) -> None:
    """A detection in a folder of its own."""
    folder.mkdir(parents=True)
    (folder / "query.sumo").write_text(query)
    (folder / "detection.yml").write_text(
        f"title: {folder.name}\ndescription: for a test\nstatus: test\nseverity: high\nconfidence: high\n"
        "attack: {tactics: [execution], techniques: [T1059]}\n"
    )


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8", newline="") as out:
        out.write(text)


def command(*args: object) -> list[str]:
    """With T1043 alone, unless ``args`` name other detections."""
    chosen = () if "-d" in args else ("-d", "T1043")
    return [sys.executable, "-m", "dohyo", "hunt", "--follow", *chosen, *map(str, args)]


class Following:
    """The process, and the alerts it wrote to ``out`` so far."""

    def __init__(self, folder: Path, *args: object, stdin: int | None = subprocess.DEVNULL, cwd: Path | None = None) -> None:
        self.out, self.err = folder / "out", folder / "err"
        self._out, self._err = self.out.open("wb"), self.err.open("wb")
        self.process = subprocess.Popen(
            command("--format", "ndjson", *args), stdout=self._out, stderr=self._err, stdin=stdin, cwd=cwd or folder
        )

    def alerts(self) -> list[dict[str, Any]]:
        return read(self.out)

    def hosts(self) -> list[str]:
        return hosts(self.alerts())

    def wait(self, count: int) -> list[dict[str, Any]]:
        """Waits for so many alerts, and a moment longer, so that one too many would be seen."""
        until = time.monotonic() + PATIENCE
        while len(self.alerts()) < count and time.monotonic() < until and self.process.poll() is None:
            time.sleep(0.05)
        time.sleep(0.3)
        assert len(self.alerts()) == count, self.err.read_text()
        return self.alerts()

    def pause(self) -> None:
        """A moment; fails when the process has ended."""
        time.sleep(0.02)
        assert self.process.poll() is None, self.err.read_text()

    def end(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Ends it with a signal; gives the exit code."""
        self.process.send_signal(sent)
        return self.process.wait(PATIENCE)

    def __enter__(self) -> Following:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._out.close()
        self._err.close()


def read(path: Path) -> list[dict[str, Any]]:
    """The whole alerts in a file."""
    if not path.exists():
        return []
    return [json.loads(text) for text in path.read_text("utf-8").splitlines(keepends=True) if text.endswith("\n")]


def hosts(alerts: Iterable[dict[str, Any]]) -> list[str]:
    return [a["fields"]["Computer"] for a in alerts]


def names(numbers: Iterable[int]) -> list[str]:
    return [f"HOST{n}" for n in numbers]


def once(*args: object, stdin: str | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Follows until nothing comes any more."""
    whole = command("--format", "ndjson", "--until-idle", "1s", *args)
    return subprocess.run(whole, capture_output=True, text=True, timeout=120, input=stdin, check=False, cwd=cwd)


KILLS = int(os.environ.get("DOHYO_KILLS", "20"))
