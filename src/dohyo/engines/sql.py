"""A plan as one SQL statement: a ``sqlglot`` tree, never text. Written once for all engines; what differs between them
is in each engine's ``dialect.py``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace
from sqlglot import exp

from dohyo.engines.alternatives import alternatives
from dohyo.engines.borrowed import UDF, Borrowed, Foreign, borrowed, respelled
from dohyo.plan.expr import Call, Column, Expr, Literal, calls, columns
from dohyo.plan.functions import AGGREGATES, FUNCTIONS, WINDOWS
from dohyo.plan.functions.model import Build, Sql, apply, case, cast, coalesce, paren
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import (
    AggCall,
    Aggregate,
    Batch,
    Extend,
    Filter,
    Join,
    Limit,
    Node,
    Order,
    Project,
    Scan,
    Sort,
    SortKey,
    Union,
    Unnest,
    Values,
    Window,
    WindowCall,
)
from dohyo.plan.passes import Needs, needed_columns
from dohyo.plan.types import Type

SQL_TYPES = {
    Type.STRING: "VARCHAR",
    Type.BOOLEAN: "BOOLEAN",
    Type.INT: "BIGINT",
    Type.LONG: "BIGINT",
    Type.DOUBLE: "DOUBLE",
    Type.NULL: "VARCHAR",
}


class Dialect(Struct, frozen=True):
    """What an engine does in its own way.

    ``writer``: sqlglot's name of its SQL. ``rewritten`` (``aggregates``): SQL for a function (an aggregate) instead of
    the table's own; ``name type`` for calls that give this type alone. ``spelling``: the
    names that the table's SQL uses, as the engine spells them; a function whose SQL uses another name is borrowed (see
    ``borrowed.py``). ``None``: the table is written in the engine's own SQL. ``unsupported``: functions and nodes that it
    lacks, with the reason. ``moving``: aggregates over a moving frame, made of a list of the numbers in it, where the engine's own
    take off what leaves the frame: nothing that is infinite can be taken off, and large numbers leave others wrong.
    """

    name: str
    writer: str
    rewritten: Mapping[str, Build] = field(default_factory=dict)
    spelling: Mapping[str, Build] | None = None
    aggregates: Mapping[str, Build] = field(default_factory=dict)
    moving: Mapping[str, Build] = field(default_factory=dict)
    unsupported: Mapping[str, str] = field(default_factory=dict)
    materializes: bool = False  # knows ``AS MATERIALIZED``
    nan_is_largest: bool = False  # compares NaN as the largest number, and as equal to itself
    orders_aggregates: bool = True  # knows ``first(x ORDER BY …)``
    orders_windows: bool = False  # refuses a window without an order
    order_key: Build | None = None  # without that: one ascending key of ``ORDER BY`` terms over whole numbers
    newest_first: Build | None = None  # one ascending key of a time and an id, where one key sorts quicker than two


# --- expressions ------------------------------------------------------------------------------------------------------

Env = Callable[[str], Sql]


class Expressions:
    """Writes expressions. Null is no third truth value (spec §2.9): a condition that is null counts as false, so a
    boolean is made never-null wherever its falseness matters (under ``not``, as a value)."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.udfs: set[str] = set()
        self.borrowed: dict[str, Borrowed] = {}

    def value(self, expr: Expr, env: Env) -> Sql:
        """The expression as a value."""
        if expr.type is Type.BOOLEAN and isinstance(expr, Call) and not FUNCTIONS[expr.function.lower()].unsure:
            return self._total(expr, env)
        return self._plain(expr, env)

    def condition(self, expr: Expr, env: Env) -> Sql:
        """The expression where null and false do the same."""
        if isinstance(expr, Call) and expr.function in ("and", "or"):
            return self._connect(expr, [self.condition(a, env) for a in alternatives(expr)])
        if isinstance(expr, Call) and expr.function == "not":
            return exp.Not(this=paren(self._total(expr.args[0], env)))
        return self._plain(expr, env)

    def _total(self, expr: Expr, env: Env) -> Sql:
        """A boolean that is never null."""
        if isinstance(expr, Literal):
            return self._plain(expr, env)
        if isinstance(expr, Call) and expr.function in ("and", "or"):
            return self._connect(expr, [self._total(a, env) for a in alternatives(expr)])
        if isinstance(expr, Call) and expr.function == "not":
            return exp.Not(this=paren(self._total(expr.args[0], env)))
        if isinstance(expr, Call) and FUNCTIONS[expr.function.lower()].total:
            return self._plain(expr, env)
        return coalesce(self._plain(expr, env), exp.false())

    def _connect(self, expr: Call, parts: list[Sql]) -> Sql:
        build = FUNCTIONS[expr.function].build
        assert build is not None
        return build(*parts)

    def _plain(self, expr: Expr, env: Env) -> Sql:
        match expr:
            case Column():
                return env(expr.name)
            case Literal():
                return literal(expr)
            case Call(function="case"):
                test, then, otherwise = expr.args
                return case((self.condition(test, env), self.value(then, env)), default=self.value(otherwise, env))
        return self._call(expr, env)

    def _call(self, expr: Call, env: Env) -> Sql:
        row = FUNCTIONS[expr.function.lower()]
        own = self.dialect.rewritten.get(f"{row.name} {expr.type}") or self.dialect.rewritten.get(row.name)
        build = row.build
        if own is None and self.dialect.spelling is not None and (build is None or row.calls):
            return self._borrow(expr, env)
        # whether a condition has no result is asked of itself, not of its never-null form
        args = [(self._plain if expr.function in _OF_NULL else self.value)(a, env) for a in expr.args]
        if own is not None:
            return own(*args)
        if build is None:
            self.udfs.add(row.name)
            return exp.Anonymous(this=udf_name(row.name), expressions=args)
        self.udfs.update(row.calls)
        try:
            sql = self.spelled(build, args)
        except Foreign:
            return self._borrow(expr, env)
        return self._without_nan(expr, sql, env) if self.dialect.nan_is_largest and expr.function in _NAN_SIDE else sql

    def _without_nan(self, expr: Call, sql: Sql, env: Env) -> Sql:
        """A comparison that NaN cannot win: as in Java, nothing compares with it."""
        side = expr.args[_NAN_SIDE[expr.function]]
        if side.type is not Type.DOUBLE or isinstance(side, Literal) or (isinstance(side, Call) and side.function in _FROM_LOG):
            return sql
        return exp.And(this=sql, expression=exp.Not(this=apply("isnan", self.value(side, env))))

    def spelled(self, build: Build, args: Sequence[Sql], **named: object) -> Sql:
        """What the function table makes of these arguments, in the engine's own names. Raises :class:`Foreign` when it
        has none."""
        if self.dialect.spelling is None:
            return build(*args, **named)
        return respelled(build, args, self.dialect.spelling, **named)

    def _borrow(self, expr: Call, env: Env) -> Sql:
        """A call that is left to DuckDB, with everything in it."""
        own = Expressions(_GENERIC)
        found = borrowed(expr, lambda env: own.value(expr, env))
        self.borrowed[found.name] = found
        args = [cast(sql, SQL_TYPES[c.type]) if isinstance(sql := env(c.name), exp.Null) else sql for c in found.columns]
        return exp.Anonymous(this=found.name, expressions=args or [exp.Literal.number(1)])


#: Which side of a comparison lets it come true when it is NaN and NaN counts as the largest number.
_NAN_SIDE = {">": 0, ">=": 0, "<": 1, "<=": 1, "=": 1}
#: Numbers as the log has them are no NaN; asking would cost.
_FROM_LOG = frozenset({"number_of", "double_of"})
_OF_NULL = frozenset({"is_null", "isNull"})
#: The SQL that the function table is written in.
_GENERIC = Dialect("generic", "duckdb", nan_is_largest=True)


def udf_name(function: str) -> str:
    """The name a Python function is known by to an engine."""
    return f"{UDF}{function.lower()}"


def literal(expr: Literal) -> Sql:
    """A constant."""
    if expr.value is None:
        return cast(exp.Null(), SQL_TYPES[expr.type]) if expr.type is not Type.NULL else exp.Null()
    if isinstance(expr.value, bool):
        return exp.Boolean(this=expr.value)
    if isinstance(expr.value, str):
        return exp.Literal.string(expr.value)
    if isinstance(expr.value, float):
        return cast(exp.Literal.string(repr(expr.value)), "DOUBLE")
    number = exp.Literal.number(abs(expr.value))
    return exp.Neg(this=number) if expr.value < 0 else number


def column(name: str, table: str | None = None) -> exp.Column:
    """A quoted column."""
    return exp.column(name, table=table, quoted=True)


def ordered(keys: Order, env: Env) -> list[exp.Ordered]:
    """``ORDER BY`` terms; nulls last (spec §12.32)."""
    found = [(k, env(k.name)) for k in keys]  # a column that does not exist puts no row before another
    return [exp.Ordered(this=sql, desc=k.descending, nulls_first=False) for k, sql in found if not isinstance(sql, exp.Null)]


# --- statements -------------------------------------------------------------------------------------------------------


class Block(Struct):
    """A SELECT in the making: columns as SQL over ``source``. ``computed``: names that are no plain column of it.
    ``dear``: for a column the costly calls that it would take to compute it anew, as often as they stand in it."""

    source: Sql
    columns: dict[str, tuple[str, Sql]]  # lower-cased name -> (name, SQL)
    where: list[Sql] = field(default_factory=list)
    computed: set[str] = field(default_factory=set)
    dear: dict[str, list[Call]] = field(default_factory=dict)

    def env(self, name: str) -> Sql:
        """The SQL of a column; one that does not exist is null."""
        found = self.columns.get(name.lower())
        return found[1].copy() if found else exp.Null()

    def cost(self, expr: Expr) -> list[Call]:
        """The costly calls in an expression, those behind its columns included."""
        own = [c for c in calls(expr) if c.function in _DEAR]
        return own + [c for name in columns(expr) for c in self.dear.get(name.name.lower(), ())]


#: Functions that cost so much that a value is better kept than computed again.
_DEAR = frozenset({"search", "captures", "optional_capture"})
#: No column is followed further than this many costly calls.
_MOST_DEAR = 50


class Statement:
    """Writes one plan. ``tables``: names under which leaves are known to the engine, by ``id`` of the node."""

    def __init__(
        self, root: Node, dialect: Dialect, tables: Mapping[int, str], scan_table: str = "events", wanted: Sequence[str] = ()
    ) -> None:
        self.root = root
        self.asked = list(wanted) if wanted and "*" not in wanted else [f.name for f in root.schema.visible]
        self.dialect = dialect
        self.tables = tables
        self.scan_table = scan_table
        self.exprs = Expressions(dialect)
        self.needs: Needs = needed_columns(root, self.asked)
        self.ctes: list[tuple[str, exp.Query, bool]] = []
        self.shared = {k for k, n in Counter(id(n) for n in _edges(root)).items() if n > 1}
        self.done: dict[int, tuple[str, dict[str, tuple[str, Sql]]]] = {}

    def build(self) -> exp.Query:
        """The whole statement; its columns are the shown ones, then the hidden ones for evidence."""
        block = self._close(self._block(self.root), self.root)
        names = self.asked
        shown = {n.lower() for n in names}
        hidden = [n for n in ("__id", "__time", "__raw") if n in block.columns and n not in shown]
        select = self._select(block, [*names, *hidden])
        if keys := ordered(self.root.order, block.env):
            select = select.order_by(*keys, copy=False)
        for name, query, kept in self.ctes:
            select = select.with_(exp.to_identifier(name), as_=query, materialized=kept or None, copy=False)
        return select

    # -- helpers

    def _wanted(self, node: Node) -> set[str]:
        return self.needs.get(id(node), set())

    def _select(self, block: Block, names: list[str]) -> exp.Select:
        shown = [exp.alias_(block.env(n), n, quoted=True) for n in names]
        if not shown:
            shown = [exp.alias_(exp.Literal.number(1), "__one", quoted=True)]
        select = exp.select(*shown, copy=False).from_(block.source, copy=False)
        return select.where(*block.where, copy=False) if block.where else select

    def _close(self, block: Block, node: Node, kept: bool = False) -> Block:
        """The block as a CTE with the columns that are needed of ``node``, and a new block over it. ``kept``: its rows
        are computed once and held."""
        if not block.where and not block.computed and isinstance(block.source, exp.Table):
            return block
        names = [name for key, (name, _) in block.columns.items() if key in self._wanted(node)]
        closed = self._cte(self._select(block, names), names, kept)
        closed.dear = {} if kept else block.dear
        return closed

    def _cte(self, query: exp.Query, names: list[str], kept: bool = False) -> Block:
        name = f"s{len(self.ctes) + 1}"
        self.ctes.append((name, query, kept))
        return self._table(name, names)

    def _table(self, name: str, names: list[str]) -> Block:
        return Block(exp.to_table(name), {n.lower(): (n, column(n)) for n in names})

    def _open(self, node: Node, reads: set[str]) -> Block:
        """A block of ``node`` in which the columns that are read are plain ones."""
        block = self._block(node)
        return self._close(block, node) if reads & block.computed else block

    # -- nodes

    def _block(self, node: Node) -> Block:
        if id(node) in self.done:
            name, cols = self.done[id(node)]
            return Block(exp.to_table(name), dict(cols))
        block = _WRITERS[type(node)](self, node)
        if id(node) in self.shared and not isinstance(node, (Scan, Values)):
            block = self._close(block, node)
            if isinstance(block.source, exp.Table):
                self.done[id(node)] = (block.source.name, dict(block.columns))
        return block

    def _scan(self, node: Scan) -> Block:
        schema = node.schema
        names = [f.name if (f := schema.get(n)) else n for n in sorted(self._wanted(node))]
        return self._table(self.tables.get(id(node), self.scan_table), names)

    def _leaf(self, node: Values | Batch) -> Block:
        known = [f.name for f in node.schema.fields]
        further = sorted(n for n in self._wanted(node) if node.schema.get(n) is None) if node.schema.open else []
        return self._table(self.tables[id(node)], [*known, *further])

    def _filter(self, node: Filter) -> Block:
        block = self._block(node.input)
        again = self.dialect.materializes and _repeats(block.cost(node.condition))
        if again or _reads(node.condition) & block.computed:
            block = self._close(block, node.input, kept=again)
        block.where.append(self.exprs.condition(node.condition, block.env))
        return block

    def _extend(self, node: Extend) -> Block:
        wanted = self._wanted(node)
        new = [(n, e) for n, e in node.new if n.lower() in wanted]
        reads = set().union(*(_reads(e) for _, e in new), {old.lower() for old, _ in node.saved})
        block = self._open(node.input, reads) if new else self._block(node.input)
        made = {n.lower(): (n, self._computed(e, block)) for n, e in new}
        kept = {k.lower(): (k, block.env(old)) for old, k in node.saved if k.lower() in wanted}
        dear = {n.lower(): block.cost(e)[:_MOST_DEAR] for n, e in new}
        block.columns |= kept | made
        block.computed |= set(kept) | set(made)
        block.dear = {**block.dear, **dear}
        return block

    def _computed(self, expr: Expr, block: Block) -> Sql:
        """The SQL of a new column: nothing is text, as functions take it, and no number."""
        value = self.exprs.value(expr, block.env)
        return cast(value, SQL_TYPES[expr.type]) if isinstance(value, exp.Null) else value

    def _project(self, node: Project) -> Block:
        block = self._block(node.input)
        if node.open:
            return block
        known = [f.name for f in node.schema.fields]
        block.columns = {n.lower(): (n, block.env(n)) for n in known if n.lower() in self._wanted(node)}
        return block

    def _sort(self, node: Sort) -> Block:
        return self._block(node.input)

    def _limit(self, node: Limit) -> Block:
        block = self._close(self._block(node.input), node.input)
        names = [name for key, (name, _) in block.columns.items() if key in self._wanted(node)]
        select = self._select(block, names)
        if keys := ordered(node.order, block.env):
            select = select.order_by(*keys, copy=False)
        return self._cte(select.limit(node.count, copy=False), names)

    def _aggregate(self, node: Aggregate) -> Block:
        reads = {k.lower() for k in node.keys}.union(*(_reads(a) for _, c in node.new for a in c.args))
        block = self._open(node.input, reads | {k.name.lower() for _, c in node.new for k in c.order})
        new = [(n, c) for n, c in node.new if n.lower() in self._wanted(node)]
        if not self.dialect.orders_aggregates:
            block, new = self._numbered(node, block, new)
        shown = [exp.alias_(block.env(k), k, quoted=True) for k in node.keys]
        for name, call in new:
            row = AGGREGATES[call.function]
            args = [self.exprs.value(a, block.env) for a in call.args]
            named = {"order": ordered(call.order, block.env)} if row.ordered else {}
            own = self.dialect.aggregates.get(call.function)
            built = own(*args) if own is not None else self.exprs.spelled(row.build, args, **named)
            shown.append(exp.alias_(built, name, quoted=True))
        shown = shown or [exp.alias_(exp.Literal.number(1), "__one", quoted=True)]
        select = exp.select(*shown, copy=False).from_(block.source, copy=False)
        select = select.where(*block.where, copy=False) if block.where else select
        if node.keys:
            select = select.group_by(*(block.env(k) for k in node.keys), copy=False)
        else:  # over no rows there is no record (spec §12.29)
            select = select.having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(0)), copy=False)
        return self._cte(select, [*node.keys, *(n for n, _ in new)])

    def _numbered(self, node: Aggregate, block: Block, new: list[tuple[str, AggCall]]) -> tuple[Block, list[tuple[str, AggCall]]]:
        """For an engine whose aggregates know no order: the rows with a key for each order that is asked for, and the calls
        by those keys."""
        orders = list(dict.fromkeys(c.order for _, c in new if AGGREGATES[c.function].ordered and c.order))
        if not orders:
            return block, new
        block = self._close(block, node.input)
        names = {order: f"__rank{i}" for i, order in enumerate(orders)}
        for order, name in names.items():
            block.columns[name] = (name, self._number(node, order, ordered(order, block.env), block.env))
        kept = [name for key, (name, _) in block.columns.items() if key in self._wanted(node.input) or key in names.values()]
        calls = [(n, replace(c, order=(SortKey(names[c.order]),)) if c.order in names else c) for n, c in new]
        return self._cte(self._select(block, kept), kept), calls

    def _number(self, node: Aggregate, order: Order, keys: list[exp.Ordered], env: Env) -> Sql:
        """What tells a row's place in an order. Whole numbers do by themselves, which saves sorting."""
        kinds = [found.type for k in order if (found := node.input.schema.get(k.name))]
        if self.dialect.order_key is not None and len(kinds) == len(keys) and all(k.whole for k in kinds):
            return self.dialect.order_key(*keys)
        partition = [env(k) for k in node.keys] or None
        return exp.Window(this=exp.RowNumber(), partition_by=partition, order=exp.Order(expressions=keys))

    def _window(self, node: Window) -> Block:
        block = self._close(self._block(node.input), node.input)
        new = [(n, c) for n, c in node.new if n.lower() in self._wanted(node)]
        for old, kept in node.saved:
            block.columns[kept.lower()] = (kept, block.env(old))
        made = {n.lower(): (n, self._over(c, node.input.order, block)) for n, c in new}
        block.columns |= made
        block.computed |= set(made) | {k.lower() for _, k in node.saved}
        return self._close(block, node)

    def _over(self, call: WindowCall, order: Order, block: Block) -> Sql:
        row = WINDOWS[call.function]
        moves = call.preceding is not None and call.type is Type.DOUBLE
        listed = self.dialect.moving.get(call.function) if moves else None
        function = self.exprs.spelled(_list if listed else row.build, [self.exprs.value(a, block.env) for a in call.args])
        keys = self._keys(call.function, order if call.order is None else call.order, block)
        window = exp.Window(
            this=function,
            partition_by=[block.env(p) for p in call.partition] or None,
            order=exp.Order(expressions=keys) if keys and not call.whole else None,
        )
        if row.framed and not call.whole:
            window.set("spec", _frame(call))
        return listed(window) if listed else window

    def _keys(self, function: str, order: Order, block: Block) -> list[exp.Ordered]:
        newest = [(k.name, k.descending) for k in order] == [(TIME, True), (ID, False)]
        if function == "row_number" and newest and self.dialect.newest_first is not None:
            return [exp.Ordered(this=self.dialect.newest_first(block.env(TIME), block.env(ID)), nulls_first=False)]
        keys = ordered(order, block.env)
        return keys or ([exp.Ordered(this=exp.Literal.number(1), nulls_first=False)] if self.dialect.orders_windows else [])

    def _unnest(self, node: Unnest) -> Block:
        """``SELECT …, UNNEST(list)``; with ``outer`` an empty list counts as a list of one null."""
        block = self._close(self._block(node.input), node.input)
        values = self.exprs.spelled(_rows_outer if node.outer else _rows, [self.exprs.value(node.value, block.env)])
        block.columns[node.name.lower()] = (node.name, values)
        block.computed.add(node.name.lower())
        return self._close(block, node)

    def _join(self, node: Join) -> Block:
        left = self._close(self._block(node.left), node.left)
        right = self._close(self._block(node.right), node.right)
        a, b = left.source.as_("l", copy=True), right.source.as_("r", copy=True)

        def env(name: str) -> Sql:
            side = "l" if name.lower() in left.columns else "r"
            return column(name, side)

        equal = exp.NullSafeEQ if node.null_is_equal else exp.EQ
        tests: list[Sql] = [equal(this=column(x, "l"), expression=column(y, "r")) for x, y in node.pairs]
        if node.condition is not None:
            tests.append(self.exprs.condition(node.condition, env))
        both = node.kind not in ("semi", "anti")
        named = left.columns | {k: v for k, v in right.columns.items() if both and k not in left.columns}
        names = [name for key, (name, _) in named.items() if key in self._wanted(node)]
        shown = [exp.alias_(env(n), n, quoted=True) for n in names] or [exp.alias_(exp.Literal.number(1), "__one", quoted=True)]
        select = exp.select(*shown, copy=False).from_(a, copy=False)
        return self._cte(select.join(b, on=exp.and_(*tests), join_type=node.kind, copy=False), names)

    def _union(self, node: Union) -> Block:
        names = [f.name for f in node.schema.fields if f.name.lower() in self._wanted(node)]
        parts = []
        for part in node.parts:
            block = self._close(self._block(part), part)
            parts.append(self._select(block, names))
        query: exp.Query = parts[0]
        for other in parts[1:]:
            query = exp.union(query, other, distinct=False, copy=False)
        return self._cte(query, names)


def _list(values: Sql) -> Sql:
    return exp.Anonymous(this="list", expressions=[values])


def _rows(values: Sql) -> Sql:
    return exp.Anonymous(this="unnest", expressions=[values])


def _rows_outer(values: Sql) -> Sql:
    """An empty list counts as a list of one null."""
    size = coalesce(exp.Anonymous(this="len", expressions=[values.copy()]), exp.Literal.number(0))
    nothing = exp.Array(expressions=[exp.Null()])
    return _rows(case((exp.EQ(this=size, expression=exp.Literal.number(0)), nothing), default=values))


def _repeats(dear: list[Call]) -> bool:
    """True when a condition would compute the same costly values again and again: an engine writes computed columns out
    in the conditions that it moves down to the source."""
    return len(dear) > 2 and len(dear) >= 2 * len(set(dear))


def _frame(call: WindowCall) -> exp.WindowSpec:
    start: object = "UNBOUNDED" if call.preceding is None else exp.Literal.number(call.preceding)
    end = {"end": exp.Literal.number(1), "end_side": "PRECEDING"} if call.ends_before else {"end": "CURRENT ROW"}
    return exp.WindowSpec(kind="ROWS", start=start, start_side="PRECEDING", **end)


def _reads(expr: Expr) -> set[str]:
    return {c.name.lower() for c in columns(expr)}


def _edges(root: Node) -> list[Node]:
    """Each node as often as another one reads it."""
    seen: set[int] = set()
    out: list[Node] = []
    todo = [root]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        out += node.inputs
        todo += node.inputs
    return out


_WRITERS: dict[type[Node], Callable[..., Block]] = {
    Scan: Statement._scan,
    Values: Statement._leaf,
    Batch: Statement._leaf,
    Filter: Statement._filter,
    Extend: Statement._extend,
    Project: Statement._project,
    Sort: Statement._sort,
    Limit: Statement._limit,
    Aggregate: Statement._aggregate,
    Window: Statement._window,
    Unnest: Statement._unnest,
    Join: Statement._join,
    Union: Statement._union,
}
