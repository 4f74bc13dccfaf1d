"""The stages in order: text → tree → plan. Each takes the last one's result and nothing else; ``run`` takes the plan on
to an engine."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from dohyo.binding.context import Context, Options, Stop
from dohyo.binding.expressions import bind
from dohyo.binding.scope import bind_scope
from dohyo.diagnostics import Diagnostic, QueryError, Severity, Source, Span, error, warning
from dohyo.lang import printer, tree
from dohyo.lang.parser import parse as parse_text
from dohyo.lang.substitute import MACRO, PARAMETER, with_macros, with_parameters, without_entities
from dohyo.operators import OPERATORS
from dohyo.plan.asks import Ask, asks
from dohyo.plan.expr import TRUE, Column, Expr, all_of, boolean, whole
from dohyo.plan.names import TIME
from dohyo.plan.nodes import Batch, Filter, NoColumn, Node, Scan, built_in
from dohyo.plan.passes import Needs, fields_asked, needed_columns, scan_columns, spare_fields
from dohyo.plan.types import Field, Type

#: Deep expressions recurse; Python's default of 1,000 frames is less than the parser's own limits need.
_FRAMES = 20_000


class Step(Struct, frozen=True):
    """A stage of the query and the plan after it."""

    node: tree.Node | None
    plan: Node

    @property
    def text(self) -> str:
        """The stage, or the scope, as it is printed."""
        if isinstance(self.node, tree.Scope):
            return printer.scope(self.node)
        return printer.stage(self.node) if isinstance(self.node, tree.Stage) else "*"


class Compiled(Struct, frozen=True, dict=True):
    """A query ready to run. ``steps``: the scope and each stage with the plan after it."""

    query: tree.Query
    plan: Node
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]
    source: Source

    @functools.cached_property
    def _needs(self) -> Needs:
        return needed_columns(self.plan)

    @functools.cached_property
    def columns(self) -> list[tuple[str, Type]]:
        """The columns that the plan needs of the source, with their types."""
        return scan_columns(self.plan, self._needs)

    @functools.cached_property
    def fields(self) -> tuple[str, ...]:
        """The source fields that the plan reads, in the order in which the query uses them."""
        return fields_asked(self.plan, self._needs)

    @functools.cached_property
    def spare(self) -> tuple[str, ...]:
        """Those of the fields that need not be there: the query makes them itself."""
        return spare_fields(self.plan, self._needs)

    @functools.cached_property
    def asks(self) -> tuple[Ask, ...]:
        """What is asked of those of the fields that need not always be there."""
        return asks(self.plan)


def parse(text: str, name: str = "query") -> tree.Query:
    """The tree of a query (spec §1). Never raises for bad text: see ``.diagnostics``."""
    plain = without_entities(text)
    with deep_recursion():
        query = parse_text(Source(plain, name), OPERATORS)
    if plain == text:
        return query
    said = warning("DH1017", "named characters of HTML such as `&quot;` are read as the characters themselves", Span(0, 1),
                   hint="copy the query from the page, not from its source")  # fmt: skip
    return replace(query, diagnostics=(said, *query.diagnostics))


def compile_query(text: str, name: str = "query", options: Options | None = None, typed: tuple[Field, ...] = ()) -> Compiled:
    """The plan of a query. ``typed``: fields to which the source's own format gives a type.

    Raises :class:`QueryError` with every error found when the query cannot run.
    """
    options = options or Options()
    query = parse(with_parameters(with_macros(text, options.macros), options.parameters), name)
    with deep_recursion():
        return _lower(query, options, typed)


def compile_child(query: tree.Query, source: Source, options: Options) -> Compiled:
    """The plan of a query inside another one (a subquery). Raises :class:`QueryError`."""
    with deep_recursion():
        return _lower(replace(query, source=source, diagnostics=()), options, ())


def looked_at(options: Options) -> Options:
    """The options for a query that is only looked at, without logs: its subqueries are checked, what they find is not known."""
    return replace(options, subquery=_unasked)


def _unasked(ctx: Context, node: tree.Subquery) -> None:
    child_of(ctx, node, ctx.options)


def child_of(ctx: Context, node: tree.Subquery, options: Options) -> Compiled:
    """The plan of a subquery's child. What is to be said of it is said of the whole query."""
    child = compile_child(node.query, ctx.source, replace(options, evidence=False, raw=False))
    for said in child.diagnostics:
        ctx.report(said)
    return child


def _lower(query: tree.Query, options: Options, typed: tuple[Field, ...]) -> Compiled:
    ctx = Context(query.source, options, bind, list(query.diagnostics))
    _check_parameters(ctx, query)
    _check_macros(ctx, query)
    _raise_errors(ctx)
    ctx.lower_query = lambda inner, plan: _inner(ctx, inner, plan)
    steps = [Step(query.scope, _scan(ctx, query, typed))]
    steps += _stages(ctx, query, steps[0].plan)
    _raise_errors(ctx)
    return Compiled(query, steps[-1].plan, tuple(steps), tuple(ctx.diagnostics), query.source)


def _check_parameters(ctx: Context, query: tree.Query) -> None:
    """A parameter without a value is named, wherever it stands."""
    text = query.source.text
    comments = [c.span for c in query.comments]
    for m in PARAMETER.finditer(text):
        if not any(c.start <= m.start() < c.end for c in comments):
            ctx.report(error("DH1015", f"the parameter `{{{{{m[1]}}}}}` has no value", Span(*m.span()),
                             hint=f"give one with `--param {m[1]}=…`"))  # fmt: skip


def _check_macros(ctx: Context, query: tree.Query) -> None:
    """A macro that nobody has defined is named; that it could not be read is no other error."""
    text = query.source.text
    for m in MACRO.finditer(text) if "`" in text else ():
        if m[1] is not None and not any(c.span.start <= m.start() < c.span.end for c in query.comments):
            span = Span(*m.span())
            ctx.diagnostics = [d for d in ctx.diagnostics if not any(span.start <= x.span.start < span.end for x in d.labels)]
            ctx.report(error("DH1016", f"the macro `{m[1]}` is not known here", span,
                             hint=f'its text is kept by Sumo Logic; put it into dohyo.toml: `[macros]`, `{m[1]} = "…"`'))  # fmt: skip


def _scan(ctx: Context, query: tree.Query, typed: tuple[Field, ...]) -> Node:
    plan: Node = Scan(typed, ctx.options.raw)
    conditions = [*time_range(ctx.options)]
    try:
        conditions.append(bind_scope(ctx, query.scope, plan))
    except Stop:
        return plan
    condition = all_of(conditions)
    return plan if condition == TRUE else Filter(plan, condition)


def time_range(options: Options) -> Iterator[Expr]:
    """The half-open range of event times (spec §1.7), as conditions."""
    time = Column(TIME, Type.LONG)
    if options.start is not None:
        yield boolean(">=", time, whole(options.start))
    if options.end is not None:
        yield boolean("<", time, whole(options.end))


def _inner(ctx: Context, query: tree.Query, plan: Node) -> Node:
    """The plan after the stages of a nested query; the outer query goes on where it was. What the nested stages and
    the outer ones after them name may be asked of either."""
    before = (ctx.rest, ctx.stage_index, ctx.parse_hit)
    steps = _stages(ctx, query, plan)
    ctx.rest, ctx.stage_index, ctx.parse_hit = before
    return steps[-1].plan if steps else plan


def _stages(ctx: Context, query: tree.Query, plan: Node) -> list[Step]:
    steps = []
    for index, stage in enumerate(query.stages):
        if isinstance(stage, tree.BrokenStage):
            continue
        ctx.stage_index = index
        ctx.rest = query.stages[index + 1 :]
        try:
            plan = _stage(ctx, stage, plan)
        except ValueError as problem:  # a node that refuses what it is made of
            ctx.fail("DH2999", f"this stage cannot stand here: {problem}", stage.span)
            break
        except Stop:
            break  # what follows would only complain about fields that this stage did not make
        steps.append(Step(stage, plan))
        if OPERATORS.of(stage).ends:
            break
    return steps


def _stage(ctx: Context, stage: tree.Stage, plan: Node) -> Node:
    operator = OPERATORS.of(stage)
    if not operator.in_chain:
        ctx.parse_hit = None
    ctx.missing, hit = {}, ctx.parse_hit
    try:
        after = operator.lower(stage, plan, ctx)
        again = bool(ctx.missing) and any(isinstance(n, Batch) for n in _between(after, plan))
    except NoColumn as lacking:
        _check_gone(ctx, stage, lacking.name)
        again = bool(ctx.missing)
        if not again:
            raise
    if again:  # the stage takes a field as a column that nothing has made
        ctx.parse_hit = hit
        after = operator.lower(stage, ctx.with_nulls(plan), ctx)
    _check_twice(ctx, stage, after)
    if ctx.guards:  # a function removes rows: lower once more, over the rows that stay
        after = operator.lower(stage, ctx.guarded(plan), ctx)
        ctx.guards = []
    return after


def _between(after: Node, before: Node) -> Iterator[Node]:
    """The nodes that a stage has made, as far as one stands on the other."""
    while after is not before and after.inputs:
        yield after
        after = after.inputs[0]


def _check_gone(ctx: Context, stage: tree.Stage, field: str) -> None:
    """A stage that reads the messages' time or text by itself cannot stand where there are no messages any more."""
    written = ctx.source.text[stage.span.start : stage.span.end].lower()
    if built_in(field) and field.lower() not in written:
        raise ctx.fail("DH2003", f"this stage reads `{field}`, and there are no messages here any more", stage.span,
                       hint="put it before the stage that aggregates, or keep the field: `count by …, " + f"{field}`")  # fmt: skip


def _check_twice(ctx: Context, stage: tree.Stage, plan: Node) -> None:
    """Records have each name once; messages may be asked for any."""
    seen: set[str] = set()
    for f in plan.schema.visible if not plan.schema.messages else ():
        if f.name.lower() in seen:
            raise ctx.fail("DH2312", f"two columns would be called `{f.name}`", stage.span, hint="give one of them a name: `as …`")
        seen.add(f.name.lower())


def _raise_errors(ctx: Context) -> None:
    if any(d.severity is Severity.ERROR for d in ctx.diagnostics):
        raise QueryError(ctx.diagnostics, ctx.source)


@contextmanager
def deep_recursion() -> Iterator[None]:
    """For work on trees and plans, which are as deep as a query is long."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
