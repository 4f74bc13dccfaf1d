"""Outlines of queries, kept between runs: of thousands of detections only those are compiled whose events are there."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

from msgspec import Struct, field
from msgspec.json import decode
from msgspec.structs import replace

from dohyo.binding.context import Options
from dohyo.caching import LineCache, folder, key
from dohyo.compile import Compiled
from dohyo.diagnostics import Diagnostic
from dohyo.plan.outline import Outline

#: Outlines are kept of so many queries; beyond that those that this run did not use go.
_MOST = 20_000
_SUBQUERY = re.compile(r"subquery\s*:|\bnow\s*\(", re.I)
#: The rooms that an outline is made by.
_MAKERS = ("lang", "binding", "operators", "plan", "patterns")


@functools.cache
def _fingerprint() -> str:
    """Names the code that outlines are made by, so that other code never takes them for its own."""
    here = Path(__file__).parent
    files = sorted(p for room in _MAKERS for p in (here / room).rglob("*.py"))
    stats = [(str(p.relative_to(here)), (s := p.stat()).st_size, s.st_mtime_ns) for p in [*files, here / "compile.py"]]
    return key(repr(stats).encode())


class Known(Struct, frozen=True):
    """What is known of a query before it is compiled."""

    outline: Outline
    diagnostics: tuple[Diagnostic, ...]


class Outlines(Struct):
    """The outlines that are known."""

    kept: LineCache
    _used: set[str] = field(default_factory=set)

    @classmethod
    def of_user(cls) -> Outlines:
        """Those in the user's cache folder."""
        home = folder()
        return cls(LineCache(home / "outlines.txt" if home else None, _fingerprint()))

    def get(self, text: str, options: Options) -> Known | None:
        """What is known of a query."""
        name = _key(text, options)
        found = self.kept.entries.get(name)
        if found is None:
            return None
        self._used.add(name)
        outline, _, told = found.rpartition("\t")
        try:
            return Known(Outline.from_text(outline), tuple(Diagnostic.from_json(d) for d in decode(told)))
        except (KeyError, IndexError, TypeError, ValueError, RecursionError):
            return None

    def put(self, text: str, options: Options, compiled: Compiled) -> Known:
        """What a compiled query tells; it is kept if it depends on nothing but the query's text and the options."""
        known = Known(Outline.of(compiled.plan), compiled.diagnostics)
        if known.outline.empty and not _SUBQUERY.search(text):
            name = _key(text, options)
            self._used.add(name)
            told = json.dumps([d.as_json(compiled.source) for d in known.diagnostics])
            self.kept.keep(name, f"{known.outline.as_text()}\t{told}")
        return known

    def write(self) -> None:
        """Puts them in their place."""
        if len(self.kept.entries) > _MOST:
            self.kept.entries = {k: v for k, v in self.kept.entries.items() if k in self._used}
        self.kept.write()


def _key(text: str, options: Options) -> str:
    return key(repr(replace(options, subquery=None)).encode(), text.encode("utf-8", "surrogatepass"))
