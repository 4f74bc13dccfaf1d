"""What the first records of a file say about all of them: which shapes they may have, and how names are spelled in them. It
decides speed only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Set
from typing import Any

import pyarrow as pa

from dohyo.engines.duckdb.raw import Spellings
from dohyo.sources.model import Input

#: The shapes that records may have, and how names are spelled in them.
Guess = tuple[tuple[str, ...], Spellings]

PEEK_RECORDS = 50
_PEEK_SPREAD = 100
_PEEK_BYTES = 1 << 20
#: So many spellings of a name are remembered from one part of a growing file to the next.
_SPELLINGS_KEPT = 4
#: What is a whole number, by the end of its name, and how tables with holes (pandas) write one.
_WHOLE, _FRACTION = re.compile("(id|port|code)$", re.IGNORECASE), re.compile(r"\d+\.0")


def together(before: Guess, now: Guess) -> Guess:
    """Two guesses as one. Of a name that is spelled in ever new ways only the latest spellings count."""
    seen = {name: set(found) for name, found in now[1].seen.items()}
    for name, found in before[1].seen.items():
        if len(both := seen.get(name, set()) | found) <= _SPELLINGS_KEPT:
            seen[name] = both
    return tuple(dict.fromkeys((*before[0], *now[0]))), Spellings(seen)


def spread(texts: pa.StringArray) -> list[str]:
    """Some records of a chunk: the first ones, and further ones from all over it."""
    step = max(1, len(texts) // _PEEK_SPREAD)
    places = sorted({*range(min(PEEK_RECORDS, len(texts))), *range(0, len(texts), step)})
    return [texts[i].as_py() for i in places]  # `take` would load all of Arrow's functions


def peek(source: Input) -> list[str]:
    """Some lines from the beginning, the middle and the end of a file."""
    texts: list[str] = []
    size = source.size or 0
    with source.open() as stream:
        for at in (0, size // 2, max(0, size - _PEEK_BYTES)):
            stream.seek(at)
            lines = stream.read(_PEEK_BYTES).split(b"\n")[1 if at else 0 : -1]
            texts += [line.decode("utf-8", "replace") for line in lines[:PEEK_RECORDS]]
    return texts


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def objects(texts: list[str]) -> list[dict[str, Any]]:
    """The records among the texts: what is no JSON object says nothing."""
    return [r for t in texts if isinstance(r := _loaded(t), dict)]


def last_keys(names: Iterable[str]) -> dict[str, set[str]]:
    """The names, in lower case, by the last key of where they may be: ``a.b`` is a key, or a key in an object."""
    found: dict[str, set[str]] = {}
    for name in names:
        for key in (name, name.rpartition(".")[2]):
            found.setdefault(key, set()).add(name)
    return found


def note_spellings(record: dict[str, Any], wanted: Mapping[str, Set[str]], known: Spellings) -> None:
    """Notes how the names of which ``wanted`` gives the :func:`last_keys` are spelled in a record, at its top and in the objects
    below: as a key, or as a path of keys."""
    todo: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), record)]
    while todo:
        above, found = todo.pop()
        for key, value in found.items():
            path = (*above, key)
            for name in wanted.get(key.lower(), ()):
                keys = (key,) if key.lower() == name else path[-1 - name.count(".") :]
                if (spelled := ".".join(keys)).lower() == name:
                    known.seen.setdefault(name, set()).add(spelled)
                    known.often.update(keys)
            if isinstance(value, str) and value.startswith("{"):
                value = _loaded(value)
            if isinstance(value, dict):
                todo.append((path, value))


def fractions(records: list[dict[str, Any]]) -> tuple[str, ...]:
    """The ports and ids that some of these records, or objects in them, have written as 443.0."""
    values = ((k, v) for r in records for inner in (r, *r.values()) if isinstance(inner, dict) for k, v in inner.items())
    return tuple(dict.fromkeys(k for k, v in values if isinstance(v, float | str) and _is_fraction(str(v)) and _WHOLE.search(k)))


def _is_fraction(text: str) -> bool:
    return text.endswith(".0") and _FRACTION.fullmatch(text) is not None  # few texts end so, and a regex takes longer
