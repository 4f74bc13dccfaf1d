"""A newer copy of a public rule set merged into one's own: what is new, changed and gone, and what one has changed oneself.

The copy that was merged last is remembered in the folder (:data:`MEMORY`); with it each rule has three versions: that
one, one's own, and the newer one. Without it (the first time) the rules' own date of change decides which of two
versions is newer; what is replaced so is kept beside the memory (:data:`REPLACED`).
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from dohyo.sigma.differences import differences, put
from dohyo.sigma.documents import Unreadable, documents
from dohyo.sigma.shared import LARGEST

#: Names in the folder of one's own rules.
MEMORY, REPLACED = ".dohyo-rules.json.gz", ".dohyo-replaced"
#: What can become of a rule.
NEW, CHANGED, MOVED, DEPRECATED, REMOVED, MERGED, CONFLICT, KEPT, OWN = (
    "new", "changed", "moved", "deprecated", "removed", "merged", "conflict", "kept", "own",
)  # fmt: skip
_OLD = ("deprecated", "unsupported")


class Rule(Struct, frozen=True):
    """A rule file: where it is in its folder, its text, and what it says."""

    path: str
    text: str
    data: tuple[Any, ...]

    @property
    def main(self) -> dict[str, Any]:
        """The first document."""
        first = self.data[0] if self.data else None
        return first if isinstance(first, dict) else {}

    @property
    def key(self) -> str:
        """What tells a rule among others: its id, else its place."""
        return str(self.main.get("id") or self.path)

    @property
    def dated(self) -> str:
        """When it was changed last, as it says."""
        return str(self.main.get("modified") or self.main.get("date") or "")


class Step(Struct, frozen=True):
    """What becomes of a rule, why, and what has to be written: ``text`` at ``path``; ``gone``: the file that goes."""

    kind: str
    path: str
    title: str
    details: tuple[str, ...] = ()
    text: str | None = None
    gone: str | None = None


class Update(Struct):
    """All steps, and the copy to remember."""

    steps: list[Step] = field(default_factory=list)
    memory: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def of(self, kind: str) -> list[Step]:
        """The steps of a kind."""
        return [s for s in self.steps if s.kind == kind]


def plan(mine: Path, newer: Path) -> Update:
    """What a merge would do; nothing is written."""
    update = Update()
    base = dict(_remembered(mine, update))
    local = {r.key: r for r in _rules(mine, update.notes)}
    theirs = {r.key: r for r in _rules(newer, update.notes)}
    known = {r.key: r for r in (_rule(p, t) for p, t in base.items())}
    taken = {r.path for r in local.values()}
    for key, new in theirs.items():
        own = local.get(key)
        if own is None and new.path in taken:
            own = next(r for r in local.values() if r.path == new.path)
        if own is None and (mine / new.path).exists():
            continue  # what is there cannot be read, and a note says so
        update.steps += _decide(own, known.get(key), new, deleted=own is None and key in known)
    unread = {p for p in (*base, *taken) if (newer / p).exists()} - {r.path for r in theirs.values()}
    update.steps += (s for s in _without_newer(local, known, theirs) if s.path not in unread)
    update.steps.sort(key=lambda s: s.path)
    update.memory = {**{p: base[p] for p in unread if p in base}, **{r.path: r.text for r in theirs.values()}}
    return update


def _decide(own: Rule | None, base: Rule | None, new: Rule, deleted: bool) -> Iterator[Step]:
    title = str(new.main.get("title", ""))
    if own is None:
        if deleted and base is not None and base.text != new.text:
            yield Step(KEPT, new.path, title, ("deleted here, changed there: it stays deleted",))
        elif not deleted:
            yield Step(NEW, new.path, title, text=new.text)
        return
    gone = own.path if own.path != new.path else None
    if own.text == new.text:
        if gone:
            yield Step(MOVED, new.path, title, (f"from {gone}",), new.text, gone)
        return
    changed = _changed(base or own, new)
    if base is None:
        yield _by_date(own, new, changed, gone)
    elif own.text == base.text:
        yield _taken(own, new, changed, gone)
    elif base.text == new.text:
        moved = (f"moved there to {new.path}",) if base.path != new.path else ()
        yield Step(KEPT, own.path, title, (*_changed(base, own), *moved))
    else:
        yield _both(own, base, new, gone)


def _taken(own: Rule, new: Rule, changed: tuple[str, ...], gone: str | None) -> Step:
    old = str(new.main.get("status")) in _OLD and str(own.main.get("status")) not in _OLD
    moved = (f"from {gone}",) if gone else ()
    return Step(DEPRECATED if old else CHANGED, new.path, str(new.main.get("title", "")), (*moved, *changed), new.text, gone)


def _by_date(own: Rule, new: Rule, changed: tuple[str, ...], gone: str | None) -> Step:
    """Nothing is remembered: a rule whose newer copy says that it was changed since is taken, another is one's own change."""
    if new.dated > own.dated:
        return _taken(own, new, (*changed, f"the replaced one is in {REPLACED}"), gone)
    return Step(KEPT, own.path, str(own.main.get("title", "")), _changed(new, own))


def _both(own: Rule, base: Rule, new: Rule, gone: str | None) -> Step:
    """Changed here and there: the local change goes into the newer rule."""
    title = str(new.main.get("title", ""))
    there = tuple(f"there: {line}" for line in _changed(base, new))
    here = tuple(f"here: {line}" for line in _changed(base, own))
    if max(len(own.data), len(base.data), len(new.data)) > 1:
        return Step(CONFLICT, own.path, title, ("several rules in one file: one's own stays", *here, *there))
    text, conflicts = _merged(own, base, new)
    if conflicts:
        clash = tuple(f"both changed {c}: one's own stays" for c in conflicts)
        return Step(CONFLICT, new.path, title, (*clash, *here, *there), text, gone)
    return Step(MERGED, new.path, title, (*here, *there), text, gone)


def _merged(own: Rule, base: Rule, new: Rule) -> tuple[str, tuple[str, ...]]:
    """The newer file's text, comments and all, with the local changes."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=4, sequence=6, offset=4)
    tree = yaml.load(new.text)
    conflicts = put(base.main, own.main, tree)
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue(), conflicts


def _without_newer(local: Mapping[str, Rule], known: Mapping[str, Rule], theirs: Mapping[str, Rule]) -> Iterator[Step]:
    """One's own rules that the newer copy does not have: removed there, or never there."""
    paths = {r.path for r in theirs.values()}
    for key, own in local.items():
        if key in theirs or own.path in paths:
            continue
        title = str(own.main.get("title", ""))
        base = known.get(key)
        if base is None:
            yield Step(OWN, own.path, title)
        elif base.text == own.text:
            yield Step(REMOVED, own.path, title, gone=own.path)
        else:
            yield Step(KEPT, own.path, title, ("removed there, changed here: it stays", *_changed(base, own)))


def _changed(old: Rule, new: Rule) -> tuple[str, ...]:
    lines = differences(old.main, new.main)
    if old.data[1:] != new.data[1:]:
        lines.append("the file's further rules")
    return tuple(lines) or ("the text only: comments or layout",)


# --- files --------------------------------------------------------------------------------------------------------------


def _rules(folder: Path, notes: list[str]) -> Iterator[Rule]:
    seen: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.suffix.lower() not in (".yml", ".yaml") or place.parts[0].startswith(".") or not path.is_file():
            continue
        if path.is_symlink() or path.stat().st_size > LARGEST:
            notes.append(f"{path}: {'a link' if path.is_symlink() else 'too large for a rule'}: left alone")
            continue
        try:
            found = _rule(place.as_posix(), path.read_bytes().decode("utf-8-sig"))
        except (OSError, UnicodeDecodeError, Unreadable) as error:
            notes.append(f"{path}{getattr(error, 'place', '')}: {error}: left alone")
            continue
        if found.key in seen:
            notes.append(f"{path}: has the id of {seen[found.key]}: left alone")
            continue
        seen[found.key] = str(path)
        yield found


def _rule(path: str, text: str) -> Rule:
    return Rule(path, text, tuple(d.data for d in documents(text.encode())))


def _remembered(folder: Path, update: Update) -> Mapping[str, str]:
    path = folder / MEMORY
    if not path.exists():
        return {}
    try:
        found = json.loads(gzip.decompress(path.read_bytes()))
        return {str(k): str(v) for k, v in found["files"].items()}
    except (OSError, EOFError, ValueError, KeyError, AttributeError, TypeError) as error:
        update.notes.append(f"{path}: cannot be read ({error}): as if nothing were remembered")
        return {}


def apply(mine: Path, update: Update) -> None:
    """Writes what :func:`plan` found."""
    for step in update.steps:
        old = mine / (step.gone or step.path)
        if step.text is not None and any(REPLACED in d for d in step.details) and old.is_file():
            _write(mine / REPLACED / (step.gone or step.path), old.read_text("utf-8"))
        if step.gone is not None:
            (mine / step.gone).unlink(missing_ok=True)
        if step.text is not None:
            _write(mine / step.path, step.text)
    data = json.dumps({"files": update.memory}, ensure_ascii=False).encode()
    (mine / MEMORY).write_bytes(gzip.compress(data, mtime=0))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
