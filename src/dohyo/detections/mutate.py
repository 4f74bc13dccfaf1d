"""``dohyo test --mutate``: small changes to a query, and those that no test notices: an item of a list less, a comparison the
other way round, a regex that asks for less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from dohyo.analysis.semantics import check
from dohyo.binding.context import Options
from dohyo.compile import compile_query, looked_at
from dohyo.detections.cases import Case
from dohyo.detections.model import Detection
from dohyo.detections.testing import noticed
from dohyo.diagnostics import Patch, QueryError, Source, Span
from dohyo.lang import tree

_FLIPPED = {"=": "!=", "==": "!=", "!=": "=", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


class Mutant(Struct, frozen=True):
    """A change: what it is, where, and the changed query. ``idle``: it lies in a clause that never changes the result."""

    what: str
    line: int
    column: int
    query: str
    idle: bool = False


class Mutation(Struct, frozen=True):
    """The changes that were tried, and those that no test noticed."""

    tried: int
    survivors: tuple[Mutant, ...]


def mutate(detection: Detection, cases: Sequence[tuple[Path, Case]]) -> Mutation:
    """Tries all changes on the cases of a detection. Raises :class:`QueryError` when the query itself cannot run."""
    made = [m for m in mutants(detection.query, str(detection.query_path)) if _runs(m.query)]
    found = noticed([m.query for m in made], cases) if made and cases else [False] * len(made)
    return Mutation(len(made), tuple(m for m, seen in zip(made, found, strict=True) if not seen))


def _runs(query: str) -> bool:
    """False for what is no query any more: it would be noticed before any test."""
    try:
        compile_query(query, options=looked_at(Options()))
    except QueryError:
        return False
    return True


def mutants(text: str, name: str) -> Iterator[Mutant]:
    """All changes to a query, in the order of the text."""
    compiled = compile_query(text, name, looked_at(Options()))
    source = compiled.source
    idle = [f.span for f in check(compiled) if f.code == "DH4001"]
    for stage in compiled.query.stages:
        for node in stage.walk():
            for what, patch in _changes(node, source.text):
                line, column = source.line_column(patch.span.start)
                inside = any(s.start <= patch.span.start < s.end for s in idle)
                yield Mutant(what, line, column, Source(text, name).patched([patch]), inside)


def _changes(node: tree.Node, text: str) -> Iterator[tuple[str, Patch]]:
    if isinstance(node, tree.In) and len(node.items) > 1:
        for i, item in enumerate(node.items):
            last = i == len(node.items) - 1
            start = node.items[i - 1].span.end if last else item.span.start
            end = item.span.end if last else node.items[i + 1].span.start
            yield f"without the item {_cut(text, item.span)}", Patch(Span(start, end), "")
    elif isinstance(node, tree.Binary) and node.op_span.end:
        written = text[node.op_span.start : node.op_span.end]
        if written in _FLIPPED:
            yield f"`{_FLIPPED[written]}` for `{written}`", Patch(node.op_span, _FLIPPED[written])
        if isinstance(node.right, tree.Regex):
            yield from _loosened(node.right, text)


def _loosened(node: tree.Regex, text: str) -> Iterator[tuple[str, Patch]]:
    written = _cut(text, node.span)
    body = written[1:-1]
    if body.startswith("^"):
        yield "a regex without its `^`", Patch(node.span, f"/{body[1:]}/")
    if body.endswith("$") and not body.endswith("\\$"):
        yield "a regex without its `$`", Patch(node.span, f"/{body[:-1]}/")
    yield "a regex that fits everything", Patch(node.span, "/.*/")


def _cut(text: str, span: Span) -> str:
    return text[span.start : span.end]
