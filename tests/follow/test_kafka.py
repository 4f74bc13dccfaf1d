"""A Kafka topic, on the mock cluster that the client itself brings along: the brokers' protocol over real sockets. With
``DOHYO_KAFKA=host:port`` the same on a broker of one's own."""

from __future__ import annotations

import os
import signal
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from follow_helpers import KILLS, Following, hosts, line, names, once, quiet_line, read

kafka = pytest.importorskip("confluent_kafka", reason="the extra `kafka` is not installed")
admin = pytest.importorskip("confluent_kafka.admin")


class Cluster:
    """Two brokers, which live in a producer, or the given one; and a topic."""

    def __init__(self, given: str | None) -> None:
        of_brokers = {"bootstrap.servers": given} if given else {"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 2}
        self.producer = kafka.Producer({**of_brokers, "log_level": 0})
        brokers = self.producer.list_topics(timeout=10).brokers.values()
        self.address = given or ",".join(f"{b.host}:{b.port}" for b in brokers)
        self.topic = f"dohyo-{uuid.uuid4().hex[:8]}"
        if given:
            client = admin.AdminClient({"bootstrap.servers": given})
            client.create_topics([admin.NewTopic(self.topic, 4, 1)])[self.topic].result(20)

    @property
    def url(self) -> str:
        return f"kafka://{self.address}/{self.topic}"

    def send(self, *texts: str, partition: int = -1) -> None:
        for text in texts:
            self.producer.produce(self.topic, text.encode(), partition=partition)
        assert self.producer.flush(20) == 0


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster(os.environ.get("DOHYO_KAFKA"))
    yield made
    made.producer.purge()


def test_messages_are_looked_at_as_they_come(tmp_path: Path, cluster: Cluster) -> None:
    """Of all partitions; the evidence is partition and offset; a broken message is named; Ctrl-C ends it."""
    cluster.send(quiet_line(0), line(1), partition=0)
    with Following(tmp_path, cluster.url) as follow:
        follow.wait(1)
        cluster.send("no json", line(2), partition=1)
        cluster.send(line(3), partition=0)
        alerts = follow.wait(3)
        assert follow.end(signal.SIGINT) == 130
    places = {a["fields"]["Computer"]: (a["evidence"]["file"], a["evidence"]["record"]) for a in alerts}
    assert places == {"HOST1": (f"{cluster.url}/0", 1), "HOST2": (f"{cluster.url}/1", 1), "HOST3": (f"{cluster.url}/0", 2)}
    assert f"{cluster.url}/1: message 0: broken JSON" in follow.err.read_text()


def test_it_goes_on_where_it_was(tmp_path: Path, cluster: Cluster) -> None:
    """After a restart; --new-only begins at the end."""
    state = ("--checkpoint", "at", "--output", "alerts")
    cluster.send(line(1), line(2))
    assert once(cluster.url, *state, cwd=tmp_path).returncode == 0
    cluster.send(line(3))
    assert once(cluster.url, *state, cwd=tmp_path).returncode == 0
    assert once(cluster.url, *state, cwd=tmp_path).returncode == 0
    assert Counter(hosts(read(tmp_path / "alerts"))) == Counter(names([1, 2, 3]))
    assert once(cluster.url, "--new-only", cwd=tmp_path).stdout == ""


def test_a_topic_that_was_made_anew_is_named(tmp_path: Path, cluster: Cluster) -> None:
    """What was to come next is not there; it is read from its beginning."""
    state = ("--checkpoint", "at", "--output", "alerts")
    cluster.send(*(line(n) for n in range(5)), partition=0)
    once(cluster.url, *state, cwd=tmp_path)
    at = tmp_path / "at"
    at.write_text(at.read_text().replace('"0": 5', '"0": 500'))
    told = once(cluster.url, *state, cwd=tmp_path).stderr
    assert "message 500: is not there: the topic was made anew" in told


def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path, cluster: Cluster) -> None:
    """As for files."""
    state = ("--checkpoint", "at", "--output", "alerts")
    sent = 0
    for n in range(max(3, KILLS // 5)):
        cluster.send(*(line(i) for i in range(sent, sent + 50)))
        sent += 50
        with Following(tmp_path, cluster.url, *state) as follow:
            for _ in range(200):
                follow.pause()
                if len(read(tmp_path / "alerts")) > 40 * n:
                    break
    done = once(cluster.url, *state, cwd=tmp_path)
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
