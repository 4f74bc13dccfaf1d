"""Sigma rule files as detections. A broken rule is named, by file and reason, and never stops the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dohyo.detections.model import Attack, Confidence, Detection, Metadata, Severity, Status
from dohyo.sigma.cache import Cache, Converted, Entry

_FILTER = re.compile(rb"^filter:", re.M)
#: Bytes of a rule file; all public rules together are not much more.
LARGEST = 4_000_000


@dataclass
class Rules:
    """The rules of some paths, converted. ``broken``: one sentence for each that could not be."""

    rules: list[Converted] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def load(paths: Sequence[Path], cache: Cache | None = None) -> Rules:
    """All rules of files and folders. Of two rules with one id the first counts."""
    cache = cache or Cache.of_user()
    found = Rules()
    seen: dict[str, str] = {}
    files = list(_files(paths, found))
    filters = _filters(files)
    for path in files:
        for one in _file(path, cache, found, filters):
            if one.id in seen:
                found.broken.append(f"{path}: a second rule with the id {one.id}; the one of {seen[one.id]} is used")
                continue
            seen[one.id] = str(path)
            found.rules.append(one)
    cache.write()
    return found


def _files(paths: Sequence[Path], found: Rules) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in (".yml", ".yaml") and p.is_file())
        else:
            found.broken.append(f"{path}: no such file or folder of Sigma rules")


@dataclass(frozen=True)
class Filters:
    """The filters of files that hold nothing else: they apply to the rules of all files. ``data``: their bytes."""

    documents: tuple[dict[str, Any], ...] = ()
    data: bytes = b""


def _filters(files: Sequence[Path]) -> Filters:
    documents: list[dict[str, Any]] = []
    data = b""
    for path in files:
        try:
            text = path.read_bytes() if path.stat().st_size <= LARGEST else b""
            own = [d for d in yaml.safe_load_all(text.decode("utf-8-sig")) if d is not None] if _FILTER.search(text) else []
        except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError):
            continue  # told when the file is read as rules
        if own and all(isinstance(d, dict) and "filter" in d for d in own):
            documents += own
            data += text
    return Filters(tuple(documents), data)


def _file(path: Path, cache: Cache, found: Rules, filters: Filters) -> Iterable[Converted]:
    try:
        if path.stat().st_size > LARGEST:
            found.broken.append(f"{path}: {path.stat().st_size:,} bytes: a file of Sigma rules has at most {LARGEST:,}")
            return []
        data = path.read_bytes()
    except OSError as error:
        found.broken.append(f"{path}: {error.strerror}")
        return []
    kept = cache.get(data + filters.data)
    if kept is None:
        kept = _converted(path, data, filters)
        cache.put(data + filters.data, kept)
    found.broken += [f"{path}{reason}" for reason in kept.broken]
    return [one.at(str(path)) for one in kept.rules]


def _converted(path: Path, data: bytes, filters: Filters) -> Entry:
    try:
        documents = [d for d in yaml.safe_load_all(data.decode("utf-8-sig")) if d is not None]
    except UnicodeDecodeError:
        return Entry((), (": not UTF-8 text",))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        return Entry((), (f"{place}: no valid YAML: {getattr(error, 'problem', error)}",))
    from dohyo.sigma.convert import convert

    return convert(documents, filters.documents)


#: Sigma's states that are not Dohyo's.
_STATUS = {"unsupported": "deprecated"}


def detection(rule: Converted) -> Detection:
    """A rule as a detection. Its name is the rule's id, its confidence grows with its status."""
    status = Status(_STATUS.get(rule.status, rule.status))
    confidence = {Status.STABLE: Confidence.HIGH, Status.TEST: Confidence.MEDIUM}.get(status, Confidence.LOW)
    metadata = Metadata(
        title=rule.title, description=rule.description, status=status, severity=Severity(rule.level), confidence=confidence,
        attack=Attack(tactics=rule.tactics, techniques=rule.techniques), false_positives=rule.falsepositives,
        references=rule.references, author=rule.author, date=rule.date, tags=rule.tags,
    )  # fmt: skip
    return Detection(id=rule.id, folder=Path(rule.path), metadata=metadata, query=rule.query)
