"""Where a table of a query is on this machine (spec §9.1): in the folders given with ``--lookup-dir``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

#: What a table file may be called after its name.
SUFFIXES = (".csv", ".parquet", ".json", ".ndjson", ".jsonl")


class OutsideError(ValueError):
    """A table's path leads out of the folders."""


def find_table(path: str, folders: Sequence[Path], whole: bool = False) -> Path | None:
    """The file of a table, ``None`` when there is none: where its whole path leads below a folder, else its end, else the
    first file of its name. ``whole``: the whole path only. Names are compared without case."""
    parts = _parts(path)
    tails = ["/".join(parts[i:]).lower() for i in range(1 if whole else len(parts))]
    for folder in folders:
        files = list(_files(folder))
        places = [{s: f for f in reversed(files) for s in _spellings(f.relative_to(folder).as_posix())}]
        places += [{s: f for f in reversed(files) for s in _spellings(f.name)}] * (not whole)
        found = next((p[t] for p in places for t in tails if t in p), None)
        if found:
            return found
    return None


def _spellings(path: str) -> tuple[str, str]:
    """With and without the suffix."""
    lower = path.lower()
    return lower, lower[: lower.rindex(".")]


def new_table(path: str, folder: Path) -> Path:
    """Where ``save`` puts a table that is not there yet. Raises :class:`OutsideError`."""
    parts = _parts(path)
    if not parts or any(p in ("..", ".") or "\\" in p or ":" in p for p in parts):
        raise OutsideError(path)
    name = parts[-1] if PurePosixPath(parts[-1]).suffix.lower() in SUFFIXES else f"{parts[-1]}.csv"
    return folder.joinpath(*parts[:-1], name)


def _parts(path: str) -> list[str]:
    return [p for p in path.replace("https://", "").replace("http://", "").split("/") if p]


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (p for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES and p.is_file())


def databases(folders: Sequence[Path]) -> Iterator[Path]:
    """The MaxMind databases in the folders."""
    for folder in folders:
        if folder.is_dir():
            yield from sorted(folder.rglob("*.mmdb"))


def threat_lists(folders: Sequence[Path]) -> Iterator[Path]:
    """The threat lists in the folders: files whose name begins with ``threat``, or that are called ``*.stix``."""
    for folder in folders:
        if folder.is_dir():
            for path in sorted(folder.rglob("*")):
                name = path.name.lower()
                if path.is_file() and ((name.startswith("threat") and path.suffix.lower() in SUFFIXES) or ".stix" in name):
                    yield path
