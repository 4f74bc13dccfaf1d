"""Finds and reads detections. A broken one is reported and never stops the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path

from msgspec import Struct, field

from dohyo.detections.documents import Unreadable
from dohyo.detections.kept import Kept
from dohyo.detections.model import Detection
from dohyo.diagnostics import closest


class DetectionError(Exception):
    """A detection cannot be read, or no detection has the name asked for."""


class Library(Struct):
    """The detections of some folders. ``broken``: one sentence for each that cannot be read."""

    detections: list[Detection] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def find(self, name: str) -> Detection:
        """The detection of this name or title, or the only one whose name begins with it (in any case)."""
        exact = [d for d in self.detections if name.lower() in (d.id.lower(), d.metadata.title.lower())]
        found = exact or [d for d in self.detections if d.id.lower().startswith(name.lower())]
        if len(found) == 1:
            return found[0]
        ids = [d.id for d in self.detections]
        if found:
            raise DetectionError(f"`{name}` fits several detections: {shown_names(found)}")
        near = closest(name, ids)
        hint = f"did you mean `{near}`?" if near else "`dohyo list` shows them"
        raise DetectionError(f"no detection is called `{name}`; {hint}")


#: So many detections are named where a name fits several.
_NAMED = 10


def shown_names(found: Sequence[Detection]) -> str:
    """The names of detections, not too many."""
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(d.id for d in found[:_NAMED]) + more


def bundled() -> Path:
    """The folder of the detections that come with Dohyo: in the package, or beside it in a checkout."""
    packaged = Path(str(resources.files("dohyo"))) / "content" / "detections"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3] / "detections"


def load(folders: Sequence[Path] = ()) -> Library:
    """All detections of the bundled library and of ``folders``; of two with one name the later folder's counts."""
    library = Library()
    by_id: dict[str, Detection] = {}
    kept = Kept.of_user()
    for root in (bundled(), *folders):
        for folder in _detection_folders(root, library):
            try:
                detection = read(folder, kept)
                by_id[detection.id] = detection
            except DetectionError as error:
                library.broken.append(str(error))
    kept.write()
    library.detections = sorted(by_id.values(), key=lambda d: d.id)
    return library


def _detection_folders(root: Path, library: Library) -> Iterable[Path]:
    if not root.is_dir():
        library.broken.append(f"{root}: no such folder of detections")
        return []
    if (root / "detection.yml").is_file():
        return [root]
    return sorted(p.parent for p in root.glob("*/detection.yml"))


def read(folder: Path, kept: Kept | None = None) -> Detection:
    """One detection; ``kept``: what is known from the last run. Raises :class:`DetectionError` with file, line where known, and what
    is wrong."""
    path = folder / "detection.yml"
    try:
        metadata = (kept or Kept.of_none()).metadata(path)
        query = (folder / "query.sumo").read_text("utf-8")
    except Unreadable as error:
        raise DetectionError(str(error)) from None
    except OSError as error:
        raise DetectionError(f"{error.filename}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DetectionError(f"{folder / 'query.sumo'}: not UTF-8 text") from None
    return Detection(id=folder.name, folder=folder, metadata=metadata, query=query)
