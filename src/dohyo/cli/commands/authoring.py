"""``dohyo new``, ``dohyo schema`` and ``dohyo compare``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from click.exceptions import Exit

from dohyo.cli import summary
from dohyo.cli.errors import CHECK_FAILED, NO_INPUT, UsageError, shown
from dohyo.cli.options import Settings, inputs, one_of
from dohyo.cli.project import all_detections
from dohyo.detections.compare import Difference, compare, of_query
from dohyo.detections.load import Library, bundled
from dohyo.detections.model import Detection
from dohyo.detections.scaffold import SCHEMA_NAME, BadName, new, schema
from dohyo.project import NAME, project


def new_detection(name: str, folder: Path) -> None:
    """Lays out a detection folder, and the schema beside it."""
    with shown():
        try:
            home = new(name, folder)
        except BadName as error:
            raise UsageError(str(error)) from None
        except FileExistsError:
            raise UsageError(f"{folder / name} is there already") from None
        except OSError as error:
            raise UsageError(f"{error.filename}: {error.strerror}") from None
        (folder / SCHEMA_NAME).write_text(_schema(), "utf-8")
        print(home)
        known = folder.resolve() in {f.resolve() for f in (bundled(), *project(Path()).detections)}
        where = "" if known else f" --detections {folder}"
        print(f"next: edit {home / 'query.sumo'}, then `dohyo test {name}{where}`", file=sys.stderr)
        if not known:
            print(f'with `detections = ["{folder}"]` in {NAME} every command here knows the folder by itself', file=sys.stderr)


def print_schema() -> None:
    """The JSON Schema of ``detection.yml``."""
    sys.stdout.write(_schema())


def _schema() -> str:
    return json.dumps(schema(), indent=2) + "\n"


def compare_detections(first: str, second: str, paths: Sequence[str], folders: Sequence[Path], settings: Settings) -> None:
    """Prints what two versions do differently; exits 1 when they do."""
    with shown():
        one_of("--format", settings.format, ("table", "json"))
        library = all_detections(folders)
        a = _version(first, library, None)
        found = compare(a, _version(second, library, a), inputs(paths), settings.options())
        sys.stdout.write(_json(found) if settings.format == "json" else _text(found, first, second))
        summary.show(summary.problems(found.read.problems, settings.verbose))
    if found.read.nothing_read:
        raise Exit(NO_INPUT)
    raise Exit(CHECK_FAILED if found.only_first or found.only_second else 0)


def _version(name: str, library: Library, like: Detection | None) -> Detection:
    """A detection by name, or a query file; the file is taken as a version of the other one."""
    if not name.endswith(".sumo"):
        return library.find(name)
    try:
        return of_query(Path(name), like or library.detections[0])
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from None


def _text(found: Difference, first: str, second: str) -> str:
    lines = [f"both: {found.both:,} alerts"]
    for name, alerts in ((first, found.only_first), (second, found.only_second)):
        lines.append(f"only {name}: {len(alerts):,}")
        for a in alerts:
            place = f"{a.evidence.file}:{a.evidence.record}" if a.evidence else ""
            fields = ", ".join(f"{k}={v}" for k, v in a.fields.items() if v is not None and k != "_messageTime")
            lines.append(f"  {a.time or ''}  {place}  {fields}")
    return "\n".join(lines) + "\n"


def _json(found: Difference) -> str:
    first, second = ([a.as_json() for a in alerts] for alerts in (found.only_first, found.only_second))
    data = {"both": found.both, "only_first": first, "only_second": second}
    return json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n"
