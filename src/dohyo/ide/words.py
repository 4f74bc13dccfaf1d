"""Words to complete and what they mean, from the tables of operators, functions and fields."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from msgspec import Struct

from dohyo.compile import parse
from dohyo.lang import tree
from dohyo.operators import OPERATORS
from dohyo.plan.functions import AGGREGATES, FUNCTIONS
from dohyo.plan.nodes import BUILT_IN
from dohyo.sources.shapes.names import CANONICAL

_WORD = re.compile(r"[\w.]*$")
_AFTER_PIPE = re.compile(r"\|\s*[\w.]*$")


class Word(Struct, frozen=True):
    """A word: what it is (operator, function, aggregate, field), how it is written, what it does."""

    text: str
    kind: str
    detail: str = ""
    doc: str = ""


@functools.cache
def operators() -> tuple[Word, ...]:
    """All operators by all their names."""
    return tuple(Word(name, "operator", o.synopsis, o.doc) for o in OPERATORS.operators for name in o.names)


@functools.cache
def functions() -> tuple[Word, ...]:
    """All functions and aggregates."""
    plain = {f.name: Word(f.name, "function", f.signature, f.doc) for f in FUNCTIONS.values() if not f.internal}
    over = {a.name: Word(a.name, "aggregate", a.signature, a.doc) for a in AGGREGATES.values() if not a.internal}
    return tuple(sorted((plain | over).values(), key=lambda w: w.text))


@functools.cache
def fields() -> tuple[Word, ...]:
    """The fields that Windows events and Sumo Logic's messages have."""
    built_in = [Word(n, "field", str(t), "A field that every message has.") for n, t in BUILT_IN.items()]
    return (*built_in, *(Word(n, "field") for n in sorted(CANONICAL) if not n.startswith("_")))


def about(word: str) -> list[Word]:
    """What a word may mean, in any case."""
    return [w for w in (*operators(), *functions()) if w.text.lower() == word.lower()]


def complete(before: str, own: Iterable[str] = ()) -> list[Word]:
    """The words that may stand where the text ``before`` ends. ``own``: fields that the query or the logs have."""
    found = _WORD.search(before)
    start = found[0].lower() if found else ""
    after_pipe = _AFTER_PIPE.search(before) is not None
    known = [*operators(), *functions()] if after_pipe else [*(Word(n, "field") for n in own), *functions(), *fields()]
    fits = {w.text: w for w in reversed(known) if w.text.lower().startswith(start)}
    return sorted(fits.values(), key=lambda w: (_KINDS.index(w.kind), w.text.lower()))


_KINDS = ("operator", "field", "aggregate", "function")


def own_fields(text: str, at: int = -1) -> list[str]:
    """The fields that a query names or makes; the word that is being written, which ends ``at`` this offset, is none yet."""
    found = (n for stage in parse(text).stages for n in stage.walk() if isinstance(n, tree.Name))
    return list(dict.fromkeys(n.name for n in found if not n.span.start < at <= n.span.end))
