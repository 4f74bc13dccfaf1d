"""Restarts: after a clean end and after being killed at any moment, each alert is there once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

from follow_helpers import KILLS, PATIENCE, Following, append, command, hosts, line, names, once, quiet_line, read

STATE = ("--checkpoint", "at", "--output", "alerts")


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    """Also in the middle of a line; line numbers go on."""
    log, alerts = tmp_path / "a.ndjson", tmp_path / "alerts"
    log.write_text(line(1) + line(2)[:50])
    once("a.ndjson", *STATE, cwd=tmp_path)
    append(log, line(2)[50:] + quiet_line(0) + line(3))
    once("a.ndjson", *STATE, cwd=tmp_path)
    once("a.ndjson", *STATE, cwd=tmp_path)
    assert hosts(read(alerts)) == names([1, 2, 3])
    assert [a["evidence"]["record"] for a in read(alerts)] == [1, 2, 4]


def test_rotation_while_it_was_down(tmp_path: Path) -> None:
    """The rest of the old file is read under its new name: renamed, or copied and cut."""
    log, alerts = tmp_path / "a.ndjson", tmp_path / "alerts"
    log.write_text(line(1))
    once("a.ndjson", *STATE, cwd=tmp_path)
    append(log, line(2))
    log.rename(tmp_path / "a.ndjson.1")
    log.write_text(line(3))
    once("a.ndjson", *STATE, cwd=tmp_path)
    assert sorted(hosts(read(alerts))) == names([1, 2, 3])
    append(log, line(4))
    (tmp_path / "a.ndjson.2").write_bytes(log.read_bytes())  # a copy has another identity
    log.write_text(line(5) + line(6))
    once("a.ndjson", *STATE, cwd=tmp_path)
    assert Counter(hosts(read(alerts))) == Counter(names(range(1, 7)))


def test_a_new_log_that_begins_as_the_old_one_did(tmp_path: Path) -> None:
    """It has the old one's name, so it is none of its copies, however little was read of the old one."""
    log, alerts = tmp_path / "a.ndjson", tmp_path / "alerts"
    log.write_text(quiet_line(0))
    once(".", *STATE, cwd=tmp_path)
    append(log, line(1))
    log.rename(tmp_path / "a.ndjson.1")
    log.write_text(quiet_line(0) + line(2))
    once(".", *STATE, cwd=tmp_path)
    append(log, line(3))
    once(".", *STATE, cwd=tmp_path)
    assert Counter(hosts(read(alerts))) == Counter(names([1, 2, 3]))


def test_a_log_that_is_gone_is_named(tmp_path: Path) -> None:
    """What may be lost is told."""
    log = tmp_path / "a.ndjson"
    log.write_text(line(1))
    once("a.ndjson", *STATE, cwd=tmp_path)
    log.unlink()
    assert "a.ndjson: after line 1: is gone" in once("a.ndjson", *STATE, cwd=tmp_path).stderr


def test_what_we_write_among_the_logs_is_no_log(tmp_path: Path) -> None:
    """The alerts and the checkpoint may stand in the folder that is followed."""
    (tmp_path / "a.ndjson").write_text(line(1))
    first = once(".", *STATE, cwd=tmp_path)
    second = once(".", *STATE, cwd=tmp_path)
    assert "from 1 file " in first.stderr and "read 0 events from 0 files" in second.stderr
    assert (first.returncode, second.returncode) == (0, 0)
    assert hosts(read(tmp_path / "alerts")) == names([1])


def test_alerts_of_others_are_never_cut(tmp_path: Path) -> None:
    """Another file in the place of the alerts is only added to."""
    log, alerts = tmp_path / "a.ndjson", tmp_path / "alerts"
    log.write_text(line(1))
    once("a.ndjson", *STATE, cwd=tmp_path)
    other = json.dumps({"fields": {"Computer": "OTHER"}}) + "\n"
    alerts.write_text(other * 100)
    append(log, line(2))
    told = once("a.ndjson", *STATE, cwd=tmp_path).stderr
    assert hosts(read(alerts)) == ["OTHER"] * 100 + ["HOST2"]
    assert "is no longer the file that alerts were written to" in told


def test_one_process_a_checkpoint(tmp_path: Path) -> None:
    """A second one is refused; a checkpoint that cannot be read is named."""
    (tmp_path / "a.ndjson").write_text(line(1))
    with Following(tmp_path, "a.ndjson", "--checkpoint", "at") as follow:
        follow.wait(1)
        second = once("a.ndjson", "--checkpoint", "at", cwd=tmp_path)
        assert second.returncode == 2 and "another dohyo is using it" in second.stderr
    (tmp_path / "at").write_text("nonsense")
    third = once("a.ndjson", "--checkpoint", "at", cwd=tmp_path)
    assert third.returncode == 2 and "is no checkpoint" in third.stderr


class Writer(threading.Thread):
    """Writes events, some of which raise an alert, in pieces that end anywhere, and rotates the log now and then."""

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__(daemon=True)
        self.folder, self.random, self.done = folder, random.Random(seed), threading.Event()
        self.raised = 0
        self.rotated = 0

    def run(self) -> None:
        log = self.folder / "a.ndjson"
        while not self.done.is_set():
            texts = []
            for _ in range(self.random.randrange(1, 80)):
                alert = self.random.random() < 0.3
                self.raised += alert
                texts.append(line(self.raised) if alert else quiet_line(0))
            whole = "".join(texts)
            cut = self.random.randrange(len(whole))
            append(log, whole[:cut])
            time.sleep(self.random.uniform(0, 0.02))
            append(log, whole[cut:])
            if self.random.random() < 0.02:
                self.rotated += 1
                log.rename(self.folder / f"a.ndjson.{self.rotated}")
            time.sleep(self.random.uniform(0, 0.05))


def _saved(checkpoint: Path) -> None:
    """Waits until the checkpoint is saved."""
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not (checkpoint.exists() and checkpoint.stat().st_mtime_ns > before):
        time.sleep(0.01)


def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """SIGKILL at random moments, while the log is written and rotated: in the end each alert is there once."""
    seed = int(os.environ.get("DOHYO_SEED", "7"))
    logs, chance = tmp_path / "logs", random.Random(seed)
    logs.mkdir()
    writer = Writer(logs, seed)
    writer.start()
    args = command("logs", "--format", "ndjson", *STATE)
    progress = []
    for _ in range(KILLS):
        process = subprocess.Popen(args, cwd=tmp_path, stderr=subprocess.DEVNULL)
        for _ in range(chance.choice((0, 1, 2, 2, 2))):  # the first save is that of the start, the next one comes with an alert
            _saved(tmp_path / "at")
        time.sleep(chance.uniform(0, 0.7))
        process.send_signal(signal.SIGKILL)
        process.wait()
        progress.append(len(read(tmp_path / "alerts")))
    writer.done.set()
    writer.join()
    done = once("logs", *STATE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = hosts(read(tmp_path / "alerts"))
    assert Counter(found) == Counter(names(range(1, writer.raised + 1)))
    assert len(set(progress)) > KILLS // 6, "it was hardly ever killed while it worked"
    assert writer.rotated
