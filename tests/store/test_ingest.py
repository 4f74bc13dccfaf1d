"""What is in a store already is not read again, a log that grew goes on, and nothing is lost or doubled: when writers are
killed, when there are several, and when logs are damaged."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from dohyo.cli.early import new_early
from dohyo.engines.duckdb.storing import KIND, TIME
from dohyo.run import RunOptions, search
from dohyo.store.compact import compact, compact_tiny
from dohyo.store.files import files_at
from dohyo.store.gather import Unit
from dohyo.store.ingest import ingest
from dohyo.store.log import Log, open_log
from dohyo.store.maintain import retain, sweep
from dohyo.store.workshop import Stored, _Bench

DAY = 86_400_000


def line(number: int, **more: Any) -> str:
    event = {"EventID": 3, "Channel": "Security", "Computer": f"ws{number % 5}", "UtcTime": "2026-01-12 07:30:00.018",
             "Image": f"C:\\{number}.exe"}  # fmt: skip
    return json.dumps(event | more) + "\n"


def write(path: Path, numbers: range, mode: str = "w") -> None:
    with path.open(mode) as out:
        out.writelines(map(line, numbers))


def stored(root: str) -> list[tuple[str, str, int | None]]:
    """The events of a store: each one's own text, and its evidence."""
    found = search("* | fields Image", [root], RunOptions(evidence=True))
    return sorted((r["Image"], e.file, e.record) for r, e in zip(found.rows, found.evidence(), strict=True) if e)


def expected(path: Path, numbers: range) -> list[tuple[str, str, int]]:
    return sorted((f"C:\\{n}.exe", str(path), i) for i, n in enumerate(numbers, 1))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    path = tmp_path / "logs" / "a.ndjson"
    write(path, range(100))
    return path


def test_many_small_events_of_several_kinds_of_one_day(tmp_path: Path) -> None:
    """More of them in one file than a row group holds, so that it is made of pieces with different columns."""
    log, store, each = tmp_path / "small.ndjson", str(tmp_path / "store"), 40_000
    image = '{"EventID":1,"Channel":"Security","Computer":"ws","UtcTime":"2026-01-12 07:30:00.018","Image":"a.exe"}\n'
    name = '{"EventID":22,"Channel":"Security","Computer":"ws","UtcTime":"2026-01-12 07:30:00.018","QueryName":"a.example"}\n'
    log.write_text(image * each + name * each)
    ingest([str(log)], store)
    found = search("* | count as n, count(Image) as images, count(QueryName) as names", [store]).rows
    assert found == [{"n": 2 * each, "images": each, "names": each}]


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "store")


def test_a_file_is_read_once_and_a_copy_of_it_never(log: Path, root: str) -> None:
    assert ingest([str(log)], root).events == 100
    assert ingest([str(log)], root).events == 0
    shutil.copy(log, log.with_name("b.ndjson"))
    os.utime(log)
    done = ingest([str(log.parent)], root)
    assert (done.events, len(done.known)) == (0, 2)
    with gzip.open(log.with_name("c.gz"), "wb") as out:
        out.write(log.read_bytes())
    assert ingest([str(log.parent)], root).events == 0
    assert stored(root) == expected(log, range(100))


def test_two_copies_in_one_ingest_are_one_log(log: Path, root: str) -> None:
    shutil.copy(log, log.with_name("b.ndjson"))
    assert ingest([str(log.parent)], root).events == 100


def test_a_file_that_grew_goes_on_where_it_stopped(log: Path, root: str) -> None:
    ingest([str(log)], root)
    write(log, range(100, 130), "a")
    assert ingest([str(log)], root).events == 30
    write(log, range(130, 131), "a")
    assert ingest([str(log)], root).events == 1
    assert stored(root) == expected(log, range(131))


@pytest.mark.parametrize(
    "cuts", [[10], [1], [150], [151], [152], [10, 160, 161, 1000, 1001], [149, 150, 151, 152, 153, 300, 301, 302]], ids=str
)
def test_a_file_that_is_written_meanwhile_is_stored_once(cuts: list[int], log: Path, root: str) -> None:
    """Wherever the writer is when it is read: within a line, before its end, after it. What is not all there yet is named and read
    later."""
    whole = log.read_bytes()
    told = 0
    for upto in cuts:
        log.write_bytes(whole[:upto])
        told += sum("not all there yet" in p.reason for p in ingest([str(log)], root).problems)
        assert [e.record for e in _evidence(root)] == list(range(1, len(_complete(whole[:upto])) + 1))
    assert told == sum(len(_complete(whole[:upto])) < len(whole[:upto].splitlines()) for upto in cuts)
    log.write_bytes(whole)
    ingest([str(log)], root)
    assert stored(root) == expected(log, range(100))


def _evidence(root: str) -> list[Any]:
    found = search("* | fields EventID", [root], RunOptions(evidence=True)).evidence()
    return sorted((e for e in found if e is not None), key=lambda e: e.record)


def _complete(text: bytes) -> list[bytes]:
    """The lines that are JSON."""
    return [one for one in text.splitlines() if one.endswith(b"}")]


def test_a_file_that_was_moved_away_and_grew_goes_on(log: Path, root: str) -> None:
    ingest([str(log)], root)
    moved = log.rename(log.with_name("a.1.ndjson"))
    write(moved, range(100, 110), "a")
    write(log, range(200, 220))
    assert ingest([str(log.parent)], root).events == 30
    assert len({image for image, _, _ in stored(root)}) == 130


def test_another_file_that_begins_like_a_known_one_is_a_file_of_its_own(log: Path, root: str) -> None:
    ingest([str(log)], root)
    other = log.with_name("b.ndjson")
    write(other, range(120))
    assert ingest([str(log.parent)], root).events == 120
    assert stored(root) == sorted(expected(log, range(100)) + expected(other, range(120)))


def test_a_file_that_was_written_anew_is_read_anew(log: Path, root: str) -> None:
    ingest([str(log)], root)
    write(log, range(500, 550))
    assert ingest([str(log)], root).events == 50
    assert len(stored(root)) == 150


def test_broken_records_are_counted_and_named(log: Path, root: str) -> None:
    with log.open("a") as out:
        out.write('{"half": \n{]\n')
        out.writelines("no json\n" for _ in range(50))
    write(log, range(100, 105), "a")
    done = ingest([str(log)], root)
    assert done.events == 105 and done.broken[str(log)] == 52
    assert "line 101" in {p.where for p in done.problems} and len(done.problems) == 21
    assert {o.broken for o in open_log(root).state.origins.values()} == {52}


def test_fields_that_appear_later_are_columns_from_then_on(log: Path, root: str) -> None:
    ingest([str(log)], root)
    with log.open("a") as out:
        out.write(line(100, NewField="x", nested={"deep": {"er": 5}}, **{"with blank": "y", "Image": "z"}))
    ingest([str(log)], root)
    for condition in ('newfield = "x"', "nested.deep.er = 5", '%"with blank" = "y"', '%"nested.deep" matches "*5*"', 'image = "z"'):
        found = [search(f"* | where {condition} | count", [p]).rows for p in (root, str(log))]
        assert found[0] == found[1] == [{"_count": 1}], condition
    assert search("* | where isNull(NewField) | count", [root]).rows == [{"_count": 100}]


def test_shapes_that_come_late_in_a_file_are_read(log: Path, root: str) -> None:
    with log.open("a") as out:
        out.write(json.dumps({"Event": {"System": {"EventID": 7, "Channel": "Security"}, "EventData": {"Image": "late.exe"}}}) + "\n")
        out.write(json.dumps({"any": {"thing": 1}}) + "\n")
    assert ingest([str(log)], root).events == 102
    for query in ('* | where Image = "late.exe" | count by EventID', "* | where any.thing = 1 | count", "* | count by _sourceCategory"):
        assert search(query, [root]).rows == search(query, [str(log)]).rows


EVTX = Path(__file__).parents[3] / "shared" / "data" / "evtx" / "PanacheSysmon_vs_AtomicRedTeam01.evtx"


@pytest.mark.skipif(not EVTX.is_file(), reason="the recorded logs of the shared folder are not here")
def test_an_event_log_that_grows_and_then_writes_over_its_oldest_events(log: Path, root: str) -> None:
    whole = EVTX.read_bytes()
    head, chunks = whole[:4096], [whole[at : at + 65_536] for at in range(4096, len(whole), 65_536)]
    live, all_of_it = log.with_name("live.evtx"), search("* | count", [str(EVTX)]).rows[0]["_count"]
    for part in (chunks[:2], chunks[:4], chunks[1:6], chunks[2:]):  # two chunks, four, the first is gone, two are gone
        live.write_bytes(head + b"".join(part))
        ingest([str(live)], root)
    found = search("* | count by EventRecordID", [root]).rows
    assert len(chunks) > 6 and len(found) == all_of_it and {r["_count"] for r in found} == {1}


@pytest.mark.skipif(not EVTX.is_file(), reason="the recorded logs of the shared folder are not here")
def test_event_logs_are_parsed_early_once_and_only_new_ones(tmp_path: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dohyo.sources.readers.evtx_apart.WORTH", 1)
    paths = [str(shutil.copy(EVTX, tmp_path / name)) for name in ("a.evtx", "b.evtx")]
    (tmp_path / "b.evtx").write_bytes(EVTX.read_bytes()[: 4096 + 2 * 65_536])
    for count, kept in ((1, ["a.evtx"]), (2, ["b.evtx"])):
        with new_early(paths[:count], root) as found:
            assert found is not None and [Path(name).name for name in found.apart._logs] == kept
            done = ingest(paths[:count], root, found=found)
            assert done.events and not found.apart._logs and not found.take(paths[:count])
    assert done.known == paths[:1]
    with new_early(paths, None) as nothing:
        assert nothing is None


# --- killed writers, several writers ----------------------------------------------------------------------------------

_INGEST = """
import os, random, signal, sys, time
from dohyo.sources.readers import ndjson
from dohyo.store import gather
from dohyo.store.ingest import ingest
from dohyo.store.compact import compact
from dohyo.store.log import open_log
import dohyo.engines.duckdb.reading, pyarrow.parquet, numpy, zstandard
ndjson.BLOCK = gather.UNIT_BYTES = 40_000

def work():
    ingest([sys.argv[1]], sys.argv[2], threads=1)
    compact(open_log(sys.argv[2]), 3, 1)

def killed(longest):
    child = os.fork()  # of a process that has no threads yet, with everything imported
    if not child:
        work()
        os._exit(0)
    time.sleep(chance.uniform(0, longest))
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])
"""

_KILL = """
chance = random.Random(4)
print(sum(killed(float(sys.argv[4])) for _ in range(int(sys.argv[3]))))
"""


def writer(logs: Path, root: str, then: str = "work()", *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _INGEST + then, str(logs), root, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_writers_that_are_killed_at_any_moment_lose_and_double_nothing(log: Path, root: str) -> None:
    """``DOHYO_KILLS`` says how often; each time what a reader sees has no event twice."""
    want: list[tuple[str, str, int]] = []
    for name, count in (("a", 4000), ("b", 1500), ("c", 10)):
        path, numbers = log.with_name(f"{name}.ndjson"), range(ord(name) * 10_000, ord(name) * 10_000 + count)
        write(path, numbers)
        want += expected(path, numbers)
    kills, rounds = 0, int(os.environ.get("DOHYO_KILLS", "20"))
    for part in range(5):
        with writer(log.parent, root, _KILL, str(rounds // 5), "0.2") as running:
            assert running.stdout is not None
            kills += int(running.stdout.read())
        if (Path(root) / "_delta_log").is_dir():
            seen = stored(root)
            assert len(seen) == len(set(seen)) and set(seen) <= set(want), part
    ingest([str(log.parent)], root)
    assert kills > rounds // 3
    assert stored(root) == sorted(want)
    assert sum(o.count for o in open_log(root).state.origins.values()) == 5510


def test_several_writers_at_once_store_every_event_once(log: Path, root: str) -> None:
    write(log, range(3000))
    folders = [log.parent]
    for i in range(2):
        folder = log.parent.parent / f"logs{i}"
        folder.mkdir()
        shutil.copy(log, folder / "same.ndjson")
        write(folder / "own.ndjson", range(10_000 * (i + 1), 10_000 * (i + 1) + 2000))
        folders.append(folder)
    writers = [writer(folder, root) for folder in (*folders, folders[0])]
    for running in writers:
        with running:
            assert running.wait() == 0
    images = [image for image, _, _ in stored(root)]
    assert len(images) == len(set(images)) == 7000


# --- looking after a store --------------------------------------------------------------------------------------------


def test_compaction_changes_files_and_nothing_else(log: Path, root: str) -> None:
    for i in range(6):
        with log.open("a") as out:
            out.write(line(1000 + i, **{f"Own{i}": str(i), "hostname" if i % 2 else "Host": f"h{i}"}))
        ingest([str(log)], root)
    queries = ["*", "* | where own3 = 3 | fields Own3, hostname, host", "* | count by hostname, Computer", "* | count by EventID"]
    before = [search(q, [root]).rows for q in queries]
    done = compact(open_log(root))
    assert (done.before, done.after, done.events) == (6, 1, 106)
    assert len(open_log(root).state.files) == 1
    assert [search(q, [root]).rows for q in queries] == before == [search(q, [str(log)]).rows for q in queries]
    assert ingest([str(log)], root).events == 0


def test_large_days_are_compacted_piece_by_piece(log: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        with log.open("a") as out:
            for n in range(500):
                hour, host = n % 24, "busy" if n % 3 else f"ws{n % 40}"
                out.write(line(1000 * i + n, EventID=n % 2, Computer=host, UtcTime=f"2026-01-12 {hour:02}:00:{i:02}.000"))
        ingest([str(log)], root)
    before = stored(root)
    for module in ("layout", "write"):
        monkeypatch.setattr(f"dohyo.store.{module}.ROW_GROUP", 100)
    shutil.copytree(root, root + "2")
    assert compact(open_log(root + "2")).events == len(before) == 2100  # in one piece
    monkeypatch.setattr("dohyo.store.compact._AT_ONCE", 20_000)
    assert compact(open_log(root)).events == len(before)
    assert stored(root) == before and len(open_log(root).state.files) == 1
    whole, pieces = (pq.ParquetFile(f"{r}/{next(iter(open_log(r).state.files))}").read() for r in (root + "2", root))
    keys = [KIND, "_sourceHost", TIME]
    assert pieces.select(keys).equals(whole.select(keys)) and not whole.select(keys).equals(whole.select(keys).sort_by(TIME))


def test_an_ingest_merges_tiny_files_as_far_as_memory_has_room(log: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(6):
        write(log, range(100 + 10 * i, 110 + 10 * i), "a")
        ingest([str(log)], root)
    before, sizes = stored(root), [f.rows for f in open_log(root).state.files.values()]
    assert sizes == [110, 10, 10, 10, 10, 10]
    assert compact_tiny(open_log(root), 7).before == 0
    monkeypatch.setattr("dohyo.store.compact._TINY", 100)
    monkeypatch.setattr("dohyo.store.compact._AT_ONCE", 10_000)
    done = compact_tiny(open_log(root), 5)
    assert done.before == 4 and done.after == 2 and stored(root) == before
    assert sorted(f.rows for f in open_log(root).state.files.values()) == [10, 20, 20, 110]


def test_files_that_nobody_needs_are_removed_after_a_while(log: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest([str(log)], root)
    write(log, range(100, 101), "a")
    ingest([str(log)], root)
    compact(open_log(root))
    lost = next(Path(root).rglob("*.parquet")).parent / "part-lost.parquet"
    lost.write_bytes(b"half")
    store = open_log(root)
    assert sweep(store) == 0  # a hunt may still read them
    monkeypatch.setattr("dohyo.store.maintain.GRACE", -1.0)
    assert sweep(store) == 2 and lost.exists()  # whoever writes that one may be at work
    os.utime(lost, (0, 0))
    assert sweep(store) == 1 and not lost.exists()
    assert len(stored(root)) == 101


def test_events_are_removed_by_age_whole_days_at_a_time(log: Path, root: str) -> None:
    with log.open("a") as out:
        out.write(line(200, UtcTime="2025-06-01 10:00:00.000"))
        out.write(line(201, UtcTime="no time"))
    ingest([str(log)], root)
    gone = retain(open_log(root), 1_767_225_600_000)  # 2026-01-01
    assert [f.day for f in gone] == ["2025-06-01"]
    assert len(stored(root)) == 101
    assert ingest([str(log)], root).events == 0  # what was removed does not come back


def test_a_rare_value_is_looked_up_with_bloom_filters(log: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dohyo.store.write._BLOOM_FROM", 100)
    with log.open("w") as out:
        out.writelines(line(n, DestinationIp=f"10.0.{n % 7}.{n % 201}") for n in range(300))
    ingest([str(log)], root)
    path = str(next(Path(root).rglob("*.parquet")))
    sql = "SELECT path_in_schema FROM parquet_metadata(?) WHERE bloom_filter_length > 0"
    facts = duckdb.connect().execute(sql, [path]).fetchall()
    assert ("DestinationIp",) in facts
    for address in ("10.0.3.10", "10.0.3.99"):
        query = f'* | where DestinationIp = "{address}" | count'
        assert search(query, [root]).rows == search(query, [str(log)]).rows


def test_a_snapshot_gives_the_state_that_all_commits_give(log: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dohyo.store.log._EVERY", 4)
    for i in range(9):
        write(log, range(1000 + i, 1001 + i), "a")
        ingest([str(log)], root)
    assert any(n.startswith("state-") for n in files_at(root).names("_dohyo"))
    fresh = open_log(root).state
    replayed = Log(files_at(root))
    replayed._load_snapshot = lambda: None  # type: ignore[method-assign]
    assert replayed.refresh() == fresh
    assert len(stored(root)) == 109


def test_a_store_is_a_delta_table_for_others(log: Path, root: str) -> None:
    deltalake = pytest.importorskip("deltalake")
    with log.open("a") as out:
        out.write(line(200, UtcTime="2025-06-01 10:00:00.000", Extra="x"))
    ingest([str(log)], root)
    write(log, range(300, 301), "a")
    ingest([str(log)], root)
    compact(open_log(root))
    table = deltalake.DeltaTable(root).to_pyarrow_table()
    assert sorted(table["Image"].to_pylist()) == sorted(image for image, _, _ in stored(root))
    assert set(table["__day"].to_pylist()) == {"2025-06-01", "2026-01-12"}


def test_a_store_that_was_tampered_with_says_so(log: Path, root: str) -> None:
    for i in range(3):
        write(log, range(1000 + i, 1001 + i), "a")
        ingest([str(log)], root)
    (Path(root) / "_delta_log" / f"{2:020d}.json").unlink()
    found = search("* | count", [root])
    assert "commit 2 is gone" in str(found.read.problems[0])


def test_a_url_without_a_store_is_said_to_be_none() -> None:
    pytest.importorskip("fsspec")
    found = search("* | count", ["memory://bucket/none"])
    assert found.read.nothing_read and "is no store" in str(found.read.problems[0])
    assert "cannot be opened" in str(search("*", ["nosuch://x"]).read.problems[0])


# --- object stores ----------------------------------------------------------------------------------------------------


def test_a_store_in_an_fsspec_file_system(log: Path) -> None:
    pytest.importorskip("fsspec")
    root = "memory://bucket/store"
    assert ingest([str(log)], root).events == 100
    write(log, range(100, 120), "a")
    assert ingest([str(log)], root).events == 20
    assert compact(open_log(root)).before == 2
    assert stored(root) == expected(log, range(120))
    assert not files_at(root).create(f"_delta_log/{0:020d}.json", b"")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0)
    pytest.importorskip("s3fs")
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("bucket")
    yield "s3://bucket/store"
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.mark.filterwarnings("ignore")
def test_a_store_on_s3(log: Path, s3: str) -> None:
    assert ingest([str(log)], s3).events == 100
    write(log, range(100, 120), "a")
    assert ingest([str(log)], s3).events == 20
    assert not files_at(s3).create(f"_delta_log/{0:020d}.json", b"")
    assert compact(open_log(s3)).before == 2
    assert stored(s3) == expected(log, range(120))
    assert search("* | where Image = \"C:\\\\5.exe\" | count", [s3]).rows == [{"_count": 1}]


def test_names_that_differ_only_in_case_are_one_column(log: Path, root: str) -> None:
    with log.open("a") as out:
        for i in range(20):
            out.write(line(1000 + i, **{("ProcessId", "processId", "ProcessID")[i % 3]: str(i), "data": {"A" if i % 2 else "a": i}}))
    ingest([str(log)], root)
    found = search("* | where ProcessId >= 0 | fields processid, data.a", [root]).rows
    assert [tuple(r.values()) for r in found] == [(str(i), str(i)) for i in range(20)]


def test_records_with_the_same_keys_but_other_values_keep_them_all(log: Path, root: str) -> None:
    """The same keys are no promise: a value may be an object, null, a list, or a text that looks like an object."""
    values: list[Any] = ["text", None, {"b": 1}, '{"b": 2}', {"b": {"c": 3}}, [1, {"b": 4}], {}, {"b": "5", "B": "6"}, 7.5, True]
    with log.open("a") as out:
        for i, value in enumerate(values * 3):
            out.write(line(1000 + i, a=value, n={"a": value, "m": i if i % 7 == 6 else None}))
        out.write('{"EventID": 3, "Channel": "Security", "Image": "first", "Image": "second"}\n')
        out.write('[{"a": 1}]\nnull\n7\n')
    done = ingest([str(log)], root)
    assert done.events == 133 and done.broken[str(log)] == 1
    for field in ("a", "n.a", "a.b", "n.a.b", "n.a.b.c", "Image", "n.m", "_raw"):
        query = f'* | count by %"{field}"'
        assert search(query, [root]).rows == search(query, [str(log)]).rows, field


def test_null_and_the_empty_text_are_two_things(log: Path, root: str) -> None:
    with log.open("a") as out:
        out.writelines(line(1000 + i, own=(None, "", "x")[i % 3], CommandLine=("", None, "y")[i % 3]) for i in range(300))
    ingest([str(log)], root)
    for field in ("own", "CommandLine"):
        rows = search(f"* | count by {field}", [root]).rows
        assert rows == search(f"* | count by {field}", [str(log)]).rows
        assert {r[field]: r["_count"] for r in rows if not r[field]} == {None: 200, "": 100}


def test_what_is_a_column_in_one_category_may_be_an_object_or_another_spelling_in_the_next(log: Path, root: str) -> None:
    with log.open("a") as out:
        records: list[dict[str, Any]] = [{"Channel": "System", "a": "x", "foo": "1"}, {"a": {"b": 1}, "Foo": "2"}]
        for i, more in enumerate(records * 3):
            out.write(line(1000 + i, **more))
    ingest([str(log)], root)
    for query in ('* | where a = "x" | count by foo', '* | where a.b = 1 | count by FOO', "* | count by foo, Channel"):
        assert search(query, [root]).rows == search(query, [str(log)]).rows, query


def test_records_whose_keys_are_values_are_told_apart_too(log: Path, root: str) -> None:
    with log.open("a") as out:
        for i in range(600):
            out.write(line(1000 + i, by={f"key{i}": {"of": {f"own{i % 7}": i}}}))
    assert ingest([str(log)], root).events == 700
    for condition in ("by.key77.of.own0 = 77", "by.key599.of.own4 = 599", "isNull(by)"):
        query = f"* | where {condition} | count by Image"
        assert search(query, [root]).rows == search(query, [str(log)]).rows, query


def test_a_unit_that_cannot_be_written_leaves_no_files(log: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dohyo.store.gather.UNIT_BYTES", 1_000)
    monkeypatch.setattr("dohyo.sources.readers.ndjson.BLOCK", 2_000)
    write(log, range(300))
    shape, done = _Bench.shape, []

    def shaped(bench: _Bench, unit: Unit) -> Stored:
        done.append(unit)
        if len(done) == 4:
            raise OSError("no space left")
        return shape(bench, unit)

    monkeypatch.setattr(_Bench, "shape", shaped)
    with pytest.raises(OSError, match="no space"):
        ingest([str(log)], root)
    state = open_log(root).state
    assert 0 < len(state.files) < 4
    assert {p.relative_to(root).as_posix() for p in Path(root).rglob("*.parquet")} == set(state.files)
    monkeypatch.setattr(_Bench, "shape", shape)
    ingest([str(log)], root)
    assert stored(root) == expected(log, range(300))


ODD = (
    ('{"": {"a": 1}, "EventID": 3}', "*", 1),
    ('{"_raw": {"a": 1}, "EventID": 3}', "*", 1),
    (r'{"EventID": 3, "Channel": "Security", "Image": "a\ud800.exe"}', '* | where EventID = "3"', 1),
)


@pytest.mark.parametrize(("records", "query", "found"), ODD, ids=["no name", "raw", "half a pair"])
def test_odd_records_are_found_as_in_the_log(records: str, query: str, found: int, tmp_path: Path) -> None:
    """What ended an ingest in an error, or was lost."""
    log, store = tmp_path / "log.ndjson", str(tmp_path / "store")
    log.write_text(records + "\n")
    done = ingest([str(log)], store)
    assert done.events == records.count("\n") + 1 and not done.broken
    asked = f"{query} | count as n"
    assert search(asked, [store]).rows == search(asked, [str(log)]).rows == [{"n": found}]


def test_a_field_that_one_file_reads_from_the_raw_event_stays_after_compaction(tmp_path: Path) -> None:
    """Another file of the same day has it as a column."""
    store, logs = str(tmp_path / "store"), [tmp_path / "a.ndjson", tmp_path / "b.ndjson"]
    event = {"EventID": 3, "Channel": "Security", "UtcTime": "2026-01-12 07:30:00.018"}
    logs[0].write_text("".join(json.dumps(event | more) + "\n" for more in ({"foo": "x"}, {"foo": {"q": 1}})))
    logs[1].write_text(json.dumps(event | {"foo": "x"}) + "\n")
    for log in logs:
        ingest([str(log)], store)
    before = search('* | where foo = "x" | count as n', [store]).rows
    compact(open_log(store))
    assert before == search('* | where foo = "x" | count as n', [store]).rows == [{"n": 2}]
