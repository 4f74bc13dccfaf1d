"""Checks of what a query means, each with its proof: a clause that never decides, a label that never occurs, an entry that
never fits, an address that a test of internal ones forgets, a list of harmless programs that anyone can join."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct, field

from dohyo.analysis.evaluate import OTHER, UNKNOWN, value
from dohyo.compile import Compiled, Step
from dohyo.diagnostics import Span
from dohyo.plan.expr import Call, Column, Expr, Literal, calls, columns
from dohyo.plan.nodes import Extend, Filter, Node
from dohyo.plan.types import Type


class Finding(Struct, frozen=True):
    """What a check found: its code, the sentence, the place in the query, and the proof."""

    code: str
    text: str
    span: Span
    proof: str


class _Clause(Struct, frozen=True):
    """A filter of the query with its stage."""

    condition: Expr
    step: Step

    @property
    def text(self) -> str:
        return _shown(self.step)


class _Query(Struct):
    """The row-by-row part of a query: filters in order, and the columns it computes."""

    filters: list[_Clause] = field(default_factory=list)
    made: dict[str, Expr] = field(default_factory=dict)
    made_by: dict[str, Step] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)  # as the query writes it
    unclear: set[str] = field(default_factory=set)  # columns that have one value in one stage and another one in a later stage
    asked: set[str] = field(default_factory=set)  # columns that a stage so far reads

    def values_of(self, name: str) -> list[Any]:
        """The texts that the query compares a column with, none at all, and some other one."""
        exprs = [f.condition for f in self.filters] + list(self.made.values())
        tests = [c for e in exprs for c in calls(e) if c.function in ("=", "in") and _is(c.args[0], name)]
        named = {i.value for c in tests for i in c.args[1:] if isinstance(i, Literal) and isinstance(i.value, str)}
        return [*sorted(named), None, OTHER]

    def at(self, expr: Expr, name: str, given: Any) -> Any:
        """An expression's value where a column has this value."""
        return value(expr, {name: given}, self.made)


def check(compiled: Compiled) -> list[Finding]:
    """All findings in a compiled query, in the order of the checks."""
    query = _read(compiled)
    return [found for run in CHECKS for found in run(query)]


def _read(compiled: Compiled) -> _Query:
    query = _Query()
    below: Node | None = None
    for step in compiled.steps:
        for node in nodes_between(step.plan, below):
            if isinstance(node, Filter):
                query.filters.append(_Clause(node.condition, step))
                query.asked |= {c.name.lower() for c in columns(node.condition)}
            elif isinstance(node, Extend):
                for name, expr in node.new:
                    query.spelled.setdefault(name.lower(), name)
                    _define(query, name.lower(), expr, step)
        below = step.plan
    return query


def _define(query: _Query, name: str, expr: Expr, step: Step) -> None:
    """Notes a computed column; one that was read before it is made was another column there: the source's own."""
    query.asked |= {c.name.lower() for c in columns(expr)}
    if name in query.made or name in query.asked:
        query.unclear.add(name)
        query.made[name] = Call("opaque", (), Type.STRING)
    else:
        query.made[name] = expr
    query.made_by[name] = step


def nodes_between(plan: Node, below: Node | None) -> list[Node]:
    """The nodes that a stage added to the plan ``below``, lowest first."""
    found: list[Node] = []
    while plan is not below and plan.inputs:
        found.append(plan)
        plan = plan.inputs[0]
    return found[::-1]


def _shown(step: Step) -> str:
    return step.text if len(step.text) <= 160 else step.text[:159] + "…"


def _span(step: Step) -> Span:
    return step.node.span if step.node is not None else Span(0, 0)


def _is(expr: Expr, name: str) -> bool:
    return isinstance(expr, Column) and expr.name.lower() == name


def _subjects(query: _Query) -> list[str]:
    """Columns that are compared with texts and set at most once."""
    exprs = [f.condition for f in query.filters] + list(query.made.values())
    tests = [c for e in exprs for c in calls(e) if c.function in ("=", "in")]
    found = dict.fromkeys(a.name.lower() for c in tests for a in c.args[:1] if isinstance(a, Column) and a.type is Type.STRING)
    return [n for n in found if n not in query.unclear]


# --- the checks -------------------------------------------------------------------------------------------------------


def without_effect(query: _Query) -> Iterator[Finding]:
    """A filter that is true wherever all the others are not false: for each value of one column."""
    for name in _subjects(query):
        values = query.values_of(name)
        for clause in query.filters:
            own = {v: query.at(clause.condition, name, v) for v in values}
            if UNKNOWN in own.values() or all(own.values()):
                continue
            others = [f for f in query.filters if f is not clause]
            stop = [next((o for o in others if query.at(o.condition, name, v) is False), None) for v in values if not own[v]]
            if all(stop):
                deciding = next(o for o in stop if o is not None)
                lost = [str(v) for v in values if not own[v] and isinstance(v, str)]
                shown = ", ".join(lost[:5]) + (", …" if len(lost) > 5 else "")
                yield Finding(
                    "DH4001", "this clause never changes the result: what it removes, another one removes anyway", _span(clause.step),
                    f"`{clause.text}` removes {shown or 'nothing else'}; none of these passes `{deciding.text}`",
                )  # fmt: skip


def labels_that_never_occur(query: _Query) -> Iterator[Finding]:
    """A text that a chain of ``if`` can give, but not for any row that passes the filters."""
    for name, expr in query.made.items():
        ends = branches(expr)
        if len(ends) < 2 or name in query.unclear:
            continue
        for subject in _subjects(query):
            passing = [v for v in query.values_of(subject) if _passes(query, subject, v)]
            seen = {query.at(expr, subject, v) for v in passing}
            if not passing or UNKNOWN in seen:
                continue
            gone = [b for b in ends if b not in seen]
            for label in gone:
                values = ", ".join(str(v) for v in passing[:5]) + (", …" if len(passing) > 5 else "")
                step, asked = query.made_by[name], query.spelled.get(subject, subject)
                yield Finding("DH4002", f"the label `{label}` of `{query.spelled[name]}` can never occur", _span(step),
                              f"only rows whose `{asked}` is one of {values} come so far, and each has another label")  # fmt: skip
            break


def branches(expr: Expr) -> list[str]:
    """The labels: the texts at the ends of a chain of ``if``."""
    if isinstance(expr, Literal):
        return [expr.value] if isinstance(expr.value, str) else []
    if isinstance(expr, Call) and expr.function == "case":
        return list(dict.fromkeys(branches(expr.args[1]) + branches(expr.args[2])))
    return []


def _passes(query: _Query, name: str, given: Any) -> bool:
    return all(query.at(f.condition, name, given) is not False for f in query.filters)


def entries_that_never_fit(query: _Query) -> Iterator[Finding]:
    """An entry with capital letters, compared with a value that has none."""
    for condition, step in _conditions(query):
        for test in calls(condition):
            if test.function not in ("=", "in", "has", "starts_with", "ends_with") or not _lower(test.args[0], query):
                continue
            for item in test.args[1:]:
                if isinstance(item, Literal) and isinstance(item.value, str) and item.value != item.value.lower():
                    yield Finding("DH4003", f"`{item.value}` can never fit: the value is in lower case", _span(step),
                                  f"`{_column(test.args[0])}` comes from toLowerCase; write `{item.value.lower()}`")  # fmt: skip


def _lower(expr: Expr, query: _Query) -> bool:
    if isinstance(expr, Column):
        name = expr.name.lower()
        return name in query.made and name not in query.unclear and _lower(query.made[name], query)
    return isinstance(expr, Call) and expr.function.lower() == "tolowercase"


def _column(expr: Expr) -> str:
    return next((c.name for c in columns(expr)), "it")


#: Fields in which Windows writes a name now in small letters, now in capital ones.
_ANY_CASE = frozenset({
    "image", "parentimage", "imageloaded", "targetfilename", "commandline", "parentcommandline", "originalfilename", "sourceimage",
    "targetimage", "newprocessname", "parentprocessname", "processname", "application", "process_name",
})  # fmt: skip


def entries_with_one_case(query: _Query) -> Iterator[Finding]:
    """A path or a program that is compared with regard to case, which Windows itself has none for."""
    for condition, step in _conditions(query):
        for test in calls(condition):
            if test.function not in ("=", "in", "has", "starts_with", "ends_with") or not isinstance(test.args[0], Column):
                continue
            name = test.args[0].name.lower()
            texts = [i.value for i in test.args[1:] if isinstance(i, Literal) and isinstance(i.value, str)]
            if name in _ANY_CASE and name not in query.made and any(t.lower() != t.upper() for t in texts):
                other = texts[0].upper() if texts[0] != texts[0].upper() else texts[0].lower()
                yield Finding("DH4006", f"`{test.args[0].name}` is compared with regard to case", _span(step),
                              f"`{other}` would not fit; compare `toLowerCase({test.args[0].name})`")  # fmt: skip
                break


_INSIDE = ("10.1.2.3", "172.16.5.4", "192.168.1.1")
_PUBLIC = "8.8.8.8"
_FORGOTTEN = {"127.0.0.1": "loopback", "::1": "IPv6 loopback", "fe80::1": "IPv6 link-local", "fd00::1": "IPv6 unique local",
              "169.254.1.1": "link-local"}  # fmt: skip


def internal_addresses(query: _Query) -> Iterator[Finding]:
    """A test that knows the three private networks, but not every address that is inside."""
    seen = set()
    for condition, step in _conditions(query):
        for test in calls(condition):
            names = {c.name.lower() for c in columns(test)}
            if test.type is not Type.BOOLEAN or len(names) != 1 or test.function in ("not",) or test in seen:
                continue
            seen.add(test)
            name = names.pop()
            if not all(value(test, {name: a}, {}) is True for a in _INSIDE) or value(test, {name: _PUBLIC}, {}) is not False:
                continue
            gone = [f"{a} ({what})" for a, what in _FORGOTTEN.items() if value(test, {name: a}, {}) is False]
            if gone:
                yield Finding("DH4004", "this test of internal addresses leaves some out", _span(step),
                              f"`{_column(test)}` = {', '.join(gone)} counts as external")  # fmt: skip
                break


def lists_that_anyone_can_join(query: _Query) -> Iterator[Finding]:
    """Programs that are let pass by the name of their file alone."""
    idle = {f.span.start for f in without_effect(query)}
    for clause in query.filters:
        condition = clause.condition
        if not (isinstance(condition, Call) and condition.function == "not") or _span(clause.step).start in idle:
            continue
        for test in calls(condition):
            names = [str(i.value) for i in test.args[1:] if isinstance(i, Literal)] if test.function in ("in", "=") else []
            programs = [n for n in names if n.lower().endswith((".exe", ".com", ".scr")) and "\\" not in n]
            if programs and len(programs) == len(names):
                yield Finding("DH4005", "an attacker passes this list by the name of a file", _span(clause.step),
                              rf"C:\Users\Public\{programs[0]} would be let pass; compare the folder too")  # fmt: skip


def _conditions(query: _Query) -> Iterator[tuple[Expr, Step]]:
    for clause in query.filters:
        yield clause.condition, clause.step
    for name, expr in query.made.items():
        yield expr, query.made_by[name]


CHECKS: tuple[Callable[[_Query], Iterator[Finding]], ...] = (
    without_effect, labels_that_never_occur, entries_that_never_fit, entries_with_one_case, internal_addresses,
    lists_that_anyone_can_join,
)  # fmt: skip
