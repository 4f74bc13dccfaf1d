"""``detection.yml`` files as they were read, kept between runs: to load a reader of YAML takes longer than all else that is done
about a detection."""

from __future__ import annotations

from pathlib import Path

from msgspec import MsgspecError, Struct, field
from msgspec.json import decode, encode

from dohyo.caching import LineCache, folder, key
from dohyo.detections.documents import read_as
from dohyo.detections.model import Metadata

#: So many are kept; beyond that those that this run did not use go.
_MOST = 2_000


def _fingerprint() -> str:
    """Names the code that reads them, so that other code never takes them for its own."""
    here = Path(__file__).parent
    return key(*((here / name).read_bytes() for name in ("model.py", "documents.py")))


class Kept(Struct):
    """The files that are known, by their content."""

    lines: LineCache
    _used: set[str] = field(default_factory=set)

    @classmethod
    def of_user(cls) -> Kept:
        """Those in the user's cache folder."""
        home = folder()
        return cls(LineCache(home / "detections.txt" if home else None, _fingerprint() if home else ""))

    @classmethod
    def of_none(cls) -> Kept:
        """None."""
        return cls(LineCache(None, ""))

    def metadata(self, path: Path) -> Metadata:
        """What a file holds. Raises :class:`OSError` and :class:`Unreadable`."""
        name = key(path.read_bytes())
        self._used.add(name)
        if (line := self.lines.entries.get(name)) is not None:
            try:
                return decode(line, type=Metadata)
            except (MsgspecError, UnicodeError):
                pass  # it was spoilt
        found = read_as(Metadata, path)
        self.lines.keep(name, encode(found).decode())
        return found

    def write(self) -> None:
        """Puts them in their place."""
        if len(self.lines.entries) > _MOST:
            self.lines.entries = {k: v for k, v in self.lines.entries.items() if k in self._used}
        self.lines.write()
