"""``dohyo test --coverage``: which branches of a query the events of its tests reach: each filter both ways, each item of a
list, each label of a chain of ``if``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from dohyo.analysis.semantics import branches as labels
from dohyo.analysis.semantics import nodes_between
from dohyo.compile import Compiled, Step, compile_query, looked_at
from dohyo.detections.cases import Case, lines
from dohyo.detections.model import Detection
from dohyo.diagnostics import QueryError, Span
from dohyo.lang import tree
from dohyo.plan.expr import Call, Column, Expr, Literal, boolean, calls, negation, whole
from dohyo.plan.nodes import AggCall, Aggregate, Extend, Filter, Node
from dohyo.plan.types import Type
from dohyo.run import RunOptions, Session, over


class Branch(Struct, frozen=True):
    """A branch: what it is, its place in the query, and how many events of the tests reached it."""

    what: str
    line: int
    column: int
    reached: int = 0


class _Asked(Struct, frozen=True):
    """A condition over the rows of ``node`` that says that a branch is reached."""

    what: str
    span: Span
    node: Node
    condition: Expr


def coverage(detection: Detection, cases: Sequence[tuple[Path, Case]]) -> list[Branch]:
    """The branches of a detection's query, in their order. Raises :class:`QueryError` when it cannot run."""
    name, options = str(detection.query_path), RunOptions()
    compiled = compile_query(detection.query, name, looked_at(options.compiler(None)))
    counts = dict.fromkeys([(a.what, a.span) for a in _every(compiled)], 0)
    with tempfile.TemporaryDirectory() as scratch:
        for number, (path, case) in enumerate(cases):
            file = path.parent / case.file if case.file else Path(scratch) / f"{number}.ndjson"
            if not case.file:
                file.write_text("".join(lines(case)), "utf-8")
            here = compile_query(detection.query, name, over(options.compiler(None), options, [str(file)]))
            asked = [a for a in _every(here) if (a.what, a.span) in counts]  # a subquery's rows are no branches
            for one, n in zip(asked, _counted(here, asked, file), strict=True):
                counts[one.what, one.span] += n
    return [Branch(what, *compiled.source.line_column(span.start), n) for (what, span), n in counts.items()]


def _every(compiled: Compiled) -> list[_Asked]:
    return [a for i in range(len(compiled.steps)) for a in _asked(compiled, i)]


def _counted(compiled: Compiled, asked: list[_Asked], file: Path) -> list[int]:
    """How many rows met each condition: one statement for each node whose rows are asked about."""
    by_node: dict[int, list[int]] = {}
    for place, one in enumerate(asked):
        by_node.setdefault(id(one.node), []).append(place)
    plans = [_count([asked[p] for p in places]) for places in by_node.values()]
    results = Session(RunOptions(), [replace(compiled, plan=plan) for plan in plans]).run([str(file)])
    counts = [0] * len(asked)
    for places, result in zip(by_node.values(), results, strict=True):
        if not isinstance(result, QueryError) and result.rows:
            for i, place in enumerate(places):
                counts[place] = int(result.rows[0][f"n{i}"] or 0)
    return counts


def _count(asked: list[_Asked]) -> Node:
    flags = tuple((f"__f{i}", Call("case", (a.condition, whole(1), whole(0)), Type.LONG)) for i, a in enumerate(asked))
    sums = tuple((f"n{i}", AggCall("sum", (Column(f"__f{i}", Type.LONG),), Type.DOUBLE)) for i in range(len(asked)))
    return Aggregate(Extend(asked[0].node, flags, hidden=True), (), sums)


def _asked(compiled: Compiled, index: int) -> Iterator[_Asked]:
    step, below = compiled.steps[index], compiled.steps[index - 1].plan if index else None
    if step.node is None:
        return
    for node in nodes_between(step.plan, below):
        if isinstance(node, Filter):
            text = _short(step)
            yield _Asked(f"`{text}` keeps an event", step.node.span, node.input, node.condition)
            yield _Asked(f"`{text}` removes an event", step.node.span, node.input, negation(node.condition))
            yield from _items(node.input, node.condition, step)
        elif isinstance(node, Extend):
            for name, expr in node.new:
                yield from _items(node.input, expr, step)
                ends = labels(expr)
                for label in ends if len(ends) > 1 else ():
                    is_it = boolean("=", Column(name, Type.STRING), Literal(label, Type.STRING))
                    yield _Asked(f"label `{label}`", _place(step, label), node, is_it)


def _items(node: Node, expr: Expr, step: Step) -> Iterator[_Asked]:
    for test in calls(expr):
        items = [i for i in test.args[1:] if isinstance(i, Literal)]
        if test.function == "in" and len(items) > 1:
            for item in items:
                yield _Asked(f"item `{item.value}`", _place(step, item.value), node, boolean("=", test.args[0], item))


def _place(step: Step, value: object) -> Span:
    """Where a constant stands in a stage."""
    assert step.node is not None
    found = (n for n in step.node.walk() if isinstance(n, (tree.String, tree.Number)) and str(n.value) == str(value))
    return next((n.span for n in found), step.node.span)


def _short(step: Step) -> str:
    return step.text if len(step.text) <= 60 else step.text[:59] + "…"
