"""``transaction on f with "glob" as s1, …``: rows of one key through states (spec §8.3)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.lexer import Kind
from dohyo.lang.parser import Parser
from dohyo.lang.printer import duration, name, names, quoted
from dohyo.lang.tree import Name, Stage
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.patterns.glob import glob_to_regex
from dohyo.plan.convert import to_text
from dohyo.plan.expr import NULL, Call, Column, Expr, Literal, all_of, boolean, negation, text, whole
from dohyo.plan.nodes import AggCall, Aggregate, Extend, Filter, Node, Project, SortKey, Window, WindowCall
from dohyo.plan.types import Type

_RESULTS = {"transaction": "transactions", "transactions": "transactions", "state": "states", "states": "states", "flow": "flow"}
_DEFAULT_FRINGE = 0


class State(TreeNode, frozen=True):
    """A state: the glob or the value that tells it, the field it is looked for in, and its name."""

    pattern: str
    is_glob: bool
    field: Name | None
    name: Name


class Transaction(Stage, frozen=True):
    """The keys, the states, how near the edges of the range a transaction may be, and the shape of the result."""

    keys: tuple[Name, ...]
    states: tuple[State, ...]
    fringe: int
    results: str


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    p.need_word("on", "`transaction`")
    keys = p.fields("a field whose value a transaction shares")
    fringe, results = _DEFAULT_FRINGE, "transactions"
    states: list[State] = []
    while not p.at_stage_end():
        if p.word("fringe"):
            p.symbol("=")
            fringe = p.duration()
        elif p.word("results"):
            p.need_word("by", "`results`")
            token = p.word(*_RESULTS)
            if token is None:
                p.unexpected(p.cursor.peek(), "`transactions`, `states` or `flow`")
                raise AssertionError
            results = _RESULTS[token.word]
        elif p.word("showing"):
            _skip_showing(p)
        else:
            p.symbol(",")
            p.word("with")
            states += _states(p)
    return Transaction(keys, tuple(states), fringe, results, span=start.to(Span(0, p.cursor.last_end)))


def _states(p: Parser) -> list[State]:
    """``"glob" [in f] as s`` or ``states a [as x], b [in f]``."""
    if p.word("states"):
        found: list[State] = []
        while True:
            value = p.new_name("the value of a state")
            alias = p.alias() or value
            found.append(State(value.name, False, p.field() if p.word("in") else None, alias, span=value.span))
            if not p.symbol(","):
                field = found[-1].field
                return [State(s.pattern, False, s.field or field, s.name, span=s.span) for s in found]
    pattern = p.string("the text of a state")
    field = p.field() if p.word("in") else None
    p.need_word("as", "the text of a state")
    return [State(pattern.value, True, field, p.new_name("the name of the state"), span=pattern.span)]


def _skip_showing(p: Parser) -> None:
    """``showing max(f), … for s as n``: read and left out (spec §12.40)."""
    depth = 0
    while depth or (not p.at_stage_end() and p.cursor.peek().word not in ("results", "fringe")):
        token = p.cursor.next()
        if token.kind is Kind.END:
            return
        depth += {"(": 1, ")": -1}.get(token.text, 0)


def _print(stage: Transaction) -> str:
    text_ = f"transaction on {names(stage.keys)}"
    if stage.fringe:
        text_ += f" fringe={duration(stage.fringe)}"
    groups = [f"with {_print_state(s)}" for s in stage.states if s.is_glob]
    values = [_print_state(s) for s in stage.states if not s.is_glob]
    if values:
        groups.append("with states " + ", ".join(values))
    return f"{text_} {', '.join(groups)} results by {stage.results}"


def _print_state(s: State) -> str:
    where = f" in {name(s.field)}" if s.field else ""
    return f"{quoted(s.pattern)}{where} as {name(s.name)}" if s.is_glob else f"{name(Name(s.pattern))} as {name(s.name)}{where}"


# --- meaning ----------------------------------------------------------------------------------------------------------

_TIME = "_messageTime"


def _lower(stage: Transaction, plan: Node, ctx: Context) -> Node:
    keys = ctx.names(stage.keys, plan)
    time = ctx.column(Name(_TIME, span=stage.span), plan)
    tests = [(s.name.name, _is_state(s, plan, ctx)) for s in stage.states]
    if not tests:
        raise ctx.fail("DH2761", "`transaction` needs states", stage.span, hint='`with "*login*" as login, with "*logout*" as logout`')
    some = Filter(Extend(plan, (("__at", time),), hidden=True), negation(all_of([negation(t) for _, t in tests])))
    if stage.results == "transactions":
        return _fringed(stage, _transactions(some, keys, tests), ctx)
    named: Expr = NULL
    for state, test in reversed(tests):
        named = Call("case", (test, text(state), named), Type.STRING)
    labelled = Extend(some, (("__state", named),), hidden=True)
    return _flow(labelled, keys) if stage.results == "flow" else _states_of(labelled, keys)


def _is_state(state: State, plan: Node, ctx: Context) -> Expr:
    source = ctx.column(state.field or Name("_raw", span=state.span), plan)
    value = to_text(source)
    return boolean("search", value, text(glob_to_regex(state.pattern))) if state.is_glob else boolean("=", value, text(state.pattern))


def _transactions(plan: Node, keys: tuple[str, ...], tests: list[tuple[str, Expr]]) -> Node:
    at = Column("__at", Type.LONG)
    flags = tuple((f"__in_{s}", Call("case", (t, Literal(1, Type.INT), NULL), Type.INT)) for s, t in tests)
    counted = [(s, AggCall("count", (Column(f"__in_{s}", Type.INT),), Type.INT)) for s, _ in tests]
    ends = [("_start_time", AggCall("least", (at,), Type.LONG)), ("_end_time", AggCall("greatest", (at,), Type.LONG))]
    return Aggregate(Extend(plan, flags, hidden=True), keys, (*ends, *counted))


def _fringed(stage: Transaction, plan: Node, ctx: Context) -> Node:
    """Without those that end right after the range begins, or start right before it ends."""
    if not stage.fringe:
        return plan
    tests: list[Expr] = []
    if ctx.options.start is not None:
        tests.append(boolean(">=", Column("_end_time", Type.LONG), whole(ctx.options.start + stage.fringe)))
    if ctx.options.end is not None:
        tests.append(boolean("<", Column("_start_time", Type.LONG), whole(ctx.options.end - stage.fringe)))
    return Filter(plan, all_of(tests)) if tests else plan


def _flow(plan: Node, keys: tuple[str, ...]) -> Node:
    """One row for each step from one state to the next, in the order of time."""
    order = (SortKey("__at"),)
    state, at = Column("__state", Type.STRING), Column("__at", Type.LONG)
    before = WindowCall("lag", (state, whole(1)), Type.STRING, keys, order=order)
    since = WindowCall("lag", (at, whole(1)), Type.LONG, keys, order=order)
    stepped = Window(plan, (("__from", before), ("__since", since)), hidden=True)
    kept = Filter(stepped, negation(boolean("is_null", Column("__from", Type.STRING))))
    latency = Call("-", (at, Column("__since", Type.LONG)), Type.LONG)
    made = Extend(kept, (("fromstate", Column("__from", Type.STRING)), ("tostate", state), ("latency", latency)))
    return Project(made, (*keys, "fromstate", "tostate", "latency"), ("__id",) if plan.schema.get("__id") else ())


def _states_of(plan: Node, keys: tuple[str, ...]) -> Node:
    named = Extend(plan, (("state", Column("__state", Type.STRING)),))
    return Aggregate(named, (*keys, "state"), (("_count", AggCall("count", (), Type.INT)),))


OPERATOR = Operator(
    names=("transaction",),
    synopsis='transaction on field[, …] [fringe=10m] with "glob" [in f] as state, … [results by transactions|states|flow]',
    doc="Follows rows of one key through states: how often each was met, or each step from one to the next. `showing` is "
    "read and left out. Sumo Logic stops at 10,000 transactions; here all are followed.",
    spec="8.3",
    stage=Transaction,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | transaction on Computer with "*4624*" as logon, with "*4634*" as logoff results by flow',
    category="correlation",
)
