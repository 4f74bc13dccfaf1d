"""Where a store's files are: a folder, or an object store that fsspec knows by its URL. The rest of the room knows
neither; it asks for whole small files, for one large file to write, and for one file to be made only if it is not there."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

_SEPARATOR = "://"


class StoreError(Exception):
    """A store cannot be used; the message says which, why and what to do."""


class Files(Protocol):
    """The files of one store, by their path from its root with forward slashes."""

    root: str

    def read(self, path: str) -> bytes:
        """A whole file. Raises ``FileNotFoundError``."""

    def create(self, path: str, data: bytes) -> bool:
        """Makes a file at once, with all its bytes or not at all; ``False`` when there is one of this name already."""

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder; none when it is not there."""

    def remove(self, path: str) -> None:
        """Removes a file, if it is there."""

    def sink(self, path: str) -> Any:
        """A context that gives a binary file to write; closing it makes the file last."""

    def source(self, path: str) -> Any:
        """A context that gives a binary file to read, from any place in it."""

    def size(self, path: str) -> int:
        """The bytes of a file."""

    def address(self, path: str) -> str:
        """What an engine opens."""

    def aged(self, suffix: str) -> Iterator[tuple[str, float]]:
        """All files whose name ends so, with the seconds since they were written."""

    def register(self, connection: Any) -> None:
        """Makes the files known to a DuckDB connection."""


def files_at(root: str) -> Files:
    """The files of the store at a folder or URL. Raises :class:`StoreError` when nothing can open such a URL."""
    return UrlFiles(root) if is_url(root) else LocalFiles(root)


def is_url(path: str) -> bool:
    """True for ``s3://bucket/store`` and the like."""
    scheme, separator, _ = path.partition(_SEPARATOR)
    return bool(separator) and scheme.replace("+", "").isalnum()


class LocalFiles:
    """A folder of this machine."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._base = Path(root)

    def read(self, path: str) -> bytes:
        return (self._base / path).read_bytes()

    def create(self, path: str, data: bytes) -> bool:
        target = self._base / path
        target.parent.mkdir(parents=True, exist_ok=True)
        # a link to a finished file appears with all its bytes, and fails when the name is taken
        draft = target.parent / f".{uuid.uuid4().hex}.tmp"
        try:
            with open(draft, "wb") as out:
                out.write(data)
                _last(out)
            os.link(draft, target)
        except FileExistsError:
            return False
        finally:
            draft.unlink(missing_ok=True)
        return True

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(e.name for e in os.scandir(self._base / folder) if e.is_file())
        except FileNotFoundError:
            return []

    def remove(self, path: str) -> None:
        (self._base / path).unlink(missing_ok=True)

    @contextmanager
    def sink(self, path: str) -> Iterator[BinaryIO]:
        target = self._base / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "wb") as out:
            yield out
            _last(out)

    def source(self, path: str) -> BinaryIO:
        return open(self._base / path, "rb")

    def size(self, path: str) -> int:
        return (self._base / path).stat().st_size

    def address(self, path: str) -> str:
        return str(self._base / path)

    def aged(self, suffix: str) -> Iterator[tuple[str, float]]:
        now = time.time()
        for found in self._base.rglob(f"*{suffix}"):
            with suppress(FileNotFoundError):
                yield found.relative_to(self._base).as_posix(), now - found.stat().st_mtime

    def register(self, connection: Any) -> None:
        """An engine opens files of this machine by itself."""


def _last(out: BinaryIO) -> None:
    """Has the bytes on the disk before anything refers to them."""
    out.flush()
    os.fsync(out.fileno())


class UrlFiles:
    """An object store (``s3://``, ``gs://``, ``az://`` …) through fsspec. Objects appear whole; ``create`` is a conditional
    write, which S3, Google and Azure all have."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        try:
            import fsspec

            self.fs, self._base = fsspec.core.url_to_fs(self.root)
        except (ImportError, ValueError) as error:
            raise StoreError(f"{root}: cannot be opened ({error}); pip install 'dohyo[cloud]' brings s3, gs and az") from None

    def _at(self, path: str) -> str:
        return f"{self._base}/{path}"

    def read(self, path: str) -> bytes:
        return bytes(self.fs.cat_file(self._at(path)))

    def create(self, path: str, data: bytes) -> bool:
        try:
            self.fs.pipe_file(self._at(path), data, mode="create")
        except FileExistsError:
            return False
        self.fs.invalidate_cache()
        return True

    def names(self, folder: str) -> list[str]:
        self.fs.invalidate_cache()
        try:
            found = self.fs.ls(self._at(folder), detail=True)
        except FileNotFoundError:
            return []
        return sorted(f["name"].rsplit("/", 1)[-1] for f in found if f["type"] == "file")

    def remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self.fs.rm_file(self._at(path))

    @contextmanager
    def sink(self, path: str) -> Iterator[Any]:
        with self.fs.open(self._at(path), "wb") as out:
            yield out

    def source(self, path: str) -> Any:
        return self.fs.open(self._at(path), "rb")

    def size(self, path: str) -> int:
        return int(self.fs.size(self._at(path)))

    def address(self, path: str) -> str:
        return str(self.fs.unstrip_protocol(self._at(path)))

    def aged(self, suffix: str) -> Iterator[tuple[str, float]]:
        self.fs.invalidate_cache()
        now = time.time()
        for name, facts in self.fs.find(self._base, detail=True).items():
            if name.endswith(suffix):
                written = facts.get("LastModified") or facts.get("created") or facts.get("updated")
                yield name[len(self._base) :].lstrip("/"), now - written.timestamp() if hasattr(written, "timestamp") else 0.0

    def register(self, connection: Any) -> None:
        connection.register_filesystem(self.fs)
