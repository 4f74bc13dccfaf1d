"""What differs between two versions of a rule, and how a local change goes into a newer version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: Letters of a value that are shown.
_SHOWN = 80
Path = tuple[str, ...]
#: A key that a version does not have.
ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "nothing"})()


def differences(old: Any, new: Any) -> list[str]:
    """One line for each key that differs: the items of lists that came and went, else both values."""
    return [_line(".".join(path), a, b) for path, a, b in changes(old, new)]


def changes(old: Any, new: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """The keys whose values differ, with both values; mappings are looked into."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from changes(old.get(key, ABSENT), new.get(key, ABSENT), (*path, str(key)))
    elif old != new:
        yield path, old, new


def _line(key: str, old: Any, new: Any) -> str:
    before, after = (v if isinstance(v, list) else [v] for v in (old, new))
    if old is ABSENT or new is ABSENT or not (isinstance(old, list) or isinstance(new, list)):
        return f"{key}: {_value(old)} → {_value(new)}"
    gone = [f"− {_value(v)}" for v in before if v not in after]
    came = [f"+ {_value(v)}" for v in after if v not in before]
    return f"{key}: {', '.join([*gone, *came]) or 'another order'}"


def _value(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def put(base: Any, local: Any, newer: Any) -> tuple[str, ...]:
    """Puts what ``local`` changed of ``base`` into ``newer``, a mapping that is changed in place. Where both changed a key
    the local value stays; those keys are given."""
    conflicts = []
    for path, was, mine in changes(base, local):
        home, key = _home(newer, path)
        if home is None:
            conflicts.append(".".join(path))
            continue
        theirs = home.get(key, ABSENT)
        if theirs != was and theirs != mine:
            if isinstance(was, list) and isinstance(mine, list) and isinstance(theirs, list):
                _lists(was, mine, theirs)
                continue
            conflicts.append(".".join(path))
        if mine is ABSENT:
            home.pop(key, None)
        else:
            home[key] = mine
    return tuple(conflicts)


def _lists(was: list[Any], mine: list[Any], theirs: list[Any]) -> None:
    """Items that came and went locally come and go in the newer list."""
    for item in was:
        if item not in mine and item in theirs:
            theirs.remove(item)
    theirs.extend(item for item in mine if item not in was and item not in theirs)


def _home(tree: Any, path: Path) -> tuple[dict[str, Any] | None, str]:
    """The mapping that a key is in; ``None`` where the newer version has another kind of value on the way."""
    for key in path[:-1]:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return (tree if isinstance(tree, dict) else None), path[-1] if path else ""
