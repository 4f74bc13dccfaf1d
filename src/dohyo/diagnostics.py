"""The one complaint type of the whole project, and its renderings.

A :class:`Diagnostic` says what is wrong (``title``), where (``labels`` with spans into a text), what to know
(``notes``) and, where the fix is certain, how to change the text (``patches``). The command line, JSON, SARIF, an
editor and a web page all show the same object.
"""

from __future__ import annotations

import bisect
import difflib
import functools
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class Severity(StrEnum):
    """How bad it is: an error stops the query, a warning does not, a note only explains."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Span(Struct, frozen=True, order=True):
    """A half-open range of characters ``[start, end)`` of a text."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """From the beginning of this one to the end of ``other``."""
        return Span(self.start, max(self.end, other.end))


class Label(Struct, frozen=True):
    """A place in the text and what there is to say about it."""

    span: Span
    text: str = ""


class Patch(Struct, frozen=True):
    """Replace the text of ``span`` by ``replacement``."""

    span: Span
    replacement: str


class Diagnostic(Struct, frozen=True):
    """One complaint. ``code`` is stable (``DH…``) and has a page in the docs."""

    code: str
    severity: Severity
    title: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    hint: str = ""
    patches: tuple[Patch, ...] = field(default=())

    @property
    def span(self) -> Span | None:
        """The first place it speaks of, if it speaks of a place."""
        return self.labels[0].span if self.labels else None

    def render(self, source: Source) -> str:
        """The complaint as text: title, ``name:line:column``, the line with a caret under it, notes, hint, fix."""
        lines = [f"{self.severity}[{self.code}]: {self.title}"]
        for label in self.labels:
            lines += _excerpt(source, label)
        lines += [f"  note: {note}" for note in self.notes]
        if self.hint:
            lines.append(f"  help: {self.hint}")
        if self.patches:
            lines.append(f"  fix:  {_one_line(source.patched(self.patches), source, self.patches)}")
        return "\n".join(lines)

    def as_json(self, source: Source) -> dict[str, object]:
        """The complaint as JSON-ready data; places carry 1-based lines and columns as well as offsets."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "title": self.title,
            "labels": [
                {"start": lb.span.start, "end": lb.span.end, "text": lb.text, **source.place(lb.span.start)} for lb in self.labels
            ],
            "notes": list(self.notes),
            "hint": self.hint,
            "patches": [{"start": p.span.start, "end": p.span.end, "replacement": p.replacement} for p in self.patches],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Diagnostic:
        """The complaint that :meth:`as_json` wrote."""
        labels = tuple(Label(Span(lb["start"], lb["end"]), lb["text"]) for lb in data["labels"])
        patches = tuple(Patch(Span(p["start"], p["end"]), p["replacement"]) for p in data["patches"])
        return cls(data["code"], Severity(data["severity"]), data["title"], labels, tuple(data["notes"]), data["hint"], patches)


class Source(Struct, frozen=True, dict=True):
    """A text with a name, able to turn an offset into a line and a column (both 1-based)."""

    text: str
    name: str = "query"

    @functools.cached_property
    def _starts(self) -> list[int]:
        return [0, *(i + 1 for i, c in enumerate(self.text) if c == "\n")]

    def line_column(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character offset."""
        line = bisect.bisect_right(self._starts, offset) - 1
        return line + 1, offset - self._starts[line] + 1

    def place(self, offset: int) -> dict[str, int]:
        """``line_column`` as a mapping, for JSON."""
        line, column = self.line_column(offset)
        return {"line": line, "column": column}

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its line break."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def patched(self, patches: Iterable[Patch]) -> str:
        """The text with all patches applied; of two that overlap the later one in the text is left out."""
        out, at = [], 0
        for patch in sorted(patches, key=lambda p: (p.span.start, p.span.end)):
            if patch.span.start < at:
                continue
            out += [self.text[at : patch.span.start], patch.replacement]
            at = patch.span.end
        return "".join([*out, self.text[at:]])


#: A line of a query can be thousands of characters; an excerpt shows this many around the place.
_EXCERPT_WIDTH = 110


def _excerpt(source: Source, label: Label) -> list[str]:
    """The place, the text of its line and carets under the spot."""
    line_no, column = source.line_column(min(label.span.start, len(source.text)))
    text = source.line(line_no).replace("\t", " ")
    width = max(1, min(label.span.end - label.span.start, len(text) - column + 1))
    first = max(0, column - 1 - _EXCERPT_WIDTH // 2) if len(text) > _EXCERPT_WIDTH else 0
    shown = text[first : first + _EXCERPT_WIDTH]
    width = max(1, min(width, len(shown) - (column - 1 - first)))
    lead, tail = ("…" if first else ""), ("…" if first + _EXCERPT_WIDTH < len(text) else "")
    gutter = " " * len(str(line_no))
    under = " " * (column - 1 - first + len(lead)) + "^" * width
    return [
        f"  {gutter}--> {source.name}:{line_no}:{column}",
        f"  {line_no} | {lead}{shown}{tail}",
        f"  {gutter} | {under}{' ' + label.text if label.text else ''}",
    ]


def _one_line(patched: str, source: Source, patches: Sequence[Patch]) -> str:
    """The first line that a fix changes, after the fix."""
    line_no, _ = source.line_column(min(p.span.start for p in patches))
    lines = patched.split("\n")
    return lines[min(line_no, len(lines)) - 1].strip()[:_EXCERPT_WIDTH]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"did you mean `where`?"`` for the nearest of the known names, or an empty string."""
    best = closest(name, known)
    return f"did you mean `{best}`?" if best else ""


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name`` without regard to case, or ``None`` when none is near."""
    by_lower = {k.lower(): k for k in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def error(code: str, title: str, span: Span, text: str = "", **more: Any) -> Diagnostic:
    """An error at one place. ``more``: ``notes``, ``hint``, ``patches``."""
    return Diagnostic(code, Severity.ERROR, title, (Label(span, text),), **more)


def warning(code: str, title: str, span: Span, text: str = "", **more: Any) -> Diagnostic:
    """A warning at one place. ``more``: ``notes``, ``hint``, ``patches``."""
    return Diagnostic(code, Severity.WARNING, title, (Label(span, text),), **more)


class QueryError(Exception):
    """A query cannot run. Carries the diagnostics (at least one error) and the text they speak of."""

    def __init__(self, diagnostics: Sequence[Diagnostic], source: Source) -> None:
        self.diagnostics = tuple(diagnostics)
        self.source = source
        super().__init__("\n".join(d.render(source) for d in diagnostics))
