"""One event seen through a detection: which clause it met with which value, and which one lost it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from dohyo.analysis.semantics import nodes_between
from dohyo.compile import Compiled, Step, compile_query
from dohyo.detections.model import Detection
from dohyo.diagnostics import QueryError
from dohyo.lang import printer, tree
from dohyo.operators.where import Where
from dohyo.plan.expr import Call, Column, Expr, boolean, columns, whole
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import Extend, Filter, Node, Project, Scan, rebuilt
from dohyo.plan.types import Type
from dohyo.results import Places
from dohyo.run import RunOptions, Session, over


class Clause(Struct, frozen=True):
    """A part of a condition: its text and place in the query, whether the event met it, and the values it looked at."""

    text: str
    line: int
    column: int
    met: bool
    values: dict[str, Any]


class Seen(Struct):
    """A stage as the event passed it: its clauses; ``passed`` is false where it was lost. ``made``: values that it gave."""

    text: str
    clauses: list[Clause] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)
    passed: bool = True


class EventWhy(Struct):
    """The stages up to the one that lost the event, or all of them. ``found``: there is such an event."""

    place: str
    stages: list[Seen] = field(default_factory=list)
    found: bool = True

    @property
    def fires(self) -> bool:
        """True when the event came through."""
        return self.found and all(s.passed for s in self.stages)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON data."""
        stages = [{"stage": s.text, "passed": s.passed, "made": s.made, "clauses": [asdict(c) for c in s.clauses]} for s in self.stages]
        return {"event": self.place, "found": self.found, "fires": self.fires, "stages": stages}


def explain_event(detection: Detection, file: str, record: int, options: RunOptions) -> EventWhy:
    """An event, named by its file and its record number, seen through a detection's query.

    Stages from the first aggregate on are left out: their rows are no events. Raises :class:`QueryError`."""
    settings = over(replace(options.compiler(None), evidence=True), options, [file])
    compiled = compile_query(detection.query, str(detection.query_path), settings)
    looks = [look for i in range(len(compiled.steps)) if (look := _look(compiled, i, record)) is not None]
    whole_event = replace(compiled, plan=only_record(Project(_scan(compiled), ("_messageTime",), (ID, TIME)), record))
    session = Session(replace(options, evidence=True), [whole_event, *(look.query for look in looks)])
    first, *results = session.run([file])
    seen = EventWhy(f"{file}:{record}", found=not isinstance(first, QueryError) and bool(first.rows))
    for look, result in zip(looks if seen.found else [], results, strict=False):
        rows = [] if isinstance(result, QueryError) else result.rows
        if not rows:
            break
        seen.stages.append(look.told(rows[0]))
        if not seen.stages[-1].passed:
            break
    return seen


class _Look(Struct, frozen=True):
    """What is asked of the event where it reaches a stage."""

    step: Step
    query: Compiled
    clauses: tuple[tuple[str, int, int, tuple[str, ...]], ...]
    made: tuple[str, ...]
    filters: int

    def told(self, row: dict[str, Any]) -> Seen:
        """The stage as the row shows it."""
        clauses = [
            Clause(text, line, column, bool(row[f"__c{i}"]), {n: row.get(f"__v_{n.lower()}") for n in names})
            for i, (text, line, column, names) in enumerate(self.clauses)
        ]
        passed = all(bool(row[f"__f{i}"]) for i in range(self.filters))
        return Seen(self.step.text, clauses, {n: row.get(f"__m_{n.lower()}") for n in self.made}, passed)


def _look(compiled: Compiled, index: int, record: int) -> _Look | None:
    step, below = compiled.steps[index], compiled.steps[index - 1].plan if index else None
    nodes = nodes_between(step.plan, below)
    if not nodes or not all(isinstance(n, (Filter, Extend, Project)) for n in step.plan.walk() if not isinstance(n, Scan)):
        return None
    filters = [n for n in nodes if isinstance(n, Filter)]
    base = nodes[0].inputs[0]
    for node in nodes:  # without the filters the event reaches the end of the stage
        base = replace(node, input=base) if isinstance(node, Extend) else base
    clauses = list(_clauses(compiled, step, filters))
    made = [n for node in nodes if isinstance(node, Extend) for n, _ in node.new if not n.startswith("__")]
    new: list[tuple[str, Expr]] = [(f"__f{i}", _flag(f.condition)) for i, f in enumerate(filters)]
    new += [(f"__c{i}", _flag(condition)) for i, (_, _, _, _, condition) in enumerate(clauses)]
    read = {c.name.lower(): c for *_, condition in clauses for c in columns(condition) if not c.name.startswith("__")}
    new += [(f"__v_{name}", column) for name, column in read.items()]
    new += [(f"__m_{n.lower()}", Column(n, Type.STRING)) for n in dict.fromkeys(made)]
    plan = Project(Extend(base, tuple(new), hidden=True), tuple(n for n, _ in new), (ID, TIME)) if new else None
    if plan is None:
        return None
    told = tuple((t, line, c, names) for t, line, c, names, _ in clauses)
    return _Look(step, replace(compiled, plan=only_record(plan, record)), told, tuple(dict.fromkeys(made)), len(filters))


def _flag(condition: Expr) -> Expr:
    return Call("case", (condition, whole(1), whole(0)), Type.LONG)


def _clauses(compiled: Compiled, step: Step, filters: list[Filter]) -> Iterator[tuple[str, int, int, tuple[str, ...], Expr]]:
    """The parts of a stage's conditions: text, line, column, the fields they read, and the plan's condition."""
    if step.node is None:
        return
    for each in filters:
        written = step.node.condition if isinstance(step.node, Where) else None
        pairs = _pairs(written, each.condition) if written is not None else [(step.node, each.condition)]
        for node, condition in pairs:
            line, column = compiled.source.line_column(node.span.start)
            text = printer.expression(node) if isinstance(node, tree.Expr) else step.text
            names = tuple(dict.fromkeys(c.name for c in columns(condition) if not c.name.startswith("__")))
            yield text, line, column, names, condition


def _pairs(written: tree.Expr, condition: Expr) -> list[tuple[tree.Node, Expr]]:
    """The operands of ``and`` and ``or`` beside what they mean, as far as both have the same form."""
    if not (isinstance(written, tree.Logical) and isinstance(condition, Call)):
        return [(written, condition)]
    if condition.function != written.op or len(condition.args) != len(written.operands):
        return [(written, condition)]
    return [p for w, c in zip(written.operands, condition.args, strict=True) for p in _pairs(w, c)]


def _scan(compiled: Compiled) -> Node:
    return next(n for n in compiled.plan.walk() if isinstance(n, Scan))


def only_record(plan: Node, record: int) -> Node:
    """The plan over records of one number alone."""
    scan = next(n for n in plan.walk() if isinstance(n, Scan))
    number = Call("%", (Column(ID, Type.LONG), whole(1 << Places.BITS)), Type.LONG)
    return rebuilt(plan, {id(scan): Filter(scan, boolean("=", number, whole(record)))})
