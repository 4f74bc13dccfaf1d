"""The events that detections over several events may still need: in memory, and beside the checkpoint as files that are written
once. A file that a checkpoint names stays until the next one was saved."""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
from msgspec import Struct, field

from dohyo.follow.model import FollowError

#: So many pieces are put together into one.
_MOST = 64


class Kept(Struct):
    """Tables of events, in the order in which they came. ``folder``: where they are saved; ``None``: nowhere."""

    schema: pa.Schema
    folder: Path | None = None
    tables: list[pa.Table] = field(default_factory=list)
    _saved: list[str] = field(default_factory=list)  # the files of the first tables
    _number: int = 0

    def add(self, table: pa.Table) -> None:
        """Adds events."""
        self.tables.append(table)

    def replace(self, table: pa.Table) -> None:
        """Keeps only these."""
        self.tables, self._saved = [table.combine_chunks()], []

    def all(self) -> pa.Table:
        """All events as one table."""
        return pa.concat_tables(self.tables) if self.tables else self.schema.empty_table()

    def save(self) -> list[str]:
        """Writes what was not yet written; gives the names of all files. Raises :class:`FollowError`."""
        if self.folder is None:
            return []
        if len(self.tables) > _MOST:
            self.replace(self.all())
        new = self.tables[len(self._saved) :]
        if new:
            self.tables[len(self._saved) :] = [pa.concat_tables(new).combine_chunks()]
            self._saved.append(self._written(self.folder, self.tables[-1]))
        return list(self._saved)

    def _written(self, folder: Path, table: pa.Table) -> str:
        try:
            folder.mkdir(exist_ok=True)
            name = next(n for i in itertools.count(self._number) if not (folder / (n := f"{i:08}.arrow")).exists())
            self._number = int(name[:8]) + 1
            with (folder / name).open("wb") as out:
                with ipc.new_file(out, table.schema) as writer:
                    writer.write_table(table)
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise FollowError(f"{folder}: {error.strerror or error}") from None
        return name

    def sweep(self) -> None:
        """Removes the files that are no longer named: to be called when the checkpoint was saved."""
        if self.folder is None:
            return
        with suppress(OSError):
            for path in self.folder.glob("*.arrow"):
                if path.name not in self._saved:
                    path.unlink()

    def load(self, names: list[str]) -> None:
        """Reads what was saved. Raises :class:`FollowError`."""
        assert self.folder is not None
        try:
            for name in names:
                with pa.OSFile(str(self.folder / name), "rb") as file:
                    self.tables.append(ipc.open_file(file).read_all())
        except (OSError, pa.ArrowInvalid) as error:
            raise FollowError(f"{self.folder}: cannot be read: {error}; remove the checkpoint to begin anew") from None
        self._saved = list(names)
