"""A Kafka topic: one record a message. Where it is, is kept in the checkpoint, not on the brokers; several processes may read the
same topic, each for itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dohyo.follow.model import Behind, FollowError, Portion, Report, Thread
from dohyo.sources.model import Chunk, Format, Input, Problem
from dohyo.sources.readers.utf8 import Repaired

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message

SCHEME = "kafka://"

#: Seconds to wait for brokers at the start, and for messages each time.
_START, _WAIT = 15.0, 0.05
#: So often it is looked whether the topic has more partitions (seconds).
_PARTITIONS = 30.0
_MESSAGES = 5_000
_OURS = {
    "group.id": "dohyo", "enable.auto.commit": False, "enable.auto.offset.store": False, "auto.offset.reset": "error",
    "fetch.wait.max.ms": 100, "queued.max.messages.kbytes": 65_536, "log_level": 0,
}  # fmt: skip


def properties(path: Path | None) -> dict[str, str]:
    """The client's settings in a file of ``name=value`` lines, as Kafka's own tools take it. Raises :class:`FollowError`."""
    if path is None:
        return {}
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise FollowError(f"--kafka-config {path}: {getattr(error, 'strerror', None) or 'is no UTF-8 text'}") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, sign, value = line.partition("=")
        if line and not line.startswith("#"):
            if not sign:
                raise FollowError(f"--kafka-config {path}: line {number}: write name=value")
            found[name.strip()] = value.strip()
    return found


class Topic:
    """All partitions of a topic. ``url``: ``kafka://broker:port[,broker:port]/topic``. Raises :class:`FollowError` when it
    cannot be reached."""

    finished = False
    settled = True

    def __init__(self, url: str, settings: Mapping[str, str], report: Report) -> None:
        brokers, _, self.topic = url.removeprefix(SCHEME).partition("/")
        if not brokers or not self.topic or "/" in self.topic:
            raise FollowError(f"{url}: write kafka://broker:port/topic")
        self.url, self._report = url, report
        self._consumer = self._connected(brokers, settings)
        self._next: dict[int, int] = {}  # partition -> the offset after what was taken
        self._threads: dict[int, Thread] = {}
        self._down = False
        self._told: set[str] = set()
        self._look_again = 0.0
        self._partitions()

    def _connected(self, brokers: str, settings: Mapping[str, str]) -> Consumer:
        try:
            from confluent_kafka import Consumer, KafkaException
        except ModuleNotFoundError:
            raise FollowError(f"{self.url}: Kafka needs confluent_kafka: pip install 'dohyo[kafka]'") from None
        try:
            return Consumer({**_OURS, **settings, "bootstrap.servers": brokers, "error_cb": self._failed})
        except KafkaException as error:
            raise FollowError(f"{self.url}: {_text(error.args[0])}") from None

    def _partitions(self) -> None:
        """Finds the partitions; new ones are read from their beginning."""
        from confluent_kafka import KafkaException

        try:
            found = self._consumer.list_topics(self.topic, timeout=_START).topics[self.topic]
        except KafkaException as error:
            if self._next:
                return  # told by the client, and asked again later
            raise FollowError(f"{self.url}: no broker answers: {_text(error.args[0])}") from None
        if found.error is not None and not self._next:
            raise FollowError(f"{self.url}: {_text(found.error)}")
        new = [n for n in found.partitions if n not in self._next]
        for number in new:
            self._next[number] = self._limits(number)[0]
        if new:
            self._assign()
        self._look_again = time.monotonic() + _PARTITIONS

    def _assign(self) -> None:
        from confluent_kafka import TopicPartition

        self._consumer.assign([TopicPartition(self.topic, n, offset) for n, offset in self._next.items()])

    def _limits(self, partition: int, cached: bool = False) -> tuple[int, int]:
        """The first offset that is there, and the one that comes next."""
        from confluent_kafka import KafkaException, TopicPartition

        try:
            found = self._consumer.get_watermark_offsets(TopicPartition(self.topic, partition), timeout=_START, cached=cached)
        except KafkaException as error:
            if cached:
                return 0, 0
            raise FollowError(f"{self.url}: partition {partition}: {_text(error.args[0])}") from None
        return (found[0], found[1]) if found else (0, 0)

    # -- what the loop asks

    def take(self, most: int) -> list[Portion]:
        """The messages that came since the last call."""
        if time.monotonic() >= self._look_again:
            self._partitions()
        came: dict[int, list[Message]] = {}
        while most > 0:
            messages = self._consumer.consume(_MESSAGES, _WAIT)
            for message in messages:
                if message.error() is not None:
                    self._problem(message)
                else:
                    came.setdefault(message.partition() or 0, []).append(message)
                    most -= len(message.value() or b"")
            if len(messages) < _MESSAGES:
                break
        return [self._portion(partition, messages) for partition, messages in came.items()]

    def _portion(self, partition: int, messages: list[Message]) -> Portion:
        self._down = False
        self._next[partition] = (messages[-1].offset() or 0) + 1
        thread = self._threads.setdefault(partition, Thread(f"{self.url}/{partition}", format="kafka"))
        held = [(m.value(), m.offset()) for m in messages if m.value()]  # without a value a message only takes others away
        source = Input(thread.name, Format.NDJSON, _unopened)
        if not held:
            return Portion(source, 0, thread)
        numbers = np.array([offset for _, offset in held], dtype=np.int64)
        repaired = Repaired(thread.name, "message", self._report)
        texts = repaired.strings(pa.array([value for value, _ in held], pa.binary()).view(pa.string()), numbers)
        repaired.tell()
        return Portion(source, sum(len(value or b"") for value, _ in held), thread, [Chunk(texts, pa.array(numbers))])

    def _problem(self, message: Message) -> None:
        """An error that came in place of a message."""
        from confluent_kafka import KafkaError

        error, partition = message.error(), message.partition()
        assert error is not None
        if partition is not None and error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            self._moved(partition)
        else:
            self._failed(error)

    def _moved(self, partition: int) -> None:
        """What was to come next is not there: it was deleted, or the topic was made anew."""
        first, last = self._limits(partition)
        at, name = self._next[partition], f"{self.url}/{partition}"
        if at < first:
            self._report(Problem(name, f"messages {at} to {first - 1}", "are gone from the topic", first - at))
        elif at > last:
            self._report(Problem(name, f"message {at}", "is not there: the topic was made anew, and is read from its beginning"))
        self._next[partition] = first
        self._assign()

    def _failed(self, error: KafkaError) -> None:
        """What the client tells of itself; that no broker answers is told once each time."""
        from confluent_kafka import KafkaError as Codes

        if error.code() in (Codes._ALL_BROKERS_DOWN, Codes._TRANSPORT, Codes._RESOLVE):
            if not self._down:
                self._report(Problem(self.url, "", f"no broker answers at present: {_text(error)}"))
            self._down = True
        elif error.name() not in self._told:
            self._told.add(error.name())
            self._report(Problem(self.url, "", _text(error)))

    def behind(self) -> Behind:
        """How many messages are waiting, as far as the client knows."""
        return Behind(0, sum(max(0, self._limits(n, cached=True)[1] - at) for n, at in self._next.items()))

    def skip(self) -> None:
        """Goes to the end."""
        self._next = {n: self._limits(n)[1] for n in self._next}
        self._assign()

    def state(self) -> dict[str, int]:
        """The next offset of each partition."""
        return {str(n): at for n, at in self._next.items()}

    def restore(self, state: dict[str, int]) -> None:
        """Goes on where :meth:`state` was, if that is still there."""
        self._next |= {int(n): at for n, at in state.items() if int(n) in self._next}
        for partition, at in self._next.items():
            first, last = self._limits(partition)
            if not first <= at <= last:
                self._moved(partition)
        self._assign()

    def notes(self) -> list[str]:
        """Nothing is ever left within a record."""
        return []

    def close(self) -> None:
        """Leaves the brokers."""
        self._consumer.close()


def _text(error: Any) -> str:
    return str(error.str() if hasattr(error, "str") else error)


def _unopened() -> Any:
    raise OSError("messages are handed over")
