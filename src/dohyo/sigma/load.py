"""Sigma rule files as detections. A broken rule is named, by file and reason, and never stops the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path

from msgspec import Struct, field

from dohyo.detections.model import Attack, Confidence, Detection, Metadata, Severity, Status
from dohyo.sigma.cache import Cache, Converted, Entry
from dohyo.sigma.documents import Unreadable, documents
from dohyo.sigma.shared import LARGEST, Shared


class Rules(Struct):
    """The rules of some paths, converted. ``broken``: one sentence for each that could not be."""

    rules: list[Converted] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def load(paths: Sequence[Path], cache: Cache | None = None, values: Mapping[str, tuple[str, ...]] | None = None) -> Rules:
    """All rules of files and folders. Of two rules with one id the first counts. ``values``: of placeholders; where there
    are none a placeholder is a table of its name."""
    cache = cache or Cache.of_user()
    found = Rules()
    seen: dict[str, str] = {}
    files = list(_files(paths, found))
    shared = Shared.of(files, values or {})
    for path in files:
        for one in _file(path, cache, found, shared):
            if one.id in seen:
                found.broken.append(f"{path}: a second rule with the id {one.id}; the one of {seen[one.id]} is used")
                continue
            seen[one.id] = str(path)
            found.rules.append(one)
    cache.write()
    if not found.rules and not found.broken:
        found.broken += [f"{path}: no Sigma rule in it (.yml, .yaml)" for path in paths]
    return found


def _files(paths: Sequence[Path], found: Rules) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(p for p in path.rglob("*") if _is_rule(p, path))
        else:
            found.broken.append(f"{path}: no such file or folder of Sigma rules")


def _is_rule(path: Path, folder: Path) -> bool:
    """A YAML file; those in hidden folders are no rules but what tools keep there."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in (".yml", ".yaml") and not hidden and path.is_file()


def _file(path: Path, cache: Cache, found: Rules, shared: Shared) -> Iterable[Converted]:
    try:
        if path.stat().st_size > LARGEST:
            found.broken.append(f"{path}: {path.stat().st_size:,} bytes: a file of Sigma rules has at most {LARGEST:,}")
            return []
        data = path.read_bytes()
    except OSError as error:
        found.broken.append(f"{path}: {error.strerror}")
        return []
    key = shared.key(data)
    kept = cache.get(key)
    if kept is None:
        kept = _converted(data, shared)
        cache.put(key, kept)
    found.broken += [f"{path}{reason}" for reason in kept.broken]
    return [one.at(str(path)) for one in kept.rules]


def _converted(data: bytes, shared: Shared) -> Entry:
    try:
        found = documents(data)
    except Unreadable as error:
        return Entry((), (f"{error.place}: {error}",))
    from dohyo.sigma.convert import convert_each

    rules, wrong = convert_each([d.data for d in found], shared.filters, shared.known, shared.values)
    return Entry(tuple(rules), tuple(f":{found[place].place(reason)}: {reason}" for place, reason in wrong))


#: Letters of a query that Sumo Logic takes.
_LONGEST = 15_000


def notes(rule: Converted) -> list[str]:
    """What is to be known of a converted rule: where it only nears what the rule says, and what Sumo Logic would refuse."""
    found = [line.removeprefix("// ") for line in takewhile(lambda line: line.startswith("//"), rule.query.splitlines())]
    if len(rule.query) > _LONGEST:
        found.append(f"the query has {len(rule.query):,} letters; Sumo Logic takes {_LONGEST:,}: divide the rule, or use a table")
    return [f"{rule.path}: {rule.title}: {text}" for text in found]


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
