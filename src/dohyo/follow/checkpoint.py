"""The checkpoint: where following is, in one file that is replaced as a whole, and held by one process at a time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from dohyo.follow.model import FollowError

_VERSION = 1


class Checkpoint:
    """The file at ``path``; to be used as a context manager, which keeps others from it (:class:`FollowError`)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Checkpoint:
        beside = self.path.with_name(self.path.name + ".lock")
        try:
            self._lock = beside.open("ab")
            _hold(self._lock)
        except BlockingIOError:
            raise FollowError(f"--checkpoint {self.path}: another dohyo is using it") from None
        except OSError as error:
            raise FollowError(f"--checkpoint {self.path}: {error.strerror}") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._lock is not None:
            self._lock.close()

    def load(self) -> dict[str, Any] | None:
        """What was saved last; ``None`` when nothing ever was. Raises :class:`FollowError` for what cannot be read."""
        try:
            data = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FollowError(f"--checkpoint {self.path}: {error.strerror}") from None
        except ValueError:
            raise FollowError(f"--checkpoint {self.path}: is no checkpoint; name another file, or remove it to begin anew") from None
        if not isinstance(data, dict) or data.get("version") != _VERSION:
            raise FollowError(f"--checkpoint {self.path}: is of another version of Dohyo, or no checkpoint; remove it to begin anew")
        return data

    def save(self, data: dict[str, Any]) -> None:
        """Replaces what was saved, at once or not at all. Raises :class:`FollowError`."""
        try:
            replace_file(self.path, json.dumps({"version": _VERSION, **data}).encode())
        except OSError as error:
            raise FollowError(f"--checkpoint {self.path}: {error.strerror}") from None


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file beside its place, on the disk itself, and moves it there. Raises ``OSError``."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)


def _hold(file: IO[bytes]) -> None:
    """Locks a file for as long as it is open. Raises ``BlockingIOError`` when another process has it."""
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # the module is known on Windows alone
        except OSError:
            raise BlockingIOError from None
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
