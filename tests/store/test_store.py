"""A store gives what the logs give: the same rows in the same order, the same alerts with the same evidence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from command import dohyo
from dohyo.detections.hunt import run_detections
from dohyo.detections.load import load
from dohyo.run import Query, RunOptions, search
from dohyo.store.ingest import ingest

ROOT = Path(__file__).parents[2]
LOGS = str(ROOT / "samples" / "logs")
SHARED = ROOT.parent / "shared" / "data"

QUERIES = [
    "*",
    "* | count by EventID, _sourceCategory",
    '_sourceCategory=windows/sysmon | where EventID = "3" | count by Image, DestinationPort',
    "_sourceCategory=windows/security EventID=4688 | fields NewProcessName, _sourceHost, _messageTime",
    "powershell | fields _raw, Computer | limit 20",
    "* | fields hostname, winlog.event_id, _size, _messageId, _source, _sourceName, _collector | limit 500",
    "* | where isNull(CommandLine) | count by _sourceHost",
    "* | timeslice 1h | count by _timeslice",
    '_sourceHost=ws* | where %"Image" matches "*powershell*" | count by User',
    "* | json auto | count by ProcessId | top 5 ProcessId by _count",
    "nothing_has_this = 3 | count",
    "* | where nothing_has_this = 3",
    'EventID=3 | first(Image), last(Image), max(_messageTime) by _sourceHost',
]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = str(tmp_path_factory.mktemp("store") / "s")
    ingest([LOGS], root)
    return root


def rows(query: str, path: str, **options: Any) -> tuple[list[str], list[dict[str, Any]], list[Any]]:
    result = search(query, [path], RunOptions(evidence=True, **options))
    return result.names, result.rows, result.evidence()


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_gives_the_same_rows_from_the_store_as_from_the_logs(query: str, store: str) -> None:
    assert rows(query, store) == rows(query, LOGS)


@pytest.mark.parametrize("raw", [False, True])
def test_every_detection_gives_the_same_alerts_with_the_same_evidence(store: str, raw: bool) -> None:
    chosen = load([]).detections
    found = [run_detections(chosen, [p], RunOptions(raw=raw)).alerts for p in (LOGS, store)]
    assert found[0] and found[0] == found[1]


def test_a_time_range_gives_the_same_rows(store: str) -> None:
    times = [r["_messageTime"] for r in search("* | fields _messageTime", [LOGS]).rows]
    middle = sorted(times)[len(times) // 2]
    bounds = {"since": middle, "until": middle + 3_600_000}
    found = rows("* | fields Image", store, **bounds)
    assert found[1] and found == rows("* | fields Image", LOGS, **bounds)


def test_a_store_beside_other_logs_is_read_with_them(store: str, tmp_path: Path) -> None:
    more = tmp_path / "more.ndjson"
    more.write_text('{"EventID": 3, "Channel": "x", "Image": "a.exe"}\n')
    found = search("* | count", [store, str(more)]).rows
    assert found == [{"_count": 3501}]


def test_many_queries_over_a_store_give_what_each_gives_alone(store: str) -> None:
    from dohyo.run import run_queries

    together = run_queries([Query(q, f"q{i}") for i, q in enumerate(QUERIES)], [store])
    assert [r.rows for r in together] == [search(q, [store]).rows for q in QUERIES]  # type: ignore[union-attr]


def test_many_queries_within_a_time_range_give_what_each_gives_alone(store: str) -> None:
    from dohyo.run import run_queries

    options = RunOptions(since=1_768_210_000_000, until=1_768_220_000_000)
    together = run_queries([Query(q, f"q{i}") for i, q in enumerate(QUERIES)], [store], options)
    alone = [search(q, [LOGS], options).rows for q in QUERIES]
    assert any(alone) and [r.rows for r in together] == alone  # type: ignore[union-attr]


def test_what_the_summary_counts_is_the_same(store: str) -> None:
    a, b = (search("* | where Imagge = 3 and Image = 4", [p]).read for p in (LOGS, store))
    assert (a.records, a.kinds, a.missing) == (b.records, b.kinds, b.missing)


SHAPES = ("flat", "flat-nxlog", "winlogbeat6", "ecs", "azure", "defender", "evtx", "sumo-json", "sumo-xml", "cse")


@pytest.mark.parametrize(("form", "shape"), [*((f, "flat") for f in ("parquet", "csv", "json")), *(("ndjson", s) for s in SHAPES)])
def test_every_form_and_shape_gives_the_same_rows(form: str, shape: str, tmp_path: Path) -> None:
    from dohyo.sample import run as generate

    path, root = tmp_path / f"events.{form}", str(tmp_path / "s")
    generate(path, 150, seed=3, attack_rate=0.05, shape=shape, hosts=4)
    ingest([str(path)], root)
    queries = "* | count by EventID, _sourceCategory, _sourceHost", "* | fields Image, User, hostname, winlog.event_data.Image, _raw"
    for query in queries:
        assert rows(query, root) == rows(query, str(path)), query


def test_the_commands_ingest_hunt_and_tell(tmp_path: Path) -> None:
    root = str(tmp_path / "s")
    first = dohyo("ingest", LOGS, "--store", root)
    assert first.returncode == 0 and "stored 3,500 events" in first.stderr
    assert "stored 0 events" in (again := dohyo("ingest", LOGS, "--store", root)).stderr and "known already: 2" in again.stderr
    alerts = [dohyo("hunt", "-d", "T1043", p, "-q", "-f", "ndjson").stdout for p in (root, LOGS)]
    assert alerts[0] and alerts[0] == alerts[1]
    told = json.loads(dohyo("store", "info", root, "-f", "json").stdout)
    assert told["events"] == 3500 and told["logs"] == 2 and told["categories"]["windows/sysmon"] > 2000
    assert dohyo("ingest", LOGS).returncode == 2
    assert "is no store" in dohyo("store", "info", str(tmp_path)).stderr


def test_an_event_is_investigated_from_the_store_when_its_log_is_gone(tmp_path: Path) -> None:
    logs, root = tmp_path / "logs", str(tmp_path / "s")
    shutil.copytree(LOGS, logs)
    ingest([str(logs)], root)
    alert = json.loads(dohyo("hunt", "-d", "T1043", root, "-q", "-f", "ndjson").stdout.splitlines()[0])
    place = f"{alert['evidence']['file']}:{alert['evidence']['record']}"
    before = dohyo("investigate", place, root).stdout
    shutil.rmtree(logs)
    assert "DestinationIp" in before and dohyo("investigate", place, root).stdout == before
    assert "no record" in dohyo("investigate", f"{alert['evidence']['file']}:99999", root).stderr


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded logs of the shared folder are not here")
@pytest.mark.parametrize("part", ["evtx", "otrf"])
def test_recorded_logs_give_the_same_from_the_store(part: str, tmp_path: Path) -> None:
    logs, root = str(SHARED / part), str(tmp_path / "s")
    ingest([logs], root)
    for query in ("* | count by EventID, _sourceCategory, _sourceHost", "* | fields Image, CommandLine, User, DestinationIp"):
        assert rows(query, root) == rows(query, logs)
    chosen = load([]).detections
    assert run_detections(chosen, [root], RunOptions()).alerts == run_detections(chosen, [logs], RunOptions()).alerts
