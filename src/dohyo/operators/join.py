"""``join (stages) as a, (stages) as b on a.x = b.y`` (spec §8.1)."""

from __future__ import annotations

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import duration, inline, name
from dohyo.lang.tree import Name, Query, Stage
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.plan.convert import to_text
from dohyo.plan.expr import Call, Column, Expr, all_of, boolean, whole
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import Extend, Join, Limit, Node, Project
from dohyo.plan.types import Type

#: Rows of the result (spec appendix C). Of each table Sumo Logic reads 25,000; here all are read, since a row that is
#: left out is an alert that is missed.
MOST_OUTPUT = 10_000_000


class Table(TreeNode, frozen=True):
    """The stages of a table and its name."""

    query: Query
    name: Name


class Equal(TreeNode, frozen=True):
    """``table.field = table.field``, each name with its dot."""

    left: Name
    right: Name


class JoinStage(Stage, frozen=True):
    """The tables, what must be equal, and how far apart in time the rows may be."""

    tables: tuple[Table, ...]
    pairs: tuple[Equal, ...]
    window: int | None = None


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    tables = [_table(p)]
    while p.symbol(","):
        tables.append(_table(p))
    p.need_word("on", "the tables")
    pairs = [_pair(p)]
    while p.word("and") or p.symbol(","):
        pairs.append(_pair(p))
    window = None
    bracket = p.symbol("[")
    if p.word("timewindow"):
        window = p.duration()
    if bracket:
        p.need_symbol("]", "the time window")
    return JoinStage(tuple(tables), tuple(pairs), window, span=start.to(Span(0, p.cursor.last_end)))


def _table(p: Parser) -> Table:
    span = p.cursor.peek().span
    query = p.pipeline()
    p.need_word("as", "the stages of a table")
    return Table(query, p.new_name("a name for the table"), span=span.to(Span(0, p.cursor.last_end)))


def _pair(p: Parser) -> Equal:
    bracket = p.symbol("(")
    left = p.field("`table.field`")
    if not p.symbol("=", "=="):
        _only_equal(p)
    right = p.field("`table.field`")
    if bracket:
        p.need_symbol(")", "the comparison")
    if p.cursor.peek().word in ("or", "not"):
        _only_equal(p)
    return Equal(left, right, span=left.span.to(right.span))


def _only_equal(p: Parser) -> None:
    token = p.cursor.peek()
    p.cursor.fail("DH2755", f"a join cannot use `{token.text}`: it compares fields of two tables for equality", token.span,
                  hint="`on a.x = b.x and a.y = b.y`; what else must hold comes in a `where` after the join")  # fmt: skip


def _print(stage: JoinStage) -> str:
    tables = ", ".join(f"({inline(t.query)}) as {name(t.name)}" for t in stage.tables)
    pairs = " and ".join(f"{name(q.left)} = {name(q.right)}" for q in stage.pairs)
    return f"join {tables} on {pairs}" + (f" timewindow {duration(stage.window)}" if stage.window else "")


# --- meaning ----------------------------------------------------------------------------------------------------------


class _Side(Struct):
    """A table: its rows before the fields are named after it, and the fields that are asked of it."""

    name: str
    plan: Node
    fields: dict[str, str]  # lower-cased field -> its name


def _lower(stage: JoinStage, plan: Node, ctx: Context) -> Node:
    if len({t.name.name.lower() for t in stage.tables}) < len(stage.tables) or len(stage.tables) < 2:
        raise ctx.fail("DH2751", "a join needs two tables or more, each with a name of its own", stage.span)
    sides = {t.name.name.lower(): _side(t, plan, ctx) for t in stage.tables}
    equal = [(_resolve(q.left, sides, ctx), _resolve(q.right, sides, ctx)) for q in stage.pairs]
    _asked_later(sides, ctx)
    order = [t.name.name.lower() for t in stage.tables]
    out = _named(sides[order[0]], first=True)
    for place, table in enumerate(order[1:], 1):
        done = set(order[: place + 1])
        pairs = [p for p in (_oriented(e, table, done) for e in equal) if p]
        if not pairs:
            raise ctx.fail("DH2752", f"nothing says how `{sides[table].name}` is joined", stage.span,
                           hint=f"add `{sides[table].name}.field = other.field` after `on`")  # fmt: skip
        near = _near(stage, order[:place], table, sides, ctx)
        out = Join(out, _named(sides[table], first=False), tuple(pairs), "inner", near)
    return Limit(out, MOST_OUTPUT)


def _side(table: Table, plan: Node, ctx: Context) -> _Side:
    """The table's rows; a scope before the stages is ignored, as in Sumo Logic."""
    assert ctx.lower_query is not None
    if table.query.scope is not None:
        ctx.note("DH2753", "a scope inside a join is ignored", table.query.scope.span)
    inner = ctx.lower_query(table.query, plan)
    known = [f for f in inner.schema.visible if not (inner.schema.messages and f.name.startswith("_"))]
    return _Side(table.name.name, inner, {f.name.lower(): f.name for f in known})


def _resolve(written: Name, sides: dict[str, _Side], ctx: Context) -> tuple[str, str]:
    """(table, column of the joined rows) of ``table.field``."""
    table, _, field = written.name.partition(".")
    side = sides.get(table.lower())
    if side is None or not field:
        raise ctx.fail("DH2754", f"`{written.name}` is no field of a table", written.span,
                       hint=f"write `table.field`; the tables: {', '.join(s.name for s in sides.values())}")  # fmt: skip
    column = ctx.column(Name(field, span=written.span), side.plan)
    side.fields.setdefault(column.name.lower(), column.name)
    return table.lower(), f"{side.name}_{column.name}"


def _oriented(pair: tuple[tuple[str, str], tuple[str, str]], table: str, done: set[str]) -> tuple[str, str] | None:
    """The pair as (column on the left, column of ``table``), when the other side is joined already."""
    (a, x), (b, y) = pair
    if b == table and a in done and a != table:
        return f"__j_{x}", f"__j_{y}"
    if a == table and b in done and b != table:
        return f"__j_{y}", f"__j_{x}"
    return None


def _asked_later(sides: dict[str, _Side], ctx: Context) -> None:
    """Messages have fields that nobody has listed: those that later stages name as ``table_field``."""
    for wanted in ctx.later_names():
        for side in sides.values():
            prefix = f"{side.name}_"
            if side.plan.schema.open and wanted.lower().startswith(prefix.lower()):
                field = wanted[len(prefix) :]
                side.fields.setdefault(field.lower(), field)


def _named(side: _Side, first: bool) -> Node:
    """The table's rows with its fields named after it; the keys once more as text, under a hidden name."""
    inner = side.plan
    new: list[tuple[str, Expr]] = []
    hidden: list[tuple[str, Expr]] = []
    for field in side.fields.values():
        found = inner.schema.get(field)
        column = Column(field, found.type if found else inner.schema.open_type)
        new.append((f"{side.name}_{field}", column))
        hidden.append((f"__j_{side.name}_{field}", to_text(column)))
    if inner.schema.get(TIME):
        hidden.append((f"__time_{side.name}", Column(TIME, Type.LONG)))
    plan = Extend(Extend(inner, tuple(hidden), hidden=True), tuple(new))
    kept = tuple(n for n, _ in hidden)
    evidence = tuple(n for n in (ID, TIME) if first and inner.schema.get(n))
    return Project(plan, tuple(n for n, _ in new), (*kept, *evidence), unordered=not first)


def _near(stage: JoinStage, before: list[str], table: str, sides: dict[str, _Side], ctx: Context) -> Expr | None:
    """The rows of ``table`` and of those before it are near each other in time, each two of them."""
    if stage.window is None:
        return None
    timeless = next((sides[t].name for t in (*before, table) if sides[t].plan.schema.get(TIME) is None), None)
    if timeless is not None:
        raise ctx.fail("DH2756", f"`timewindow` needs the time of each row, and the rows of `{timeless}` have none", stage.span,
                       hint="an aggregate leaves no time; group by `_timeslice` and join on it instead")  # fmt: skip
    mine = Column(f"__time_{sides[table].name}", Type.LONG)
    apart = [Call("-", (Column(f"__time_{sides[t].name}", Type.LONG), mine), Type.LONG) for t in before]
    return all_of([boolean(sign, d, whole(limit)) for d in apart for sign, limit in (("<=", stage.window), (">=", -stage.window))])


OPERATOR = Operator(
    names=("join",),
    synopsis="join (stages) as a, (stages) as b on a.x = b.y [and …] [timewindow 10m]",
    doc="Joins several pipelines over the same rows where fields are equal; the fields are then called `a_x`, `b_y`. "
    "Sumo Logic reads 25,000 rows of each of two tables; here all are read. At most 10 million rows come out.",
    spec="8.1",
    stage=JoinStage,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | join (where EventID = "1") as a, (where EventID = "3") as b on a.ProcessGuid = b.ProcessGuid | count by a_Image',
    category="correlation",
)
