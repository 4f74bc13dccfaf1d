"""The tree of a query: what was written, nothing inferred. Spans do not take part in comparison, so two trees are
equal when the same query was written with another layout (spec §1, §2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass

from dohyo.diagnostics import Diagnostic, Source, Span

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Node:
    """Anything that knows its place in the text."""

    span: Span = field(compare=False, kw_only=True, default=NOWHERE)

    def children(self) -> Iterator[Node]:
        """The nodes directly below this one, in the order of their fields."""
        for f in fields(self):
            yield from _nodes(getattr(self, f.name))

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        todo: list[Node] = [self]
        while todo:
            node = todo.pop()
            yield node
            todo.extend(reversed(list(node.children())))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _nodes(item)
    elif is_dataclass(value) and not isinstance(value, (type, Span)):
        for f in fields(value):
            yield from _nodes(getattr(value, f.name))


# --- expressions (spec §2) --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expr(Node):
    """An expression of a stage."""


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A field. ``name`` is without ``%"…"``."""

    name: str


@dataclass(frozen=True, slots=True)
class String(Expr):
    """A double-quoted string: ``value`` unescaped, ``raw`` as written between the quotes."""

    value: str
    raw: str = field(compare=False, default="")


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A number; a suffix (``5m``, ``1Ki``) is already multiplied in (times in milliseconds)."""

    value: int | float
    text: str = field(compare=False, default="")


@dataclass(frozen=True, slots=True)
class Bool(Expr):
    """``true`` or ``false``."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null(Expr):
    """``null``."""


@dataclass(frozen=True, slots=True)
class Regex(Expr):
    """A literal ``/…/``; ``pattern`` with ``\\/`` already turned to ``/``."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Star(Expr):
    """The ``*`` of ``count(*)``."""


@dataclass(frozen=True, slots=True)
class Param(Expr):
    """A ``{{name}}`` that no value was given for."""

    name: str


@dataclass(frozen=True, slots=True)
class TablePath(Expr):
    """``path://"…"`` and the other table addresses (``geo://location``, ``sumo://threat/cs``, a file name)."""

    scheme: str
    path: str


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """``-x``, ``!x``, ``not x`` (``op`` is ``-`` or ``not``)."""

    op: str
    operand: Expr
    word: str = field(compare=False, default="")


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """``left op right``; ``op`` is one of ``+ - * / % = != < <= > >= matches contains =~``."""

    op: str
    left: Expr
    right: Expr
    op_span: Span = field(compare=False, default=NOWHERE)


@dataclass(frozen=True, slots=True)
class Logical(Expr):
    """``a and b and …`` or ``a or b or …``, flattened."""

    op: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class In(Expr):
    """``x in (…)`` or ``x not in (…)``."""

    value: Expr
    items: tuple[Expr, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """``name(args)``."""

    name: str
    args: tuple[Expr, ...]
    name_span: Span = field(compare=False, default=NOWHERE)
    bare: bool = field(compare=False, default=False)  # `toLowerCase x`, without parentheses


@dataclass(frozen=True, slots=True)
class Ternary(Expr):
    """``cond ? a : b``."""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Subquery(Expr):
    """``[subquery from=(…) to=(…): child | compose a, b maxresults=n keywords]`` (spec §1.6)."""

    query: Query
    compose: tuple[Name, ...]
    keywords: bool = False
    max_results: int | None = None
    time_from: str | None = None
    time_to: str | None = None


# --- the scope (spec §1.3) --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope(Node):
    """A part of the text before the first pipe."""


@dataclass(frozen=True, slots=True)
class Everything(Scope):
    """``*``."""


@dataclass(frozen=True, slots=True)
class Keyword(Scope):
    """A word, a phrase query without quotes (``10.0.0.7``), or a quoted phrase."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class FieldTerm(Scope):
    """``name=value``; ``op`` is ``=`` or ``!=``."""

    name: str
    value: str
    quoted: bool = False
    op: str = "="
    value_span: Span = field(compare=False, default=NOWHERE)


@dataclass(frozen=True, slots=True)
class ScopeNot(Scope):
    """``NOT x`` or ``!x``."""

    operand: Scope


@dataclass(frozen=True, slots=True)
class ScopeLogical(Scope):
    """``and`` (also by standing side by side) or ``or``, flattened."""

    op: str
    operands: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class ScopeExpr(Scope):
    """A condition written in the scope as if it were a ``where``: ``status >= 400``, ``isBlank(x)``, a subquery."""

    expr: Expr


# --- stages -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stage(Node):
    """One stage between pipes. Each operator's file defines its own kind."""


@dataclass(frozen=True, slots=True)
class BrokenStage(Stage):
    """A stage that could not be read; its diagnostic is in the query."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """A ``//`` or ``/* */`` comment, with its delimiters."""

    text: str


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole query. ``diagnostics`` are what the parser had to say; a query with an error has broken stages."""

    scope: Scope | None
    stages: tuple[Stage, ...]
    comments: tuple[Comment, ...] = field(compare=False, default=())
    diagnostics: tuple[Diagnostic, ...] = field(compare=False, default=())
    source: Source = field(compare=False, default=Source(""))
