"""The tree of a query: what was written, nothing inferred. Spans do not take part in comparison, so two trees are
equal when the same query was written with another layout (spec §1, §2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from dohyo.diagnostics import Diagnostic, Source, Span

NOWHERE = Span(0, 0)


class Node(Struct, frozen=True, eq=False, kw_only=True):
    """Anything that knows its place in the text. Nodes are equal when all but what ``layout`` names is."""

    span: Span = NOWHERE

    #: The fields that only tell how something was written.
    layout: ClassVar[frozenset[str]] = frozenset({"span"})

    def __eq__(self, other: object) -> bool:
        """True for a node of the same class whose meaningful fields are equal."""
        return type(self) is type(other) and self._meaning() == other._meaning()

    def __hash__(self) -> int:
        """Of the class and the meaningful fields."""
        return hash((type(self), *self._meaning()))

    def _meaning(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name not in self.layout)

    def children(self) -> Iterator[Node]:
        """The nodes directly below this one, in the order of their fields."""
        for name in self.__struct_fields__:
            yield from _nodes(getattr(self, name))

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
    elif isinstance(value, Struct) and not isinstance(value, Span):
        for name in value.__struct_fields__:
            yield from _nodes(getattr(value, name))


# --- expressions (spec §2) --------------------------------------------------------------------------------------------


class Expr(Node, frozen=True):
    """An expression of a stage."""


class Name(Expr, frozen=True):
    """A field. ``name`` is without ``%"…"``."""

    name: str


class String(Expr, frozen=True):
    """A double-quoted string: ``value`` unescaped, ``raw`` as written between the quotes."""

    value: str
    raw: str = ""
    layout = Node.layout | {"raw"}


class Number(Expr, frozen=True):
    """A number; a suffix (``5m``, ``1Ki``) is already multiplied in (times in milliseconds)."""

    value: int | float
    text: str = ""
    layout = Node.layout | {"text"}


class Bool(Expr, frozen=True):
    """``true`` or ``false``."""

    value: bool


class Null(Expr, frozen=True):
    """``null``."""


class Regex(Expr, frozen=True):
    """A literal ``/…/``; ``pattern`` with ``\\/`` already turned to ``/``."""

    pattern: str


class Star(Expr, frozen=True):
    """The ``*`` of ``count(*)``."""


class Param(Expr, frozen=True):
    """A ``{{name}}`` that no value was given for."""

    name: str


class TablePath(Expr, frozen=True):
    """``path://"…"`` and the other table addresses (``geo://location``, ``sumo://threat/cs``, a file name)."""

    scheme: str
    path: str


class Unary(Expr, frozen=True):
    """``-x``, ``!x``, ``not x`` (``op`` is ``-`` or ``not``)."""

    op: str
    operand: Expr
    word: str = ""
    layout = Node.layout | {"word"}


class Binary(Expr, frozen=True):
    """``left op right``; ``op`` is one of ``+ - * / % = != < <= > >= matches contains =~``."""

    op: str
    left: Expr
    right: Expr
    op_span: Span = NOWHERE
    layout = Node.layout | {"op_span"}


class Logical(Expr, frozen=True):
    """``a and b and …`` or ``a or b or …``, flattened."""

    op: str
    operands: tuple[Expr, ...]


class In(Expr, frozen=True):
    """``x in (…)`` or ``x not in (…)``."""

    value: Expr
    items: tuple[Expr, ...]
    negated: bool = False


class Call(Expr, frozen=True):
    """``name(args)``."""

    name: str
    args: tuple[Expr, ...]
    name_span: Span = NOWHERE
    bare: bool = False  # `toLowerCase x`, without parentheses
    layout = Node.layout | {"name_span", "bare"}


class Ternary(Expr, frozen=True):
    """``cond ? a : b``."""

    condition: Expr
    then: Expr
    otherwise: Expr


class Subquery(Expr, frozen=True):
    """``[subquery from=(…) to=(…): child | compose a, b maxresults=n keywords]`` (spec §1.6)."""

    query: Query
    compose: tuple[Name, ...]
    keywords: bool = False
    max_results: int | None = None
    time_from: str | None = None
    time_to: str | None = None


# --- the scope (spec §1.3) --------------------------------------------------------------------------------------------


class Scope(Node, frozen=True):
    """A part of the text before the first pipe."""


class Everything(Scope, frozen=True):
    """``*``."""


class Keyword(Scope, frozen=True):
    """A word, a phrase query without quotes (``10.0.0.7``), or a quoted phrase."""

    text: str
    quoted: bool = False


class FieldTerm(Scope, frozen=True):
    """``name=value``; ``op`` is ``=`` or ``!=``."""

    name: str
    value: str
    quoted: bool = False
    op: str = "="
    value_span: Span = NOWHERE
    layout = Node.layout | {"value_span"}


class ScopeNot(Scope, frozen=True):
    """``NOT x`` or ``!x``."""

    operand: Scope


class ScopeLogical(Scope, frozen=True):
    """``and`` (also by standing side by side) or ``or``, flattened."""

    op: str
    operands: tuple[Scope, ...]


class ScopeExpr(Scope, frozen=True):
    """A condition written in the scope as if it were a ``where``: ``status >= 400``, ``isBlank(x)``, a subquery."""

    expr: Expr


# --- stages -----------------------------------------------------------------------------------------------------------


class Stage(Node, frozen=True):
    """One stage between pipes. Each operator's file defines its own kind."""


class BrokenStage(Stage, frozen=True):
    """A stage that could not be read; its diagnostic is in the query."""

    text: str = ""


class Comment(Node, frozen=True):
    """A ``//`` or ``/* */`` comment, with its delimiters."""

    text: str


class Query(Node, frozen=True):
    """A whole query. ``diagnostics`` are what the parser had to say; a query with an error has broken stages."""

    scope: Scope | None
    stages: tuple[Stage, ...]
    comments: tuple[Comment, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    source: Source = Source("")
    layout = Node.layout | {"comments", "diagnostics", "source"}
