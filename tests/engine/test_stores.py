"""A server reads the files of a store itself: the same rows and evidence as on DuckDB, from no more files than it need look at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from differential import events, queries, same, written
from hypothesis import HealthCheck, Phase, given, settings

from dohyo.detections.hunt import run_detections
from dohyo.detections.load import load
from dohyo.engines.errors import EngineError
from dohyo.engines.spark import engine as spark_engine
from dohyo.engines.spark import files, server
from dohyo.results import Result
from dohyo.run import Query, RunOptions, run_queries, search
from dohyo.store.ingest import ingest

LOGS = str(Path(__file__).parents[2] / "samples" / "logs")
pytestmark = pytest.mark.filterwarnings("ignore")  # of Spark's client

_QUIET: dict[str, Any] = {"deadline": None, "derandomize": True, "database": None, "phases": [Phase.generate],
                          "suppress_health_check": list(HealthCheck)}  # fmt: skip
QUERIES = [
    "powershell | fields _messageTime, _raw, _size, _messageId, _source, _sourceHost, Computer | limit 50",
    '_sourceCategory=windows/sysmon | where EventID in ("1", "3") | count by Image, DestinationPort, User',
    '_sourceHost=ws* | where toUpperCase(Image) matches "*POWERSHELL*" | first(CommandLine), last(User), count by User',
    "* | fields odd, Image, EventID, %\"a name\" | where !isNull(odd) or !isNull(%\"a name\")",
    "nothing_has_this = 3 | count",
    "* | timeslice 1h | count by _timeslice, _sourceCategory",
]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with a name that would be a pattern, a column in two spellings, and a name that is in raw events only."""
    folder = tmp_path_factory.mktemp("store")
    root = str(folder / "s [1] {a,b}")
    ingest([LOGS], root)
    for i, event in enumerate(({"Odd": "x", "a name": "1"}, {"oDD": "y", "a name": "2"}, {"image": "C:\\z.exe"})):
        (folder / f"{i}.ndjson").write_text(json.dumps({"EventID": "9", "timestamp": f"2026-01-12T10:00:0{i}Z", **event}) + "\n")
        ingest([str(folder / f"{i}.ndjson")], root)
    return root


def found(store: str, engine: str) -> list[tuple[list[dict[str, Any]], list[Any]]]:
    results = run_queries([Query(q) for q in QUERIES], [store], RunOptions(engine=engine, evidence=True))
    return [(r.rows, r.evidence()) for r in results]  # type: ignore[union-attr]  # an error has no rows, and fails


def test_the_same_rows_with_the_same_evidence(store: str, engine: str) -> None:
    wanted = found(store, "duckdb")
    assert [len(rows) for rows, _ in wanted] == [50, 104, 5, 2, 0, 72]
    assert found(store, engine) == wanted


def test_the_same_alerts(store: str, engine: str) -> None:
    chosen = [d for d in load([]).detections if d.id.startswith("T1043")]
    alerts = [run_detections(chosen, [store], RunOptions(engine=name)).alerts for name in ("duckdb", engine)]
    assert len(alerts[0]) == 11 and alerts[0] == alerts[1]


def test_no_event_passes_through_here_and_no_other_file_is_read(store: str, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def noted(session: Any, name: str, group: Any, select: Any) -> Any:
        opened.append(len(group.shared))
        return files.frame_of(session, name, group, select)

    monkeypatch.setattr(spark_engine, "frame_of", noted)
    monkeypatch.setattr(spark_engine.Spark, "_keep", None)
    for query in ("* | count", "_sourceCategory=windows/security EventID=4688 | count", "_sourceHost=ws-0032* | count"):
        assert search(query, [store], RunOptions(engine=engine)).rows == search(query, [store]).rows
    assert opened[0] > opened[1] == 1


def test_a_store_that_the_server_does_not_see(engine: str, tmp_path: Path) -> None:
    """Were it not asked, Sail would pass over the files."""
    root = tmp_path / "s"
    ingest([LOGS], str(root))
    next(root.rglob("part-*.parquet")).unlink()
    with pytest.raises(EngineError, match="same address"):
        search("* | count", [root], RunOptions(engine=server.local(engine).url))


@pytest.fixture(scope="module")
def random_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of events at random, the same each time."""
    folder, made = tmp_path_factory.mktemp("random"), []

    @given(events())
    @settings(max_examples=8, **_QUIET)
    def more(some: list[dict[str, str | None]]) -> None:
        made.extend(some)

    more()
    (folder / "e.ndjson").write_text(written(made), "utf-8")
    ingest([str(folder / "e.ndjson")], str(folder / "s"))
    return str(folder / "s")


@given(query=queries())
@settings(max_examples=10, **_QUIET)
def test_queries_at_random(random_store: str, engine: str, query: str) -> None:
    """What the server does of the files, filters included, gives what DuckDB gives."""
    wanted, got = (run_queries([Query(query)], [random_store], RunOptions(engine=name))[0] for name in ("duckdb", engine))
    assert isinstance(wanted, Result) == isinstance(got, Result), query
    if isinstance(wanted, Result) and isinstance(got, Result):
        assert len(wanted) == len(got), query
        for a, b in zip(wanted.rows, got.rows, strict=True):
            assert list(a) == list(b) and all(same(a[k], b[k]) for k in a), f"{query}\n{a}\n{b}"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    moto = pytest.importorskip("moto.server").ThreadedMotoServer(port=0)
    fsspec = pytest.importorskip("s3fs").S3FileSystem
    moto.start()
    host, port = moto.get_host_and_port()
    given = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
             "AWS_DEFAULT_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    fsspec.clear_instance_cache()
    fsspec().mkdir("hunts")
    yield "s3://hunts/a b"
    fsspec.clear_instance_cache()
    moto.stop()


@pytest.mark.skipif(bool(server.absent("sail")), reason="Sail cannot be started here")
def test_a_store_on_s3(bucket: str) -> None:
    """The server, with credentials of its own, reads the objects."""
    ingest([LOGS], bucket)
    own = server.local.__wrapped__("sail")  # it ends with this process
    query = '* | where EventID = "1" | count by Image | sort by _count, Image | limit 3'
    assert search(query, [bucket], RunOptions(engine=own.url)).rows == search(query, [LOGS]).rows
