"""What is followed, as the loop sees it: sources that give parts of records, and say how far behind they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from msgspec import Struct, field

from dohyo.sources.model import Chunk, Input, Problem

Report = Callable[[Problem], None]


class FollowError(Exception):
    """Following cannot begin or go on; the message says what to do."""


class Thread(Struct, eq=False):
    """Records that are numbered together: one life of a file, a partition of a topic. ``format``: what they are, when that
    is not told by their source. ``base`` is set when the first ones are read, see ``Reading.begin``."""

    name: str
    format: str = ""
    base: int | None = None


class Portion(Struct, frozen=True):
    """Further records of a thread; without one a whole input. ``size``: bytes."""

    source: Input
    size: int
    thread: Thread | None = None
    chunks: Iterable[Chunk] = ()


class Behind(Struct):
    """What is there and was not yet read. ``events`` where the source counts them, else ``None``."""

    bytes: int = 0
    events: int | None = None

    def plus(self, other: Behind) -> Behind:
        """Both together."""
        events = None if self.events is None and other.events is None else (self.events or 0) + (other.events or 0)
        return Behind(self.bytes + other.bytes, events)


class Source(Protocol):
    """Something that grows."""

    @property
    def finished(self) -> bool:
        """True when nothing can come any more."""
        ...

    @property
    def settled(self) -> bool:
        """True when what is there is read, or waits for more; false when time alone makes it readable."""
        ...

    def take(self, most: int) -> list[Portion]:
        """The records that came since the last call, about ``most`` bytes of them at most."""
        ...

    def behind(self) -> Behind:
        """How much is waiting."""
        ...

    def state(self) -> Any:
        """Where it is, for the checkpoint: after everything that was taken."""
        ...

    def restore(self, state: Any) -> None:
        """Goes on where :meth:`state` was."""
        ...

    def skip(self) -> None:
        """Leaves out all that is there now."""
        ...

    def notes(self) -> list[str]:
        """What the summary should say of it."""
        ...

    def close(self) -> None:
        """Gives back what it holds."""
        ...


class Sources(Struct):
    """Several sources as one."""

    all: dict[str, Source] = field(default_factory=dict)  # by the key that its state has in the checkpoint

    @property
    def finished(self) -> bool:
        """True when nothing can come any more."""
        return all(s.finished for s in self.all.values())

    @property
    def settled(self) -> bool:
        """True when time alone makes nothing more readable."""
        return all(s.settled for s in self.all.values())

    def take(self, most: int) -> list[Portion]:
        """The new records of all of them."""
        share = max(1, most // max(1, len(self.all)))
        return [portion for s in self.all.values() for portion in s.take(share)]

    def behind(self) -> Behind:
        """How much is waiting in all of them."""
        total = Behind()
        for s in self.all.values():
            total = total.plus(s.behind())
        return total

    def state(self) -> dict[str, Any]:
        """Where each is."""
        return {key: s.state() for key, s in self.all.items()}

    def notes(self) -> list[str]:
        """What the summary should say."""
        return [note for s in self.all.values() for note in s.notes()]

    def close(self) -> None:
        """Closes all."""
        for s in self.all.values():
            s.close()
