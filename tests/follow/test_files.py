"""Files that grow: lines as they come, rotation, truncation, new files, formats, restarts."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import signal
from pathlib import Path

from follow_helpers import Following, append, event, hosts, line, names, once, quiet_line


def test_lines_are_looked_at_as_they_come(tmp_path: Path) -> None:
    """What is there is looked at, then what comes; a line waits for its end; the line number counts from the beginning."""
    log = tmp_path / "sysmon.ndjson"
    log.write_text(quiet_line(0) + line(1))
    with Following(tmp_path, "sysmon.ndjson") as follow:
        follow.wait(1)
        append(log, line(2)[:60])
        follow.wait(1)
        append(log, line(2)[60:] + "\n" + line(3))
        alerts = follow.wait(3)
        assert follow.end() == 0
    assert hosts(alerts) == names([1, 2, 3])
    assert [a["evidence"] for a in alerts] == [{"file": "sysmon.ndjson", "record": n} for n in (2, 3, 5)]
    assert "nothing is waiting" in follow.err.read_text()


def test_ctrl_c_ends_cleanly(tmp_path: Path) -> None:
    """With the summary, without a traceback, and the exit code that a shell expects."""
    (tmp_path / "a.ndjson").write_text(line(1))
    with Following(tmp_path, "a.ndjson") as follow:
        follow.wait(1)
        assert follow.end(signal.SIGINT) == 130
    told = follow.err.read_text()
    assert "1 alert\n" in told and "stopped" in told and "Traceback" not in told


def test_a_last_line_without_newline_is_a_record_when_it_is_whole(tmp_path: Path) -> None:
    """Nothing more can belong to it; what comes later on is the next line, also when its newline comes later."""
    log = tmp_path / "a.ndjson"
    log.write_text(line(1).rstrip("\n"))
    with Following(tmp_path, "a.ndjson") as follow:
        follow.wait(1)
        append(log, "\n" + line(2))
        alerts = follow.wait(2)
    assert [(a["fields"]["Computer"], a["evidence"]["record"]) for a in alerts] == [("HOST1", 1), ("HOST2", 2)]


def test_broken_lines_are_counted_and_named(tmp_path: Path) -> None:
    """By their line in the file, wherever a portion began."""
    log = tmp_path / "a.ndjson"
    log.write_text(line(1))
    with Following(tmp_path, "a.ndjson") as follow:
        follow.wait(1)
        append(log, '{"broken\n' + line(2))
        follow.wait(2)
        append(log, line(3) + "no json\n")
        follow.wait(3)
        follow.end()
    told = follow.err.read_text()
    assert "a.ndjson: line 2: broken JSON" in told
    assert "a.ndjson: line 5: broken JSON" in told
    assert "a.ndjson: 2 broken records" in told


def test_rotation_by_renaming(tmp_path: Path) -> None:
    """What is written to the old file after it was renamed is not lost, nor is what the new one begins with."""
    log = tmp_path / "a.ndjson"
    log.write_text(line(1))
    with Following(tmp_path, "a.ndjson") as follow:
        follow.wait(1)
        log.rename(tmp_path / "a.ndjson.1")
        append(tmp_path / "a.ndjson.1", line(2))
        append(log, line(3))
        follow.wait(3)
        append(tmp_path / "a.ndjson.1", line(4))
        append(log, line(5))
        alerts = follow.wait(5)
    assert sorted(hosts(alerts)) == names([1, 2, 3, 4, 5])
    place = {a["fields"]["Computer"]: (a["evidence"]["file"], a["evidence"]["record"]) for a in alerts}
    assert place["HOST4"] == ("a.ndjson.1", 3)
    assert place["HOST5"] == ("a.ndjson", 2)


def test_rotation_by_copying_and_cutting(tmp_path: Path) -> None:
    """The copy is not read again; what only the copy has is read; the cut file begins anew."""
    log = tmp_path / "logs" / "a.ndjson"
    log.parent.mkdir()
    log.write_text(line(1) + line(2))
    with Following(tmp_path, "logs") as follow:
        follow.wait(2)
        for n in (3, 5, 7):
            shutil.copyfile(log, log.with_name(f"a.ndjson.{n}"))
            log.write_text("")
            append(log, line(n))
            follow.wait(n)
            append(log, line(n + 1))
            follow.wait(n + 1)
        alerts = follow.wait(8)
    assert hosts(alerts) == names(range(1, 9))
    assert [a["evidence"]["record"] for a in alerts] == [1, 2] * 4


def test_a_file_that_is_removed_and_made_anew(tmp_path: Path) -> None:
    """Its lines count from 1 again."""
    log = tmp_path / "a.ndjson"
    log.write_text(line(1) + line(2))
    with Following(tmp_path, "a.ndjson") as follow:
        follow.wait(2)
        log.unlink()
        append(log, line(3))
        alerts = follow.wait(3)
    assert alerts[-1]["evidence"] == {"file": "a.ndjson", "record": 1}


def test_a_file_that_is_cut_and_grows_past_its_old_size(tmp_path: Path) -> None:
    """That it is another content is told by the content."""
    log = tmp_path / "a.ndjson"
    log.write_text(line(1))
    with Following(tmp_path, "a.ndjson") as follow:
        follow.wait(1)
        log.write_text(line(22) + line(23) + line(24))
        assert hosts(follow.wait(4)) == names([1, 22, 23, 24])


def test_new_files_in_a_folder_and_missing_ones(tmp_path: Path) -> None:
    """They are found as they come, also one that was named before it was there."""
    logs = tmp_path / "logs"
    logs.mkdir()
    with Following(tmp_path, "logs", "later.ndjson") as follow:
        (logs / "a.ndjson").write_text(line(1))
        (logs / "deep").mkdir()
        (logs / "deep" / "b.ndjson").write_text(line(2))
        (logs / "notes.txt").write_text("nothing of interest\n")
        follow.wait(2)
        (tmp_path / "later.ndjson").write_text(line(3))
        alerts = follow.wait(3)
    assert {a["evidence"]["file"] for a in alerts} == {"logs/a.ndjson", "logs/deep/b.ndjson", "later.ndjson"}
    assert "later.ndjson is not there yet" in follow.err.read_text()


def test_csv_grows_by_rows(tmp_path: Path) -> None:
    """The header holds for all rows; a row may have several lines; the delimiter is told once."""
    log = tmp_path / "a.csv"
    columns = list(event(0))

    def row(number: int) -> str:
        return ";".join(f'"{v}"' for v in event(number).values()) + "\n"

    log.write_text(";".join(columns) + "\n" + row(1) + row(2))
    with Following(tmp_path, "a.csv") as follow:
        follow.wait(2)
        append(log, row(3).replace("mira", "mi\nra"))
        append(log, row(4)[:50])
        follow.wait(3)
        append(log, row(4)[50:])
        alerts = follow.wait(4)
    assert hosts(alerts) == names([1, 2, 3, 4])
    assert [a["evidence"]["record"] for a in alerts] == [2, 3, 4, 6]
    assert "not read" not in follow.err.read_text()


def test_utf16_as_powershell_writes_it(tmp_path: Path) -> None:
    """Two bytes a character, with a mark at the beginning."""
    log = tmp_path / "a.ndjson"
    log.write_bytes(line(1).encode("utf-16"))
    with Following(tmp_path, "a.ndjson") as follow:
        follow.wait(1)
        with log.open("ab") as out:
            out.write((line(2) + line(3)).encode("utf-16-le")[:-31])
        follow.wait(2)
        with log.open("ab") as out:
            out.write((line(2) + line(3)).encode("utf-16-le")[-31:])
        alerts = follow.wait(3)
    assert [(a["fields"]["Computer"], a["evidence"]["record"]) for a in alerts] == [("HOST1", 1), ("HOST2", 2), ("HOST3", 3)]


def test_packed_files_are_read_once_they_are_whole(tmp_path: Path) -> None:
    """A JSON document and a compressed log, as a whole; one that changes afterwards is named."""
    (tmp_path / "logs").mkdir()
    with Following(tmp_path, "logs") as follow:
        (tmp_path / "logs" / "a.json").write_text(json.dumps([event(1), event(2)], indent=1))
        (tmp_path / "logs" / "b.ndjson.gz").write_bytes(gzip.compress(line(3).encode()))
        alerts = follow.wait(3)
        (tmp_path / "logs" / "a.json").write_text(json.dumps([event(1), event(2), event(4)], indent=1))
        follow.wait(3)
        follow.end()
    assert sorted(hosts(alerts)) == names([1, 2, 3])
    assert "a.json: changed after it was read and is not read again" in follow.err.read_text()


def test_a_rotated_log_that_is_compressed_is_not_read_again(tmp_path: Path) -> None:
    """As logrotate does it: renamed, then packed."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.ndjson").write_text(line(1) + line(2))
    with Following(tmp_path, "logs") as follow:
        follow.wait(2)
        (logs / "a.ndjson").rename(logs / "a.ndjson.1")
        append(logs / "a.ndjson", line(3))
        follow.wait(3)
        (logs / "a.ndjson.1.gz").write_bytes(gzip.compress((logs / "a.ndjson.1").read_bytes()))
        (logs / "a.ndjson.1").unlink()
        append(logs / "a.ndjson", line(4))
        follow.wait(4)
        append(logs / "b.ndjson", line(5))
        (logs / "z.ndjson.gz").write_bytes(gzip.compress(line(6).encode()))  # read after what was packed before it
        assert hosts(follow.wait(6)) == names(range(1, 7))


def test_only_what_is_new(tmp_path: Path) -> None:
    """--new-only leaves out what is there, and counts its lines all the same."""
    log = tmp_path / "a.ndjson"
    log.write_text(line(1) + line(2))
    with Following(tmp_path, "a.ndjson", "--new-only", "--checkpoint", "at") as follow:
        while not (tmp_path / "at").exists():
            follow.wait(0)
        append(log, line(3))
        alerts = follow.wait(1)
    assert (hosts(alerts), alerts[0]["evidence"]["record"]) == (names([3]), 3)


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    """They are refused by name."""
    (tmp_path / "a.ndjson").write_text(line(1))
    (tmp_path / "store" / "_dohyo").mkdir(parents=True)
    (tmp_path / "store" / "_dohyo" / "store.json").write_text("{}")
    for args, told in (
        (("store",), "store is a store"),
        (("--html", "x.html"), "--html cannot go with --follow"),
        (("--format", "csv"), "--format with --follow csv: must be one of table, ndjson, ocsf"),
        (("--for", "soon"), "--for soon: write a duration as 30s"),
    ):
        done = once("a.ndjson", *args, cwd=tmp_path)
        assert done.returncode == 2 and told in done.stderr


def test_nothing_to_read_is_told_by_the_exit_code(tmp_path: Path) -> None:
    """3, as for a hunt."""
    assert once("nowhere.ndjson", cwd=tmp_path).returncode == 3


def test_it_says_how_far_behind_it_is(tmp_path: Path) -> None:
    """Now and then on stderr: read, found, waiting; -q says nothing."""
    (tmp_path / "a.ndjson").write_text(line(1) + line(2)[:40])
    told = once("a.ndjson", "--status-every", "1s", cwd=tmp_path).stderr
    assert re.search(r"^1 events, \d+/s; 1 alert; behind by 0\.0 KB, about 0 events", told, re.MULTILINE)
    assert "waiting for the rest of a.ndjson" in told
    assert once("a.ndjson", "--status-every", "1s", "-q", cwd=tmp_path).stderr == ""
