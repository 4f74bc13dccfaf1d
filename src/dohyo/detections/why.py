"""``dohyo why``: how many events are left after each stage of a query, and why none came through."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from dohyo.compile import Compiled, Step, compile_query
from dohyo.detections.model import Detection
from dohyo.detections.sight import absent_sources
from dohyo.detections.timerange import out_of_range
from dohyo.diagnostics import QueryError
from dohyo.formats.values import counted
from dohyo.lang import tree
from dohyo.operators.where import Where
from dohyo.plan.expr import Call, Column, Expr, Literal, boolean, calls, negation, whole
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import AggCall, Aggregate, Extend, Filter, Limit, Node, Project
from dohyo.plan.types import Type
from dohyo.results import ReadReport
from dohyo.run import RunOptions, Session, over, search
from dohyo.sources.shapes.names import CANONICAL

#: Events shown of those that the decisive stage removed.
_NEAREST = 3
#: Names that are tried for a field that is absent.
_MOST_NAMES = 12


class Stage(Struct, frozen=True):
    """A stage and how many rows are left after it; ``None``: it could not be counted."""

    text: str
    left: int | None


class Why(Struct):
    """The funnel, the verdict (a word for programs and a sentence for people), and events that came near."""

    detection: str
    funnel: list[Stage]
    verdict: str
    reason: str
    nearest: list[dict[str, Any]] = field(default_factory=list)
    read: ReadReport = field(default_factory=ReadReport)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON data."""
        stages = [{"stage": s.text, "left": s.left} for s in self.funnel]
        return {"detection": self.detection, "verdict": self.verdict, "reason": self.reason, "funnel": stages, "nearest": self.nearest}


def why(detection: Detection, paths: Sequence[str | Path], options: RunOptions) -> Why:
    """Why a detection fired or not on these logs. Raises :class:`QueryError` when its query cannot run."""
    names = [str(p) for p in paths]
    compiled = compile_query(detection.query, detection.place, over(options.compiler(None), options, names))
    counted = [replace(compiled, plan=_count(step.plan)) for step in compiled.steps]
    session = Session(replace(options, evidence=False), counted)
    results = session.run(names)
    left = [None if isinstance(r, QueryError) else (r.rows[0]["__left"] if r.rows else 0) for r in results]
    funnel = [Stage(step.text, n) for step, n in zip(compiled.steps, left, strict=True)]
    found = Why(detection.id, funnel, "", "", read=session.report)
    _judge(found, compiled, left, paths, options)
    return found


def _count(plan: Node) -> Node:
    return Aggregate(plan, (), (("__left", AggCall("count", (), Type.INT)),))


def _judge(found: Why, compiled: Compiled, left: list[int | None], paths: Sequence[str | Path], options: RunOptions) -> None:
    """The first of these that holds: it fired, no event is from the time asked for, nothing was read, the source is absent, a
    field is absent, a letter case never fits, a stage removed everything."""
    empty = next((i for i, n in enumerate(left) if n == 0), None)
    if empty is None:
        found.verdict, found.reason = "fired", f"{counted(left[-1] or 0, 'row')} came through"
        return
    beyond = out_of_range(found.read, paths, options)
    if beyond:
        found.verdict, found.reason = "no-time", beyond
        return
    if not found.read.records:
        found.verdict, found.reason = "no-events", "no events were read"
        return
    absent = absent_sources(compiled.query, found.read)
    if absent:
        had = ", ".join(dict.fromkeys(c for (c, _), _ in found.read.kinds.most_common(5)))
        found.verdict, found.reason = "no-source", f"these logs have no events of {', '.join(absent)}; they have {had}"
        return
    step, before = compiled.steps[empty], compiled.steps[empty - 1].plan if empty else None
    missing = _missing(step, found.read)
    if missing:
        found.verdict = "no-field"
        found.reason = f"`{step.text}` asks for {', '.join(missing)}, and no event has {'it' if len(missing) == 1 else 'them'}"
        near = _called_otherwise(missing, paths, options)
        found.reason += f"; these events have {', '.join(near)}" if near else ""
        return
    if before is None:
        found.verdict, found.reason = "scope", f"the scope `{step.text}` fits no event"
        return
    _look_near(found, compiled, step, before, paths, options)


def _missing(step: Step, read: ReadReport) -> list[str]:
    """The fields of a condition that no event had, when all that it asks for are of that kind."""
    if not isinstance(step.node, Where):
        return []
    asked = {n.name.lower(): n.name for n in step.node.walk() if isinstance(n, tree.Name)}
    gone = {m.lower() for m in read.missing}
    return list(asked.values()) if asked and set(asked) <= gone else []


def _called_otherwise(missing: Sequence[str], paths: Sequence[str | Path], options: RunOptions) -> list[str]:
    """Fields with names like the missing ones that some event has."""
    words = {m: [n for n in CANONICAL if m.lower() in n.lower() or n.lower() in m.lower()] for m in missing}
    names = {n for m in missing for n in [*get_close_matches(m, CANONICAL, 5, 0.6), *words[m]] if n.lower() != m.lower()}
    if not names:
        return []
    asked = sorted(names)[:_MOST_NAMES]
    counts = ", ".join(f'count(%"{n}") as n{i}' for i, n in enumerate(asked))
    row = next(iter(search(f"* | {counts}", list(paths), replace(options, evidence=False)).rows), {})
    return [n for i, n in enumerate(asked) if row.get(f"n{i}")]


def _look_near(found: Why, compiled: Compiled, step: Step, before: Node, paths: Sequence[str | Path], options: RunOptions) -> None:
    """What the decisive stage removed: whether another letter case would have fitted, and the events themselves."""
    plan = step.plan
    names = [n.name for n in step.node.walk() if isinstance(n, tree.Name)] if step.node is not None else []
    shown = _known(before, names)
    hidden = tuple(n for n in (ID, TIME) if before.schema.get(n))
    queries = [replace(compiled, plan=Limit(Project(before, shown, hidden), _NEAREST))] if shown else []
    if isinstance(plan, Filter):
        queries.append(replace(compiled, plan=_count(Filter(plan.input, _folded(plan.condition)))))
    results = Session(replace(options, evidence=True), queries).run([str(p) for p in paths]) if queries else []
    rows = [r for r in results if not isinstance(r, QueryError)]
    if shown and rows:
        evidence = rows[0].evidence()
        places = [f"{e.file}:{e.record}" if e else None for e in evidence]
        found.nearest = [{**row, "_record": place} for row, place in zip(rows[0].rows, places, strict=True)]
    never = _never_numbers(plan, compiled, paths, options) if isinstance(plan, Filter) else []
    if never:
        found.verdict = "type"
        found.reason = f"`{step.text}` compares {', '.join(never)} with a number, and no event that comes so far has one there"
        return
    cased = isinstance(plan, Filter) and len(rows) == len(queries) and rows[-1].rows and rows[-1].rows[0].get("__left")
    if cased:
        found.verdict, found.reason = "letter-case", f"`{step.text}` would keep {cased} events if letter case did not matter"
    else:
        found.verdict, found.reason = "filtered", f"`{step.text}` removed everything that was left"


def _never_numbers(plan: Filter, compiled: Compiled, paths: Sequence[str | Path], options: RunOptions) -> list[str]:
    """Fields that a condition reads as numbers although none of their values is one."""
    reads = {c.args[0].name: c for c in calls(plan.condition) if c.function == "number_of" and isinstance(c.args[0], Column)}
    if not reads:
        return []
    flags = tuple((f"__f{i}", Call("case", (negation(boolean("is_null", a)), whole(1), whole(0)), Type.LONG))
                  for i, a in enumerate(reads.values()))  # fmt: skip
    sums = tuple((f"n{i}", AggCall("sum", (Column(f"__f{i}", Type.LONG),), Type.DOUBLE)) for i in range(len(reads)))
    counted = replace(compiled, plan=Aggregate(Extend(plan.input, flags, hidden=True), (), sums))
    (result,) = Session(replace(options, evidence=False), [counted]).run([str(p) for p in paths])
    if isinstance(result, QueryError) or not result.rows:
        return []
    return [name for i, name in enumerate(reads) if not result.rows[0][f"n{i}"]]


def _known(plan: Node, names: Sequence[str]) -> tuple[str, ...]:
    """The named columns that a plan has, each once, as it spells them; of messages any name may be asked."""
    found: dict[str, str] = {}
    for name in names:
        field = plan.schema.get(name)
        if field or plan.schema.open:
            found.setdefault(name.lower(), field.name if field else name)
    return tuple(found.values())


def _folded(expr: Expr) -> Expr:
    """The condition with all texts compared in lower case."""
    if not isinstance(expr, Call):
        return expr
    if expr.function in ("=", "in", "has", "starts_with", "ends_with") and expr.args[0].type is Type.STRING:
        subject, *items = expr.args
        folded = tuple(replace(i, value=i.value.lower()) if isinstance(i, Literal) and isinstance(i.value, str) else i for i in items)
        return replace(expr, args=(Call("folded", (subject,), Type.STRING), *folded))
    if expr.function == "search" and isinstance(expr.args[1], Literal):
        return replace(expr, args=(expr.args[0], replace(expr.args[1], value=f"(?i){expr.args[1].value}")))
    return replace(expr, args=tuple(_folded(a) if not isinstance(a, Column) else a for a in expr.args))
