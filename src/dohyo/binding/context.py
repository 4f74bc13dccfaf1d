"""What an operator's ``lower`` is given: the options of the run, a place for diagnostics, and the way to turn a
written expression into one of the plan."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from dohyo.diagnostics import Diagnostic, Severity, Source, Span, closest, error, warning
from dohyo.lang import tree
from dohyo.plan.convert import to_boolean
from dohyo.plan.expr import NULL, Column, Expr, all_of
from dohyo.plan.nodes import Extend, Filter, Node, built_in
from dohyo.plan.types import Type

if TYPE_CHECKING:
    from dohyo.lang.tree import Query


class Dialect(StrEnum):
    """``lenient`` runs what people write in spite of Sumo Logic, and says so; ``strict`` refuses it."""

    LENIENT = "lenient"
    STRICT = "strict"


class Options(Struct, frozen=True):
    """What a query is compiled for. Times are epoch milliseconds, UTC; ``end`` is exclusive (spec §1.7).

    ``tables``: where ``lookup``, ``cat`` and ``save`` find local tables. ``strict_nodrop``, ``anchor_case`` …: the
    readings of spec §12 that have a switch.
    """

    dialect: Dialect = Dialect.LENIENT
    start: int | None = None
    end: int | None = None
    now: int | None = None
    timezone: str = "UTC"
    tables: tuple[Path, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)
    strict_nodrop: bool = False  # spec §12.4: nodrop chains are an OR unless this is set
    anchor_ignore_case: bool = False  # spec §12.1
    #: Runs the child of a subquery and gives the composed rows (spec §1.6), ``None`` where they are not known; set by ``run``.
    subquery: Callable[[Context, tree.Subquery], list[tuple[str | None, ...]] | None] | None = None
    may_save: bool = False  # `save` writes tables
    macros: dict[str, str] = field(default_factory=dict)
    raw: bool = False  # evidence carries the whole raw record
    evidence: bool = False  # keep a reference to a first record through aggregates


class Stop(Exception):
    """A stage cannot be lowered; the diagnostic has been reported."""


class Context(Struct):
    """The state of one compilation."""

    source: Source
    options: Options
    #: Turns a written expression into one of the plan: ``binding.expressions.bind``.
    bind: Callable[[Context, tree.Expr, Node], Expr]
    diagnostics: list[Diagnostic] = field(default_factory=list)
    guards: list[Expr] = field(default_factory=list)
    #: The hidden column that says whether an earlier ``nodrop`` parse of this chain matched (spec §4.1).
    parse_hit: str | None = None
    #: Fields that the stage names and nothing has made, which the lenient dialect takes for null.
    missing: dict[str, str] = field(default_factory=dict)
    stage_index: int = 0
    #: The stages after this one.
    rest: tuple[tree.Stage, ...] = ()
    #: Lowers the stages of a nested query (join, filter, transactionize) on top of a plan.
    lower_query: Callable[[Query, Node], Node] | None = None
    _fresh: int = 0
    _reported: set[Diagnostic] = field(default_factory=set)
    #: Of a plain timeslice: the width in ms, for fillmissing; of the plan so far.
    timeslice_ms: int | None = None

    @property
    def lenient(self) -> bool:
        """True in the lenient dialect."""
        return self.options.dialect is Dialect.LENIENT

    def later_names(self) -> tuple[str, ...]:
        """The fields that later stages name, each once, in the order of the text."""
        found = [n.name for stage in self.rest for n in stage.walk() if isinstance(n, tree.Name)]
        return tuple(dict.fromkeys(found))

    def fresh(self) -> int:
        """A number that no other stage has got."""
        self._fresh += 1
        return self._fresh

    # -- diagnostics

    def report(self, diagnostic: Diagnostic) -> None:
        """Takes note of a diagnostic, once."""
        if not self._reported:
            self._reported.update(self.diagnostics)
        if diagnostic not in self._reported:
            self._reported.add(diagnostic)
            self.diagnostics.append(diagnostic)

    def warn(self, code: str, title: str, span: Span, text: str = "", **more: object) -> None:
        """Reports a warning."""
        self.report(warning(code, title, span, text, **more))

    def note(self, code: str, title: str, span: Span, text: str = "", **more: object) -> None:
        """Reports a note."""
        d = warning(code, title, span, text, **more)
        self.report(Diagnostic(d.code, Severity.NOTE, d.title, d.labels, d.notes, d.hint, d.patches))

    def fail(self, code: str, title: str, span: Span, text: str = "", **more: object) -> Stop:
        """Reports an error; to be raised: ``raise ctx.fail(…)``."""
        self.report(error(code, title, span, text, **more))
        return Stop(title)

    def dialect_spot(self, code: str, title: str, span: Span, **more: object) -> None:
        """A spot that real Sumo Logic does not accept: a warning in the lenient dialect, an error in the strict one."""
        if not self.lenient:
            raise self.fail(code, title, span, "", **more)
        self.warn(code, title, span, "", **more)

    # -- names

    def column(self, name: tree.Name, plan: Node) -> Column:
        """The column of this name (spec §1.2: any case). Unknown and no message of the source: an error that names
        the nearest known ones; a warning and null in the lenient dialect (spec §12.45)."""
        found = plan.schema.get(name.name)
        if found is not None:
            return Column(found.name, found.type)
        if plan.schema.open:
            return Column(built_in(name.name) or name.name, plan.schema.open_type)
        self._unknown(name, plan)
        self.missing[name.name.lower()] = name.name
        return Column(name.name, Type.NULL)

    def _unknown(self, name: tree.Name, plan: Node) -> None:
        known = [f.name for f in plan.schema.fields if not f.name.startswith("__")]
        near = closest(name.name, known)
        listed = ", ".join(f"`{k}`" for k in known[:12]) or "none"
        hint = f"did you mean `{near}`?" if near else f"the fields at this point: {listed}"
        title = f"no field `{name.name}` at this point"
        note = ("after an aggregate or `fields` only the named fields exist",)
        if not self.lenient:
            raise self.fail("DH2001", title, name.span, hint=hint, notes=note)
        self.warn("DH2001", f"{title}; it is null here", name.span, hint=hint, notes=note)

    def names(self, names: tuple[tree.Name, ...], plan: Node) -> tuple[str, ...]:
        """The columns' names for a list of fields, each once."""
        out: list[str] = []
        for name in names:
            column = self.column(name, plan)
            if column.name.lower() in (n.lower() for n in out):
                self.warn("DH2002", f"`{name.name}` is named twice", name.span, hint="name it once")
                continue
            out.append(column.name)
        return tuple(out)

    # -- expressions

    def expr(self, node: tree.Expr, plan: Node) -> Expr:
        """The value of a written expression over the columns of ``plan``."""
        return self.bind(self, node, plan)

    def condition(self, node: tree.Expr, plan: Node) -> Expr:
        """A written expression as a condition (spec §5.1)."""
        value = self.expr(node, plan)
        if value.type.numeric:
            self.warn("DH2101", "a number where a condition is needed; it counts as true unless it is 0", node.span)
        if isinstance(node, tree.String) and node.value.lower() not in ("true", "false"):
            self.warn("DH2108", "a text alone is no condition; it counts as false", node.span,
                      hint="name the field again: `x = \"a\" or x = \"b\"`, or `x in (\"a\", \"b\")`")  # fmt: skip
        return to_boolean(value)

    def with_nulls(self, plan: Node) -> Node:
        """``plan`` with the fields that are missing as null, for a stage that needs them as columns."""
        return Extend(plan, tuple((n, NULL) for n in self.missing.values()), hidden=True)

    def guarded(self, plan: Node) -> Node:
        """``plan`` without the rows that a function has to remove (``isPrivateIP`` of no address, spec §3.5)."""
        guards, self.guards = self.guards, []
        return Filter(plan, all_of(guards)) if guards else plan
