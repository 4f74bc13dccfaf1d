"""A Kafka topic, on the mock cluster that the client itself brings along: real brokers' protocol over real sockets."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from follow_helpers import KILLS, Following, hosts, line, names, once, quiet_line, read

kafka = pytest.importorskip("confluent_kafka", reason="the extra `kafka` is not installed")


class Cluster:
    """Two brokers, which live in a producer."""

    def __init__(self) -> None:
        self.producer = kafka.Producer({"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 2, "log_level": 0})
        brokers = self.producer.list_topics(timeout=10).brokers.values()
        self.address = ",".join(f"{b.host}:{b.port}" for b in brokers)

    def url(self, topic: str) -> str:
        return f"kafka://{self.address}/{topic}"

    def send(self, topic: str, *texts: str, partition: int = -1) -> None:
        for text in texts:
            self.producer.produce(topic, text.encode(), partition=partition)
        assert self.producer.flush(20) == 0


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    made.producer.purge()


def test_messages_are_looked_at_as_they_come(tmp_path: Path, cluster: Cluster) -> None:
    """Of all partitions; the evidence is partition and offset; a broken message is named; Ctrl-C ends it."""
    cluster.send("logs", quiet_line(0), line(1), partition=0)
    with Following(tmp_path, cluster.url("logs")) as follow:
        follow.wait(1)
        cluster.send("logs", "no json", line(2), partition=1)
        cluster.send("logs", line(3), partition=0)
        alerts = follow.wait(3)
        assert follow.end(signal.SIGINT) == 130
    places = {a["fields"]["Computer"]: (a["evidence"]["file"], a["evidence"]["record"]) for a in alerts}
    url = cluster.url("logs")
    assert places == {"HOST1": (f"{url}/0", 1), "HOST2": (f"{url}/1", 1), "HOST3": (f"{url}/0", 2)}
    assert f"{url}/1: message 0: broken JSON" in follow.err.read_text()


def test_it_goes_on_where_it_was(tmp_path: Path, cluster: Cluster) -> None:
    """After a restart; --new-only begins at the end."""
    state = ("--checkpoint", "at", "--output", "alerts")
    cluster.send("logs", line(1), line(2))
    assert once(cluster.url("logs"), *state, cwd=tmp_path).returncode == 0
    cluster.send("logs", line(3))
    assert once(cluster.url("logs"), *state, cwd=tmp_path).returncode == 0
    assert once(cluster.url("logs"), *state, cwd=tmp_path).returncode == 0
    assert Counter(hosts(read(tmp_path / "alerts"))) == Counter(names([1, 2, 3]))
    assert once(cluster.url("logs"), "--new-only", cwd=tmp_path).stdout == ""


def test_a_topic_that_was_made_anew_is_named(tmp_path: Path, cluster: Cluster) -> None:
    """What was to come next is not there; it is read from its beginning."""
    state = ("--checkpoint", "at", "--output", "alerts")
    cluster.send("logs", *(line(n) for n in range(5)), partition=0)
    once(cluster.url("logs"), *state, cwd=tmp_path)
    at = tmp_path / "at"
    at.write_text(at.read_text().replace('"0": 5', '"0": 500'))
    told = once(cluster.url("logs"), *state, cwd=tmp_path).stderr
    assert "message 500: is not there: the topic was made anew" in told


def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path, cluster: Cluster) -> None:
    """As for files."""
    state = ("--checkpoint", "at", "--output", "alerts")
    sent = 0
    for n in range(max(3, KILLS // 5)):
        cluster.send("logs", *(line(i) for i in range(sent, sent + 50)))
        sent += 50
        with Following(tmp_path, cluster.url("logs"), *state) as follow:
            for _ in range(200):
                follow.pause()
                if len(read(tmp_path / "alerts")) > 40 * n:
                    break
    done = once(cluster.url("logs"), *state, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert Counter(hosts(read(tmp_path / "alerts"))) == Counter(names(range(sent)))


def test_what_cannot_be_reached_or_read_is_told(tmp_path: Path) -> None:
    """With exit code 2: the command is wrong."""
    settings = tmp_path / "client.properties"
    settings.write_text("# ours\nnonsense\n")
    for args, told in (
        (("kafka://127.0.0.1:9/", ), "write kafka://broker:port/topic"),
        (("kafka://127.0.0.1:9/t", "--kafka-config", str(settings)), "line 2: write name=value"),
    ):  # fmt: skip
        done = once(*args, cwd=tmp_path)
        assert done.returncode == 2 and told in done.stderr
    settings.write_text("no.such.setting=1\n")
    assert "no.such.setting" in once("kafka://127.0.0.1:9/t", "--kafka-config", str(settings), cwd=tmp_path).stderr
